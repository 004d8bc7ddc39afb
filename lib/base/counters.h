/* Text into a caller's buffer: writes what fits and counts all. Internal to base. */
#ifndef WM_BASE_COUNTERS_H
#define WM_BASE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/base.h"

typedef struct wm_out {
    char *text;
    size_t size;                /* without the NUL */
    size_t length;              /* of the whole text so far; may be beyond `size` */
} wm_out;

void wm_out_put(wm_out *out, const char *text);
void wm_out_put_n(wm_out *out, const char *text, size_t length);
void wm_out_put_number(wm_out *out, uint64_t number);

/* Whether two rows belong to one histogram. */
bool wm_counter_same(const wanmi_counter *a, const wanmi_counter *b);

/* Checks the arguments, runs `write` and ends the text. */
typedef void (*wm_counters_fn)(wm_out *out, const wanmi_counter *counters, size_t count);
wanmi_status wm_counters_write(wm_counters_fn write, const wanmi_counter *counters, size_t count,
                               char *text, size_t size, size_t *needed);

#endif
