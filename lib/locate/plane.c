/* Choosing the walls: see plane.h. */
#include "plane.h"

#include <math.h>
#include <string.h>

#include "sort.h"
#include "wanmi/types.h"

enum { SIDE_MAX = 1 << 20, GAPS_TRIED = 16, FIRST_LINES = 1024 };

/* Tiles are never smaller: what is not known of an approximate position must stay
 * small beside them. */
static const double STEP_MIN_M = 0.01;
/* Nor smaller than this part of the largest coordinate: where a wall is rounded to, or a
 * place in its tile, must stay far below what counts as on a line (partition.h). */
static const double STEP_MIN_PART = 1e-9;
/* How many tiles for one edge that stands on no wall. More tiles are quicker to
 * search and weigh more. */
static const double TILES_AN_EDGE = 0.2;
/* Where most edges stand in a small part of the map, as those of a district in a map
 * that also has the nation's border, the tiles follow that part: when it has this many times the
 * edges that an even map would have there, and up to so many tiles an edge in all. Far
 * land costs a word a block. */
static const double CROWDED = 4;
static const double CROWDED_TILES_AN_EDGE = 1 << 14;

typedef struct line {
    double at, length;              /* of all edges along it */
} line;

/* First a hash, each line once, so that its size is that of the lattice and not of
 * the map; then the heavy ones in order. */
typedef struct lines {
    line *list;                     /* `at` NaN: free */
    size_t count, capacity;         /* a power of two, or 0 */
} lines;

/* A cell's ring. */
typedef struct ring {
    double area_an_edge, edges;
} ring;

/* What is asked of the map's edges before there are tiles. */
typedef struct survey {
    const wanmi_host *host;
    wm_box extent;
    double area;                    /* within the cells' rings */
    ring *rings;                    /* the cells' */
    size_t ring_count, ring_capacity;
    double edges;                   /* of all areas, but for those in `straight` */
    double straight;                /* of the cells, along an axis */
    lines upright, level;           /* edges of the cells along an axis */
    bool full;                      /* no memory */
} survey;

