/* Ways of records from some producers to one consumer, to be measured side by side. */
#ifndef BENCH_DISPATCH_CARRIERS_H
#define BENCH_DISPATCH_CARRIERS_H

#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wanmi/wanmi.h"

enum { BENCH_RING = 16384, BENCH_TAKEN = 1024 };    /* records of a ring; of a batch taken out */

typedef struct bench_carrier {
    const char *method;
    void *(*open)(unsigned producers);
    /* Waits for room. */
    void (*put)(void *way, unsigned producer, const wanmi_delivery *records, size_t count);
    /* Shows some, at most BENCH_TAKEN, until `done`; gives 0 when there are none now. */
    size_t (*get)(void *way, const wanmi_delivery **records);
    void (*done)(void *way, size_t count);
    void (*close)(void *way);
} bench_carrier;

extern const bench_carrier bench_carrier_ring;      /* wanmi_ring, one a producer, looked at in turn */
extern const bench_carrier bench_carrier_mutex;     /* an array, a mutex, two condition variables */
/* Concurrency Kit's ck_ring, one a producer; NULL: not built in. */
const bench_carrier *bench_carrier_ck(void);
const char *bench_ck_version(void);

/* Waits a moment for the other side, the same for every carrier without a lock:
 * spins, and lets others run now and then. `rounds` starts as 0. */
static inline void bench_wait(unsigned *rounds)
{
    if (++*rounds % 256 == 0)
        sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

/* Reads all of each record. */
static inline uint64_t bench_sum(const wanmi_delivery *records, size_t count)
{
    uint64_t sum = 0, words[sizeof *records / 8];
    for (size_t i = 0; i < count; i++) {
        memcpy(words, &records[i], sizeof words);
        for (size_t j = 0; j < sizeof words / sizeof *words; j++)
            sum += words[j];
    }
    return sum;
}

#endif
