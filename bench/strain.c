/* See strain.h. */
#include "strain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_carriers.h"
#include "dispatch_rounds.h"
#include "memory.h"
#include "support.h"

static const double BEHIND_SECONDS = 0.02;  /* what a producer that was kept waiting makes up for */
static const int64_t DRAIN_US = 200000;
enum { SAID_MOST = 10 };                    /* broken laws that are told one by one */

static double now(void)
{
    return bench_seconds(CLOCK_MONOTONIC);
}

static void nap_us(long us)
{
    struct timespec pause = {0, 1000 * us};
    nanosleep(&pause, NULL);
}

/* ---- sinks ----------------------------------------------------------------------------------- */

void strain_take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    strain_sink *sink = user;
    double end = now() + 1e-9 * (double)sink->cost_ns * (double)count;
    (void)outcomes;
    atomic_fetch_add_explicit(&sink->sum, bench_sum(batch, count), memory_order_relaxed);
    while (sink->cost_ns > 0 && now() < end)
        continue;
    atomic_fetch_add_explicit(&sink->taken, count, memory_order_relaxed);
}

static size_t write_letters(void *user, const wanmi_dead_letter *letters, size_t count)
{
    strain *s = user;
    (void)letters;
    atomic_fetch_add_explicit(&s->letters, count, memory_order_relaxed);
    return count;
}

void strain_open(strain *s)
{
    wanmi_dispatch_options options;
    wanmi_error error;
    memset(s, 0, sizeof *s);
    s->host = bench_counting_host(&s->held);
    bench_records();                        /* made by one thread, before the producers */
    wanmi_dispatch_options_init(&options);
    options.dead = write_letters;
    options.dead_user = s;
    bench_must(wanmi_dispatch_create(&options, &s->host, &s->dispatch, &error), &error);
}

strain_sink *strain_add(strain *s, const wanmi_sink_def *def)
{
    wanmi_error error;
    if (s->sink_count == STRAIN_SINKS)
        bench_die("too many sinks");
    strain_sink *sink = &s->sinks[s->sink_count];
    wanmi_sink_def named = *def;
    if (named.deliver == strain_take)
        named.user = sink;
    bench_must(wanmi_dispatch_add_sink(s->dispatch, &named, &sink->number, &error), &error);
    s->sink_count++;
    return sink;
}

/* ---- producers --------------------------------------------------------------------------------- */

static void submit(strain *s, wanmi_producer *producer, size_t count)
{
    wanmi_error error;
    for (unsigned i = 0; i < s->sink_count; i++)
        bench_must(wanmi_producer_submit(producer, s->sinks[i].number, bench_records(), bench_keys(), count, &error),
                   &error);
    atomic_fetch_add_explicit(&s->submitted, count * s->sink_count, memory_order_relaxed);
}

/* Offers what its rate has made due since it last looked, in submits of at most
 * BENCH_BATCH_LARGEST, and naps when it is not behind. */
static void *produce(void *argument)
{
    strain *s = argument;
    wanmi_producer *producer;
    wanmi_error error;
    double due = 0, last = now();
    bench_must(wanmi_producer_open(s->dispatch, &producer, &error), &error);
    while (!atomic_load(&s->end)) {
        double at = now(), rate = atomic_load(&s->rate) / s->producer_count;
        due += (at - last) * rate;
        last = at;
        due = due < rate * BEHIND_SECONDS ? due : rate * BEHIND_SECONDS;
        size_t count = due < BENCH_BATCH_LARGEST ? (size_t)due : BENCH_BATCH_LARGEST;
        if (count > 0)
            submit(s, producer, count);
        due -= (double)count;
        if (due < BENCH_BATCH_LARGEST)
            nap_us(300);
    }
    wanmi_producer_close(producer);
    return NULL;
}

void strain_start(strain *s, unsigned producers, double rate)
{
    wanmi_error error;
    s->producer_count = producers;
    atomic_store(&s->rate, rate);
    bench_must(wanmi_dispatch_start(s->dispatch, &error), &error);
    for (unsigned i = 0; i < producers; i++)
        if (pthread_create(&s->producers[i], NULL, produce, s) != 0)
            bench_die("no thread");
}

/* ---- the law ------------------------------------------------------------------------------------- */

