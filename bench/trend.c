/* See trend.h. */
#include "trend.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

void bench_trend_add(bench_trend *trend, double seconds, double value)
{
    trend->count++;
    trend->t += seconds;
    trend->v += value;
    trend->tt += seconds * seconds;
    trend->tv += seconds * value;
}

void bench_floor_add(bench_floor *floor, double seconds, double value)
{
    if (floor->ends != 0 && seconds >= floor->ends) {
        bench_trend_add(&floor->trend, floor->ends - floor->stretch / 2, floor->least);
        floor->ends = 0;
    }
    if (floor->ends == 0) {
        floor->ends = seconds + floor->stretch;
        floor->least = value;
    }
    floor->least = value < floor->least ? value : floor->least;
}

double bench_trend_hourly(const bench_trend *trend)
{
    double n = (double)trend->count, spread = n * trend->tt - trend->t * trend->t;
    return spread > 0 ? 3600 * (n * trend->tv - trend->t * trend->v) / spread : 0;
}

uint64_t bench_resident_bytes(void)
{
    unsigned long long all, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu %llu", &all, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t bench_descriptors(void)
{
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder == NULL)
        return 0;
    closedir(folder);
    /* Without . and .., and the folder's own. */
    return count - 3;
}
