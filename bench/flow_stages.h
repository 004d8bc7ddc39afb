/* What the benches of the whole way share: a map with people and its events, one
 * thread's hand on them, and what each stage costs alone. */
#ifndef BENCH_FLOW_STAGES_H
#define BENCH_FLOW_STAGES_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "wanmi/wanmi.h"

enum { BENCH_FLOW_BATCH_MAX = 1024 };

typedef struct bench_flow_load {
    const char *workload;
    wanmi_map *map;
    wanmi_index *index;
    wanmi_flow *words_of;           /* numbers the words: flows made for measuring number them alike */
    wanmi_plan *plan;
    wanmi_event *events;
    size_t count;
    const char *kernel;
} bench_flow_load;

void bench_flow_load_open(bench_flow_load *load, const char *workload, uint64_t seed, size_t count);
void bench_flow_load_close(bench_flow_load *load);

extern const char *const bench_flow_orders[3];   /* by wanmi_order */

/* A flow over the load's index that runs, with `sinks` sinks of a lane each that
 * want everything and hold producers up where they are full. */
wanmi_flow *bench_flow_open(const bench_flow_load *load, unsigned sinks, wanmi_order order, wanmi_deliver_fn deliver,
                            void *const *users);

/* Locates and routes on one thread, at most BENCH_FLOW_BATCH_MAX at a time. */
typedef struct bench_flow_hand {
    wanmi_locator *locator;
    wanmi_router *router;
    uint32_t cells[BENCH_FLOW_BATCH_MAX], tuples[BENCH_FLOW_BATCH_MAX];
    uint8_t where[BENCH_FLOW_BATCH_MAX], reasons[BENCH_FLOW_BATCH_MAX], unrouted[BENCH_FLOW_BATCH_MAX];
    size_t first[BENCH_FLOW_BATCH_MAX + 1];
    wanmi_delivery *deliveries;
    size_t capacity;
} bench_flow_hand;

void bench_flow_hand_open(bench_flow_hand *hand, const bench_flow_load *load, wanmi_engine engine);
void bench_flow_hand_close(bench_flow_hand *hand);
void bench_flow_locate(bench_flow_hand *hand, const wanmi_event *events, size_t count);
/* Gives how many deliveries there are. */
size_t bench_flow_route(bench_flow_hand *hand, const wanmi_event *events, size_t count);

/* Reads every field: the sum of all words. */
uint64_t bench_flow_read(const wanmi_delivery *deliveries, size_t count);

/* Measures each stage alone, in processor time of its thread, prints it and adds its
 * rows. */
void bench_flow_stages(const bench_flow_load *load, unsigned rounds, json_t *rows);

#endif
