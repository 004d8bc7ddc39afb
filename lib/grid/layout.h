/* Code layouts such as "6+3+3+3". */
#ifndef WM_GRID_LAYOUT_H
#define WM_GRID_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/base.h"
#include "wanmi/map.h"

enum { WM_LAYOUT_PARTS = WANMI_CODE_MAX };

typedef struct wm_layout {
    int parts;
    int ends[WM_LAYOUT_PARTS];  /* digits up to the end of each part */
    int area_digits;            /* all but the last part's */
    int sequence_digits;
    uint64_t most;              /* the highest sequence */
} wm_layout;

/* False when `text` is not parts of 1 to 9 digits that together fit a code. */
bool wm_layout_read(wm_layout *layout, const char *text);

/* Whether `code` is `digits` digits and nothing else. */
bool wm_is_digits(const char *code, int digits);

/* The layout with a last part that holds `count` sequences. */
void wm_layout_that_does(const char *layout, uint64_t count, char *text, size_t size);

#endif
