/* Sinks of the chaos: one that is well, and six that are not. Each counts for itself
 * what it has taken. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow_chaos.h"
#include "support.h"

enum { STEADY, FAILING, SLOW, HANGING, REJECTING, POLLED, FLEETING };
static const char *const names[CHAOS_KINDS] = {"steady",    "failing", "slow",    "hanging",
                                               "rejecting", "polled",  "fleeting"};

typedef struct chaos_sink {
    chaos_sinks *all;
    int kind;
    uint32_t number;
    _Atomic uint64_t taken;
    _Atomic uint64_t calls;
} chaos_sink;

struct chaos_sinks {
    wanmi_flow *flow;
    chaos_record *record;
    uint64_t seed;
    atomic_bool well, end;
    chaos_sink each[CHAOS_KINDS];
    pthread_t poller, mover;
    _Atomic uint64_t comings;
};

static void nap_us(int64_t us)
{
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static void nap_while_sick(const chaos_sinks *all, int64_t us)
{
    for (int64_t slept = 0; slept < us && !atomic_load(&all->well); slept += 10000)
        nap_us(us - slept < 10000 ? us - slept : 10000);
}

/* ---- what they do with what they get ------------------------------------------------------------ */

static void check(chaos_record *record, const wanmi_flow *flow, const wanmi_delivery *d)
{
    const wanmi_map *map = wanmi_flow_map(flow, d->generation);
    if (map == NULL)
        atomic_fetch_add(&record->mapless, 1);
    else if (!chaos_is_right(map, d))
        atomic_fetch_add(&record->wrong, 1);
}

static void record_taken(chaos_sink *sink, const wanmi_delivery *d)
{
    check(sink->all->record, sink->all->flow, d);
    chaos_record_add(sink->all->record, d->event_id, -1);
    atomic_fetch_add_explicit(&sink->taken, 1, memory_order_relaxed);
}

static void be_sick(chaos_sink *sink, uint64_t *state)
{
    uint64_t dice = bench_next(state);
    if (sink->kind == SLOW)
        nap_while_sick(sink->all, (int64_t)(dice % 4000));
    else if (sink->kind == HANGING && dice % 64 == 0)
        nap_while_sick(sink->all, 300000 + (int64_t)(dice / 64 % 1200000));
    else if (sink->kind == REJECTING && dice % 2048 == 0)
        nap_while_sick(sink->all, 20000);
}

/* Failing: one in ten asked again, one in fifty refused; and every three seconds, for
 * a quarter of one, all asked again. */
static uint8_t answer(const chaos_sink *sink, bool down, uint64_t *state)
{
    uint64_t dice = bench_next(state) % 100;
    if (sink->kind != FAILING || atomic_load_explicit(&sink->all->well, memory_order_relaxed))
        return WANMI_DELIVERED;
    if (down || dice < 10)
        return WANMI_RETRY;
    return dice < 12 ? WANMI_DEAD : WANMI_DELIVERED;
}

static void take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    chaos_sink *sink = user;
    uint64_t call = atomic_fetch_add(&sink->calls, 1);
    uint64_t state = sink->all->seed ^ call << 8 ^ (uint64_t)sink->kind;
    if (!atomic_load_explicit(&sink->all->well, memory_order_relaxed))
        be_sick(sink, &state);
    bool down = fmod(bench_seconds(CLOCK_MONOTONIC), 3) < 0.25;
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = answer(sink, down, &state);
        if (outcomes[i] == WANMI_DELIVERED)
            record_taken(sink, &batch[i]);
    }
}

size_t chaos_write_letters(void *user, const wanmi_dead_letter *letters, size_t count)
{
    chaos_record *record = user;
    for (size_t i = 0; i < count; i++)
        chaos_record_add(record, letters[i].delivery.event_id, -1);
    atomic_fetch_add(&record->letters, count);
    return count;
}

/* ---- polling -------------------------------------------------------------------------------------- */

/* Now and then it forgets to answer; the delivery comes again when its lease is over. An
 * answer that came too late did not count, and the delivery comes again as well. */
static void answer_polled(chaos_sink *sink, const wanmi_delivery *d, uint64_t ticket, uint64_t dice)
{
    uint8_t outcome = dice % 50 == 1 ? WANMI_RETRY : dice % 500 == 2 ? WANMI_DEAD : WANMI_DELIVERED;
    size_t taken = 0;
    bool well = atomic_load(&sink->all->well);
    if (well)
        outcome = WANMI_DELIVERED;
    else if (dice % 200 == 0)
        return;
    check(sink->all->record, sink->all->flow, d);
    wanmi_status status = wanmi_sink_ack(wanmi_flow_dispatch(sink->all->flow), sink->number, &ticket, &outcome, 1,
                                         &taken, NULL);
    if (status == WANMI_OK && taken == 1 && outcome == WANMI_DELIVERED) {
        chaos_record_add(sink->all->record, d->event_id, -1);
        atomic_fetch_add(&sink->taken, 1);
    }
}

static void *poll_on(void *user)
{
    enum { AT_ONCE = 64 };
    chaos_sink *sink = user;
    wanmi_delivery deliveries[AT_ONCE];
    uint64_t tickets[AT_ONCE], state = sink->all->seed;
    while (!atomic_load(&sink->all->end)) {
        size_t count = 0;
        wanmi_status status = wanmi_sink_poll(wanmi_flow_dispatch(sink->all->flow), sink->number, 200000, 20000,
                                              deliveries, tickets, AT_ONCE, &count, NULL);
        if (status < 0)
            break;
        for (size_t i = 0; i < count; i++)
            answer_polled(sink, &deliveries[i], tickets[i], bench_next(&state));
    }
    return NULL;
}

