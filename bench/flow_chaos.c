/* Everything at once: producers that come and go, sinks that fail, lag, hang, reject,
 * are polled, added and removed, maps that are swapped. Prints the laws every second;
 * at the end matches ids with the sinks' own records. */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "flow.h"
#include "flow_chaos.h"
#include "memory.h"
#include "results.h"
#include "support.h"
#include "trend.h"

/* A closed intake's place is taken again once its deliveries have arrived. PLACES_SPARE:
 * beside those of the producers, at a rate. */
enum { PRODUCERS_MAX = 16, BATCH_MAX = 1024, PLACES_MAX = 128, PLACES_SPARE = 13 };

typedef struct chaos {
    const bench_chaos_options *options;
    wanmi_flow *flow;
    chaos_record record;
    chaos_sinks *sinks;
    uint32_t classes[CHAOS_CLASSES];
    _Atomic uint64_t next_id;
    _Atomic uint64_t submitted, refused, mixed;     /* by the producers' own count */
    _Atomic uint64_t intakes;
    atomic_bool end;
    uint64_t late_swaps;                            /* put off: 64 maps were alive */
    uint64_t broken;                                /* snapshots in which a law did not hold */
    uint64_t snapshots;
    double start;
    wanmi_host host;
    int64_t held;                                   /* bytes asked of the allocator and not given back */
    bench_floor bytes, resident, descriptors;       /* after the first fifth, or ten minutes */
} chaos;

typedef struct producer {
    chaos *c;
    unsigned number;
} producer;

void bench_chaos_options_init(bench_chaos_options *options)
{
    *options = (bench_chaos_options){.seconds = 20, .seed = 42, .producers = 3};
}

void chaos_record_add(chaos_record *record, uint64_t id, int deliveries)
{
    __atomic_fetch_add(&record->balance[id % CHAOS_LEDGER], (int8_t)deliveries, __ATOMIC_RELAXED);
}

