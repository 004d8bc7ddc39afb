/* Newline-delimited JSON: one object, or one GeoJSON Point feature, a line;
 * a record separator (RFC 8142) before it is allowed. Internal to io. */
#ifndef WM_IO_NDJSON_H
#define WM_IO_NDJSON_H

#include "stream_in.h"

typedef struct wm_ndjson {
    wm_window window;           /* owned */
    uint64_t row;
    uint64_t line;
    size_t scanned;             /* of the line under way */
    bool skipping;              /* behind a line that was too long, up to its end */
} wm_ndjson;

/* Takes the window over, at its first byte. */
void wm_ndjson_start(wm_ndjson *ndjson, const wm_window *window);
void wm_ndjson_close(wm_ndjson *ndjson);

/* Says why a whole GeoJSON file is not a stream, looking at its first line as
 * far as it is in the window. Errors: WANMI_E_IO_FORMAT. */
wanmi_status wm_ndjson_look(const wm_ndjson *ndjson, wanmi_error *error);

/* As wm_csv_next. Texts lie in the window, in place of their line. */
wanmi_status wm_ndjson_next(wm_ndjson *ndjson, bool keep, const wm_names *names, wm_raw *raw,
                            wanmi_error *error);

#endif
