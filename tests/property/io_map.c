/* Random maps written and read again: the same map, bit by bit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maps.h"
#include "support.h"
#include "wanmi/io.h"

static const char *const bits[] = {"a", "Z", "0", "9", "网", "格", "é", "-", "_", "'", "\"", ",",
                                   "\xF0\x9F\x8F\x99", "%", "\\", "#", "<", "&", "."};

/* `extra`: what codes may hold as well. */
static const char *random_text(test_random *random, uint32_t least, uint32_t most, bool name_only)
{
    static char texts[32][256];
    static unsigned next;
    char *text = texts[next++ % 32];
    text[0] = '\0';
    uint32_t length = least + test_below(random, most - least + 1);
    for (uint32_t i = 0; i < length; i++)
        strcat(text, bits[test_below(random, name_only ? 6 : sizeof bits / sizeof bits[0])]);
    return text;
}

static int64_t random_instant(test_random *random)
{
    /* Years 1 to 9999, to the microsecond. */
    return -62135596800000000 + (int64_t)(test_next(random) % 315537897600000000u);
}

static void random_validity(test_random *random, int64_t *from, int64_t *to)
{
    *from = test_below(random, 2) ? random_instant(random) : WANMI_TIME_NONE;
    *to = test_below(random, 2) ? random_instant(random) : WANMI_TIME_NONE;
    if (*from != WANMI_TIME_NONE && *to != WANMI_TIME_NONE && *from >= *to)
        *to = WANMI_TIME_NONE;
}

/* A star around a middle, with or without a hole, in one part or two. */
static test_wkb random_star(test_random *random, double x, double y)
{
    double xy[80];
    uint32_t points[2], n = 3 + test_below(random, 12), at = 0;
    bool hole = test_below(random, 3) == 0;
    for (int ring = 0; ring <= (int)hole; ring++) {
        points[ring] = n + 1;
        for (uint32_t i = 0; i <= n; i++, at++) {
            double r = (ring == 0 ? 40 : 8) + (ring == 0 ? 10 : 1) * test_uniform(random, 0, 1);
            double angle = 6.283185307179586 * (i % n) / n;
            xy[2 * at] = i < n ? x + r * cos(angle) : xy[2 * (at - n)];
            xy[2 * at + 1] = i < n ? y + r * sin(angle) : xy[2 * (at - n) + 1];
        }
    }
    return test_wkb_polygon(xy, points, 1 + hole);
}

static test_wkb random_shape(test_random *random, double x, double y)
{
    test_wkb one = random_star(random, x, y);
    if (test_below(random, 3) != 0)
        return one;
    test_wkb parts[2] = {one, random_star(random, x + 200, y)};
    test_wkb both = test_wkb_multi(parts, 2);
    free(parts[0].bytes);
    free(parts[1].bytes);
    return both;
}

static void must(wanmi_status status, const wanmi_error *error)
{
    cr_assert_eq(status, WANMI_OK, "%s", error->message);
}

static void add_areas(wanmi_map_builder *builder, test_random *random, const char *layer, uint32_t count,
                      const char *parent_layer_code)
{
    wanmi_error error;
    for (uint32_t i = 0; i < count; i++) {
        char code[64];
        snprintf(code, sizeof code, "%s%u", layer, i);
        test_wkb wkb = random_shape(random, 500000 + 1000.0 * i, 4400000 + test_uniform(random, 0, 1e6));
        wanmi_area_def def;
        wanmi_area_def_init(&def);
        def.layer = layer;
        def.code = code;
        def.name = random_text(random, 0, 12, false);
        def.grade = random_text(random, 0, 2, false);
        def.parent = test_below(random, 2) ? parent_layer_code : "";
        random_validity(random, &def.valid_from_us, &def.valid_to_us);
        def.wkb = wkb.bytes;
        def.wkb_size = wkb.size;
        must(wanmi_map_builder_area(builder, &def, &error), &error);
        free(wkb.bytes);
    }
}

