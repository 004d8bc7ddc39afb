/* How fast records are handed over: the ring, and submit to callback, each
 * beside a queue of an array, a mutex and two condition variables in the same
 * run. Rounds of the two take turns; the median of five counts. Each side puts
 * whole batches in under one lock or one publishing store, takes out what is
 * there, at most 1,024 at a time, and reads all 64 bytes of each record.
 */
#include "dispatch.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "wanmi/wanmi.h"

#ifndef BENCH_FLAGS
#define BENCH_FLAGS "not known"
#endif

enum { CAPACITY = 16384, ROUNDS = 5, BATCH_MAX = 1024 };
static const double ROUND_SECONDS = 0.12;
static const size_t batches[] = {1, 16, 64, 256, 1024};

typedef wanmi_delivery record;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *words)
{
    fprintf(stderr, "bench: %s\n", words);
    exit(2);
}

/* Reads all of each record. */
static uint64_t sum_of(const record *records, size_t count)
{
    uint64_t sum = 0, words[sizeof(record) / 8];
    for (size_t i = 0; i < count; i++) {
        memcpy(words, &records[i], sizeof words);
        for (size_t j = 0; j < sizeof words / 8; j++)
            sum += words[j];
    }
    return sum;
}

/* ---- the other side: one lock a batch --------------------------------------------------- */

typedef struct locked {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    record records[CAPACITY];
    size_t head, tail;
} locked;

static void locked_open(locked *q)
{
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->filled, NULL);
    pthread_cond_init(&q->emptied, NULL);
    q->head = q->tail = 0;
}

static void locked_close(locked *q)
{
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->filled);
    pthread_cond_destroy(&q->emptied);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void locked_push(locked *q, const record *records, size_t count)
{
    while (count != 0) {
        pthread_mutex_lock(&q->lock);
        while (q->tail - q->head == CAPACITY)
            pthread_cond_wait(&q->emptied, &q->lock);
        int was_empty = q->tail == q->head;
        size_t at = q->tail % CAPACITY;
        size_t run = least(least(count, CAPACITY - (q->tail - q->head)), CAPACITY - at);
        memcpy(q->records + at, records, run * sizeof *records);
        q->tail += run;
        if (was_empty)
            pthread_cond_signal(&q->filled);
        pthread_mutex_unlock(&q->lock);
        records += run;
        count -= run;
    }
}

static size_t locked_pop(locked *q, record *records, size_t wanted)
{
    pthread_mutex_lock(&q->lock);
    while (q->tail == q->head)
        pthread_cond_wait(&q->filled, &q->lock);
    int was_full = q->tail - q->head == CAPACITY;
    size_t at = q->head % CAPACITY;
    size_t run = least(least(wanted, q->tail - q->head), CAPACITY - at);
    memcpy(records, q->records + at, run * sizeof *records);
    q->head += run;
    if (was_full)
        pthread_cond_signal(&q->emptied);
    pthread_mutex_unlock(&q->lock);
    return run;
}

/* ---- one round ---------------------------------------------------------------------------- */

typedef struct round_of {
    size_t count;
    locked *queue;
    wanmi_ring *ring;
    uint64_t sum;               /* the consumer's */
} round_of;

static record input[BATCH_MAX];
static uint32_t keys[BATCH_MAX];

static void *consume_locked(void *argument)
{
    round_of *r = argument;
    static record batch[BATCH_MAX];
    for (size_t got = 0; got < r->count;) {
        size_t moved = locked_pop(r->queue, batch, BATCH_MAX);
        r->sum += sum_of(batch, moved);
        got += moved;
    }
    return NULL;
}

static void *consume_ring(void *argument)
{
    round_of *r = argument;
    for (size_t got = 0; got < r->count;) {
        const void *batch;
        size_t moved = wanmi_ring_take(r->ring, BATCH_MAX, &batch);
        if (moved == 0) {
            sched_yield();
            continue;
        }
        r->sum += sum_of(batch, moved);
        wanmi_ring_release(r->ring, moved);
        got += moved;
    }
    return NULL;
}

static void push_ring(wanmi_ring *ring, const record *records, size_t count)
{
    while (count != 0) {
        size_t moved = wanmi_ring_push(ring, records, count);
        if (moved == 0)
            sched_yield();
        records += moved;
        count -= moved;
    }
}

static void check_sum(uint64_t sum, size_t count, size_t batch)
{
    uint64_t expected = sum_of(input, batch) * (count / batch);
    if (sum != expected)
        die("what came out is not what went in");
}

/* Seconds for `count` records (a multiple of `batch`) through ring or queue. */
static double move(size_t count, size_t batch, int with_lock)
{
    round_of r = {.count = count};
    pthread_t consumer;
    if (with_lock) {
        r.queue = malloc(sizeof *r.queue);
        if (r.queue == NULL)
            die("no memory");
        locked_open(r.queue);
    } else if (wanmi_ring_create(sizeof(record), CAPACITY, NULL, &r.ring, NULL) != WANMI_OK) {
        die("no ring");
    }
    double began = seconds();
    pthread_create(&consumer, NULL, with_lock ? consume_locked : consume_ring, &r);
    for (size_t sent = 0; sent < count; sent += batch) {
        if (with_lock)
            locked_push(r.queue, input, batch);
        else
            push_ring(r.ring, input, batch);
    }
    pthread_join(consumer, NULL);
    double took = seconds() - began;
    check_sum(r.sum, count, batch);
    if (with_lock)
        locked_close(r.queue);
    free(r.queue);
    wanmi_ring_free(r.ring);
    return took;
}

