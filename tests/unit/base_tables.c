/* Status names, errors, counters, versions, host tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "support.h"

static void every_status_of_the_header_has_its_name(void **state)
{
    (void)state;
    FILE *file = fopen(test_source("include/wanmi/base.h"), "r");
    assert_non_null(file);
    char line[256], name[64];
    int value, count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, " WANMI_%63[A-Z_0-9] = %d", name, &value) != 2 || strstr(line, "LOG_") ||
            strstr(line, "COUNTER") || strstr(line, "GAUGE") || strstr(line, "HISTOGRAM") || strstr(line, "PART_"))
            continue;
        char whole[80];
        snprintf(whole, sizeof whole, "WANMI_%s", name);
        assert_string_equal(wanmi_status_name((wanmi_status)value), whole);
        count++;
    }
    fclose(file);
    assert_true(count >= 43);
    assert_string_equal(wanmi_status_name((wanmi_status)-999), "unknown");
    assert_string_equal(wanmi_status_name((wanmi_status)77), "unknown");
}

static void reasons_and_steps(void **state)
{
    (void)state;
    FILE *file = fopen(test_source("include/wanmi/types.h"), "r");
    assert_non_null(file);
    char line[256], name[64];
    int value, count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, " WANMI_REASON_%63[A-Z_0-9] = %d", name, &value) != 2)
            continue;
        assert_int_equal(value, count++);
        assert_string_not_equal(wanmi_reason_text((wanmi_reason)value), "unknown");
        for (int other = 0; other < value; other++)
            assert_string_not_equal(wanmi_reason_text((wanmi_reason)value),
                                    wanmi_reason_text((wanmi_reason)other));
    }
    fclose(file);
    assert_true(count >= 17);
    assert_string_equal(wanmi_reason_text((wanmi_reason)count), "unknown");
    assert_string_equal(wanmi_reason_text(WANMI_REASON_LATITUDE), "latitude");
    assert_string_equal(wanmi_reason_text((wanmi_reason)-1), "unknown");
    assert_string_equal(wanmi_step_text(WANMI_STEP_UNIT), "unit");
    assert_string_equal(wanmi_step_text(WANMI_STEP_DUTY), "duty");
    assert_string_equal(wanmi_step_text(WANMI_STEP_ANCESTOR), "ancestor");
    assert_string_equal(wanmi_step_text(WANMI_STEP_FALLBACK), "fallback");
    assert_string_equal(wanmi_step_text((wanmi_step)9), "unknown");
}

static void errors_name_the_place(void **state)
{
    (void)state;
    wanmi_error error;
    const wm_place place = {"m.gpkg", "cells", "110101001", "x", 7};
    assert_int_equal(wm_error_at(&error, WANMI_E_MAP_CODE, &place, "a doubled code"), WANMI_E_MAP_CODE);
    assert_string_equal(error.message, "m.gpkg: layer cells, row 7, code 110101001: a doubled code: 'x'");
    assert_int_equal(error.row, 7);
    assert_string_equal(error.layer, "cells");
    wanmi_error_clear(&error);
    assert_int_equal(error.status, WANMI_OK);
    assert_int_equal(error.row, -1);
    assert_string_equal(error.message, "");
    wanmi_error_clear(NULL);
    assert_int_equal(wm_error(NULL, WANMI_E_LIMIT, "nothing"), WANMI_E_LIMIT);
}

/* A text that does not fit is cut at a character's boundary, at every length. */
static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char text[400] = "";
    for (int lead = 0; lead < 4; lead++) {
        memset(text, 'a', (size_t)lead);
        text[lead] = '\0';
        for (int i = 0; i < 60; i++)
            strcat(text, "网");
        char field[72];
        wm_text_fit(field, sizeof field, text);
        size_t length = strlen(field);
        assert_true(length < sizeof field && length >= sizeof field - 3);
        assert_int_equal((length - (size_t)lead) % 3, 0);
        assert_memory_equal(field, text, length);
    }
}

static const wanmi_counter some[] = {
    {"wanmi_a_total", "events", "Events \\ a\nb.", NULL, WANMI_COUNTER, 18446744073709551615u, NULL},
    {"wanmi_b", "records", "Depth.", "one", WANMI_GAUGE, 3, NULL},
    {"wanmi_c_total", NULL, NULL, "one", WANMI_COUNTER, 0, "急"},
    {"wanmi_b", "records", "Depth.", "tw\"o\\\n", WANMI_GAUGE, 4, NULL},
    {"wanmi_d", "records", "Depth.", NULL, WANMI_GAUGE, 5, ""},
};
static const char as_text[] =
    "# HELP wanmi_a_total Events \\\\ a\\nb. (events)\n# TYPE wanmi_a_total counter\n"
    "wanmi_a_total 18446744073709551615\n"
    "# HELP wanmi_b Depth. (records)\n# TYPE wanmi_b gauge\n"
    "wanmi_b{sink=\"one\"} 3\nwanmi_b{sink=\"tw\\\"o\\\\\\n\"} 4\n"
    "# HELP wanmi_c_total \n# TYPE wanmi_c_total counter\nwanmi_c_total{sink=\"one\",tag=\"急\"} 0\n"
    "# HELP wanmi_d Depth. (records)\n# TYPE wanmi_d gauge\nwanmi_d{tag=\"\"} 5\n";

