/* What becomes of a bad row: see report.h. */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

void wanmi_io_report_init(wanmi_io_report *report)
{
    *report = (wanmi_io_report){.struct_size = sizeof *report};
}

void wanmi_io_layer_options_init(wanmi_io_layer_options *options)
{
    *options = (wanmi_io_layer_options){.struct_size = sizeof *options};
}

void wanmi_io_table_options_init(wanmi_io_table_options *options)
{
    *options = (wanmi_io_table_options){.struct_size = sizeof *options};
}

void wanmi_io_tally_init(wanmi_io_tally *tally)
{
    *tally = (wanmi_io_tally){.struct_size = sizeof *tally};
}

wanmi_status wm_take_struct(void *full, size_t full_size, const void *given, const char *what,
                            wanmi_error *error)
{
    if (given == NULL)
        return WANMI_OK;
    size_t size;
    memcpy(&size, given, sizeof size);
    if (size < sizeof size || size > full_size)
        return wm_error(error, WANMI_E_ARGUMENT, "%s was not filled by its _init function", what);
    memcpy(full, given, size);
    memcpy(full, &full_size, sizeof full_size);
    return WANMI_OK;
}

wanmi_status wm_tally_check(const wanmi_io_tally *tally, wanmi_error *error)
{
    wanmi_io_tally full;
    return wm_take_struct(&full, sizeof full, tally, "wanmi_io_tally", error);
}

void wm_tally_give(wanmi_io_tally *to, const wanmi_io_tally *from)
{
    if (to == NULL)
        return;
    size_t size = to->struct_size;
    memcpy(to, from, size);
    to->struct_size = size;
}

bool wm_is_fatal(wanmi_status status)
{
    return status == WANMI_E_MEMORY || status == WANMI_E_CANCELLED || status == WANMI_E_IO_WRITE;
}

void wm_report_place(const wm_report *report, wanmi_error *problem)
{
    if (report->table != NULL && problem->layer[0] == '\0') {
        wm_text_fit(problem->layer, sizeof problem->layer, report->table);
        char text[sizeof problem->message];
        const char *between = problem->row > 0 || problem->code[0] != '\0' ? ", " : ": ";
        const char *kind = strncmp(report->table, "wanmi_", 6) == 0 ? "table" : "layer";
        snprintf(text, sizeof text, "%s %s%s%.500s", kind, report->table, between, problem->message);
        wm_text_fit(problem->message, sizeof problem->message, text);
    }
    wm_error_add_file(problem, report->file);
}

wanmi_status wm_report_row(wm_report *report, wanmi_status status, const wanmi_error *problem,
                           wanmi_error *error)
{
    if (status == WANMI_OK)
        return WANMI_OK;
    if (wm_is_fatal(status)) {
        if (error != NULL)
            *error = *problem;
        return status;
    }
    wanmi_error placed = *problem;
    wm_report_place(report, &placed);
    if (report->problems++ == 0)
        report->first = placed;
    if (report->to.on_problem != NULL)
        report->to.on_problem(report->to.problem_user, &placed);
    else if (!report->leave_out) {
        if (error != NULL)
            *error = placed;
        return status;
    }
    return WANMI_OK;
}

wanmi_status wm_report_progress(const wm_report *report, uint64_t done, uint64_t total,
                                wanmi_error *error)
{
    if (report->to.on_progress == NULL || done % 1000 != 0)
        return WANMI_OK;
    if (report->to.on_progress(report->to.progress_user, done, total) != 0)
        return wm_error(error, WANMI_E_CANCELLED, "stopped by the caller");
    return WANMI_OK;
}