static bool holds(const wanmi_tally *t)
{
    return t->accepted == t->delivered + t->dead + t->pending
        && t->pending == t->queued + t->in_callback + t->parked + t->leased;
}

void strain_look(strain *s)
{
    wanmi_tally sum, sinks[STRAIN_SINKS];
    wanmi_error error;
    wanmi_tally_init(&sum);
    for (unsigned i = 0; i < s->sink_count; i++)
        wanmi_tally_init(&sinks[i]);
    bench_must(wanmi_dispatch_snapshot(s->dispatch, &sum, sinks, s->sink_count, &error), &error);
    bool all = holds(&sum);
    uint64_t accepted = 0;
    for (unsigned i = 0; i < s->sink_count; i++) {
        all = all && holds(&sinks[i]);
        accepted += sinks[i].accepted;
    }
    all = all && accepted == sum.accepted;
    if (!all && s->broken < SAID_MOST)
        printf("  the law does not hold: accepted %" PRIu64 ", delivered %" PRIu64 ", dead %" PRIu64 ", pending %"
               PRIu64 "\n", sum.accepted, sum.delivered, sum.dead, sum.pending);
    s->snapshots++;
    s->broken += !all;
    s->pending = sum.pending;
    s->most_pending = s->pending > s->most_pending ? s->pending : s->most_pending;
    int64_t held = __atomic_load_n(&s->held, __ATOMIC_RELAXED);
    s->most_held = held > s->most_held ? held : s->most_held;
}

double strain_watch(strain *s, double seconds)
{
    double began = now(), lasted = 0;
    while ((lasted = now() - began) < seconds) {
        strain_look(s);
        nap_us(2000);
    }
    return lasted;
}

double strain_until(strain *s, uint64_t depth, double limit)
{
    double began = now();
    for (;;) {
        strain_look(s);
        double lasted = now() - began;
        if (s->pending <= depth || lasted >= limit)
            return lasted;
        nap_us(500);
    }
}

/* ---- the end --------------------------------------------------------------------------------------- */

void strain_stop(strain *s)
{
    uint64_t left;
    atomic_store(&s->end, true);
    for (unsigned i = 0; i < s->producer_count; i++)
        pthread_join(s->producers[i], NULL);
    wanmi_dispatch_drain(s->dispatch, DRAIN_US, &left, NULL);   /* what is left then, the stop buries */
    wanmi_dispatch_stop(s->dispatch);
    strain_look(s);
}

static uint64_t apart(const char *what, uint64_t one, uint64_t other)
{
    if (one != other)
        printf("  %s: %" PRIu64 " and %" PRIu64 "\n", what, one, other);
    return one > other ? one - other : other - one;
}

uint64_t strain_differences(strain *s, uint64_t elsewhere)
{
    wanmi_tally sum;
    wanmi_error error;
    uint64_t taken = elsewhere;
    wanmi_tally_init(&sum);
    bench_must(wanmi_dispatch_snapshot(s->dispatch, &sum, NULL, 0, &error), &error);
    for (unsigned i = 0; i < s->sink_count; i++)
        taken += s->sinks[i].taken;
    s->dead = sum.dead;
    s->unwritten = sum.dead_unwritten;
    return s->broken + apart("accepted, by tallies and producers", sum.accepted, s->submitted)
        + apart("delivered, by tallies and sinks", sum.delivered, taken)
        + apart("dead, by tallies and letters", sum.dead - sum.dead_unwritten, s->letters)
        + apart("pending after the stop, none", sum.pending, 0);
}

void strain_close(strain *s)
{
    wanmi_dispatch_free(s->dispatch);
    if (s->held != 0)
        bench_die("%" PRId64 " bytes are not given back", s->held);
}

int64_t strain_cap(const strain *s, const wanmi_dispatch_options *options, const wanmi_sink_def *def)
{
    enum { RECORD = 68, LETTER = 88, PARKED = 184 };
    int64_t bands = def->urgent_max < 0 ? 1 : 2, lanes = (int64_t)def->lanes * s->sink_count;
    int64_t letters = (int64_t)options->dead_capacity * LETTER;
    return s->producer_count * ((int64_t)options->ring_capacity * RECORD * bands * lanes + letters)
        + lanes * (letters + (int64_t)def->parked_max * PARKED);
}