static void nap_us(int64_t us)
{
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

/* Holds a producer back that is ahead of the rate. */
static void keep_rate(const chaos *c)
{
    double rate = c->options->rate;
    while (rate > 0 && !atomic_load(&c->end)) {
        double ahead = (double)c->next_id / rate - (bench_seconds(CLOCK_MONOTONIC) - c->start);
        if (ahead <= 0)
            return;
        nap_us((int64_t)(1e6 * (ahead < 0.1 ? ahead : 0.1)));
    }
}

/* ---- producers -------------------------------------------------------------------------------------- */

static void submit(chaos *c, wanmi_intake *intake, size_t count)
{
    wanmi_event events[BATCH_MAX];
    wanmi_receipt receipts[BATCH_MAX];
    wanmi_error error;
    uint64_t first = atomic_fetch_add(&c->next_id, count), refused = 0;
    uint32_t generation = 0;
    for (size_t i = 0; i < count; i++)
        events[i] = chaos_event(first + i, c->classes);
    wanmi_status status = wanmi_flow_submit(intake, events, count, receipts, NULL, &error);
    if (status != WANMI_OK && status != WANMI_E_DISPATCH_FULL)
        bench_die("%s", error.message);
    for (size_t i = 0; i < count; i++) {
        refused += receipts[i].deliveries == 0 && receipts[i].reason == WANMI_REASON_FULL;
        chaos_record_add(&c->record, first + i, (int)receipts[i].deliveries);
        if (receipts[i].generation == 0)
            continue;
        generation = generation == 0 ? receipts[i].generation : generation;
        if (receipts[i].generation != generation)
            atomic_fetch_add(&c->mixed, 1);
    }
    atomic_fetch_add(&c->submitted, count);
    atomic_fetch_add(&c->refused, refused);
}

/* All places may be closed ones whose deliveries have not arrived: NULL at the end. */
static wanmi_intake *open_intake(chaos *c)
{
    wanmi_error error;
    wanmi_intake *intake = NULL;
    wanmi_status status = wanmi_intake_open(c->flow, &intake, &error);
    for (; status == WANMI_E_LIMIT && !atomic_load(&c->end); status = wanmi_intake_open(c->flow, &intake, &error))
        nap_us(10000);
    if (status != WANMI_E_LIMIT)
        bench_must(status, &error);
    return intake;
}

static void *produce(void *user)
{
    producer *p = user;
    chaos *c = p->c;
    uint64_t state = c->options->seed + p->number * 977;
    while (!atomic_load(&c->end)) {
        wanmi_intake *intake = open_intake(c);
        atomic_fetch_add(&c->intakes, 1);
        uint64_t batches = 1 + bench_next(&state) % 2000;
        for (uint64_t i = 0; i < batches && !atomic_load(&c->end); i++) {
            keep_rate(c);
            submit(c, intake, 1 + bench_next(&state) % (bench_next(&state) % 4 == 0 ? BATCH_MAX : 64));
        }
        wanmi_intake_close(intake);
        nap_us((int64_t)(bench_next(&state) % 20000));
    }
    return NULL;
}

/* ---- maps ----------------------------------------------------------------------------------------------- */

/* False when it is put off. */
static bool offer_map(chaos *c, wanmi_map *map)
{
    wanmi_error error;
    wanmi_status status = wanmi_flow_set_map(c->flow, map, &error);
    if (status == WANMI_E_LIMIT) {
        c->late_swaps++;
        return false;
    }
    bench_must(status, &error);
    return true;
}

static void *swap_maps(void *user)
{
    chaos *c = user;
    uint64_t state = c->options->seed + 3;
    for (uint32_t generation = 2; !atomic_load(&c->end); generation++) {
        wanmi_map *map = chaos_map(generation, &c->host);
        while (!offer_map(c, map) && !atomic_load(&c->end))
            nap_us(10000);
        wanmi_map_release(map);
        /* At a rate, the maps that what is slow still names are to stay few. */
        nap_us((10000 + (int64_t)(bench_next(&state) % 80000)) * (c->options->rate > 0 ? 5 : 1));
    }
    return NULL;
}

/* ---- the laws --------------------------------------------------------------------------------------------- */

static bool look(chaos *c, wanmi_account *a)
{
    wanmi_error error;
    wanmi_account_init(a);
    bench_must(wanmi_flow_snapshot(c->flow, a, NULL, 0, &error), &error);
    bool events = a->submitted == a->routed + a->unrouted + a->refused;
    bool deliveries = a->sum.accepted == a->sum.delivered + a->sum.dead + a->sum.pending
                   && a->sum.pending == a->sum.queued + a->sum.in_callback + a->sum.parked + a->sum.leased;
    c->snapshots++;
    c->broken += !events || !deliveries;
    return events && deliveries;
}

static void print_laws(const chaos *c, const wanmi_account *a, bool holds)
{
    printf("%5.0f s  %" PRIu64 " submitted = %" PRIu64 " routed + %" PRIu64 " unrouted + %" PRIu64 " refused;  %" PRIu64
           " accepted = %" PRIu64 " delivered + %" PRIu64 " dead + %" PRIu64 " pending (%" PRIu64 " queued, %" PRIu64
           " in callbacks, %" PRIu64 " parked, %" PRIu64 " leased);  map %" PRIu64 ", %" PRIu64 " alive: %s\n",
           bench_seconds(CLOCK_MONOTONIC) - c->start, a->submitted, a->routed, a->unrouted, a->refused,
           a->sum.accepted, a->sum.delivered, a->sum.dead, a->sum.pending, a->sum.queued, a->sum.in_callback,
           a->sum.parked, a->sum.leased, a->generation, a->maps_alive, holds ? "holds" : "BROKEN");
    fflush(stdout);
}

/* As often as the laws are looked at, so that the least of a stretch is what is left
 * while the sink that comes and goes is gone. */
static void weigh(chaos *c, double seconds, bool print)
{
    int64_t held = __atomic_load_n(&c->held, __ATOMIC_RELAXED);
    uint64_t resident = bench_resident_bytes(), descriptors = bench_descriptors();
    double warm_up = c->options->seconds / 5, stretch = c->options->seconds / 25;
    c->bytes.stretch = c->resident.stretch = c->descriptors.stretch = stretch > 1 ? stretch : 1;
    if (seconds >= (warm_up < 600 ? warm_up : 600)) {
        bench_floor_add(&c->bytes, seconds, (double)held);
        bench_floor_add(&c->resident, seconds, (double)resident);
        bench_floor_add(&c->descriptors, seconds, (double)descriptors);
    }
    if (print)
        printf("         %.2f MB held, %.2f MB resident, %" PRIu64 " descriptors\n", 1e-6 * (double)held,
               1e-6 * (double)resident, descriptors);
}

static void watch(chaos *c)
{
    const bench_chaos_options *o = c->options;
    double printed = c->start;
    for (;;) {
        wanmi_account a;
        bool holds = look(c, &a);
        double now = bench_seconds(CLOCK_MONOTONIC);
        bool print = now - printed >= 1;
        if (print || !holds)
            print_laws(c, &a, holds);
        weigh(c, now - c->start, print && (int64_t)(now - c->start) % 10 == 0);
        printed = print ? now : printed;
        if (o->stopping != NULL && o->stopping())
            return;
        if ((o->seconds > 0 && now - c->start >= o->seconds) || (o->events != 0 && a.submitted >= o->events))
            return;
        nap_us(5000);
    }
}

/* ---- the end ------------------------------------------------------------------------------------------------ */

static uint64_t told(const char *what, uint64_t one, uint64_t other)
{
    printf("  %-72s %14" PRIu64 " %14" PRIu64 "  %s\n", what, one, other, one == other ? "" : "DIFFERENT");
    return one > other ? one - other : other - one;
}

/* Deliveries that receipts promised and nobody recorded, and those recorded that
 * nobody promised. */
static void balance(const chaos *c, uint64_t *missing, uint64_t *doubled)
{
    uint64_t ids = c->next_id < CHAOS_LEDGER ? c->next_id : CHAOS_LEDGER;
    *missing = *doubled = 0;
    for (uint64_t i = 0; i < ids; i++) {
        int balance = c->record.balance[i];
        *missing += balance > 0 ? (uint64_t)balance : 0;
        *doubled += balance < 0 ? (uint64_t)-balance : 0;
    }
}

static uint64_t reckon(chaos *c)
{
    wanmi_account a;
    wanmi_flow_reclaim(c->flow, NULL, NULL);
    bool holds = look(c, &a);
    print_laws(c, &a, holds);
    uint64_t taken = chaos_sinks_report(c->sinks), missing, doubled;
    balance(c, &missing, &doubled);
    printf("\n");
    uint64_t different = told("events submitted: the account, the producers", a.submitted, c->submitted);
    different += told("events refused: the account, the receipts", a.refused, c->refused);
    different += told("deliveries delivered: the tallies, the sinks' own records", a.sum.delivered, taken);
    different += told("deliveries dead: the tallies, the letters", a.sum.dead - a.sum.dead_unwritten, c->record.letters);
    different += told("deliveries pending, none", a.sum.pending, 0);
    different += told("by ids: promised and not recorded; letters that were not written", missing, a.sum.dead_unwritten);
    different += told("by ids: recorded and not promised, none", doubled, 0);
    different += told("deliveries that are not as their map has them, none", c->record.wrong, 0);
    different += told("deliveries whose map was gone, none", c->record.mapless, 0);
    different += told("receipts of one submit with two maps, none", c->mixed, 0);
    different += told("maps alive, one", a.maps_alive, 1);
    different += told("swaps put off, 64 maps being alive: the account, the swapper", a.swaps_put_off, c->late_swaps);
    different += told("snapshots in which a law did not hold, none", c->broken, 0);
    printf("\ngrowth an hour: %.3f MB held, %.3f MB resident, %.2f descriptors (straight lines through %zu samples)\n",
           1e-6 * bench_trend_hourly(&c->bytes.trend), 1e-6 * bench_trend_hourly(&c->resident.trend),
           bench_trend_hourly(&c->descriptors.trend), c->bytes.trend.count);
    printf("%" PRIu64 " snapshots, %" PRIu64 " swaps (%" PRIu64 " put off), %" PRIu64 " intakes, %.1f s: %" PRIu64
           " differences\n", c->snapshots, a.swaps, c->late_swaps, c->intakes, bench_seconds(CLOCK_MONOTONIC) - c->start,
           different);
    return different;
}

static int write_json(const chaos *c, uint64_t different)
{
    bench_results results;
    wanmi_account a;
    wanmi_account_init(&a);
    wanmi_flow_snapshot(c->flow, &a, NULL, 0, NULL);
    bench_results_open(&results);
    json_array_append_new(results.rows,
        json_pack("{ss ss ss sI ss ss si sn sn sI sI sI sI sI sf sf sf}", "bench", "flow", "workload", "chaos", "points",
                  "uniform", "count", (json_int_t)a.submitted, "method", "wanmi", "kernel", "none", "threads",
                  (int)c->options->producers, "median_ns", "ratio", "differences", (json_int_t)different, "swaps",
                  (json_int_t)a.swaps, "delivered", (json_int_t)a.sum.delivered, "dead", (json_int_t)a.sum.dead,
                  "snapshots", (json_int_t)c->snapshots, "held_mb_hourly", 1e-6 * bench_trend_hourly(&c->bytes.trend),
                  "resident_mb_hourly", 1e-6 * bench_trend_hourly(&c->resident.trend), "descriptors_hourly",
                  bench_trend_hourly(&c->descriptors.trend)));
    return bench_results_close(&results, c->options->json_path, NULL);
}

/* The library keeps a place's rings and uses them again. At a rate all places that
 * there can be are made first: else the first time that one more is needed, which may
 * be late, looks like memory that grows. */
static void open_all_places(chaos *c, unsigned count)
{
    wanmi_error error;
    wanmi_intake *intakes[PLACES_MAX];
    for (unsigned i = 0; i < count; i++)
        bench_must(wanmi_intake_open(c->flow, &intakes[i], &error), &error);
    for (unsigned i = 0; i < count; i++)
        wanmi_intake_close(intakes[i]);
}

static void open_flow(chaos *c)
{
    bool steady = c->options->rate > 0;
    unsigned places = steady ? c->options->producers + PLACES_SPARE : PLACES_MAX;
    wanmi_error error;
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.batch_max = 256;
    options.dispatch.ring_capacity = 1024;
    options.dispatch.producers_max = places;
    options.dispatch.dead_capacity = 1 << 14;
    options.dispatch.dead = chaos_write_letters;
    options.dispatch.dead_user = &c->record;
    bench_must(wanmi_flow_create(&options, &c->host, &c->flow, &error), &error);
    chaos_classes(wanmi_flow_words(c->flow), c->classes);
    wanmi_map *map = chaos_map(1, &c->host);
    bench_must(wanmi_flow_set_map(c->flow, map, &error), &error);
    wanmi_map_release(map);
    c->sinks = chaos_sinks_open(c->flow, &c->record, c->options->seed);
    bench_must(wanmi_flow_start(c->flow, &error), &error);
    if (steady)
        open_all_places(c, places);
    chaos_sinks_start(c->sinks);
}

static void run(chaos *c)
{
    pthread_t threads[PRODUCERS_MAX], swapper;
    producer producers[PRODUCERS_MAX];
    wanmi_error error;
    uint64_t left = 0;
    for (unsigned i = 0; i < c->options->producers; i++) {
        producers[i] = (producer){c, i};
        if (pthread_create(&threads[i], NULL, produce, &producers[i]) != 0)
            bench_die("no threads");
    }
    if (pthread_create(&swapper, NULL, swap_maps, c) != 0)
        bench_die("no threads");
    watch(c);
    atomic_store(&c->end, true);
    for (unsigned i = 0; i < c->options->producers; i++)
        pthread_join(threads[i], NULL);
    pthread_join(swapper, NULL);
    chaos_sinks_heal(c->sinks);
    bench_must(wanmi_flow_drain(c->flow, 120000000, &left, &error), &error);
    chaos_sinks_join(c->sinks);
}

int bench_chaos(const bench_chaos_options *options)
{
    chaos *c = bench_memory(sizeof *c);
    memset(c, 0, sizeof *c);
    c->options = options;
    c->host = bench_touching_host(&c->held);
    /* Large blocks go back to the system when they are freed. By itself glibc soon takes
     * them out of its heaps, where a hole that a removed sink leaves may be filled with
     * something small, and the next sink's rings make the heap grow. */
    if (options->rate > 0)
        mallopt(M_MMAP_THRESHOLD, 128 << 10);
    c->record.balance = mmap(NULL, CHAOS_LEDGER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                             -1, 0);
    if (c->record.balance == MAP_FAILED)
        bench_die("no memory for the record");
    open_flow(c);
    c->start = bench_seconds(CLOCK_MONOTONIC);
    run(c);
    uint64_t different = reckon(c);
    int code = write_json(c, different);
    wanmi_flow_free(c->flow);
    chaos_sinks_close(c->sinks);
    munmap(c->record.balance, CHAOS_LEDGER);
    free(c);
    return code == 0 && different != 0 ? 1 : code;
}