static void counters_as_text(void **state)
{
    (void)state;
    char text[1024];
    size_t needed = 0;
    assert_int_equal(wanmi_counters_prometheus(some, 5, text, sizeof text, &needed), WANMI_OK);
    assert_string_equal(text, as_text);
    assert_int_equal(needed, sizeof as_text);
    for (size_t size = 1; size <= sizeof as_text; size++) {
        memset(text, '#', sizeof text);
        wanmi_status status = wanmi_counters_prometheus(some, 5, text, size, &needed);
        assert_int_equal(status, size == sizeof as_text ? WANMI_OK : WANMI_PARTIAL);
        assert_int_equal(needed, sizeof as_text);
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, as_text, size - 1);
        assert_int_equal(text[size], '#');
    }
    assert_int_equal(wanmi_counters_prometheus(some, 5, NULL, 0, &needed), WANMI_PARTIAL);
    assert_int_equal(needed, sizeof as_text);
    assert_int_equal(wanmi_counters_prometheus(NULL, 0, text, sizeof text, NULL), WANMI_OK);
    assert_string_equal(text, "");
    assert_int_equal(wanmi_counters_prometheus(NULL, 1, text, sizeof text, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_counters_prometheus(some, 1, NULL, 5, NULL), WANMI_E_ARGUMENT);
    const wanmi_counter nameless = {0};
    assert_int_equal(wanmi_counters_prometheus(&nameless, 1, text, sizeof text, NULL), WANMI_E_ARGUMENT);
}

/* A histogram of two sinks, with a plain figure between that Prometheus wants elsewhere. */
static const wanmi_counter waits[] = {
    {.name = "w_us", .unit = "us", .help = "Wait.", .sink = "a", .lane = "0", .kind = WANMI_HISTOGRAM,
     .part = WANMI_PART_BUCKET, .bound = 16, .value = 3},
    {.name = "w_us", .unit = "us", .help = "Wait.", .sink = "a", .lane = "0", .kind = WANMI_HISTOGRAM,
     .part = WANMI_PART_BUCKET, .bound = WANMI_BOUND_NONE, .value = 4},
    {.name = "w_us", .unit = "us", .help = "Wait.", .sink = "a", .lane = "0", .kind = WANMI_HISTOGRAM,
     .part = WANMI_PART_SUM, .value = 99},
    {.name = "w_us", .unit = "us", .help = "Wait.", .sink = "a", .lane = "0", .kind = WANMI_HISTOGRAM,
     .part = WANMI_PART_COUNT, .value = 4},
    {.name = "n", .kind = WANMI_GAUGE, .lane = "1\t", .value = 18446744073709551615u},
    {.name = "w_us", .unit = "us", .help = "Wait.", .sink = "b", .lane = "0", .kind = WANMI_HISTOGRAM,
     .part = WANMI_PART_BUCKET, .bound = WANMI_BOUND_NONE, .value = 0},
    {.name = "w_us", .unit = "us", .help = "Wait.", .sink = "b\"\\", .lane = "0", .kind = WANMI_HISTOGRAM,
     .part = WANMI_PART_BUCKET, .bound = 1, .value = 7},
};
static const char waits_as_prometheus[] =
    "# HELP w_us Wait. (us)\n# TYPE w_us histogram\n"
    "w_us_bucket{sink=\"a\",lane=\"0\",le=\"16\"} 3\nw_us_bucket{sink=\"a\",lane=\"0\",le=\"+Inf\"} 4\n"
    "w_us_sum{sink=\"a\",lane=\"0\"} 99\nw_us_count{sink=\"a\",lane=\"0\"} 4\n"
    "w_us_bucket{sink=\"b\",lane=\"0\",le=\"+Inf\"} 0\nw_us_bucket{sink=\"b\\\"\\\\\",lane=\"0\",le=\"1\"} 7\n"
    "# HELP n \n# TYPE n gauge\nn{lane=\"1\t\"} 18446744073709551615\n";
