/* See dispatch_rounds.h. */
#include "dispatch_rounds.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

/* ---- what is handed over ------------------------------------------------------------------ */

static wanmi_delivery records[BENCH_BATCH_LARGEST];
static uint32_t keys[BENCH_BATCH_LARGEST];

static void fill(void)
{
    uint64_t state = 7;
    for (size_t i = 0; i < BENCH_BATCH_LARGEST; i++) {
        keys[i] = (uint32_t)(bench_next(&state) % BENCH_UNITS);
        records[i] = (wanmi_delivery){.event_id = i + 1, .user = 3 * i, .due_us = WANMI_TIME_NONE,
                                      .unit = keys[i], .priority = 5, .generation = 1};
    }
}

const wanmi_delivery *bench_records(void)
{
    if (records[0].event_id == 0)
        fill();
    return records;
}

const uint32_t *bench_keys(void)
{
    bench_records();
    return keys;
}

void bench_pin(unsigned number)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(number % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/* ---- one round ------------------------------------------------------------------------------ */

typedef struct consumer {
    const bench_carrier *carrier;
    void *way;
    uint64_t sum, expected;             /* of all words read */
    size_t got, wanted;                 /* records */
    double ended;
    sem_t done;
    int pin;                            /* a processor; -1: any, or pinned already */
} consumer;

typedef struct round_of {
    const bench_load *load;
    const bench_carrier *carrier;       /* NULL: the dispatch */
    bench_sinks *sinks;
    consumer consumers[BENCH_THREADS_LARGEST];
    pthread_barrier_t start;
    double processor;                   /* taken until the start */
} round_of;

typedef struct producer {
    round_of *round;
    unsigned number;
    double began;
} producer;

static void start_together(producer *p)
{
    if (pthread_barrier_wait(&p->round->start) == PTHREAD_BARRIER_SERIAL_THREAD)
        p->round->processor = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
    p->began = bench_seconds(CLOCK_MONOTONIC);
}

/* The callback: reads every field. */
static void read_batch(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    consumer *c = user;
    (void)outcomes;
    if (c->pin >= 0) {
        bench_pin((unsigned)c->pin);
        c->pin = -1;
    }
    c->sum += bench_sum(batch, count);
    c->got += count;
    if (c->got == c->wanted) {
        c->ended = bench_seconds(CLOCK_MONOTONIC);
        sem_post(&c->done);
    }
}

static void *consume(void *argument)
{
    consumer *c = argument;
    uint8_t outcomes[BENCH_TAKEN];
    unsigned rounds = 0;
    while (c->got < c->wanted) {
        const wanmi_delivery *batch;
        size_t count = c->carrier->get(c->way, &batch);
        if (count == 0) {
            bench_wait(&rounds);
            continue;
        }
        memset(outcomes, WANMI_DELIVERED, count);
        read_batch(c, batch, count, outcomes);
        c->carrier->done(c->way, count);
    }
    return NULL;
}

/* Batches go through all records, and so through many units. */
static unsigned place_of(const round_of *r, size_t batch)
{
    return (unsigned)(batch * r->load->batch % BENCH_BATCH_LARGEST);
}

static uint64_t expected_sum(const bench_load *load)
{
    size_t count = load->batches * load->batch;
    uint64_t all = bench_sum(records, BENCH_BATCH_LARGEST) * (count / BENCH_BATCH_LARGEST);
    return load->producers * (all + bench_sum(records, count % BENCH_BATCH_LARGEST));
}

static void submit_all(producer *p)
{
    const round_of *r = p->round;
    wanmi_producer *way;
    wanmi_error error;
    bench_must(wanmi_producer_open(bench_sinks_dispatch(r->sinks), &way, &error), &error);
    start_together(p);
    for (size_t i = 0; i < r->load->batches; i++)
        for (unsigned s = 0, at = place_of(r, i); s < r->load->sinks; s++)
            bench_must(wanmi_producer_submit(way, bench_sinks_number(r->sinks, s), records + at, keys + at,
                                             r->load->batch, &error), &error);
    wanmi_producer_close(way);
}

static void *produce(void *argument)
{
    producer *p = argument;
    const round_of *r = p->round;
    if (r->load->pinned)
        bench_pin(p->number);
    if (r->carrier == NULL) {
        submit_all(p);
        return NULL;
    }
    start_together(p);
    for (size_t i = 0; i < r->load->batches; i++)
        for (unsigned s = 0; s < r->load->sinks; s++)
            r->carrier->put(r->consumers[s].way, p->number, records + place_of(r, i), r->load->batch);
    return NULL;
}

static void open_consumers(round_of *r, const bench_method *method, pthread_t *threads)
{
    void *users[BENCH_THREADS_LARGEST];
    for (unsigned s = 0; s < r->load->sinks; s++) {
        consumer *c = &r->consumers[s];
        c->carrier = method->carrier;
        c->wanted = r->load->producers * r->load->batches * r->load->batch;
        c->expected = expected_sum(r->load);
        c->pin = r->load->pinned ? (int)(r->load->producers + s) : -1;
        sem_init(&c->done, 0, 0);
        users[s] = c;
        if (method->carrier == NULL)
            continue;
        c->way = method->carrier->open(r->load->producers);
        if (pthread_create(&threads[s], NULL, consume, c) != 0)
            bench_die("no thread");
    }
    if (method->carrier == NULL)
        r->sinks = bench_sinks_open(method, r->load->sinks, read_batch, users);
}

static void close_consumers(round_of *r, pthread_t *threads)
{
    if (r->sinks != NULL)
        bench_sinks_close(r->sinks);
    for (unsigned s = 0; s < r->load->sinks; s++) {
        consumer *c = &r->consumers[s];
        if (r->carrier != NULL) {
            pthread_join(threads[s], NULL);
            r->carrier->close(c->way);
        }
        sem_destroy(&c->done);
        if (c->sum != c->expected || c->got != c->wanted)
            bench_die("what came out is not what went in");
    }
}

static double began_first(const producer *producers, unsigned count)
{
    double first = producers[0].began;
    for (unsigned p = 1; p < count; p++)
        first = producers[p].began < first ? producers[p].began : first;
    return first;
}

static double ended_last(const round_of *r)
{
    double last = 0;
    for (unsigned s = 0; s < r->load->sinks; s++)
        last = r->consumers[s].ended > last ? r->consumers[s].ended : last;
    return last;
}

bench_took bench_hand_over(const bench_method *method, const bench_load *load)
{
    round_of r = {.load = load, .carrier = method->carrier};
    producer producers[BENCH_THREADS_LARGEST];
    pthread_t putting[BENCH_THREADS_LARGEST], taking[BENCH_THREADS_LARGEST];
    bench_took took = {0};
    bench_records();
    pthread_barrier_init(&r.start, NULL, load->producers);
    open_consumers(&r, method, taking);
    for (unsigned p = 0; p < load->producers; p++) {
        producers[p] = (producer){.round = &r, .number = p};
        if (pthread_create(&putting[p], NULL, produce, &producers[p]) != 0)
            bench_die("no thread");
    }
    for (unsigned s = 0; s < load->sinks; s++)
        sem_wait(&r.consumers[s].done);
    took.processor = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned p = 0; p < load->producers; p++)
        pthread_join(putting[p], NULL);
    close_consumers(&r, taking);
    took.processor -= r.processor;
    took.seconds = ended_last(&r) - began_first(producers, load->producers);
    pthread_barrier_destroy(&r.start);
    return took;
}

