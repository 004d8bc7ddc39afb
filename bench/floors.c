/* See floors.h. */
#include "floors.h"

#include <stdlib.h>

#include "support.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define WIDE 1
#include <immintrin.h>
#else
#define WIDE 0
#endif

enum { AHEAD = 64 };

struct bench_floors {
    uint32_t *table;
    uint32_t *places;               /* one a point */
    size_t count;
    void (*gather)(const bench_floors *floors, size_t at, size_t count, uint32_t *out);
};

static void gather_plain(const bench_floors *f, size_t at, size_t count, uint32_t *out)
{
    const uint32_t *places = f->places + at;
    for (size_t i = 0; i < count; i++)
        out[i] = f->table[places[i]];
}

/* Out-of-order processors have some ten loads under way by themselves; asking
 * ahead keeps as many as the caches can have. */
static void gather_ahead(const bench_floors *f, size_t at, size_t count, uint32_t *out)
{
    const uint32_t *places = f->places + at;
    for (size_t i = 0; i < count; i++) {
        if (at + i + AHEAD < f->count)
            __builtin_prefetch(f->table + places[i + AHEAD]);
        out[i] = f->table[places[i]];
    }
}

#if WIDE
__attribute__((target("avx2"))) static void gather_8(const bench_floors *f, size_t at, size_t count, uint32_t *out)
{
    const uint32_t *places = f->places + at;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256i where = _mm256_loadu_si256((const __m256i *)(places + i));
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_i32gather_epi32((const int *)f->table, where, 4));
    }
    gather_plain(f, at + i, count - i, out + i);
}

__attribute__((target("avx512f"))) static void gather_16(const bench_floors *f, size_t at, size_t count,
                                                         uint32_t *out)
{
    const uint32_t *places = f->places + at;
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m512i where = _mm512_loadu_si512(places + i);
        _mm512_storeu_si512(out + i, _mm512_i32gather_epi32(where, f->table, 4));
    }
    gather_plain(f, at + i, count - i, out + i);
}
#endif

static double time_of(bench_floors *f, void (*gather)(const bench_floors *, size_t, size_t, uint32_t *),
                      uint32_t *out)
{
    double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (size_t at = 0; at < f->count; at += BENCH_BATCH)
        gather(f, at, f->count - at < BENCH_BATCH ? f->count - at : BENCH_BATCH, out);
    return bench_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* The quickest here, for this size: which one that is cannot be foretold. */
static void choose_gather(bench_floors *f)
{
    void (*ways[4])(const bench_floors *, size_t, size_t, uint32_t *) = {gather_plain, gather_ahead};
    int count = 2;
    uint32_t out[BENCH_BATCH];
    double best = 0;
#if WIDE
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        ways[count++] = gather_8;
    if (__builtin_cpu_supports("avx512f"))
        ways[count++] = gather_16;
#endif
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < count; i++) {
            double seconds = time_of(f, ways[i], out);
            if (best == 0 || seconds < best) {
                best = seconds;
                f->gather = ways[i];
            }
        }
    }
}

bench_floors *bench_floors_open(uint64_t bytes, size_t points)
{
    bench_floors *f = bench_memory(sizeof *f);
    uint64_t state = 99, words = bytes / sizeof(uint32_t) + 1;
    if (words > INT32_MAX)
        words = INT32_MAX;          /* places are 32 bits wide */
    f->count = points;
    f->table = bench_memory(words * sizeof(uint32_t));
    f->places = bench_memory(points * sizeof(uint32_t));
    for (uint64_t i = 0; i < words; i++)
        f->table[i] = (uint32_t)i;
    for (size_t i = 0; i < points; i++)
        f->places[i] = (uint32_t)(bench_next(&state) % words);
    choose_gather(f);
    return f;
}

void bench_floors_close(bench_floors *floors)
{
    free(floors->table);
    free(floors->places);
    free(floors);
}

static void ask_stream(bench_way *way, const bench_points *points, size_t at, size_t count,
                       bench_answers *answers)
{
    const double *x = points->x + at, *y = points->y + at;
    uint32_t *out = answers->cells + at;
    (void)way;
    for (size_t i = 0; i < count; i++)
        out[i] = x[i] < y[i];
}

static void ask_gather(bench_way *way, const bench_points *points, size_t at, size_t count,
                       bench_answers *answers)
{
    const bench_floors *f = way->state;
    (void)points;
    f->gather(f, at, count, answers->cells + at);
}

void bench_stream_way(bench_way *way, bench_floors *floors)
{
    way->method = "floor-stream";
    way->state = floors;
    way->ask = ask_stream;
}

void bench_gather_way(bench_way *way, bench_floors *floors)
{
    way->method = "floor-gather";
    way->state = floors;
    way->ask = ask_gather;
}
