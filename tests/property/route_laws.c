/* What docs/routing.md promises of any map, held by changing random maps and rules in
 * ways that must not change what reaches whom: the order of rows and the numbers of
 * rules, `last`, rules that do not match, areas cut in two, lists of units, copies; and
 * every event inside reaches somebody. By both engines.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "routing.h"
#include "support.h"

enum { MAPS = 40, EVENTS = 120, RULES_MAX = 16, AREAS_MAX = 40, DUTIES_MAX = 120, UNITS = 9, TEXTS_MAX = 160 };

/* Of the years that plans know by heart; a router learns a class when it first meets it. */
#define NOW INT64_C(1206838800000000)
enum { ROUNDS = 2 };

static const char *const roles[] = {"keeper", "guard", "warden"};
static const char *const classes[] = {"0", "01", "0101", "02", "1", "宣传"};
static const char *const sources[] = {"12345", "video"};
static const char *const layers[] = {"cell", "community", "street", "precinct", "zone"};

typedef struct area {
    const char *layer;
    char code[12], parent[12];
    double x, y, width, height;
} area;

typedef struct duty {
    const char *layer;
    char area[12];
    const char *role;
    char unit[12];
    int32_t rank;
} duty;

typedef struct rule {
    wanmi_rule_def def;
    char area[12], unit[32];
} rule;

/* The rows of a map, to be changed and built as often as one likes. */
typedef struct rows {
    area areas[AREAS_MAX];
    duty duties[DUTIES_MAX];
    rule rules[RULES_MAX];
    uint32_t area_count, duty_count, rule_count;
    const char *fallback;
} rows;

static test_random numbers;

static uint32_t below(uint32_t bound)
{
    return test_below(&numbers, bound);
}

static bool chance(uint32_t percent)
{
    return below(100) < percent;
}

#define PICK(texts) ((texts)[below(sizeof(texts) / sizeof((texts)[0]))])

/* ---- drawing rows ------------------------------------------------------------------------- */

static void add_area(rows *r, const char *layer, char letter, int number, int parent, double x, double y,
                     double width, double height)
{
    area *a = &r->areas[r->area_count++];
    *a = (area){.layer = layer, .x = x, .y = y, .width = width, .height = height};
    snprintf(a->code, sizeof a->code, letter == 'K' ? "%c%02d" : "%c%d", letter, number);
    if (parent >= 0)
        snprintf(a->parent, sizeof a->parent, "%c%d", letter == 'K' ? 'C' : 'S', parent);
}

static void draw_areas(rows *r)
{
    for (int i = 0; i < 2; i++)
        add_area(r, "street", 'S', i, -1, 0, i * 200, 400, 200);
    for (int i = 0; i < 4; i++) {
        add_area(r, "community", 'C', i, i / 2, i % 2 * 200, i / 2 * 200, 200, 200);
        add_area(r, "precinct", 'P', i, -1, i * 90, 0, 90, 400);
        add_area(r, "zone", 'Z', i, -1, 10 * below(30), 10 * below(30), 160, 160);
    }
    for (int i = 0; i < 16; i++)
        if (chance(92))
            add_area(r, "cell", 'K', i, i / 8 * 2 + i % 4 / 2, i % 4 * 100, i / 4 * 100, 100, 100);
}

static void draw_duties(rows *r)
{
    uint32_t count = 5 + below(50);
    for (uint32_t i = 0; i < count; i++) {
        const area *a = &r->areas[below(r->area_count)];
        duty d = {.layer = a->layer, .role = PICK(roles), .rank = 1 + (int32_t)below(3)};
        strcpy(d.area, a->code);
        snprintf(d.unit, sizeof d.unit, "U%u", below(UNITS));
        bool doubled = false;
        for (uint32_t k = 0; k < r->duty_count; k++)
            doubled = doubled || (strcmp(r->duties[k].area, d.area) == 0 && strcmp(r->duties[k].unit, d.unit) == 0 &&
                                  r->duties[k].role == d.role);
        if (!doubled)
            r->duties[r->duty_count++] = d;
    }
}