/* ---- a dispatch ------------------------------------------------------------------------------ */

struct bench_sinks {
    wanmi_dispatch *dispatch;
    uint32_t numbers[BENCH_THREADS_LARGEST];
};

bench_sinks *bench_sinks_open(const bench_method *method, unsigned sinks, wanmi_deliver_fn deliver, void **users)
{
    wanmi_dispatch_options options;
    wanmi_error error;
    bench_sinks *made = bench_memory(sizeof *made);
    wanmi_dispatch_options_init(&options);
    options.ring_capacity = BENCH_RING;
    bench_must(wanmi_dispatch_create(&options, NULL, &made->dispatch, &error), &error);
    for (unsigned s = 0; s < sinks; s++) {
        char name[32];
        wanmi_sink_def def;
        wanmi_sink_def_init(&def);
        snprintf(name, sizeof name, "reads %u", s);
        def.name = name;
        def.deliver = deliver;
        def.user = users[s];
        def.batch_max = BENCH_TAKEN;
        def.policy = WANMI_POLICY_BLOCK;
        def.block_us = 60 * 1000 * 1000;
        def.wait = method->wait;
        def.order = method->order;
        bench_must(wanmi_dispatch_add_sink(made->dispatch, &def, &made->numbers[s], &error), &error);
    }
    bench_must(wanmi_dispatch_start(made->dispatch, &error), &error);
    return made;
}

wanmi_dispatch *bench_sinks_dispatch(bench_sinks *sinks)
{
    return sinks->dispatch;
}

uint32_t bench_sinks_number(const bench_sinks *sinks, unsigned sink)
{
    return sinks->numbers[sink];
}

void bench_sinks_close(bench_sinks *sinks)
{
    wanmi_dispatch_free(sinks->dispatch);
    free(sinks);
}
