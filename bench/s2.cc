// See peers.h: S2.
#include "peers.h"

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include <s2/mutable_s2shape_index.h>
#include <s2/s2contains_point_query.h>
#include <s2/s2latlng.h>
#include <s2/s2lax_polygon_shape.h>

#include "support.h"

using Query = S2ContainsPointQuery<MutableS2ShapeIndex>;

// An index over some areas: shape number i is area areas[i].
struct part {
    MutableS2ShapeIndex index;
    std::vector<uint32_t> areas;
    std::unique_ptr<Query> query;
};

struct bench_s2 {
    wanmi_map *map;
    part parts[BENCH_QUESTIONS];
    std::vector<uint32_t> layers;       // by area
    std::vector<bool> overlay;          // by layer
    uint32_t cell_layer;
};

// ---- opening ------------------------------------------------------------------------

static void to_degrees(wanmi_transform *transform, const double *xy, size_t count, std::vector<double> &lon,
                       std::vector<double> &lat)
{
    wanmi_error error;
    std::vector<uint8_t> reasons(count);
    lon.resize(count);
    lat.resize(count);
    bench_must(wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, count, xy, 2 * sizeof *xy, xy + 1,
                                       2 * sizeof *xy, lon.data(), lat.data(), reasons.data(), &error), &error);
}

// A ring as S2 wants it: the inside on its left, no point twice.
static std::vector<S2Point> loop_of(wanmi_transform *transform, const double *xy, size_t count, bool hole)
{
    std::vector<double> lon, lat;
    to_degrees(transform, xy, count, lon, lat);
    double twice = 0;
    for (size_t i = 0; i + 1 < count; i++)
        twice += (xy[2 * i] - xy[0]) * (xy[2 * i + 3] - xy[1]) - (xy[2 * i + 2] - xy[0]) * (xy[2 * i + 1] - xy[1]);
    bool forward = (twice > 0) != hole;
    std::vector<S2Point> loop;
    for (size_t i = 0; i + 1 < count; i++) {
        size_t k = forward ? i : count - 2 - i;
        loop.push_back(S2LatLng::FromDegrees(lat[k], lon[k]).ToPoint());
    }
    return loop;
}

static std::unique_ptr<S2LaxPolygonShape> shape_of(wanmi_map *map, wanmi_transform *transform, uint32_t area)
{
    wanmi_area_rings rings;
    std::vector<std::vector<S2Point>> loops;
    wanmi_map_area_rings(map, area, &rings);
    for (uint32_t p = 0; p < rings.polygon_count; p++)
        for (uint32_t r = rings.polygons[p]; r < rings.polygons[p + 1]; r++)
            loops.push_back(loop_of(transform, rings.xy + 2 * static_cast<size_t>(rings.points[r]),
                                    rings.points[r + 1] - rings.points[r], r != rings.polygons[p]));
    return std::make_unique<S2LaxPolygonShape>(loops);
}

static void add_areas(bench_s2 *s2, wanmi_transform *transform)
{
    for (uint32_t i = 0; i < s2->layers.size(); i++) {
        wanmi_area_info area;
        wanmi_map_area(s2->map, i, &area);
        s2->layers[i] = area.layer;
        for (int asked = 0; asked < BENCH_QUESTIONS; asked++) {
            if (asked == BENCH_CELLS && area.layer != s2->cell_layer)
                continue;
            s2->parts[asked].areas.push_back(i);
            s2->parts[asked].index.Add(shape_of(s2->map, transform, i));
        }
    }
}

bench_s2 *bench_s2_open(wanmi_map *map, char *why)
{
    wanmi_error error;
    wanmi_transform *transform = nullptr;
    *why = '\0';
    bench_s2 *s2 = new bench_s2;
    s2->map = map;
    s2->cell_layer = wanmi_map_cell_layer(map);
    s2->layers.resize(wanmi_map_area_count(map));
    for (uint32_t i = 0; i < wanmi_map_layer_count(map); i++) {
        wanmi_layer_info layer;
        wanmi_map_layer(map, i, &layer);
        s2->overlay.push_back(layer.kind == WANMI_OVERLAY);
    }
    bench_must(wanmi_transform_create(wanmi_map_crs(map), &transform, &error), &error);
    add_areas(s2, transform);
    wanmi_transform_free(transform);
    for (part &p : s2->parts) {
        p.index.ForceBuild();
        p.query = std::make_unique<Query>(&p.index);
    }
    return s2;
}

void bench_s2_close(bench_s2 *s2)
{
    delete s2;
}

const char *bench_s2_version(void)
{
    return BENCH_S2_VERSION;
}

// ---- asking -------------------------------------------------------------------------

static void ask_point(bench_s2 *s2, bench_asked asked, const S2Point &point, bench_answers *answers, size_t i)
{
    part &p = s2->parts[asked];
    uint32_t best[WANMI_LAYERS_MAX];
    size_t layers = s2->overlay.size();
    for (size_t k = 0; k < layers; k++)
        best[k] = WANMI_NONE;
    p.query->VisitContainingShapes(point, [&](S2Shape *shape) {
        uint32_t area = p.areas[static_cast<size_t>(shape->id())], layer = s2->layers[area];
        if (s2->overlay[layer])
            bench_list_area(answers, area);
        else if (area < best[layer])
            best[layer] = area;
        return true;
    });
    if (asked == BENCH_CELLS) {
        answers->cells[i] = best[s2->cell_layer];
        return;
    }
    for (size_t k = 0; k < layers; k++)
        if (best[k] != WANMI_NONE)
            bench_list_area(answers, best[k]);
    bench_list_end(answers);
}

static void ask_s2(bench_way *way, const bench_points *points, size_t at, size_t count, bench_answers *answers)
{
    bench_s2 *s2 = static_cast<bench_s2 *>(way->state);
    if (at == 0)
        bench_list_restart(answers);
    for (size_t i = at; i < at + count; i++) {
        S2LatLng place = S2LatLng::FromDegrees(points->y[i], points->x[i]);
        if (place.is_valid())
            ask_point(s2, way->asked, place.ToPoint(), answers, i);
        else if (way->asked == BENCH_ALL_LAYERS)
            bench_list_end(answers);
    }
}

void bench_s2_way(bench_way *way, bench_s2 *s2)
{
    way->method = "s2";
    way->state = s2;
    way->ask = ask_s2;
}