/* The lane's callback: reads every field. */
static void read_batch(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)outcomes;
    *(uint64_t *)user += sum_of(batch, count);
}

static wanmi_dispatch *open_dispatch(uint64_t *sum)
{
    wanmi_dispatch *d;
    wanmi_dispatch_options options;
    wanmi_sink_def def;
    wanmi_error error;
    uint32_t sink;
    wanmi_dispatch_options_init(&options);
    wanmi_sink_def_init(&def);
    options.ring_capacity = CAPACITY;
    def.name = "reads";
    def.deliver = read_batch;
    def.user = sum;
    def.batch_max = BATCH_MAX;
    def.policy = WANMI_POLICY_BLOCK;
    def.block_us = 60 * 1000 * 1000;
    if (wanmi_dispatch_create(&options, NULL, &d, &error) != WANMI_OK
        || wanmi_dispatch_add_sink(d, &def, &sink, &error) != WANMI_OK
        || wanmi_dispatch_start(d, &error) != WANMI_OK)
        die(error.message);
    return d;
}

/* Seconds from the first submit to the last callback's end, or the same with the
 * locked queue and a thread that calls the callback. */
static double deliver(size_t count, size_t batch, int with_lock)
{
    if (with_lock)
        return move(count, batch, 1);
    uint64_t sum = 0, left;
    wanmi_error error;
    wanmi_producer *p;
    wanmi_dispatch *d = open_dispatch(&sum);
    if (wanmi_producer_open(d, &p, &error) != WANMI_OK)
        die(error.message);
    double began = seconds();
    for (size_t sent = 0; sent < count; sent += batch)
        if (wanmi_producer_submit(p, 0, input, keys, batch, &error) != WANMI_OK)
            die(error.message);
    if (wanmi_dispatch_drain(d, 60 * 1000 * 1000, &left, &error) != WANMI_OK)
        die(error.message);
    double took = seconds() - began;
    check_sum(sum, count, batch);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
    return took;
}

/* ---- many rounds ---------------------------------------------------------------------------- */

typedef double (*move_fn)(size_t count, size_t batch, int with_lock);

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nanoseconds a record, by wanmi and by the locked queue. */
static void measure(move_fn run, size_t batch, double *median)
{
    size_t count[2];
    double ns[2][ROUNDS];
    for (int side = 0; side < 2; side++) {
        size_t trial = 200 * 1024 / batch * batch;
        double took = run(trial, batch, side);
        count[side] = (size_t)((double)trial * ROUND_SECONDS / took) / batch * batch + batch;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int side = 0; side < 2; side++)
            ns[side][round] = run(count[side], batch, side) / (double)count[side] * 1e9;
    for (int side = 0; side < 2; side++) {
        qsort(ns[side], ROUNDS, sizeof **ns, by_value);
        median[side] = ns[side][ROUNDS / 2];
    }
}

static void machine_text(char *text, size_t size)
{
    char line[256], model[128] = "unknown processor";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "model name : %127[^\n]", model) == 1)
            break;
    if (file != NULL)
        fclose(file);
    struct utsname os;
    uname(&os);
    snprintf(text, size, "%s, %ld processors, %s %s", model, sysconf(_SC_NPROCESSORS_ONLN),
             os.sysname, os.release);
}

static void run_all(FILE *json)
{
    static const struct { const char *name; move_fn run; } workloads[] = {
        {"ring", move}, {"submit to callback", deliver},
    };
    const char *comma = "";
    for (size_t w = 0; w < 2; w++) {
        printf("\n%-20s %6s %14s %16s %8s\n", workloads[w].name, "batch", "wanmi M rec/s",
               "mutex M rec/s", "ratio");
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            double ns[2];
            measure(workloads[w].run, batches[b], ns);
            printf("%-20s %6zu %14.1f %16.1f %8.1f\n", "", batches[b], 1e3 / ns[0], 1e3 / ns[1],
                   ns[1] / ns[0]);
            fflush(stdout);
            for (int side = 0; json != NULL && side < 2; side++, comma = ",")
                fprintf(json, "%s\n    {\"bench\": \"dispatch\", \"workload\": \"%s\", \"batch\": %zu, "
                        "\"method\": \"%s\", \"threads\": 2, \"median_ns\": %.3f, \"ratio\": %.3f}",
                        comma, workloads[w].name, batches[b], side == 0 ? "wanmi" : "mutex",
                        ns[side], ns[1] / ns[side]);
        }
    }
}

int bench_dispatch(const char *json_path)
{
    char machine[256], versions[256];
    FILE *json = json_path != NULL ? fopen(json_path, "w") : NULL;
    if (json_path != NULL && json == NULL)
        die("the JSON file cannot be written");
    for (size_t i = 0; i < BATCH_MAX; i++)
        input[i] = (record){.event_id = i, .user = i * 3, .due_us = WANMI_TIME_NONE, .priority = 5};
    machine_text(machine, sizeof machine);
    wanmi_version_text(versions, sizeof versions);
    printf("%s\ncompiler %s, flags %s\n%s\n", machine, __VERSION__, BENCH_FLAGS, versions);
    printf("records of 64 bytes, one producer, one consumer, rings of %d, median of %d\n", CAPACITY,
           ROUNDS);
    if (json != NULL)
        fprintf(json, "{\n  \"machine\": {\"text\": \"%s\", \"compiler\": \"%s\", \"flags\": \"%s\", "
                "\"versions\": \"%s\"},\n  \"results\": [", machine, __VERSION__, BENCH_FLAGS, versions);
    run_all(json);
    if (json != NULL && (fprintf(json, "\n  ]\n}\n") < 0 || fclose(json) != 0))
        die("the file could not be written");
    return 0;
}