static const char waits_as_json[] =
    "[\n{\"name\":\"w_us\",\"kind\":\"histogram\",\"unit\":\"us\",\"help\":\"Wait.\",\"sink\":\"a\",\"lane\":\"0\","
    "\"buckets\":[{\"le\":16,\"count\":3},{\"le\":null,\"count\":4}],\"sum\":99,\"count\":4},\n"
    "{\"name\":\"n\",\"kind\":\"gauge\",\"lane\":\"1\\u0009\",\"value\":18446744073709551615},\n"
    "{\"name\":\"w_us\",\"kind\":\"histogram\",\"unit\":\"us\",\"help\":\"Wait.\",\"sink\":\"b\",\"lane\":\"0\","
    "\"buckets\":[{\"le\":null,\"count\":0}]},\n"
    "{\"name\":\"w_us\",\"kind\":\"histogram\",\"unit\":\"us\",\"help\":\"Wait.\",\"sink\":\"b\\\"\\\\\",\"lane\":\"0\","
    "\"buckets\":[{\"le\":1,\"count\":7}]}\n]\n";

typedef wanmi_status (*writer)(const wanmi_counter *, size_t, char *, size_t, size_t *);

static void writes(writer write, const char *expected)
{
    char text[2048];
    size_t needed = 0, whole = strlen(expected) + 1;
    assert_int_equal(write(waits, 7, text, sizeof text, &needed), WANMI_OK);
    assert_string_equal(text, expected);
    assert_int_equal(needed, whole);
    for (size_t size = 1; size <= whole; size++) {
        memset(text, '#', sizeof text);
        assert_int_equal(write(waits, 7, text, size, &needed), size == whole ? WANMI_OK : WANMI_PARTIAL);
        assert_int_equal(needed, whole);
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, expected, size - 1);
        assert_int_equal(text[size], '#');
    }
}

static void histograms_as_text(void **state)
{
    (void)state;
    writes(wanmi_counters_prometheus, waits_as_prometheus);
    writes(wanmi_counters_json, waits_as_json);
    char text[64];
    wanmi_counter wrong = {.name = "h", .kind = WANMI_HISTOGRAM, .part = WANMI_PART_VALUE};
    assert_int_equal(wanmi_counters_prometheus(&wrong, 1, text, sizeof text, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_counters_json(&wrong, 1, text, sizeof text, NULL), WANMI_E_ARGUMENT);
    wrong.part = (wanmi_counter_part)4;
    assert_int_equal(wanmi_counters_prometheus(&wrong, 1, text, sizeof text, NULL), WANMI_E_ARGUMENT);
    wrong = (wanmi_counter){.name = "g", .kind = WANMI_GAUGE, .part = WANMI_PART_SUM};
    assert_int_equal(wanmi_counters_prometheus(&wrong, 1, text, sizeof text, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_counters_json(NULL, 0, text, sizeof text, NULL), WANMI_OK);
    assert_string_equal(text, "[\n]\n");
}

static void versions(void **state)
{
    (void)state;
    assert_string_equal(wanmi_version(), "0.2.0");
    char text[128];
    wanmi_version_text(text, sizeof text);
    assert_non_null(strstr(text, "wanmi 0.2.0, PROJ "));
    assert_non_null(strstr(text, ", GEOS "));
    wanmi_version_text(text, 6);
    assert_string_equal(text, "wanmi");
    wanmi_version_text(NULL, 0);
}

static void *no_alloc(void *user, size_t size, size_t alignment)
{
    (void)user, (void)size, (void)alignment;
    return NULL;
}

static void hosts_that_are_refused(void **state)
{
    (void)state;
    wanmi_host host, copy;
    memset(&host, 0, sizeof host);
    assert_int_equal(wm_host_copy(&copy, &host, NULL), WANMI_E_ARGUMENT);   /* not by _init */
    host.struct_size = sizeof host + 8;
    assert_int_equal(wm_host_copy(&copy, &host, NULL), WANMI_E_ARGUMENT);
    wanmi_host_init(&host);
    host.allocator.alloc = no_alloc;
    wanmi_error error;
    assert_int_equal(wm_host_copy(&copy, &host, &error), WANMI_E_ARGUMENT);
    assert_non_null(strstr(error.message, "allocator"));
    wanmi_host_init(&host);
    host.struct_size = offsetof(wanmi_host, proj_data);                     /* an older caller's */
    host.proj_data = (const char *)1;
    assert_int_equal(wm_host_copy(&copy, &host, NULL), WANMI_OK);
    assert_null(copy.proj_data);
    assert_true(wm_now_us(&copy) > 0 && wm_steady_ns(&copy) > 0);
    wm_host_drop(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_of_the_header_has_its_name),
        cmocka_unit_test(reasons_and_steps),
        cmocka_unit_test(errors_name_the_place),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(counters_as_text),
        cmocka_unit_test(histograms_as_text),
        cmocka_unit_test(versions),
        cmocka_unit_test(hosts_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
