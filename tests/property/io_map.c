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
        static const char *const days[] = {"", "1-5", "sat;sun", "workday", "restday@school"};
        static const char *const hours[] = {"", "08:00-12:00;14:00-18:00", "22:00-06:00"};
        rule.owner = owners[test_below(random, 4)];
        rule.mode = random_text(random, 0, 3, true);
        rule.weekdays = days[test_below(random, 5)];
        rule.hours = hours[test_below(random, 3)];
        rule.deadline = random_text(random, 0, 3, true);
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
    return test_build(builder);
}

Test(io_map, what_is_written_is_read, .timeout = 120)
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
