/* Filling a caller's error. Internal: compiled into libwanmi and libwanmi_io. */
#ifndef WM_ERROR_H
#define WM_ERROR_H

#include "wanmi/base.h"

/* Where something is wrong; NULL, "" and row 0 mean not known. */
typedef struct wm_place {
    const char *file;
    const char *layer;          /* or table of a map: wanmi_units ... */
    const char *code;
    const char *value;
    int64_t row;
    const char *column;
} wm_place;

/* Fills `error` (may be NULL) and gives `status` back, to be returned. The
 * place is written before the words: "FILE: layer L, row 7, code C: column K: words:
 * 'value'". */
wanmi_status wm_error(wanmi_error *error, wanmi_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
wanmi_status wm_error_at(wanmi_error *error, wanmi_status status, const wm_place *place,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
wanmi_status wm_error_memory(wanmi_error *error);

/* Names the file of an error that was filled without one. */
void wm_error_add_file(wanmi_error *error, const char *file);

/* Copies a text into a field of `size` bytes, cut at a character's boundary. */
void wm_text_fit(char *field, size_t size, const char *text);

#endif
