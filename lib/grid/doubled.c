/* Doubled codes: see doubled.h. Cells get their codes from their area's, so of
 * two areas with one code only one may be cut: the cells of both would be doubled. */
#include "doubled.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

typedef struct entry {
    const char *code;
    int64_t from, to;
    size_t number;
} entry;

static int by_code(const void *a, const void *b)
{
    const entry *p = a, *q = b;
    int order = strcmp(p->code, q->code);
    if (order == 0)
        order = (p->from > q->from) - (p->from < q->from);
    return order != 0 ? order : (p->number > q->number) - (p->number < q->number);
}

static void mark(const entry *entries, size_t count, size_t *keeper)
{
    const entry *kept = NULL;
    for (size_t i = 0; i < count; i++) {
        const entry *e = &entries[i];
        /* Every instant is after WANMI_TIME_NONE, the lowest number there is. */
        if (kept != NULL && strcmp(kept->code, e->code) == 0 &&
            (kept->to == WANMI_TIME_NONE || e->from < kept->to))
            keeper[e->number] = kept->number + 1;
        else
            kept = e;
    }
}

wanmi_status wm_doubled_find(const wanmi_area_def *areas, size_t count, size_t stride,
                             const wanmi_host *host, size_t **keeper, wanmi_error *error)
{
    entry *entries = wm_alloc(host, (count + 1) * sizeof *entries);
    size_t *made = wm_alloc_zero(host, (count + 1) * sizeof *made);
    if (entries == NULL || made == NULL) {
        wm_free(host, entries, (count + 1) * sizeof *entries);
        wm_free(host, made, (count + 1) * sizeof *made);
        return wm_error_memory(error);
    }
    size_t coded = 0;
    for (size_t i = 0; i < count; i++) {
        const wanmi_area_def *def = (const void *)((const char *)areas + i * stride);
        if (def->code != NULL)
            entries[coded++] = (entry){def->code, def->valid_from_us, def->valid_to_us, i};
    }
    qsort(entries, coded, sizeof *entries, by_code);
    mark(entries, coded, made);
    wm_free(host, entries, (count + 1) * sizeof *entries);
    *keeper = made;
    return WANMI_OK;
}
