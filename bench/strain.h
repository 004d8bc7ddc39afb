/* A dispatch under strain: sinks that count, producers that keep a rate, and
 * somebody who looks at the law all the while. */
#ifndef BENCH_STRAIN_H
#define BENCH_STRAIN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

enum { STRAIN_SINKS = 3, STRAIN_PRODUCERS = 2 };

typedef struct strain_sink {
    uint32_t number;
    _Atomic uint64_t taken;         /* delivered by its own count */
    _Atomic uint64_t sum;           /* of all words read, so that they are read */
    int64_t cost_ns;                /* of a delivery: the callback lasts so long */
} strain_sink;

typedef struct strain {
    wanmi_host host;
    int64_t held, most_held;        /* bytes asked of the allocator: now; the most that any look saw */
    wanmi_dispatch *dispatch;
    strain_sink sinks[STRAIN_SINKS];
    unsigned sink_count, producer_count;
    pthread_t producers[STRAIN_PRODUCERS];
    _Atomic double rate;            /* deliveries a second to each sink, of all producers */
    _Atomic bool end;
    _Atomic uint64_t submitted, letters;
    uint64_t snapshots, broken;     /* looks; looks in which the law did not hold */
    uint64_t dead, unwritten;       /* once differences were asked for: dead; of them, without a letter */
    uint64_t pending, most_pending; /* at the last look; the most since it was set to 0 */
} strain;

/* Faster than any sink takes them. */
#define STRAIN_FLAT_OUT 1e12

/* Lasts cost_ns a delivery, counts, answers "delivered" to all; `user` is a strain_sink. */
void strain_take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes);

/* `strained` must stay where it is until it is closed. Sinks are added before the start. */
void strain_open(strain *strained);
strain_sink *strain_add(strain *strained, const wanmi_sink_def *def);
void strain_start(strain *strained, unsigned producers, double rate);

/* One snapshot. */
void strain_look(strain *strained);
/* Looks every two milliseconds for so long. Gives the seconds that it was. */
double strain_watch(strain *strained, double seconds);
/* Looks till no more than `depth` are pending, at most `limit` seconds. */
double strain_until(strain *strained, uint64_t depth, double limit);

/* Ends producers and dispatch; what is left goes to the letters. Gives the
 * differences between tallies and what producers, sinks and letters counted, and
 * the looks in which the law did not hold. What only the caller counted comes
 * as `elsewhere`: deliveries that no strain_sink has counted. */
void strain_stop(strain *strained);
uint64_t strain_differences(strain *strained, uint64_t elsewhere);
void strain_close(strain *strained);

/* Bytes that docs/delivery.md allows to rings, parking and letters. */
int64_t strain_cap(const strain *strained, const wanmi_dispatch_options *options, const wanmi_sink_def *def);

#endif
