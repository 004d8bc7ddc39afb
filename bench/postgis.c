/* See peers.h: PostGIS through libpq. Nothing is left on the server: the tables
 * are temporary. */
#include "peers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "rules.h"
#include "support.h"

enum { FLOAT8_OID = 701, ARRAY_HEADER = 20, ITEM = 12, COVERING_MAX = 4096, TEXT = 1024 };

struct bench_postgis {
    PGconn *server;
    bench_rules rules;
    int srid, geographic;           /* of the map; of the degrees */
    char version[128];
    uint8_t *arrays[2];             /* x and y as the server takes them */
    size_t array_room;
    uint64_t *pairs;                /* point and area, to be sorted */
    size_t pair_room;
};

/* ---- opening ----------------------------------------------------------------------------- */

static bool run(bench_postgis *p, const char *text, char *why)
{
    PGresult *result = PQexec(p->server, text);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN;
    if (!good)
        snprintf(why, BENCH_WHY, "PostGIS: %.400s", PQerrorMessage(p->server));
    PQclear(result);
    return good;
}

/* A line of COPY: id, layer, EWKB in hex: ISO WKB with the SRID put in. */
static void copy_area(bench_postgis *p, const wanmi_map *map, uint32_t i)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = wanmi_map_area_wkb_size(map, i), length;
    uint8_t *wkb = bench_memory(size + 4);
    char *line = bench_memory(2 * size + 64);
    int32_t srid = p->srid;
    wanmi_map_area_wkb(map, i, wkb, size);
    memmove(wkb + 9, wkb + 5, size - 5);
    memcpy(wkb + 5, &srid, 4);
    wkb[4] |= 0x20;                 /* little endian: the flag of a SRID in the type's last byte */
    length = (size_t)sprintf(line, "%u\t%u\t", i, p->rules.layers[i]);
    for (size_t k = 0; k < size + 4; k++) {
        line[length++] = digits[wkb[k] >> 4];
        line[length++] = digits[wkb[k] & 15];
    }
    line[length++] = '\n';
    PQputCopyData(p->server, line, (int)length);
    free(line);
    free(wkb);
}

static bool fill(bench_postgis *p, const wanmi_map *map, char *why)
{
    if (!run(p, "SET client_min_messages = error; SET jit = off; SET max_parallel_workers_per_gather = 0;"
                "CREATE TEMPORARY TABLE wanmi_areas (id int4, layer int4, geom geometry)", why) ||
        !run(p, "COPY wanmi_areas FROM STDIN", why))
        return false;
    for (uint32_t i = 0; i < p->rules.count; i++)
        if (p->rules.valid[i])
            copy_area(p, map, i);
    PQputCopyEnd(p->server, NULL);
    for (PGresult *result; (result = PQgetResult(p->server)) != NULL;)
        PQclear(result);
    return run(p, "CREATE INDEX ON wanmi_areas USING gist (geom); ANALYZE wanmi_areas", why);
}

/* OFFSET 0: so that a point is made and transformed once, not once a candidate. */
static bool prepare(bench_postgis *p, bench_asked asked, bool degrees, char *why)
{
    char text[TEXT], cells[64] = "", name[16], whole[TEXT + 64];
    if (asked == BENCH_CELLS)
        snprintf(cells, sizeof cells, "AND a.layer = %u", p->rules.cell_layer);
    snprintf(text, sizeof text,
             "SELECT p.i, a.id FROM (SELECT (ord - 1)::int4 AS i, ST_Transform(ST_SetSRID("
             "ST_MakePoint(x, y), %d), %d) AS g FROM unnest($1::float8[], $2::float8[]) "
             "WITH ORDINALITY AS u(x, y, ord) OFFSET 0) p JOIN wanmi_areas a "
             "ON ST_Covers(a.geom, p.g) %s", degrees ? p->geographic : p->srid, p->srid, cells);
    snprintf(name, sizeof name, "ask_%d_%d", (int)asked, degrees);
    snprintf(whole, sizeof whole, "PREPARE %s AS %s", name, text);
    return run(p, whole, why);
}