static void add_rules(wanmi_map_builder *builder, test_random *random, uint32_t count)
{
    wanmi_error error;
    for (uint32_t i = 0; i < count; i++) {
        wanmi_rule_def rule;
        wanmi_rule_def_init(&rule);
        rule.seq = (int32_t)(test_next(random) >> 33) - (1 << 30);
        rule.seq = rule.seq / 64 * 64 + (int32_t)i;
        rule.min_severity = (int32_t)test_below(random, 256);
        rule.class_prefix = test_below(random, 2) ? "01" : "";
        rule.source = random_text(random, 0, 3, true);
        static const char *const owners[] = {"", "U0", "upkeep=U*", "权属=U0"};
        static const char *const days[] = {"", "1-5", "sat;sun", "workday@school", "restday@school"};
        static const char *const hours[] = {"", "08:00-12:00;14:00-18:00", "22:00-06:00"};
        rule.owner = owners[test_below(random, 4)];
        rule.mode = random_text(random, 0, 3, true);
        rule.weekdays = days[test_below(random, 5)];
        rule.hours = hours[test_below(random, 3)];
        rule.deadline = test_below(random, 2) ? "快" : "";
        rule.tag = random_text(random, 0, 3, true);
        rule.role = random_text(random, 0, 3, true);
        rule.unit = "U0";
        rule.holders = test_below(random, 2) ? "all" : "";
        rule.copy = (int32_t)test_below(random, 2);
        rule.last = (int32_t)test_below(random, 2);
        rule.priority = (int32_t)test_below(random, 11) - 1;
        random_validity(random, &rule.valid_from_us, &rule.valid_to_us);
        must(wanmi_map_builder_rule(builder, &rule, &error), &error);
    }
}

/* Dates of a calendar that do not meet: one in each ten days. */
static void add_calendars(wanmi_map_builder *builder, test_random *random)
{
    static const char *const weeks[] = {"1-5", "mon;wed", "6-7", "sat", "sun"};
    static const char *const hours[] = {"", "08:00-12:00;14:00-18:00", "0:00-24:00", "9:30-9:31"};
    static const char *const names[] = {"default", "school", "急诊"};
    wanmi_error error;
    for (uint32_t n = 0; n < 3; n++) {
        uint32_t first = test_below(random, 2), rows = test_below(random, 20);
        for (uint32_t i = 0; i < rows; i++) {
            char day[64];
            int month = 1 + (int)i / 3 % 12, from = 1 + (int)i % 3 * 10, to = from + (int)test_below(random, 9);
            snprintf(day, sizeof day, "%04d-%02d-%02d%c%04d-%02d-%02d", 2008 + (int)i / 36, month, from,
                     test_below(random, 2) ? '/' : '\0', 2008 + (int)i / 36, month, to > 28 ? 28 : to);
            wanmi_calendar_def def;
            wanmi_calendar_def_init(&def);
            def.name = names[n];
            def.day = i == 0 ? weeks[first] : i == 1 ? weeks[2 + first] : day;
            def.hours = hours[test_below(random, 4)];
            must(wanmi_map_builder_calendar(builder, &def, &error), &error);
        }
    }
}

static void random_limit(test_random *random, double *limit, const char **unit, const char **calendar)
{
    static const char *const units[] = {"urgent_hour", "working_hour", "working_day", "natural_day"};
    uint32_t which = test_below(random, 4);
    *unit = units[which];
    *limit = which < 2 ? test_uniform(random, 1e-6, 1e5) : 1 + test_below(random, 99999);
    *calendar = which == 1 || which == 2 ? "school" : "";
}

static void add_deadlines(wanmi_map_builder *builder, test_random *random, uint32_t count)
{
    wanmi_error error;
    for (uint32_t i = 0; i < count; i++) {
        wanmi_deadline_def def;
        wanmi_deadline_def_init(&def);
        def.name = i % 2 ? "快" : "slow, \"d\"";
        def.seq = (int32_t)test_below(random, 1000000) * 16 - 8000000 + (int32_t)i;
        def.class_prefix = random_text(random, 0, 3, false);
        def.grade = random_text(random, 0, 3, false);
        def.mode = test_below(random, 2) ? "night;day" : "";
        def.min_severity = (int32_t)test_below(random, 256);
        random_limit(random, &def.limit, &def.unit, &def.calendar);
        must(wanmi_map_builder_deadline(builder, &def, &error), &error);
    }
}