/* ---- added and removed ------------------------------------------------------------------------------ */

static void describe(wanmi_sink_def *def, chaos_sink *sink)
{
    static const wanmi_policy policies[CHAOS_KINDS] = {
        WANMI_POLICY_BLOCK, WANMI_POLICY_OVERFLOW, WANMI_POLICY_OVERFLOW, WANMI_POLICY_DROP_OLDEST,
        WANMI_POLICY_REJECT, WANMI_POLICY_OVERFLOW, WANMI_POLICY_OVERFLOW};
    static const wanmi_order orders[CHAOS_KINDS] = {
        WANMI_ORDER_UNIT, WANMI_ORDER_UNIT, WANMI_ORDER_NONE, WANMI_ORDER_BATCH,
        WANMI_ORDER_BATCH, WANMI_ORDER_UNIT, WANMI_ORDER_BATCH};
    wanmi_sink_def_init(def);
    def->name = names[sink->kind];
    def->user = sink;
    def->deliver = sink->kind == POLLED ? NULL : take;
    def->lanes = sink->kind == STEADY || sink->kind == FAILING ? 2 : 1;
    def->policy = policies[sink->kind];
    def->order = orders[sink->kind];
    def->block_us = 200000;
    def->retry_base_us = 2000;
    def->retry_max_us = 50000;
    def->attempts_max = 6;
    def->breaker_open_us = 100000;
    def->slow_us = 100000;
    def->hung_us = 400000;
}

static void add(chaos_sink *sink)
{
    wanmi_error error;
    wanmi_sink_def def;
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    if (sink->kind == REJECTING)
        wish.units = "K00;K05";
    describe(&def, sink);
    bench_must(wanmi_flow_add_sink(sink->all->flow, &def, &wish, &sink->number, &error), &error);
}

static void *come_and_go(void *user)
{
    chaos_sink *sink = user;
    chaos_sinks *all = sink->all;
    uint64_t state = all->seed + 5;
    wanmi_error error;
    while (!atomic_load(&all->well)) {
        uint64_t dice = bench_next(&state);
        nap_while_sick(all, 50000 + (int64_t)(dice % 400000));
        bench_must(wanmi_flow_remove_sink(all->flow, sink->number, (int64_t)(dice % 3) * 10000, NULL, &error), &error);
        atomic_fetch_add(&all->comings, 1);
        nap_while_sick(all, 20000);
        add(sink);
    }
    return NULL;
}

/* ---- all of them --------------------------------------------------------------------------------------- */

chaos_sinks *chaos_sinks_open(wanmi_flow *flow, chaos_record *record, uint64_t seed)
{
    chaos_sinks *all = bench_memory(sizeof *all);
    memset(all, 0, sizeof *all);
    all->flow = flow;
    all->record = record;
    all->seed = seed;
    for (int kind = 0; kind < CHAOS_KINDS; kind++) {
        all->each[kind].all = all;
        all->each[kind].kind = kind;
        add(&all->each[kind]);
    }
    return all;
}

void chaos_sinks_start(chaos_sinks *all)
{
    if (pthread_create(&all->poller, NULL, poll_on, &all->each[POLLED]) != 0
        || pthread_create(&all->mover, NULL, come_and_go, &all->each[FLEETING]) != 0)
        bench_die("no threads");
}

void chaos_sinks_heal(chaos_sinks *all)
{
    atomic_store(&all->well, true);
    pthread_join(all->mover, NULL);
}

void chaos_sinks_join(chaos_sinks *all)
{
    atomic_store(&all->end, true);
    pthread_join(all->poller, NULL);
}

uint64_t chaos_sinks_report(const chaos_sinks *all)
{
    static const char *const states[] = {"closed", "open", "half-open", "hung"};
    uint64_t taken = 0;
    wanmi_tally sum, tallies[CHAOS_KINDS];
    wanmi_tally_init(&sum);
    for (int i = 0; i < CHAOS_KINDS; i++)
        wanmi_tally_init(&tallies[i]);
    wanmi_dispatch_snapshot(wanmi_flow_dispatch(all->flow), &sum, tallies, CHAOS_KINDS, NULL);
    printf("\n  %-10s %12s %12s %12s %10s %9s %8s %6s  %s\n", "sink", "its record", "delivered", "dead", "retried",
           "repeated", "slow", "hung", "state");
    for (int kind = 0; kind < CHAOS_KINDS; kind++) {
        const chaos_sink *sink = &all->each[kind];
        taken += sink->taken;
        for (uint32_t i = 0; i < CHAOS_KINDS; i++)
            if (tallies[i].sink == sink->number)
                printf("  %-10s %12llu %12llu %12llu %10llu %9llu %8llu %6llu  %s\n", names[kind],
                       (unsigned long long)sink->taken, (unsigned long long)tallies[i].delivered,
                       (unsigned long long)tallies[i].dead, (unsigned long long)tallies[i].retried,
                       (unsigned long long)tallies[i].repeated, (unsigned long long)tallies[i].slow,
                       (unsigned long long)tallies[i].hung, states[tallies[i].state % 4]);
    }
    printf("  fleeting was removed and added %llu times: its record is of all of them\n",
           (unsigned long long)all->comings);
    return taken;
}

void chaos_sinks_close(chaos_sinks *all)
{
    free(all);
}
