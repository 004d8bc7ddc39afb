/* flow: a delivery as one line of JSON, by the map of its own generation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "maps.h"
#include "sinks.h"
#include "support.h"

/* The sink writes its lines inside the callback, where its maps are alive. */
typedef struct scene {
    wanmi_flow *flow;
    wanmi_intake *intake;
    char lines[16][1024];
    size_t lengths[16];
    wanmi_delivery seen[16];
    _Atomic size_t count;
} scene;

static scene s;

static void take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)user, (void)outcomes;
    for (size_t i = 0; i < count; i++) {
        size_t at = s.count;
        s.seen[at] = batch[i];
        s.lengths[at] = wanmi_flow_line(s.flow, &batch[i], s.lines[at], sizeof s.lines[at]);
        s.count = at + 1;
    }
}

static void set_map(uint32_t generation, const char *unit, const char *tag, const char *zone)
{
    wanmi_map_builder *b = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = zone;
    meta.generation = generation;
    meta.fallback_unit = unit;
    assert_int_equal(wanmi_map_builder_meta(b, &meta, NULL), WANMI_OK);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    test_add_box(b, "cell", "c\"1\\", "", 500000, 4420000, 500100, 4420100);
    test_add_unit(b, unit, "");
    test_add_duty(b, "cell", "c\"1\\", "网格员", unit, 1);
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.seq = 40;
    rule.role = "网格员";
    rule.class_prefix = "02";
    rule.tag = tag;
    rule.priority = 3;
    test_add_rule(b, &rule);
    wanmi_map *map = test_build(b);
    wanmi_error error;
    if (wanmi_flow_set_map(s.flow, map, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_map_release(map);
}

static void open_scene(void)
{
    memset(&s, 0, sizeof s);
    assert_int_equal(wanmi_flow_create(NULL, NULL, &s.flow, NULL), WANMI_OK);
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "lines";
    def.lanes = 1;
    def.deliver = take;
    assert_int_equal(wanmi_flow_add_sink(s.flow, &def, NULL, NULL, NULL), WANMI_OK);
    set_map(3, "A", "急", "Asia/Shanghai");
    assert_int_equal(wanmi_flow_start(s.flow, NULL), WANMI_OK);
    assert_int_equal(wanmi_intake_open(s.flow, &s.intake, NULL), WANMI_OK);
}

static void close_scene(void)
{
    wanmi_intake_close(s.intake);
    wanmi_flow_free(s.flow);
}

static void submit(wanmi_event event, size_t until)
{
    assert_int_equal(wanmi_flow_submit(s.intake, &event, 1, NULL, NULL, NULL), WANMI_OK);
    for (int i = 0; i < 30000 && s.count < until; i++)
        test_nap_us(1000);
    assert_int_equal(s.count, until);
}

static wanmi_event event_in_cell(uint64_t id, const char *class_text, const char *source)
{
    wanmi_event event = {.id = id, .user = 7, .time_us = INT64_C(1763792112345678), .x = 500050, .y = 4420050,
                         .class_id = WANMI_NONE, .source_id = WANMI_NONE, .datum = WANMI_DATUM_MAP,
                         .severity = 200};
    if (class_text != NULL)
        wanmi_words_number(wanmi_flow_words(s.flow), class_text, strlen(class_text), &event.class_id, NULL);
    if (source != NULL)
        wanmi_words_number(wanmi_flow_words(s.flow), source, strlen(source), &event.source_id, NULL);
    return event;
}

static void must_say(size_t at, const char *line)
{
    assert_int_equal(s.lengths[at], strlen(line));
    s.lines[at][s.lengths[at]] = '\0';
    assert_string_equal(s.lines[at], line);
}

static void codes_stand_in_place_of_numbers(void **state)
{
    (void)state;
    open_scene();
    submit(event_in_cell(UINT64_MAX, "0203", "hot\nline"), 1);
    must_say(0, "{\"id\":18446744073709551615,\"user\":7,\"time\":\"2025-11-22T14:15:12.345678+08:00\",\"class\":\"0203\","
                "\"source\":\"hot\\u000aline\",\"severity\":200,\"cell\":\"c\\u00221\\u005c\",\"unit\":\"A\","
                "\"role\":\"网格员\",\"rule\":\"40\",\"step\":\"duty\",\"priority\":3,\"due\":null,\"copy\":0,"
                "\"tags\":\"急\",\"generation\":3,\"repeat\":0}");
    wanmi_event outside = event_in_cell(2, NULL, NULL);
    outside.x = 1000;
    submit(outside, 2);
    must_say(1, "{\"id\":2,\"user\":7,\"time\":\"2025-11-22T14:15:12.345678+08:00\",\"class\":null,\"source\":null,"
                "\"severity\":200,\"cell\":null,\"unit\":\"A\",\"role\":null,\"rule\":\"outside\",\"step\":\"fallback\","
                "\"priority\":5,\"due\":null,\"copy\":0,\"tags\":null,\"generation\":3,\"repeat\":0}");
    submit(event_in_cell(3, "01", NULL), 3);
    assert_non_null(strstr(s.lines[2], "\"role\":\"网格员\",\"rule\":\"fallback\""));
    close_scene();
}

static void each_line_is_of_its_own_map(void **state)
{
    (void)state;
    open_scene();
    submit(event_in_cell(1, "02", NULL), 1);
    set_map(4, "B", "缓", "UTC");
    submit(event_in_cell(2, "02", NULL), 2);
    s.lines[1][s.lengths[1]] = '\0';
    assert_non_null(strstr(s.lines[1], "12.345678+00:00\"") != NULL ? s.lines[1] : strstr(s.lines[1], "12.345678Z\""));
    assert_non_null(strstr(s.lines[1], "\"unit\":\"B\""));
    assert_non_null(strstr(s.lines[1], "\"tags\":\"缓\",\"generation\":4"));
    close_scene();
}

static void a_line_that_does_not_fit_says_how_long_it_is(void **state)
{
    (void)state;
    open_scene();
    submit(event_in_cell(1, "02", NULL), 1);
    char text[1024];
    wanmi_delivery d = s.seen[0];
    size_t length = s.lengths[0];
    for (size_t size = 0; size <= length + 1; size++) {
        memset(text, '#', sizeof text);
        assert_int_equal(wanmi_flow_line(s.flow, &d, size != 0 ? text : NULL, size), length);
        for (size_t i = size; i < sizeof text; i++)
            assert_int_equal(text[i], '#');
        if (size >= length)
            assert_memory_equal(text, s.lines[0], length);
    }
    d.flags |= WANMI_DELIVERY_REPEAT | WANMI_DELIVERY_COPY;
    text[wanmi_flow_line(s.flow, &d, text, sizeof text)] = '\0';
    assert_non_null(strstr(text, "\"copy\":1"));
    assert_non_null(strstr(text, "\"repeat\":1}"));
    d.generation = 99;                  /* a map that is not there */
    assert_int_equal(wanmi_flow_line(s.flow, &d, text, sizeof text), 0);
    d.generation = 0;
    assert_int_equal(wanmi_flow_line(s.flow, &d, text, sizeof text), 0);
    assert_int_equal(wanmi_flow_line(NULL, &d, text, sizeof text), 0);
    assert_int_equal(wanmi_flow_line(s.flow, NULL, text, sizeof text), 0);
    close_scene();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_stand_in_place_of_numbers),
        cmocka_unit_test(each_line_is_of_its_own_map),
        cmocka_unit_test(a_line_that_does_not_fit_says_how_long_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
