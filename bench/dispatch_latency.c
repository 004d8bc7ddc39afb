/* See dispatch_latency.h. */
#include "dispatch_latency.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "support.h"

typedef struct probe {
    const bench_carrier *carrier;
    void *way;
    size_t wanted;
    double *ns;
    _Alignas(128) _Atomic size_t arrived;
} probe;

static int64_t steady_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The callback: a record bears the time of its submit. */
static void arrive(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    probe *p = user;
    int64_t now = steady_ns();
    size_t arrived = atomic_load_explicit(&p->arrived, memory_order_relaxed);
    (void)outcomes;
    for (size_t i = 0; i < count; i++)
        p->ns[arrived + i] = (double)(now - (int64_t)batch[i].user);
    atomic_store_explicit(&p->arrived, arrived + count, memory_order_release);
}

static void *receive(void *argument)
{
    probe *p = argument;
    uint8_t outcomes[BENCH_TAKEN];
    unsigned rounds = 0;
    while (atomic_load_explicit(&p->arrived, memory_order_relaxed) < p->wanted) {
        const wanmi_delivery *batch;
        size_t count = p->carrier->get(p->way, &batch);
        if (count == 0) {
            bench_wait(&rounds);
            continue;
        }
        arrive(p, batch, count, outcomes);
        p->carrier->done(p->way, count);
    }
    return NULL;
}

static void wait_for(probe *p, size_t count)
{
    for (unsigned rounds = 0; atomic_load_explicit(&p->arrived, memory_order_acquire) < count;)
        bench_wait(&rounds);
}

static void send_all(probe *p, wanmi_producer *producer, uint32_t sink, unsigned gap_us)
{
    wanmi_delivery record = bench_records()[0];
    wanmi_error error;
    for (size_t i = 0; i < p->wanted; i++) {
        if (gap_us != 0)
            nanosleep(&(struct timespec){.tv_nsec = (long)gap_us * 1000}, NULL);
        record.user = (uint64_t)steady_ns();
        if (producer != NULL)
            bench_must(wanmi_producer_submit(producer, sink, &record, bench_keys(), 1, &error), &error);
        else
            p->carrier->put(p->way, 0, &record, 1);
        wait_for(p, i + 1);
    }
}

/* The processors that others than this thread took since. */
static double others(double processor, double own, double wall)
{
    processor = bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
    own = bench_seconds(CLOCK_THREAD_CPUTIME_ID) - own;
    return (processor - own) / (bench_seconds(CLOCK_MONOTONIC) - wall);
}

double bench_latency(const bench_method *method, size_t count, unsigned gap_us, double *ns)
{
    probe p = {.carrier = method->carrier, .wanted = count, .ns = ns};
    void *user = &p;
    pthread_t thread;
    wanmi_producer *producer = NULL;
    bench_sinks *sinks = NULL;
    wanmi_error error;
    if (method->carrier == NULL) {
        sinks = bench_sinks_open(method, 1, arrive, &user);
        bench_must(wanmi_producer_open(bench_sinks_dispatch(sinks), &producer, &error), &error);
    } else {
        p.way = method->carrier->open(1);
        if (pthread_create(&thread, NULL, receive, &p) != 0)
            bench_die("no thread");
    }
    double processor = bench_seconds(CLOCK_PROCESS_CPUTIME_ID), own = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    double wall = bench_seconds(CLOCK_MONOTONIC);
    send_all(&p, producer, sinks != NULL ? bench_sinks_number(sinks, 0) : 0, gap_us);
    double taken = others(processor, own, wall);
    if (method->carrier == NULL) {
        wanmi_producer_close(producer);
        bench_sinks_close(sinks);
    } else {
        pthread_join(thread, NULL);
        method->carrier->close(p.way);
    }
    return taken;
}
