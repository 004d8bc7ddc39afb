/* Whether a change makes a map worse. A file in which other programs have spoilt rows
 * can still be mended table by table; what was wrong before does not stop that. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "map_change.h"

/* What was wrong before, by the hashes of the messages, each of which names its row. */
typedef struct before {
    const wanmi_host *host;
    uint64_t *list;
    size_t count, room;
    bool no_memory;
    wanmi_error fresh;          /* the first problem that was not there; status 0: none */
} before;

static uint64_t hash(const wanmi_error *problem)
{
    size_t length = strlen(problem->message), half = length / 2;
    return (uint64_t)wm_text_hash(problem->message, half) << 32 |
           wm_text_hash(problem->message + half, length - half);
}

static void remember(void *user, const wanmi_error *problem)
{
    before *b = user;
    void *list = b->list;
    if (!wm_reserve(b->host, &list, &b->room, b->count + 1, sizeof *b->list)) {
        b->no_memory = true;
        return;
    }
    b->list = list;
    b->list[b->count++] = hash(problem);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void hold_against(void *user, const wanmi_error *problem)
{
    before *b = user;
    uint64_t key = hash(problem);
    bool known = b->count != 0 && bsearch(&key, b->list, b->count, sizeof key, compare) != NULL;
    if (!known && b->fresh.status == WANMI_OK)
        b->fresh = *problem;
}

static wanmi_status look(const wm_change *c, wm_gdal *gdal, const char *file, wanmi_problem_fn on_problem,
                         before *b, wanmi_error *error)
{
    wm_report report = {.file = c->path};
    wanmi_io_report_init(&report.to);
    report.to.on_problem = on_problem;
    report.to.problem_user = b;
    const wm_load load = {.path = file, .name = c->path, .host = &c->host, .gdal = gdal, .report = &report};
    wanmi_map *map = NULL;
    wanmi_status status = wm_map_open(&load, &map, error);
    wanmi_map_release(map);
    return status == WANMI_OK && b->no_memory ? wm_error_memory(error) : status;
}

wanmi_status wm_change_worse(wm_change *c, wanmi_error *error)
{
    before b = {.host = &c->host};
    wanmi_status status = look(c, &c->gdal, c->path, remember, &b, error);
    if (status == WANMI_OK && b.count != 0)
        qsort(b.list, b.count, sizeof *b.list, compare);
    if (status == WANMI_OK)
        status = look(c, &c->gdal, c->replace.file, hold_against, &b, error);
    if (status == WANMI_OK && b.fresh.status != WANMI_OK) {
        status = b.fresh.status;
        if (error != NULL)
            *error = b.fresh;
    }
    wm_free(&c->host, b.list, b.room * sizeof *b.list);
    return status;
}
