/* See peers.h: libpq was not found, or is disabled. */
#include "peers.h"

#include <stdio.h>

bench_postgis *bench_postgis_open(wanmi_map *map, const char *conninfo, char *why)
{
    (void)map, (void)conninfo;
    snprintf(why, BENCH_WHY, "PostGIS is not built in (libpq-dev, -Dpeers=enabled)");
    return NULL;
}

void bench_postgis_close(bench_postgis *postgis)
{
    (void)postgis;
}

bool bench_postgis_takes(const bench_postgis *postgis, wanmi_datum datum)
{
    (void)postgis, (void)datum;
    return false;
}

void bench_postgis_way(bench_way *way, bench_postgis *postgis)
{
    (void)way, (void)postgis;
}

const char *bench_postgis_version(const bench_postgis *postgis)
{
    (void)postgis;
    return "";
}
