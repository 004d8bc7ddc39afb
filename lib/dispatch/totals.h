/* Sums: the figures of sinks and links added up for snapshots, and how many
 * deliveries of each generation have come and gone.
 */
#ifndef WM_DISPATCH_TOTALS_H
#define WM_DISPATCH_TOTALS_H

#include <stdatomic.h>
#include <stdint.h>

#include "figures.h"
#include "wanmi/dispatch.h"

typedef struct wm_sink wm_sink;

enum { WM_GENERATIONS = 64 };

/* Counts by generation % WM_GENERATIONS; one writer. */
typedef struct wm_generations {
    _Atomic uint64_t count[WM_GENERATIONS];
} wm_generations;

static inline uint32_t wm_generation_place(const wanmi_delivery *delivery)
{
    return delivery->generation % WM_GENERATIONS;
}

static inline void wm_generations_add(wm_generations *g, uint32_t place, uint64_t more)
{
    uint64_t count = atomic_load_explicit(&g->count[place], memory_order_relaxed);
    atomic_store_explicit(&g->count[place], count + more, memory_order_release);
}

/* Adds the counts of another. */
void wm_generations_sum(wm_generations *to, const wm_generations *from);
/* Adds a run of deliveries, each to its generation. */
void wm_generations_add_run(wm_generations *g, const wanmi_delivery *deliveries, size_t count);

/* Sums of figures. */
typedef struct wm_totals {
    wm_figures figures;             /* `index` unused */
    uint64_t published, released;
    uint64_t again_batches, late, opened, slow, hung;
} wm_totals;

/* tally.c */
typedef struct wm_described {
    uint32_t number;
    wanmi_sink_state state;
    const char *name;
    const wm_sink *sink;                /* of use under `reading` only */
} wm_described;

/* Totals of all sinks that ever were and, in the order of places, of those that
 * are there with their descriptions: `count` places, both may be NULL. Gives how
 * many are there. */
uint32_t wm_totals_read(wanmi_dispatch *d, wm_totals *all, wm_totals *sinks,
                        wm_described *described, uint32_t count);
/* The same under `reading`. */
uint32_t wm_totals_read_held(wanmi_dispatch *d, wm_totals *all, wm_totals *sinks,
                             wm_described *described, uint32_t count);
wanmi_sink_state wm_state_of(const wm_sink *sink);
/* The totals of one sink, and those of its links alone; under `reading`. */
void wm_totals_of(wm_sink *sink, wm_totals *totals);
void wm_totals_of_links(wm_sink *sink, wm_totals *totals);
uint64_t wm_totals_pending(const wm_totals *totals);
wanmi_tally wm_tally_of(const wm_totals *totals, const wm_described *described);
void wm_totals_add(wm_totals *to, const wm_totals *from);

#endif
