/* See support.h. */
#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void bench_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

void bench_must(wanmi_status status, const wanmi_error *error)
{
    if (status != WANMI_OK)
        bench_die("%s", error->message);
}

void *bench_memory_more(void *block, size_t size)
{
    void *fresh = realloc(block, size != 0 ? size : 1);
    if (fresh == NULL)
        bench_die("no memory for %zu bytes", size);
    return fresh;
}

void *bench_memory(size_t size)
{
    return bench_memory_more(NULL, size);
}

double bench_seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

uint64_t bench_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double bench_uniform(uint64_t *state, double low, double high)
{
    return low + (high - low) * ((double)(bench_next(state) >> 11) * 0x1p-53);
}