static void draw_conditions(rows *r, rule *to)
{
    if (chance(50))
        to->def.class_prefix = PICK(classes);
    if (chance(20))
        to->def.source = PICK(sources);
    if (chance(20))
        to->def.min_severity = (int32_t)below(256);
    if (!chance(45))
        return;
    const area *a = &r->areas[below(r->area_count)];
    to->def.layer = a->layer;
    if (chance(85))
        strcpy(to->area, a->code);
    if (to->area[0] != '\0' && chance(25))
        strcpy(to->area + 1, "*");
}

static void draw_rules(rows *r)
{
    uint32_t count = 1 + below(RULES_MAX / 2);
    for (uint32_t i = 0; i < count; i++) {
        rule *to = &r->rules[r->rule_count++];
        wanmi_rule_def_init(&to->def);
        to->def.seq = (int32_t)(10 * (i + 1));
        draw_conditions(r, to);
        bool named = chance(35);
        if (named)
            snprintf(to->unit, sizeof to->unit, chance(40) ? "U%u;U%u;U%u" : "U%u", below(3), 3 + below(3), 6 + below(3));
        if (!named || chance(50)) {
            to->def.role = PICK(roles);
            if (chance(60))
                to->def.at_layer = PICK(layers);
            to->def.holders = chance(50) ? "all" : "best";
        }
        to->def.copy = chance(35);
        to->def.priority = (int32_t)below(10);
        to->def.tag = chance(30) ? "急" : "";
        to->def.last = chance(20);
    }
}

static rows draw(uint64_t seed, const char *fallback)
{
    rows r = {.fallback = fallback};
    numbers = (test_random){seed};
    draw_areas(&r);
    draw_duties(&r);
    draw_rules(&r);
    return r;
}

/* ---- from rows to answers -------------------------------------------------------------------- */

static wanmi_map *build(const rows *r)
{
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "UTC";
    meta.fallback_unit = r->fallback;
    meta.snap_m = 20;
    cr_assert_eq(wanmi_map_builder_meta(builder, &meta, NULL), WANMI_OK);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(builder, "community", WANMI_PARTITION, 1, "street");
    test_add_layer(builder, "street", WANMI_PARTITION, 2, "");
    test_add_layer(builder, "precinct", WANMI_PARTITION, 1, "");
    test_add_layer(builder, "zone", WANMI_OVERLAY, 1, "");
    for (uint32_t i = 0; i < r->area_count; i++) {
        const area *a = &r->areas[i];
        test_add_box(builder, a->layer, a->code, a->parent, a->x, a->y, a->x + a->width, a->y + a->height);
    }
    for (uint32_t i = 0; i < UNITS; i++) {
        char code[12];
        snprintf(code, sizeof code, "U%u", i);
        test_add_unit(builder, code, "");
    }
    for (uint32_t i = 0; i < r->duty_count; i++)
        test_add_duty(builder, r->duties[i].layer, r->duties[i].area, r->duties[i].role, r->duties[i].unit,
                      r->duties[i].rank);
    for (uint32_t i = 0; i < r->rule_count; i++) {
        wanmi_rule_def def = r->rules[i].def;
        def.area = r->rules[i].area;
        def.unit = r->rules[i].unit;
        test_add_rule(builder, &def);
    }
    return test_build(builder);
}

/* Where and what, also on edges and outside; the same for every variant of a map. */
typedef struct happening {
    double x, y;
    const char *class_text, *source;
    uint8_t severity;
} happening;

