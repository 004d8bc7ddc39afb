/* Who keeps GEOS objects: neither a map nor an index. A session of the exact
 * engine keeps those of the areas it was asked about, until it is freed. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <geos_c.h>

#include "maps.h"
#include "support.h"

/* ---- these stand before GEOS's own and count what lives --------------------------- */

static int contexts, polygons, prepared, polygons_made;

static void *real(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    assert_non_null(function);
    return function;
}

__attribute__((visibility("default")))
GEOSContextHandle_t GEOS_init_r(void)
{
    GEOSContextHandle_t (*make)(void);
    *(void **)&make = real("GEOS_init_r");
    contexts++;
    return make();
}

__attribute__((visibility("default")))
void GEOS_finish_r(GEOSContextHandle_t geos)
{
    void (*finish)(GEOSContextHandle_t);
    *(void **)&finish = real("GEOS_finish_r");
    contexts--;
    finish(geos);
}

__attribute__((visibility("default")))
GEOSGeometry *GEOSWKBReader_read_r(GEOSContextHandle_t geos, GEOSWKBReader *reader,
                                   const unsigned char *wkb, size_t size)
{
    GEOSGeometry *(*read)(GEOSContextHandle_t, GEOSWKBReader *, const unsigned char *, size_t);
    *(void **)&read = real("GEOSWKBReader_read_r");
    polygons++;
    polygons_made++;
    return read(geos, reader, wkb, size);
}

__attribute__((visibility("default")))
GEOSGeometry *GEOSGeom_createPolygon_r(GEOSContextHandle_t geos, GEOSGeometry *shell,
                                       GEOSGeometry **holes, unsigned int count)
{
    GEOSGeometry *(*make)(GEOSContextHandle_t, GEOSGeometry *, GEOSGeometry **, unsigned int);
    *(void **)&make = real("GEOSGeom_createPolygon_r");
    polygons++;
    polygons_made++;
    return make(geos, shell, holes, count);
}

/* Takes the polygons it is made of. */
__attribute__((visibility("default")))
GEOSGeometry *GEOSGeom_createCollection_r(GEOSContextHandle_t geos, int type, GEOSGeometry **parts,
                                          unsigned int count)
{
    GEOSGeometry *(*make)(GEOSContextHandle_t, int, GEOSGeometry **, unsigned int);
    *(void **)&make = real("GEOSGeom_createCollection_r");
    polygons -= (int)count - 1;
    return make(geos, type, parts, count);
}

__attribute__((visibility("default")))
void GEOSGeom_destroy_r(GEOSContextHandle_t geos, GEOSGeometry *geometry)
{
    void (*destroy)(GEOSContextHandle_t, GEOSGeometry *);
    *(void **)&destroy = real("GEOSGeom_destroy_r");
    int type = geometry != NULL ? GEOSGeomTypeId_r(geos, geometry) : GEOS_POINT;
    polygons -= type == GEOS_POLYGON || type == GEOS_MULTIPOLYGON;
    destroy(geos, geometry);
}

__attribute__((visibility("default")))
const GEOSPreparedGeometry *GEOSPrepare_r(GEOSContextHandle_t geos, const GEOSGeometry *geometry)
{
    const GEOSPreparedGeometry *(*prepare)(GEOSContextHandle_t, const GEOSGeometry *);
    *(void **)&prepare = real("GEOSPrepare_r");
    prepared++;
    return prepare(geos, geometry);
}

__attribute__((visibility("default")))
void GEOSPreparedGeom_destroy_r(GEOSContextHandle_t geos, const GEOSPreparedGeometry *geometry)
{
    void (*destroy)(GEOSContextHandle_t, const GEOSPreparedGeometry *);
    *(void **)&destroy = real("GEOSPreparedGeom_destroy_r");
    prepared--;
    destroy(geos, geometry);
}

/* ---- the test ------------------------------------------------------------------------ */

enum { SIDE = 40 };

static wanmi_index *make_index(wanmi_map *map, int32_t exact_only)
{
    wanmi_error error;
    wanmi_index *index = NULL;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.exact_only = exact_only;
    if (wanmi_index_create(map, &options, &index, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return index;
}

/* Positions over the city, a few metres inside its cells. */
static void ask(wanmi_locator *locator)
{
    static double x[SIDE * SIDE], y[SIDE * SIDE];
    static uint32_t cells[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        x[i] = 500000 + 20 * (i % SIDE) + 7;
        y[i] = 4420000 + 15 * (i / SIDE) + 4;
    }
    wanmi_positions positions;
    wanmi_hits hits;
    wanmi_positions_init(&positions);
    wanmi_hits_init(&hits);
    positions.count = SIDE * SIDE;
    positions.x = x;
    positions.y = y;
    positions.datum = WANMI_DATUM_MAP;
    hits.cell = cells;
    assert_int_equal(wanmi_locate(locator, &positions, &hits, NULL), WANMI_OK);
    for (int i = 0; i < SIDE * SIDE; i++)
        assert_int_not_equal(cells[i], WANMI_NONE);
}

static void nothing_lives(void)
{
    assert_int_equal(contexts, 0);
    assert_int_equal(polygons, 0);
    assert_int_equal(prepared, 0);
}

static void only_sessions_keep_them(void **state)
{
    (void)state;
    wanmi_map *map = test_city_map(NULL, NULL);
    assert_true(polygons_made > 0);
    nothing_lives();
    polygons_made = 0;
    for (int32_t exact_only = 0; exact_only <= 1; exact_only++) {
        wanmi_index *index = make_index(map, exact_only);
        wanmi_locator *exact = NULL, *fast = NULL;
        assert_int_equal(polygons_made, 0);
        nothing_lives();
        assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_FAST, &fast, NULL), WANMI_OK);
        if (exact_only == 0) {
            ask(fast);
            assert_int_equal(polygons_made, 0);
            nothing_lives();
        }
        assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_EXACT, &exact, NULL), WANMI_OK);
        ask(exact);
        assert_true(polygons >= 48 && prepared == polygons);
        wanmi_locator_free(exact);
        wanmi_locator_free(fast);
        nothing_lives();
        wanmi_index_release(index);
        polygons_made = 0;
    }
    wanmi_map_release(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_sessions_keep_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