static void read_version(bench_postgis *p)
{
    PGresult *result = PQexec(p->server, "SELECT 'PostGIS ' || postgis_lib_version() || ' on PostgreSQL ' || "
                                         "current_setting('server_version')");
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        snprintf(p->version, sizeof p->version, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
}

bench_postgis *bench_postgis_open(wanmi_map *map, const char *conninfo, char *why)
{
    bench_postgis *p = bench_memory(sizeof *p);
    *p = (bench_postgis){.server = PQconnectdb(conninfo)};
    p->srid = wanmi_crs_epsg(wanmi_map_crs(map));
    sscanf(wanmi_crs_geographic(wanmi_map_crs(map)), "EPSG:%d", &p->geographic);
    bench_rules_open(&p->rules, map, 0);
    if (PQstatus(p->server) != CONNECTION_OK) {
        snprintf(why, BENCH_WHY, "PostGIS: %.400s", PQerrorMessage(p->server));
    } else if (fill(p, map, why) && prepare(p, BENCH_ALL_LAYERS, false, why) &&
               prepare(p, BENCH_CELLS, false, why) &&
               (p->srid == 0 || (prepare(p, BENCH_ALL_LAYERS, true, why) && prepare(p, BENCH_CELLS, true, why)))) {
        read_version(p);
        return p;
    }
    bench_postgis_close(p);
    return NULL;
}

void bench_postgis_close(bench_postgis *p)
{
    PQfinish(p->server);
    bench_rules_close(&p->rules);
    free(p->arrays[0]);
    free(p->arrays[1]);
    free(p->pairs);
    free(p);
}

bool bench_postgis_takes(const bench_postgis *p, wanmi_datum datum)
{
    return datum == WANMI_DATUM_MAP || p->srid != 0;
}

const char *bench_postgis_version(const bench_postgis *p)
{
    return p->version;
}

/* ---- asking -------------------------------------------------------------------------------- */

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* float8[] in the server's binary form; what is no position is null. Gives its size. */
static size_t put_array(uint8_t *to, const bench_points *points, const double *values, size_t at, size_t count)
{
    const uint32_t header[5] = {1, 1, FLOAT8_OID, (uint32_t)count, 1};
    uint8_t *end = to + ARRAY_HEADER;
    for (int i = 0; i < 5; i++)
        put32(to + 4 * i, header[i]);
    for (size_t i = at; i < at + count; i++) {
        uint64_t bits;
        bool degrees = points->datum != WANMI_DATUM_MAP;
        if (!isfinite(points->x[i]) || !isfinite(points->y[i]) ||
            (degrees && (fabs(points->x[i]) > 180 || fabs(points->y[i]) > 90))) {
            put32(end, UINT32_MAX);
            end += 4;
            continue;
        }
        memcpy(&bits, &values[i], 8);
        put32(end, 8);
        put32(end + 4, (uint32_t)(bits >> 32));
        put32(end + 8, (uint32_t)bits);
        end += ITEM;
    }
    return (size_t)(end - to);
}

static uint32_t get32(const char *value)
{
    const uint8_t *b = (const uint8_t *)value;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static PGresult *send(bench_postgis *p, bench_asked asked, const bench_points *points, size_t at, size_t count)
{
    size_t size = ARRAY_HEADER + ITEM * count;
    if (p->array_room < size) {
        p->array_room = size;
        p->arrays[0] = bench_memory_more(p->arrays[0], size);
        p->arrays[1] = bench_memory_more(p->arrays[1], size);
    }
    const char *values[2] = {(const char *)p->arrays[0], (const char *)p->arrays[1]};
    const int lengths[2] = {(int)put_array(p->arrays[0], points, points->x, at, count),
                            (int)put_array(p->arrays[1], points, points->y, at, count)};
    const int formats[2] = {1, 1};
    char name[16];
    snprintf(name, sizeof name, "ask_%d_%d", (int)asked, points->datum != WANMI_DATUM_MAP);
    PGresult *result = PQexecPrepared(p->server, name, 2, values, lengths, formats, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        bench_die("PostGIS: %s", PQerrorMessage(p->server));
    return result;
}

static int compare_pairs(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

static size_t sorted_pairs(bench_postgis *p, PGresult *result)
{
    size_t count = (size_t)PQntuples(result);
    if (p->pair_room < count) {
        p->pair_room = count;
        p->pairs = bench_memory_more(p->pairs, count * sizeof *p->pairs);
    }
    for (size_t i = 0; i < count; i++)
        p->pairs[i] = (uint64_t)get32(PQgetvalue(result, (int)i, 0)) << 32 |
                      get32(PQgetvalue(result, (int)i, 1));
    qsort(p->pairs, count, sizeof *p->pairs, compare_pairs);
    return count;
}

static void ask_postgis(bench_way *way, const bench_points *points, size_t at, size_t count,
                        bench_answers *answers)
{
    bench_postgis *p = way->state;
    PGresult *result = send(p, way->asked, points, at, count);
    size_t pairs = sorted_pairs(p, result), next = 0;
    PQclear(result);
    if (at == 0)
        bench_list_restart(answers);
    for (size_t i = 0; i < count; i++) {
        uint32_t covering[COVERING_MAX];
        size_t found = 0;
        for (; next < pairs && p->pairs[next] >> 32 == i; next++)
            if (found < COVERING_MAX)
                covering[found++] = (uint32_t)p->pairs[next];
        bench_rules_apply(&p->rules, way->asked, covering, found, answers, at + i);
    }
}

void bench_postgis_way(bench_way *way, bench_postgis *postgis)
{
    way->method = "postgis";
    way->state = postgis;
    way->compared = true;
    way->elsewhere = true;
    way->ask = ask_postgis;
}
