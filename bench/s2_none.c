/* See peers.h: S2 was not found, or is disabled. */
#include "peers.h"

#include <stdio.h>

bench_s2 *bench_s2_open(wanmi_map *map, char *why)
{
    (void)map;
    snprintf(why, BENCH_WHY, "S2 is not built in (libs2-dev and a C++ compiler, -Dpeers=enabled)");
    return NULL;
}

void bench_s2_close(bench_s2 *s2)
{
    (void)s2;
}

void bench_s2_way(bench_way *way, bench_s2 *s2)
{
    (void)way, (void)s2;
}

const char *bench_s2_version(void)
{
    return "";
}