static line *line_at(const lines *all, double at)
{
    uint64_t bits;
    memcpy(&bits, &at, sizeof bits);
    size_t mask = all->capacity - 1, place = (size_t)(bits * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (!isnan(all->list[place].at) && all->list[place].at != at)
        place = (place + 1) & mask;
    return &all->list[place];
}

/* At most half of it is taken. */
static bool lines_room(const wanmi_host *host, lines *all)
{
    if (all->capacity >= 2 * (all->count + 1))
        return true;
    lines fresh = {.count = all->count, .capacity = all->capacity == 0 ? FIRST_LINES : 2 * all->capacity};
    fresh.list = wm_alloc(host, wm_product(fresh.capacity, sizeof *fresh.list));
    if (fresh.list == NULL)
        return false;
    for (size_t i = 0; i < fresh.capacity; i++)
        fresh.list[i].at = NAN;
    for (size_t i = 0; i < all->capacity; i++)
        if (!isnan(all->list[i].at))
            *line_at(&fresh, all->list[i].at) = all->list[i];
    wm_free(host, all->list, all->capacity * sizeof *all->list);
    *all = fresh;
    return true;
}

static void add_line(survey *s, lines *to, double at, double length)
{
    s->full = s->full || !lines_room(s->host, to);
    if (s->full)
        return;
    at += 0.0;                      /* of the two zeros one */
    line *known = line_at(to, at);
    if (isnan(known->at)) {
        *known = (line){at, 0};
        to->count++;
    }
    known->length += length;
}

static void add_ring(survey *s, double area, double edges)
{
    void *rings = s->rings;
    s->full = s->full || !wm_reserve(s->host, &rings, &s->ring_capacity, s->ring_count + 1, sizeof *s->rings);
    s->rings = rings;
    if (s->full)
        return;
    s->rings[s->ring_count++] = (ring){area / edges, edges};
    s->area += area;
}

static void survey_ring(survey *s, const double *xy, uint32_t first, uint32_t end, bool cell)
{
    double twice = 0;
    for (uint32_t p = first; p + 1 < end; p++) {
        const double *a = xy + 2 * (size_t)p, *b = a + 2;
        twice += (a[0] - s->extent.min_x) * (b[1] - s->extent.min_y) -
                 (b[0] - s->extent.min_x) * (a[1] - s->extent.min_y);
        bool upright = cell && a[0] == b[0], level = cell && !upright && a[1] == b[1];
        if (upright)
            add_line(s, &s->upright, a[0], fabs(b[1] - a[1]));
        else if (level)
            add_line(s, &s->level, a[1], fabs(b[0] - a[0]));
        if (upright || level)
            s->straight++;
        else
            s->edges++;
    }
    if (cell)
        add_ring(s, fabs(twice) / 2, end - first);
}

static bool is_cell(const wanmi_index *index, uint32_t area)
{
    if (index->cell_layer == WANMI_NONE)
        return true;
    const wm_layer *cells = &index->layers[index->cell_layer];
    return cells->area_count == 0 ||
           (area >= cells->first_area && area - cells->first_area < cells->area_count);
}

static void survey_areas(const wanmi_index *index, survey *s)
{
    s->extent = index->extent;
    for (uint32_t area = 0; area < index->area_count; area++) {
        wanmi_area_rings rings;
        wanmi_map_area_rings(index->map, area, &rings);
        for (uint32_t r = 0; r < rings.ring_count; r++)
            survey_ring(s, rings.xy, rings.points[r], rings.points[r + 1], is_cell(index, area));
    }
}

static int compare_lines(const void *a, const void *b)
{
    double one = ((const line *)a)->at, two = ((const line *)b)->at;
    return (one > two) - (one < two);
}

/* Leaves the heavy ones, in order: lines with little along them, such as an upright
 * edge of a border by chance, are left out. */
static void sort_lines(lines *all)
{
    size_t heavy = 0;
    double longest = 0;
    for (size_t i = 0; i < all->capacity; i++)
        if (!isnan(all->list[i].at))
            longest = fmax(longest, all->list[i].length);
    for (size_t i = 0; i < all->capacity; i++)
        if (!isnan(all->list[i].at) && all->list[i].length >= longest / 50)
            all->list[heavy++] = all->list[i];
    all->count = heavy;
    wm_sort_items(all->list, heavy, sizeof *all->list, compare_lines);
}

static size_t lines_on_walls(const lines *all, const wm_walls *walls)
{
    size_t on = 0;
    for (size_t i = 0; i < all->count; i++) {
        double number = nearbyint((all->list[i].at - walls->origin) / walls->step);
        on += walls->origin + number * walls->step == all->list[i].at;
    }
    return on;
}

static double smallest_step(const wm_box *e)
{
    double farthest = fmax(fmax(fabs(e->min_x), fabs(e->max_x)), fmax(fabs(e->min_y), fabs(e->max_y)));
    return fmax(STEP_MIN_M, STEP_MIN_PART * farthest);
}

/* A lattice has most of its lines on walls, to the last bit. The step is one of
 * the gaps between neighbours: the one that does best. */
static bool find_lattice(lines *all, double smallest, wm_walls *walls)
{
    size_t best = 0;
    sort_lines(all);
    if (all->count < 3)
        return false;
    size_t stride = all->count / GAPS_TRIED + 1;
    for (size_t i = 0; i + 1 < all->count; i += stride) {
        wm_walls tried = {.origin = all->list[0].at, .step = all->list[i + 1].at - all->list[i].at};
        size_t on = tried.step >= smallest ? lines_on_walls(all, &tried) : 0;
        if (on > best) {
            best = on;
            *walls = tried;
        }
    }
    return 3 * best >= 2 * all->count;
}

static void lay_walls(wm_walls *walls, double low, double high)
{
    walls->first = floor((low - walls->origin) / walls->step);
    double count = ceil((high - walls->origin) / walls->step) - walls->first;
    walls->count = count < 1 ? 1 : (uint32_t)count;
    /* Rounding may have left an end outside by a hair. */
    while (wm_wall(walls, 0) > low) {
        walls->first--;
        walls->count++;
    }
    while (wm_wall(walls, walls->count) < high)
        walls->count++;
    walls->start = wm_wall(walls, 0);
    walls->per_step = 1 / walls->step;
}

static int compare_rings(const void *a, const void *b)
{
    double one = ((const ring *)a)->area_an_edge, two = ((const ring *)b)->area_an_edge;
    return (one > two) - (one < two);
}

/* The area an edge has in whose ring the middle one of all edges lies. */
static double middle_area_an_edge(survey *s, double edges)
{
    wm_sort_items(s->rings, s->ring_count, sizeof *s->rings, compare_rings);
    double before = 0;
    size_t i = 0;
    while (i + 1 < s->ring_count && before + s->rings[i].edges < edges / 2)
        before += s->rings[i++].edges;
    return s->rings[i].area_an_edge;
}

/* What the edges stand on: the area of the cells, or the crowded part of it. */
static double area_of_edges(survey *s, double whole)
{
    double edges = 0, area = fmin(s->area, whole);
    for (size_t i = 0; i < s->ring_count; i++)
        edges += s->rings[i].edges;
    if (edges == 0)
        return area;
    double middle = middle_area_an_edge(s, edges) * edges;
    if (middle * CROWDED >= area)
        return area;
    return fmin(area, fmax(middle, whole * TILES_AN_EDGE / CROWDED_TILES_AN_EDGE));
}

/* A lattice may be far finer than the cells on it, as of rectangles in whole metres:
 * more tiles than edges tell nothing more. Then every second line, and so on. */
static void thin_out(const survey *s, double area, wm_plane *plane)
{
    while (area > (s->edges + s->straight) * plane->x.step * plane->y.step) {
        wm_walls *finer = plane->x.step < plane->y.step ? &plane->x : &plane->y;
        finer->step *= 2;
    }
}

static void finish(survey *s, wm_plane *plane, bool lattice_x, bool lattice_y)
{
    const wm_box *e = &s->extent;
    double width = e->max_x - e->min_x, height = e->max_y - e->min_y;
    double lattice_edges = lattice_x && lattice_y ? 0 : (double)(s->upright.count + s->level.count);
    double tiles = TILES_AN_EDGE * (s->edges / 2 + lattice_edges) + 1;
    double area = fmin(s->area, width * height), stands_on = area;
    if (!lattice_x && !lattice_y)
        stands_on = area_of_edges(s, width * height);
    double wanted = sqrt(stands_on / tiles);
    wanted = fmax(wanted, fmax(width, height) / (SIDE_MAX - 4));
    wanted = fmax(wanted, smallest_step(e));
    if (!lattice_x)
        plane->x = (wm_walls){.origin = e->min_x, .step = lattice_y ? plane->y.step : wanted};
    if (!lattice_y)
        plane->y = (wm_walls){.origin = e->min_y, .step = lattice_x ? plane->x.step : wanted};
    if (lattice_x || lattice_y)
        thin_out(s, area, plane);
    /* A lattice finer or coarser than is wanted: every second line, or lines between. */
    wm_walls *both[2] = {&plane->x, &plane->y};
    for (int i = 0; i < 2; i++) {
        while (both[i]->step > 2 * wanted)
            both[i]->step /= 2;
        while (both[i]->step < fmax(width, height) / (SIDE_MAX - 4))
            both[i]->step *= 2;
    }
    lay_walls(&plane->x, e->min_x, e->max_x);
    lay_walls(&plane->y, e->min_y, e->max_y);
}

bool wm_plane_choose(const wanmi_index *index, wm_plane *plane)
{
    survey s = {.host = index->host};
    survey_areas(index, &s);
    bool done = !s.full;
    if (done) {
        double smallest = smallest_step(&s.extent);
        bool lattice_x = find_lattice(&s.upright, smallest, &plane->x);
        bool lattice_y = find_lattice(&s.level, smallest, &plane->y);
        finish(&s, plane, lattice_x, lattice_y);
    }
    wm_free(s.host, s.rings, s.ring_capacity * sizeof(ring));
    wm_free(s.host, s.upright.list, s.upright.capacity * sizeof(line));
    wm_free(s.host, s.level.list, s.level.capacity * sizeof(line));
    return done;
}

void wm_plane_coarsen(const wanmi_index *index, wm_plane *plane)
{
    plane->x.step *= 2;
    plane->y.step *= 2;
    lay_walls(&plane->x, index->extent.min_x, index->extent.max_x);
    lay_walls(&plane->y, index->extent.min_y, index->extent.max_y);
}

int64_t wm_wall_below(const wm_walls *walls, double at)
{
    double rough = floor((at - walls->start) * walls->per_step);
    int64_t number = rough < 0 ? -1 : rough > walls->count ? walls->count : (int64_t)rough;
    while (number >= 0 && wm_wall(walls, number) > at)
        number--;
    while (number < (int64_t)walls->count && wm_wall(walls, number + 1) <= at)
        number++;
    return number;
}

wm_touched wm_touched_by(const wm_walls *walls, double at)
{
    int64_t below = wm_wall_below(walls, at);
    bool on_wall = below >= 0 && wm_wall(walls, below) == at;
    return (wm_touched){on_wall ? below - 1 : below, below, on_wall};
}
