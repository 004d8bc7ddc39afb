/* Opening a map that other programs may have changed. What its own verbs write is
 * whole; QGIS, sqlite3 and scripts write what they like. */
#include <inttypes.h>
#include <string.h>

#include "common.h"

/* Bad rows, by what they spoil. */
typedef struct damage {
    uint64_t areas;             /* positions would be answered as if the area were not there */
    uint64_t orders;            /* events would go elsewhere than the tables say, or be due at another time */
    uint64_t others;            /* units, duties, objects, an area's parent: the next best duty is next in
                                   line, and a plan that leaves an event with nobody is refused as ever */
} damage;

static bool is_order(const char *table)
{
    static const char *const orders[] = {"wanmi_rules", "wanmi_calendars", "wanmi_deadlines",
                                         "wanmi_escalations"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(table, orders[i]) == 0)
            return true;
    return false;
}

static bool is_table(const char *name)
{
    return strncmp(name, "wanmi_", 6) == 0 && strcmp(name, "wanmi_layers") != 0;
}

static void note(void *user, const wanmi_error *problem)
{
    damage *d = user;
    bool parent = problem->status == WANMI_E_MAP_PARENT;
    /* Without a layer's parent no cell has an ancestor there; it keeps its place for locating. */
    if (is_order(problem->layer) || (parent && !is_table(problem->layer) && problem->code[0] == '\0'))
        d->orders++;
    else if (is_table(problem->layer) || parent || problem->status == WANMI_E_MAP_UNIT)
        d->others++;
    else
        d->areas++;
    cli_say("%s", problem->message);
}

static int judge(const char *path, cli_use use, const damage *d)
{
    if (use != CLI_TO_SHOW && d->areas != 0) {
        cli_say("%s: not located on: %" PRIu64 " of its rows of areas and layers cannot be read, and positions there "
                "would be answered as if nothing were there; wanmi check shows them", path, d->areas);
        return CLI_UNUSABLE;
    }
    if (use == CLI_TO_ROUTE && d->orders != 0) {
        cli_say("%s: not routed on: %" PRIu64 " of its rows of rules, calendars, deadlines, escalations and layers "
                "cannot be obeyed, and events would go elsewhere or be due at another time than is meant; wanmi check shows "
                "them", path, d->orders);
        return CLI_UNUSABLE;
    }
    return -1;
}

int cli_open_map(const char *path, cli_use use, const wanmi_host *host, wanmi_map **map,
                 uint64_t *left_out)
{
    wanmi_io_report report;
    cli_progress progress;
    damage d = {0};
    wanmi_error error;
    cli_progress_start(&progress, "reading the map", "areas");
    wanmi_io_report_init(&report);
    report.on_problem = note;
    report.problem_user = &d;
    report.on_progress = cli_progress_step;
    report.progress_user = &progress;
    wanmi_error_clear(&error);
    wanmi_status status = wanmi_io_map_read(path, &report, host, map, &error);
    cli_progress_end(&progress);
    if (status != WANMI_OK)
        return cli_fail(&error);
    cli_warn_crs(wanmi_map_crs(*map));
    *left_out = d.areas + d.orders + d.others;
    return judge(path, use, &d);
}

int cli_code_without(int code, uint64_t left_out)
{
    return code == CLI_DONE && left_out != 0 ? CLI_REJECTED : code;
}
