/* One round of handing over: threads that put records in, threads that take them. */
#ifndef BENCH_DISPATCH_ROUNDS_H
#define BENCH_DISPATCH_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dispatch_carriers.h"

enum { BENCH_BATCH_LARGEST = 1024, BENCH_THREADS_LARGEST = 4, BENCH_UNITS = 10000 };

/* A way to be measured: a carrier with a thread that calls the callback, or the
 * dispatch itself. */
typedef struct bench_method {
    const char *name;
    const bench_carrier *carrier;       /* NULL: wanmi_dispatch, with these: */
    wanmi_wait wait;
    wanmi_order order;
} bench_method;

typedef struct bench_load {
    unsigned producers, sinks;          /* every record goes to every sink */
    size_t batch;                       /* records put in at once; a power of two up to BENCH_BATCH_LARGEST */
    size_t batches;                     /* of each producer */
    bool pinned;                        /* each thread to a processor, the producers to the first ones */
} bench_load;

typedef struct bench_took {
    double seconds;                     /* from the first put to the end of the last callback */
    double processor;                   /* of all threads meanwhile */
} bench_took;

void bench_pin(unsigned number);

/* Ends the process when what came out is not what went in. */
bench_took bench_hand_over(const bench_method *method, const bench_load *load);

/* A dispatch with some sinks that count what they read. */
typedef struct bench_sinks bench_sinks;
bench_sinks *bench_sinks_open(const bench_method *method, unsigned sinks, wanmi_deliver_fn deliver, void **users);
wanmi_dispatch *bench_sinks_dispatch(bench_sinks *sinks);
uint32_t bench_sinks_number(const bench_sinks *sinks, unsigned sink);
void bench_sinks_close(bench_sinks *sinks);

/* The records put in, BENCH_BATCH_LARGEST of them, and their units. */
const wanmi_delivery *bench_records(void);
const uint32_t *bench_keys(void);

#endif