static void add_escalations(wanmi_map_builder *builder, test_random *random, uint32_t count)
{
    static const char *const tos[] = {"unit_parent", "area_parent", "holder", "unit"};
    static const char *const sinces[] = {"", "event", "due"};
    wanmi_error error;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t to = test_below(random, 4);
        wanmi_escalation_def def;
        wanmi_escalation_def_init(&def);
        def.seq = (int32_t)test_below(random, 1000000) * 16 - 8000000 + (int32_t)i;
        def.class_prefix = random_text(random, 0, 3, false);
        def.role = test_below(random, 2) ? "@权属" : random_text(random, 0, 3, true);
        def.mode = random_text(random, 0, 3, true);
        def.min_severity = (int32_t)test_below(random, 256);
        def.on = test_below(random, 2) ? "ack" : "done";
        def.since = sinces[test_below(random, 3)];
        random_limit(random, &def.limit, &def.unit, &def.calendar);
        def.to = tos[to];
        def.target_role = to == 2 ? "网格长" : to == 1 ? random_text(random, 0, 3, true) : "";
        def.at_layer = to == 2 && test_below(random, 2) ? "街道" : "";
        def.target_unit = to == 3 ? "U0" : "";
        def.priority = (int32_t)test_below(random, 11) - 1;
        def.tag = random_text(random, 0, 3, true);
        must(wanmi_map_builder_escalation(builder, &def, &error), &error);
    }
}

static void add_objects(wanmi_map_builder *builder, test_random *random, uint32_t count)
{
    wanmi_error error;
    for (uint32_t i = 0; i < count; i++) {
        char code[32];
        wanmi_object_def def;
        wanmi_object_def_init(&def);
        snprintf(code, sizeof code, "%u:%s", i, random_text(random, 0, 2, false));
        def.code = code;
        def.name = random_text(random, 0, 12, false);
        def.class_text = random_text(random, 0, 3, false);
        def.x = test_below(random, 4) ? test_uniform(random, -1e9, 1e9) : test_uniform(random, -1e-300, 1e-300);
        def.y = test_below(random, 4) ? test_uniform(random, -1e9, 1e9) : (double)test_below(random, 100000000);
        def.authority = test_below(random, 2) ? "U0" : "";
        def.property = test_below(random, 2) ? "U0" : "";
        def.upkeep = test_below(random, 2) ? "U0" : "";
        must(wanmi_map_builder_object(builder, &def, &error), &error);
    }
}

static wanmi_map *random_map(test_random *random)
{
    static const char *const zones[] = {"Asia/Shanghai", "UTC", "America/New_York", "+05:45"};
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_error error;
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = test_below(random, 2) ? "EPSG:4548" : "EPSG:32650";
    meta.title = random_text(random, 0, 20, false);
    meta.timezone = zones[test_below(random, 4)];
    meta.snap_m = test_below(random, 2) ? test_uniform(random, 0, 100) : 0;
    meta.generation = 1 + test_below(random, 0xFFFFFFFEu);
    meta.code_layout = test_below(random, 2) ? "6+3+3+2" : "";
    meta.fallback_unit = test_below(random, 2) ? "U0" : "";
    meta.uuid = "00000000-0000-4000-8000-000000000001";
    must(wanmi_map_builder_meta(builder, &meta, &error), &error);
    test_add_layer(builder, "街道", WANMI_PARTITION, 1, "");
    test_add_layer(builder, "c-e_l", WANMI_PARTITION, 0, "街道");
    test_add_layer(builder, "over", WANMI_OVERLAY, (int32_t)test_below(random, 9), "");
    add_areas(builder, random, "街道", 1 + test_below(random, 3), "");
    add_areas(builder, random, "c-e_l", test_below(random, 20), "街道0");
    add_areas(builder, random, "over", test_below(random, 5), "");
    for (uint32_t i = 0; i < 1 + test_below(random, 5); i++) {
        char code[16], role[80];
        snprintf(code, sizeof code, "U%u", i);
        test_add_unit(builder, code, i > 0 ? "U0" : "");
        snprintf(role, sizeof role, "r%s", random_text(random, 0, 5, true));
        test_add_duty(builder, "街道", "街道0", role, code, 1 + (int32_t)test_below(random, 5));
    }
    add_rules(builder, random, test_below(random, 6));
    /* Tables that are named are there as a whole, or not at all. */
    if (test_below(random, 2)) {
        wanmi_calendar_def school;
        wanmi_calendar_def_init(&school);
        school.name = "school";
        school.day = "1998-01-01";
        must(wanmi_map_builder_calendar(builder, &school, NULL), NULL);
        add_calendars(builder, random);
    }
    if (test_below(random, 2))
        add_deadlines(builder, random, 2 + test_below(random, 9));
    add_escalations(builder, random, test_below(random, 8));
    add_objects(builder, random, test_below(random, 30));
    return test_build(builder);
}

