/* What others offer, where it was found when this was built. An `open` gives NULL
 * where the peer is not built in or cannot be reached; the reason is said in
 * `why`. Opening is not timed.
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "ways.h"

enum { BENCH_WHY = 512 };           /* bytes of `why` */

#ifdef __cplusplus
extern "C" {
#endif

/* S2: areas as polygons with geodesic edges in a MutableS2ShapeIndex, asked by
 * S2ContainsPointQuery. Its edges are not the map's: its answers mean something
 * else. It takes degrees. */
typedef struct bench_s2 bench_s2;
bench_s2 *bench_s2_open(wanmi_map *map, char *why);
void bench_s2_close(bench_s2 *s2);
void bench_s2_way(bench_way *way, bench_s2 *s2);
const char *bench_s2_version(void);

/* PostGIS: areas in a temporary table with a GiST index, points sent as arrays,
 * answered by a join. `conninfo` as libpq takes it. A CRS without EPSG code can
 * only be asked x, y. */
typedef struct bench_postgis bench_postgis;
bench_postgis *bench_postgis_open(wanmi_map *map, const char *conninfo, char *why);
void bench_postgis_close(bench_postgis *postgis);
bool bench_postgis_takes(const bench_postgis *postgis, wanmi_datum datum);
void bench_postgis_way(bench_way *way, bench_postgis *postgis);
const char *bench_postgis_version(const bench_postgis *postgis);

#ifdef __cplusplus
}
#endif
#endif
