/* What an image belongs to: see image.h.
 *
 * The fingerprint covers what an index is made from and nothing else: names, codes
 * and duties may change without making an image useless, because an index knows
 * areas by number. (A code changes its area's number only by changing the order
 * of areas, which shows here.)
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include "image.h"
#include "wanmi/crs.h"

enum { FACTS = 1024 };

typedef struct reader {
    XXH3_state_t hash;
    uint32_t facts[FACTS];          /* not yet hashed: small pieces are slow one by one */
    size_t fact_count;
    const double *xy;
    uint64_t run_start, run_end;    /* points not yet hashed: areas mostly stand side by side */
    uint64_t points;                /* the highest end so far */
} reader;

uint64_t wm_image_checksum(const void *bytes, uint64_t size)
{
    return XXH3_64bits(bytes, size);
}

static void put_facts(reader *r)
{
    XXH3_64bits_update(&r->hash, r->facts, r->fact_count * sizeof *r->facts);
    r->fact_count = 0;
}

static void put(reader *r, uint32_t fact)
{
    r->facts[r->fact_count++] = fact;
    if (r->fact_count == FACTS)
        put_facts(r);
}

static void put_wide(reader *r, const void *fact)
{
    uint32_t halves[2];
    memcpy(halves, fact, sizeof halves);
    put(r, halves[0]);
    put(r, halves[1]);
}

static void put_text(reader *r, const char *text)
{
    size_t length = strlen(text);
    put(r, (uint32_t)length);
    put_facts(r);
    XXH3_64bits_update(&r->hash, text, length);
}

static void put_run(reader *r)
{
    put_facts(r);
    if (r->run_end > r->run_start)
        XXH3_64bits_update(&r->hash, r->xy + 2 * r->run_start, (r->run_end - r->run_start) * 2 * sizeof *r->xy);
}

static void put_points(reader *r, const double *xy, uint32_t first, uint32_t end)
{
    if (first != r->run_end || xy != r->xy) {
        put_run(r);
        r->xy = xy;
        r->run_start = first;
    }
    r->run_end = end;
    r->points = end > r->points ? end : r->points;
}

static void put_area(reader *r, const wanmi_map *map, uint32_t area)
{
    wanmi_area_version version = {0};
    wanmi_area_rings rings = {0};
    wanmi_map_area_version(map, area, &version);
    wanmi_map_area_rings(map, area, &rings);
    put_wide(r, &version.valid_from_us);
    put_wide(r, &version.valid_to_us);
    put(r, version.parent);
    put(r, version.key);
    put(r, rings.polygon_count);
    put(r, rings.ring_count);
    for (uint32_t i = 0; i < rings.ring_count; i++)
        put(r, rings.points[i + 1] - rings.points[i]);
    if (rings.ring_count != 0)
        put_points(r, rings.xy, rings.points[0], rings.points[rings.ring_count]);
}

static void put_layers(reader *r, const wanmi_map *map, double snap_m)
{
    uint32_t layers = wanmi_map_layer_count(map);
    put(r, layers);
    put(r, wanmi_map_cell_layer(map));
    put_wide(r, &snap_m);
    for (uint32_t i = 0; i < layers; i++) {
        wanmi_layer_info layer = {0};
        wanmi_map_layer(map, i, &layer);
        put(r, (uint32_t)layer.kind);
        put(r, layer.parent);
        put(r, layer.first_area);
        put(r, layer.area_count);
    }
}

uint64_t wm_image_fingerprint(const wanmi_map *map, uint64_t *points)
{
    wanmi_map_meta meta;
    reader r = {.fact_count = 0};
    const wanmi_crs *crs = wanmi_map_crs(map);
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(map, &meta);
    XXH3_64bits_reset(&r.hash);
    put_layers(&r, map, meta.snap_m);
    put_text(&r, wanmi_crs_operation(crs));
    put_text(&r, wanmi_crs_geographic(crs));
    for (uint32_t area = 0; area < wanmi_map_area_count(map); area++)
        put_area(&r, map, area);
    put_run(&r);
    if (points != NULL)
        *points = r.points;
    return XXH3_64bits_digest(&r.hash);
}

void wm_image_key_of(const wanmi_map *map, wm_image_key *key)
{
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(map, &meta);
    memset(key, 0, sizeof *key);
    key->generation = wanmi_map_generation(map);
    strncpy(key->uuid, meta.uuid != NULL ? meta.uuid : "", sizeof key->uuid - 1);
    wanmi_version_text(key->versions, sizeof key->versions);
}
