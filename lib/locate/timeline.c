/* Making timelines: see timeline.h. */
#include "timeline.h"

#include <stdlib.h>

#include "compiled.h"
#include "rules.h"

/* Changes of one set that are followed; what changes oftener is answered event by
 * event. */
enum { CHANGES_MAX = 16 };

/* Epochs that begin with a change, ascending; `many`: more than fit. */
typedef struct changes {
    uint32_t epochs[CHANGES_MAX];
    uint32_t count;
    bool many;
} changes;

typedef struct maker {
    const wanmi_index *index;
    const wanmi_host *host;
    wm_timelines *to;
    wm_tuples *tuples;
    changes ancestors;              /* of all areas of the cell's ancestor layers */
    uint32_t *words;
    size_t word_capacity;
} maker;

uint32_t wm_epoch_of(const wm_timelines *timelines, int64_t instant_us)
{
    size_t low = 0, high = timelines->instant_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (timelines->instants[middle] <= instant_us)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static void add_change(changes *c, uint32_t epoch)
{
    uint32_t at = c->count;
    while (at > 0 && c->epochs[at - 1] >= epoch)
        at--;
    if (c->many || (at < c->count && c->epochs[at] == epoch))
        return;
    c->many = c->count == CHANGES_MAX;
    if (c->many)
        return;
    for (uint32_t i = c->count++; i > at; i--)
        c->epochs[i] = c->epochs[i - 1];
    c->epochs[at] = epoch;
}

static void add_span(const maker *m, changes *c, uint32_t area)
{
    if (m->index->spans == NULL)
        return;
    const wm_span span = m->index->spans[area];
    if (span.from_us != WANMI_TIME_NONE)
        add_change(c, wm_epoch_of(m->to, span.from_us));
    if (span.to_us != WANMI_TIME_NONE)
        add_change(c, wm_epoch_of(m->to, span.to_us));
}

static int compare_instants(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;
    return (one > two) - (one < two);
}

static bool find_instants(maker *m)
{
    wm_timelines *t = m->to;
    const wanmi_index *index = m->index;
    size_t kept = 0;
    for (uint32_t i = 0; index->spans != NULL && i < index->area_count; i++) {
        const int64_t ends[2] = {index->spans[i].from_us, index->spans[i].to_us};
        if (!wm_reserve(m->host, (void **)&t->instants, &t->instant_capacity, t->instant_count + 2,
                        sizeof *t->instants))
            return false;
        for (int k = 0; k < 2; k++)     /* most areas share theirs with the one before */
            if (ends[k] != WANMI_TIME_NONE &&
                (t->instant_count < 2 || (ends[k] != t->instants[t->instant_count - 1] &&
                                          ends[k] != t->instants[t->instant_count - 2])))
                t->instants[t->instant_count++] = ends[k];
    }
    if (t->instant_count > 0)
        qsort(t->instants, t->instant_count, sizeof *t->instants, compare_instants);
    for (size_t i = 0; i < t->instant_count; i++)
        if (kept == 0 || t->instants[i] != t->instants[kept - 1])
            t->instants[kept++] = t->instants[i];
    t->instant_count = kept;
    return wm_fit(m->host, (void **)&t->instants, &t->instant_capacity, kept, sizeof *t->instants);
}

/* Which ancestor a cell has may hang on areas that are not in the set, but never on
 * others than these. */
static void find_ancestors_changes(maker *m)
{
    for (uint32_t i = 0; i < m->index->ancestor_count; i++) {
        const wm_layer *layer = &m->index->layers[m->index->ancestors[i]];
        for (uint32_t a = 0; a < layer->area_count && !m->ancestors.many; a++)
            add_span(m, &m->ancestors, layer->first_area + a);
    }
}

static changes changes_of(const maker *m, wm_list set)
{
    changes c = {.count = 0};
    for (size_t i = 0; i < set.count && !c.many; i++)
        add_span(m, &c, set.items[i]);
    if (wm_rules_choice(m->index, set.items, set.count)) {
        for (uint32_t i = 0; i < m->ancestors.count; i++)
            add_change(&c, m->ancestors.epochs[i]);
        c.many = c.many || m->ancestors.many;
    }
    return c;
}

/* The set's label from an epoch on: any instant of it will do. */
static bool label_in(maker *m, wm_list set, uint32_t epoch, uint32_t *label)
{
    /* WANMI_TIME_NONE is no instant; the first that is one. */
    int64_t instant = epoch == 0 ? WANMI_TIME_NONE + 1 : m->to->instants[epoch - 1];
    uint32_t number;
    uint32_t cell = wm_rules_apply(m->index, set.items, set.count, instant, m->words);
    if (!wm_tuples_number(m->tuples, m->words, &number))
        return false;
    *label = number <= WM_LABEL_VALUE ? WM_LABEL | number : WM_LABEL_NONE;
    if (cell == WANMI_NONE && m->index->snap_m == 0 && number <= WM_LABEL_VALUE)
        *label |= WM_LABEL_FAR;
    return true;
}

static bool add_timeline(maker *m, wm_list set)
{
    wm_timelines *t = m->to;
    const changes c = changes_of(m, set);
    if (c.many)
        return true;
    if (!wm_reserve(m->host, (void **)&t->pairs, &t->pair_capacity, 2 * (t->pair_count + 1 + c.count),
                    sizeof *t->pairs) ||
        !wm_reserve(m->host, (void **)&m->words, &m->word_capacity, m->index->layer_count + 1 + set.count,
                    sizeof *m->words))
        return false;
    const size_t first = t->pair_count;
    for (uint32_t i = 0; i <= c.count; i++) {
        uint32_t epoch = i == 0 ? 0 : c.epochs[i - 1], label;
        if (!label_in(m, set, epoch, &label))
            return false;
        if (t->pair_count > first && t->pairs[2 * t->pair_count - 1] == label)
            continue;
        t->pairs[2 * t->pair_count] = epoch;
        t->pairs[2 * t->pair_count + 1] = label;
        t->pair_count++;
    }
    return true;
}

static bool make(maker *m, const wm_lists *sets)
{
    wm_timelines *t = m->to;
    if (!find_instants(m))
        return false;
    find_ancestors_changes(m);
    t->starts = wm_alloc(m->host, wm_product((size_t)sets->count + 1, sizeof *t->starts));
    if (t->starts == NULL)
        return false;
    t->start_count = (size_t)sets->count + 1;
    t->starts[0] = 0;
    for (uint32_t set = 0; set < sets->count; set++) {
        if (set > 0 && !add_timeline(m, wm_lists_at(sets, set)))
            return false;
        t->starts[set + 1] = (uint32_t)t->pair_count;
    }
    return wm_fit(m->host, (void **)&t->pairs, &t->pair_capacity, 2 * t->pair_count, sizeof *t->pairs);
}

bool wm_timelines_make(wm_timelines *timelines, const wanmi_index *index, const wm_lists *sets,
                       wm_tuples *tuples)
{
    maker m = {.index = index, .host = index->host, .to = timelines, .tuples = tuples};
    *timelines = (wm_timelines){.instants = NULL};
    if (sets->count <= 1)           /* only the empty one */
        return true;
    bool done = make(&m, sets);
    wm_free(m.host, m.words, m.word_capacity * sizeof *m.words);
    return done;
}

void wm_timelines_drop(wm_timelines *timelines, const wanmi_host *host)
{
    wm_free(host, timelines->instants, timelines->instant_capacity * sizeof *timelines->instants);
    wm_free(host, timelines->starts, timelines->start_count * sizeof *timelines->starts);
    wm_free(host, timelines->pairs, timelines->pair_capacity * sizeof *timelines->pairs);
    *timelines = (wm_timelines){.instants = NULL};
}

uint64_t wm_timelines_bytes(const wm_timelines *timelines)
{
    return timelines->instant_capacity * sizeof *timelines->instants +
           timelines->start_count * sizeof *timelines->starts +
           timelines->pair_capacity * sizeof *timelines->pairs;
}