static happening draw_event(void)
{
    happening h = {.class_text = chance(85) ? PICK(classes) : NULL, .source = chance(60) ? PICK(sources) : NULL,
                   .severity = (uint8_t)below(256)};
    bool on_a_line = chance(40);        /* edges and seams lie on multiples of 5 */
    h.x = on_a_line ? -30 + 5 * (double)below(93) : test_uniform(&numbers, -30, 430);
    h.y = on_a_line && chance(50) ? -30 + 5 * (double)below(93) : test_uniform(&numbers, -30, 430);
    return h;
}

typedef struct answer {
    char texts[TEXTS_MAX][64];  /* a delivery each */
    bool copies[TEXTS_MAX];
    size_t count;
    wanmi_where where;
} answer;

/* A cut area's halves are called as it, and a or b. */
static void uncut(const char *code, char to[12])
{
    snprintf(to, 12, "%s", code);
    size_t length = strlen(to);
    if (length > 0 && (to[length - 1] == 'a' || to[length - 1] == 'b'))
        to[length - 1] = '\0';
}

static void write_delivery(const test_way *way, const wanmi_delivery *d, answer *a)
{
    char cell[12] = "", seq[16] = "";
    wanmi_rule_def def;
    cr_assert_lt(a->count, TEXTS_MAX);
    if (d->cell != WANMI_NONE)
        uncut(wanmi_map_area_code(way->map, d->cell), cell);
    /* Numbers of rules come in tens; what is beyond the ten does not count. */
    if (d->rule >= WANMI_RULE_OUTSIDE)
        strcpy(seq, d->rule == WANMI_RULE_OUTSIDE ? "outside" : "fallback");
    else if (wanmi_map_rule(way->map, d->rule, &def) == WANMI_OK)
        snprintf(seq, sizeof seq, "%d", (int)(def.seq / 10));
    bool copy = d->flags & WANMI_DELIVERY_COPY;
    a->copies[a->count] = copy;
    snprintf(a->texts[a->count++], sizeof a->texts[0], "%s %s/%s %s %s %u %s%s", cell,
             wanmi_map_unit_code(way->map, d->unit), d->role == 0xFFFF ? "" : wanmi_map_role(way->map, d->role), seq,
             wanmi_step_text((wanmi_step)d->step), d->priority, d->tag == 0xFFFF ? "" : wanmi_map_tag(way->map, d->tag),
             copy ? " copy" : "");
}

static wanmi_event event_of(test_way *way, const happening *h)
{
    wanmi_event event = test_event(way, h->x, h->y, h->class_text, h->source);
    event.severity = h->severity;
    return event;
}

/* All events in one batch. */
static void ask(test_way *way, wanmi_engine engine, const happening *happenings, size_t count, answer *answers)
{
    static wanmi_delivery deliveries[EVENTS * WANMI_DELIVERIES_MAX];
    wanmi_event events[EVENTS];
    test_hit found[EVENTS];
    uint32_t cell[EVENTS], tuple[EVENTS];
    uint8_t where[EVENTS], reason[EVENTS], unrouted[EVENTS];
    size_t first[EVENTS + 1], done = 0;
    wanmi_hits hits;
    wanmi_hits_init(&hits);
    for (size_t i = 0; i < count; i++)
        events[i] = event_of(way, &happenings[i]);
    test_way_locate(way, events, count, NOW, found);
    for (size_t i = 0; i < count; i++) {
        cell[i] = found[i].cell, tuple[i] = found[i].tuple;
        where[i] = found[i].where, reason[i] = found[i].reason;
    }
    hits.cell = cell, hits.tuple = tuple, hits.where = where, hits.reason = reason;
    cr_assert_eq(wanmi_router_set_engine(way->router, engine, NULL), WANMI_OK);
    for (int round = 0; round < ROUNDS; round++) {
        cr_assert_eq(wanmi_route(way->router, way->locator, events, count, &hits, NOW, deliveries,
                                 EVENTS * WANMI_DELIVERIES_MAX, first, unrouted, &done, NULL), WANMI_OK);
        cr_assert_eq(done, count);
    }
    for (size_t i = 0; i < count; i++) {
        answers[i].where = (wanmi_where)where[i];
        answers[i].count = 0;
        for (size_t k = first[i]; k < first[i + 1]; k++)
            write_delivery(way, &deliveries[k], &answers[i]);
    }
}