/* No Criterion timeouts: with two workers it leaks their timers. Meson ends a test that hangs. */
Test(io_map, what_is_written_is_read)
{
    char path[300];
    snprintf(path, sizeof path, "%s/random.gpkg", test_folder());
    for (uint64_t seed = 1; seed <= 40; seed++) {
        test_random random = {seed};
        wanmi_map *map = random_map(&random), *again = NULL;
        wanmi_error error;
        must(wanmi_io_map_write(map, path, NULL, NULL, &error), &error);
        must(wanmi_io_map_read(path, NULL, NULL, &again, &error), &error);
        wanmi_status equal = wanmi_map_equal(map, again, &error);
        cr_assert_eq(equal, WANMI_OK, "seed %llu: %s", (unsigned long long)seed, error.message);
        wanmi_map_release(again);
        wanmi_map_release(map);
    }
}

/* ---- tables through CSV ------------------------------------------------------------------- */

/* The parts of a random map that are no tables: the ground for its tables to be added to. */
static void ground(test_random random, const char *path)
{
    wanmi_error error;
    wanmi_map *map = random_map(&random);
    must(wanmi_io_map_write(map, path, NULL, NULL, &error), &error);
    wanmi_map_release(map);
    static const char *const tables[] = {"wanmi_rules", "wanmi_escalations", "wanmi_deadlines", "wanmi_calendars",
                                         "wanmi_objects", "wanmi_duties", "wanmi_units"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        must(wanmi_io_map_drop(path, tables[i], NULL, &error), &error);
}

/* Map -> CSV -> map file -> map -> map file: the same map. */
Test(io_map, tables_go_through_csv)
{
    static const struct {
        wanmi_io_table table;
        const char *name;
    } tables[] = {{WANMI_IO_UNITS, "units"}, {WANMI_IO_DUTIES, "duties"}, {WANMI_IO_CALENDARS, "calendars"},
                  {WANMI_IO_DEADLINES, "deadlines"}, {WANMI_IO_RULES, "rules"},
                  {WANMI_IO_ESCALATIONS, "escalations"}, {WANMI_IO_OBJECTS, "objects"}};
    char path[300], folder[300], csv[400];
    snprintf(path, sizeof path, "%s/tables.gpkg", test_folder());
    snprintf(folder, sizeof folder, "%s/out", test_folder());
    for (uint64_t seed = 1; seed <= 8; seed++) {
        test_random random = {seed};
        wanmi_map *map = random_map(&random), *again = NULL, *third = NULL;
        wanmi_error error;
        /* Layers' exact coordinates do not go through GeoJSON, so the ground is written. */
        ground((test_random){seed}, path);
        must(wanmi_io_map_export(map, folder, NULL, &error), &error);
        for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
            wanmi_io_tally tally;
            wanmi_io_tally_init(&tally);
            snprintf(csv, sizeof csv, "%s/wanmi_%s.csv", folder, tables[i].name);
            must(wanmi_io_map_add_table(path, tables[i].table, csv, NULL, NULL, NULL, &tally, &error), &error);
            cr_assert_eq(tally.refused, 0);
        }
        must(wanmi_io_map_read(path, NULL, NULL, &again, &error), &error);
        cr_assert_eq(wanmi_map_equal(map, again, &error), WANMI_OK, "seed %llu: %s", (unsigned long long)seed,
                     error.message);
        must(wanmi_io_map_write(again, path, NULL, NULL, &error), &error);
        must(wanmi_io_map_read(path, NULL, NULL, &third, &error), &error);
        cr_assert_eq(wanmi_map_equal(again, third, &error), WANMI_OK, "seed %llu: %s", (unsigned long long)seed,
                     error.message);
        wanmi_map_release(map);
        wanmi_map_release(again);
        wanmi_map_release(third);
    }
}
