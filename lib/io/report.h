/* What becomes of a row that is bad, and the options structs of callers built
 * against an older header. Internal to io.
 */
#ifndef WM_IO_REPORT_H
#define WM_IO_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/io.h"

/* Copies a caller's struct, which opens with struct_size, over the defaults in
 * `full`. `given` NULL leaves the defaults. */
wanmi_status wm_take_struct(void *full, size_t full_size, const void *given, const char *what,
                            wanmi_error *error);

/* Gives the caller of an older header the part of a tally that it knows. */
wanmi_status wm_tally_check(const wanmi_io_tally *tally, wanmi_error *error);
void wm_tally_give(wanmi_io_tally *to, const wanmi_io_tally *from);

/* Where rows come from and what is done with bad ones. */
typedef struct wm_report {
    wanmi_io_report to;
    const char *file;           /* named in every message */
    const char *table;          /* or layer: named where the problem names none; may be NULL */
    bool leave_out;             /* a bad row is left out also where nobody listens */
    uint64_t problems;
    wanmi_error first;          /* of them */
} wm_report;

/* A row's verdict: WANMI_OK when the row is good, or bad and reported; then
 * `problems` tells which. Else the status to return, with `error` filled. */
wanmi_status wm_report_row(wm_report *report, wanmi_status status, const wanmi_error *problem,
                           wanmi_error *error);

/* Names file and table of a problem that was found below the files. */
void wm_report_place(const wm_report *report, wanmi_error *problem);

/* Calls the progress function every thousandth step. */
wanmi_status wm_report_progress(const wm_report *report, uint64_t done, uint64_t total,
                                wanmi_error *error);

/* What stops all, and is not of one row: no memory or disk left, or the caller's wish. */
bool wm_is_fatal(wanmi_status status);

#endif