/* What happens to a map, and by which engine. */
typedef struct day {
    happening happenings[EVENTS];
    wanmi_engine engine;
} day;

static void draw_day(day *d, uint64_t seed)
{
    d->engine = seed % 2 == 0 ? WANMI_ENGINE_EXACT : WANMI_ENGINE_FAST;
    for (int i = 0; i < EVENTS; i++)
        d->happenings[i] = draw_event();
}

static void same(const answer *a, const answer *b, const char *law, uint64_t seed)
{
    cr_assert_eq(a->count, b->count, "%s, map %d: %zu and %zu deliveries", law, (int)seed, a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        cr_assert_str_eq(a->texts[i], b->texts[i], "%s, map %d: '%s' and '%s'", law, (int)seed, a->texts[i], b->texts[i]);
}

/* Every event has the same deliveries under both. */
static void hold(const rows *one, const rows *other, const char *law, uint64_t seed)
{
    test_way a, b;
    static answer x[EVENTS], y[EVENTS];
    static day d;
    draw_day(&d, seed);
    test_way_open(&a, build(one));
    test_way_open(&b, build(other));
    ask(&a, d.engine, d.happenings, EVENTS, x);
    ask(&b, d.engine, d.happenings, EVENTS, y);
    for (int i = 0; i < EVENTS; i++)
        same(&x[i], &y[i], law, seed);
    test_way_close(&a);
    test_way_close(&b);
}

/* ---- order -------------------------------------------------------------------------------------- */

Test(route_laws, seq_alone_orders_rules)
{
    for (uint64_t seed = 1; seed <= MAPS; seed++) {
        rows r = draw(seed, "U0"), other = r;
        for (uint32_t i = other.rule_count; i-- > 1;) {         /* rows in another order */
            uint32_t k = below(i + 1);
            rule swapped = other.rules[i];
            other.rules[i] = other.rules[k];
            other.rules[k] = swapped;
        }
        for (uint32_t i = 0; i < other.rule_count; i++)         /* and numbers with other gaps: 13, 27 ... */
            other.rules[i].def.seq += (int32_t)below(10);
        hold(&r, &other, "order of rows", seed);
    }
}

Test(route_laws, a_rule_that_does_not_match_is_as_if_it_were_not_there)
{
    for (uint64_t seed = 1; seed <= MAPS; seed++) {
        rows r = draw(seed, "U0"), other = r;
        for (uint32_t i = 0; i < 4 && other.rule_count < RULES_MAX; i++) {
            rule *to = &other.rules[other.rule_count++];
            *to = (rule){0};
            wanmi_rule_def_init(&to->def);
            to->def.seq = (int32_t)(10 * below(r.rule_count + 1) + 1 + i);      /* between the others */
            to->def.class_prefix = "没有";
            to->def.last = 1;
            strcpy(to->unit, "U8");
        }
        hold(&r, &other, "a rule that does not match", seed);
    }
}

/* The first rule with `last` that matches an event, by the plain evaluation of the rules
 * without any; their number where none does. */
static uint32_t end_of(test_way *without, const rows *r, const happening *h)
{
    static wanmi_delivery deliveries[WANMI_DELIVERIES_MAX];
    uint8_t matched[RULES_MAX] = {0}, reason;
    test_hit hit;
    wanmi_event event = event_of(without, h);
    test_way_locate(without, &event, 1, NOW, &hit);
    test_plain_rules(without, &event, &hit, NOW, deliveries, &reason, matched);
    uint32_t end = 0;
    while (end < r->rule_count && !(matched[end] && r->rules[end].def.last))
        end++;
    return end;
}

/* Where a rule with `last` matched, the rules after it might as well not be there; where
 * none did, `last` might. */
Test(route_laws, last)
{
    static answer x[EVENTS], y[RULES_MAX][EVENTS], z[EVENTS];
    static day d;
    size_t ended = 0;
    for (uint64_t seed = 1; seed <= MAPS; seed++) {
        rows r = draw(seed, "U0"), without = r;
        test_way way;
        draw_day(&d, seed);
        for (uint32_t i = 0; i < r.rule_count; i++) {           /* the rules up to this one */
            rows part = r;
            part.rule_count = i + 1;
            test_way_open(&way, build(&part));
            ask(&way, d.engine, d.happenings, EVENTS, y[i]);
            test_way_close(&way);
            without.rules[i].def.last = 0;
        }
        test_way_open(&way, build(&r));
        ask(&way, d.engine, d.happenings, EVENTS, x);
        test_way_close(&way);
        test_way_open(&way, build(&without));
        ask(&way, d.engine, d.happenings, EVENTS, z);
        for (int i = 0; i < EVENTS; i++) {
            uint32_t end = end_of(&way, &r, &d.happenings[i]);
            ended += end + 1 < r.rule_count;
            same(&x[i], end < r.rule_count ? &y[end][i] : &z[i], "last", seed);
        }
        test_way_close(&way);
    }
    cr_assert_gt(ended, 200, "only %zu events were ended early", ended);
}

/* ---- areas cut in two ------------------------------------------------------------------------------ */

/* Cuts an area across its width. Its halves have its duties and its place in rules; who
 * had it as parent has the half in which they lie. */
static void cut(rows *r, uint32_t which)
{
    area whole = r->areas[which], *west = &r->areas[which], *east = &r->areas[r->area_count++];
    double middle = whole.x + whole.width / 2;
    *east = whole;
    strcat(west->code, "a");
    strcat(east->code, "b");
    west->width = east->width = whole.width / 2;
    east->x = middle;
    for (uint32_t i = 0; i < r->area_count; i++)
        if (strcmp(r->areas[i].parent, whole.code) == 0)
            strcpy(r->areas[i].parent, r->areas[i].x < middle ? west->code : east->code);
    for (uint32_t i = r->duty_count; i-- > 0;) {
        if (strcmp(r->duties[i].area, whole.code) != 0)
            continue;
        cr_assert_lt(r->duty_count, DUTIES_MAX);
        duty *other = &r->duties[r->duty_count++];
        *other = r->duties[i];
        strcpy(r->duties[i].area, west->code);
        strcpy(other->area, east->code);
    }
    for (uint32_t i = 0; i < r->rule_count; i++)
        if (strcmp(r->rules[i].area, whole.code) == 0)
            strcat(r->rules[i].area, "*");
}

Test(route_laws, cutting_areas_in_two_changes_no_delivery)
{
    for (uint64_t seed = 1; seed <= MAPS; seed++) {
        rows r = draw(seed, chance(50) ? "U0" : "");
        for (uint32_t i = 0; i < r.area_count; i++)     /* so that each cell is served without a fallback */
            if (strcmp(r.areas[i].layer, "street") == 0) {
                duty *d = &r.duties[r.duty_count++];
                *d = (duty){.layer = "street", .role = "chief", .unit = "U8", .rank = 9};
                strcpy(d->area, r.areas[i].code);
            }
        rows other = r;
        uint32_t areas = other.area_count;
        for (uint32_t i = 0; i < areas && other.area_count < AREAS_MAX; i++)
            if (chance(30))
                cut(&other, i);
        hold(&r, &other, "areas cut in two", seed);
    }
}

/* ---- everybody is served --------------------------------------------------------------------------- */

Test(route_laws, every_event_inside_has_a_primary_and_fallbacks_only_without)
{
    static answer answers[EVENTS];
    static day d;
    size_t inside = 0, fallbacks = 0;
    for (uint64_t seed = 1; seed <= MAPS; seed++) {
        rows r = draw(seed, "U0");
        test_way way;
        draw_day(&d, seed);
        test_way_open(&way, build(&r));
        ask(&way, d.engine, d.happenings, EVENTS, answers);
        for (int i = 0; i < EVENTS; i++) {
            const answer *x = &answers[i];
            size_t primaries = 0, fallback = 0;
            for (size_t k = 0; k < x->count; k++) {
                primaries += !x->copies[k];
                fallback += strstr(x->texts[k], " fallback ") != NULL;
            }
            if (x->where == WANMI_OUTSIDE) {
                cr_assert(x->count == 1 && strstr(x->texts[0], "U0/ outside fallback") != NULL, "%s", x->texts[0]);
                continue;
            }
            inside++;
            fallbacks += fallback;
            cr_assert_geq(primaries, 1, "map %d: nobody", (int)seed);
            cr_assert(fallback == 0 || (fallback == 1 && primaries == 1), "map %d: a fallback beside others", (int)seed);
        }
        test_way_close(&way);
    }
    cr_assert(inside > 2000 && fallbacks > 200, "%zu inside, %zu fallbacks", inside, fallbacks);
}

/* The cell that a refused plan names: with a fallback unit, an event there that no rule
 * names goes to it and to nobody else. A plan that is not refused has no such event. */
Test(route_laws, a_plan_is_refused_that_would_leave_an_event_with_nobody)
{
    static answer x;
    size_t refused = 0, made = 0;
    for (uint64_t seed = 1; seed <= 3 * MAPS; seed++) {
        rows r = draw(seed, ""), safe = r;
        for (uint32_t i = 0; i < r.rule_count; i++) {           /* no rule is of a place, or of all events */
            r.rules[i].area[0] = '\0';
            r.rules[i].def.layer = "";
            if (r.rules[i].def.class_prefix == NULL || r.rules[i].def.class_prefix[0] == '\0')
                r.rules[i].def.class_prefix = "01";
        }
        memcpy(safe.rules, r.rules, sizeof r.rules);
        safe.fallback = "U0";
        wanmi_map *map = build(&r);
        wanmi_words *words = NULL;
        wanmi_plan *plan = NULL;
        wanmi_error error;
        cr_assert_eq(wanmi_words_create(NULL, &words, NULL), WANMI_OK);
        wanmi_status status = wanmi_plan_create(map, words, NULL, NULL, &plan, &error);
        test_way way;
        test_way_open(&way, build(&safe));
        for (uint32_t i = 0; i < safe.area_count; i++) {
            const area *a = &safe.areas[i];
            if (strcmp(a->layer, "cell") != 0 || (status != WANMI_OK && strcmp(a->code, error.code) != 0))
                continue;
            happening h = {a->x + 50, a->y + 50, "unheard of", NULL, 0};
            ask(&way, seed % 2 == 0 ? WANMI_ENGINE_EXACT : WANMI_ENGINE_FAST, &h, 1, &x);
            cr_assert_eq(x.count, 1);
            bool nobody = strstr(x.texts[0], "U0/ fallback fallback") != NULL;
            cr_assert_eq(nobody, status != WANMI_OK, "map %d, cell %s: %s", (int)seed, a->code, x.texts[0]);
        }
        cr_assert(status == WANMI_OK || status == WANMI_E_ROUTE_NOBODY, "%s", error.message);
        refused += status != WANMI_OK;
        made += status == WANMI_OK;
        test_way_close(&way);
        wanmi_plan_release(plan);
        wanmi_words_release(words);
        wanmi_map_release(map);
    }
    cr_assert(refused > 20 && made > 5, "%zu refused, %zu made", refused, made);
}

/* ---- several units, and copies ---------------------------------------------------------------------- */

/* "A;B;C" and a role are the same as a rule for each, in that order; `last` stands on the
 * last of them. */
static rows one_rule_a_unit(const rows *r)
{
    rows out = *r;
    out.rule_count = 0;
    for (uint32_t i = 0; i < r->rule_count; i++) {
        const rule *from = &r->rules[i];
        char list[32];
        strcpy(list, from->unit);
        int32_t seq = from->def.seq;
        bool role = from->def.role != NULL && from->def.role[0] != '\0';
        for (char *word = strtok(list, ";"); word != NULL || role; word = word != NULL ? strtok(NULL, ";") : NULL) {
            cr_assert_lt(out.rule_count, RULES_MAX);
            rule *to = &out.rules[out.rule_count++];
            *to = *from;
            to->def.seq = seq++;
            to->def.last = 0;
            snprintf(to->unit, sizeof to->unit, "%s", word != NULL ? word : "");
            if (word != NULL)
                to->def.role = to->def.at_layer = to->def.holders = "";
            else
                role = false;
        }
        out.rules[out.rule_count - 1].def.last = from->def.last;
    }
    return out;
}

Test(route_laws, a_list_of_units_is_a_rule_for_each)
{
    size_t lists = 0;
    for (uint64_t seed = 1; seed <= MAPS; seed++) {
        rows r = draw(seed, "U0");
        r.rule_count = r.rule_count > RULES_MAX / 4 ? RULES_MAX / 4 : r.rule_count;
        for (uint32_t i = 0; i < r.rule_count; i++)
            lists += strchr(r.rules[i].unit, ';') != NULL;
        rows other = one_rule_a_unit(&r);
        hold(&r, &other, "a list of units", seed);
    }
    cr_assert_gt(lists, 10);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The primaries of an answer, in the order of their texts. */
static size_t primaries(const answer *a, char to[][64])
{
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++)
        if (!a->copies[i])
            strcpy(to[count++], a->texts[i]);
    qsort(to, count, sizeof to[0], compare);
    return count;
}

static void nobody_twice(const answer *a, uint64_t seed)
{
    char one[64], two[64];
    for (size_t k = 0; k < a->count; k++)
        for (size_t m = 0; m < k; m++) {
            sscanf(strchr(a->texts[k], ' '), "%63s", one);
            sscanf(strchr(a->texts[m], ' '), "%63s", two);
            cr_assert_str_neq(one, two, "copies, map %d: %s and %s", (int)seed, a->texts[k], a->texts[m]);
        }
}

/* Without the rules for copies the primaries are the same; and no unit has two deliveries
 * in one role. */
Test(route_laws, copies_take_nothing_away)
{
    static answer x[EVENTS], y[EVENTS];
    static day d;
    static char p[TEXTS_MAX][64], q[TEXTS_MAX][64];
    size_t copies = 0;
    for (uint64_t seed = 1; seed <= MAPS; seed++) {
        rows r = draw(seed, "U0"), other = r;
        other.rule_count = 0;
        for (uint32_t i = 0; i < r.rule_count; i++)
            if (r.rules[i].def.copy)
                r.rules[i].def.last = 0;
            else
                other.rules[other.rule_count++] = r.rules[i];
        test_way a, b;
        draw_day(&d, seed);
        test_way_open(&a, build(&r));
        test_way_open(&b, build(&other));
        ask(&a, d.engine, d.happenings, EVENTS, x);
        ask(&b, d.engine, d.happenings, EVENTS, y);
        for (int i = 0; i < EVENTS; i++) {
            size_t count = primaries(&x[i], p);
            cr_assert_eq(count, primaries(&y[i], q), "copies, map %d", (int)seed);
            for (size_t k = 0; k < count; k++)
                cr_assert_str_eq(p[k], q[k]);
            copies += x[i].count - count;
            nobody_twice(&x[i], seed);
        }
        test_way_close(&a);
        test_way_close(&b);
    }
    cr_assert_gt(copies, 500, "%zu copies", copies);
}
