/* Time zones and times as text, against tests/vectors/time.txt, and with
 * files that are truncated, damaged or not what their name says. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"

static wanmi_zone *open_zone(const char *name)
{
    wanmi_zone *zone = NULL;
    wanmi_error error;
    if (wanmi_zone_open(name, NULL, &zone, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return zone;
}

static int64_t parsed(const wanmi_zone *zone, const char *text)
{
    int64_t instant = 0;
    wanmi_error error;
    if (wanmi_time_parse(zone, text, &instant, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return instant;
}

static void check_line(const wanmi_zone *zone, const char *kind, const char *a, const char *b)
{
    if (strcmp(kind, "offset") == 0) {
        if (wanmi_zone_offset(zone, strtoll(a, NULL, 10)) != atoi(b))
            fail_msg("offset at %s: %d, expected %s", a,
                     (int)wanmi_zone_offset(zone, strtoll(a, NULL, 10)), b);
    } else if (strcmp(kind, "format") == 0) {
        char text[40];
        wanmi_time_format(zone, strtoll(a, NULL, 10), text, sizeof text);
        assert_string_equal(text, b);
        assert_int_equal(parsed(NULL, text), strtoll(a, NULL, 10));
    } else {
        if (parsed(zone, a) != strtoll(b, NULL, 10))
            fail_msg("%s %s: %" PRId64 ", expected %s", kind, a, parsed(zone, a), b);
    }
}

static void answers_of_an_independent_reader(void **state)
{
    (void)state;
    FILE *file = fopen(test_source("tests/vectors/time.txt"), "r");
    assert_non_null(file);
    char line[256], kind[16], name[64], a[64], b[64], open_name[64] = "";
    wanmi_zone *zone = NULL;
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%15s %63s %63s %63s", kind, name, a, b), 4);
        if (strcmp(name, open_name) != 0) {
            wanmi_zone_free(zone);
            zone = open_zone(name);
            strcpy(open_name, name);
        }
        check_line(zone, kind, a, b);
        count++;
    }
    fclose(file);
    wanmi_zone_free(zone);
    assert_true(count > 900);
}

static void texts_of_times(void **state)
{
    (void)state;
    wanmi_zone *shanghai = open_zone("Asia/Shanghai");
    const int64_t morning = 1795307415000000;
    assert_int_equal(parsed(shanghai, "2026-11-22T08:30:15"), morning);
    assert_int_equal(parsed(shanghai, "2026-11-22 08:30:15"), morning);
    assert_int_equal(parsed(NULL, "2026-11-22T08:30:15+08:00"), morning);
    assert_int_equal(parsed(NULL, "2026-11-22T08:30:15+0800"), morning);
    assert_int_equal(parsed(shanghai, "2026-11-22T00:30:15Z"), morning);
    assert_int_equal(parsed(shanghai, "2026-11-21T19:30:15-05"), morning);
    assert_int_equal(parsed(NULL, "2026-11-22T00:30:15"), morning);
    assert_int_equal(parsed(shanghai, "2026-11-22T08:30"), morning - 15000000);
    assert_int_equal(parsed(shanghai, "2026-11-22T08:30:15.5"), morning + 500000);
    assert_int_equal(parsed(shanghai, "2026-11-22T08:30:15.000001999"), morning + 1);
    assert_int_equal(parsed(NULL, "1969-12-31T23:59:59.999999"), -1);
    assert_int_equal(parsed(NULL, "0001-01-01"), INT64_C(-62135596800000000));
    assert_int_equal(parsed(NULL, "9999-12-31T23:59:59.999999"), INT64_C(253402300799999999));
    assert_int_equal(parsed(NULL, "2024-02-29"), INT64_C(1709164800000000));
    wanmi_zone_free(shanghai);
}

static void texts_that_are_no_times(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "2026", "2026-11", "2026-11-", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31",
        "2026-11-00", "0000-01-01", "10000-01-01", "-2026-11-22", " 2026-11-22", "2026-11-22 ",
        "2026-11-22T", "2026-11-22T8:30", "2026-11-22T08", "2026-11-22T24:00", "2026-11-22T08:60",
        "2026-11-22T08:30:60", "2026-11-22T08:30:15.", "2026-11-22T08:30:15.1234567890",
        "2026-11-22T08:30:15,5", "2026-11-22T08:30+", "2026-11-22T08:30+8", "2026-11-22T08:30+24:00",
        "2026-11-22T08:30+08:", "2026-11-22T08:30+08:60", "2026-11-22T08:30ZZ", "2026-11-22Z",
        "2026-11-22+08:00", "2026/11/22", "22.11.2026", "20261122", "2026-11-22T08:30:15x", "NaN",
        "2026-1１-22", "+026-11-22", "2026-+1-22"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t instant = 42;
        wanmi_error error;
        if (wanmi_time_parse(NULL, wrong[i], &instant, &error) != WANMI_E_PARSE)
            fail_msg("'%s' was taken for a time", wrong[i]);
        assert_int_equal(instant, 42);
        assert_string_equal(error.value, wrong[i]);
        assert_int_equal(error.status, WANMI_E_PARSE);
        assert_int_equal(wanmi_time_parse(NULL, wrong[i], &instant, NULL), WANMI_E_PARSE);
    }
    int64_t instant;
    assert_int_equal(wanmi_time_parse(NULL, NULL, &instant, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_time_parse(NULL, "2026-11-22", NULL, NULL), WANMI_E_ARGUMENT);
}

static void format_at_its_limits(void **state)
{
    (void)state;
    static const int64_t none[] = {WANMI_TIME_NONE, INT64_MAX, INT64_MIN + 1,
                                   INT64_C(253402300800000000), INT64_C(-62135596800000001)};
    char text[40];
    wanmi_zone *east = open_zone("+08:00");
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        strcpy(text, "x");
        wanmi_time_format(NULL, none[i], text, sizeof text);
        assert_string_equal(text, "");
    }
    wanmi_time_format(NULL, INT64_C(253402300799999999), text, sizeof text);
    assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
    wanmi_time_format(east, INT64_C(253402300799999999), text, sizeof text);
    assert_string_equal(text, "");
    wanmi_time_format(east, INT64_C(-62135596800000001), text, sizeof text);
    assert_string_equal(text, "0001-01-01T07:59:59.999999+08:00");
    wanmi_time_format(NULL, 0, text, 5);
    assert_string_equal(text, "1970");
    text[0] = 'x';
    wanmi_time_format(NULL, 0, text, 0);
    assert_int_equal(text[0], 'x');
    wanmi_zone_free(east);
}

static void fixed_zones(void **state)
{
    (void)state;
    static const struct { const char *name; int seconds; } good[] = {
        {"UTC", 0}, {"+08:00", 28800}, {"+0800", 28800}, {"+08", 28800}, {"-03:30", -12600},
        {"+05:45", 20700}, {"-00:00", 0}, {"+23:59:59", 86399}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        wanmi_zone *zone = open_zone(good[i].name);
        assert_int_equal(wanmi_zone_offset(zone, 0), good[i].seconds);
        assert_int_equal(wanmi_zone_offset(zone, INT64_MIN), good[i].seconds);
        assert_int_equal(wanmi_zone_offset(zone, INT64_MAX), good[i].seconds);
        wanmi_zone_free(zone);
    }
    assert_int_equal(wanmi_zone_offset(NULL, 0), 0);
    wanmi_zone_free(NULL);
}

static void expect_no_zone(const char *name, const wanmi_host *host)
{
    wanmi_zone *zone = NULL;
    wanmi_error error;
    if (wanmi_zone_open(name, host, &zone, &error) != WANMI_E_ZONE)
        fail_msg("'%s' was taken for a zone", name);
    assert_null(zone);
    assert_string_equal(error.value, name);
}

static void names_that_are_no_zones(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "Asia/Nowhere", "Asia", "/etc/passwd", "/usr/share/zoneinfo/UTC",
        "../zoneinfo/UTC", "Asia/../UTC", "..", "+8", "+24:00", "-", "+08:00x", "+08:", "zone.tab", "tzdata.zi",
        "Asia/Shanghai/", "Asia/Shanghai/x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_no_zone(wrong[i], NULL);
    wanmi_zone *zone = NULL;
    assert_int_equal(wanmi_zone_open(NULL, NULL, &zone, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_zone_open("UTC", NULL, NULL, NULL), WANMI_E_ARGUMENT);
    char endless[5000];
    memset(endless, 'A', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(wanmi_zone_open(endless, NULL, &zone, NULL), WANMI_E_ZONE);
}

/* ---- files -------------------------------------------------------------------- */

static void write_file(const char *name, const void *bytes, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static size_t read_file(const char *path, unsigned char *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

/* Opens what stands in the test's folder; whatever it holds, using it must be safe. */
static wanmi_status try_zone(const char *name)
{
    wanmi_host host;
    wanmi_host_init(&host);
    host.zone_data = test_folder();
    wanmi_zone *zone = NULL;
    wanmi_error error;
    wanmi_status status = wanmi_zone_open(name, &host, &zone, &error);
    assert_true(status == WANMI_OK || status == WANMI_E_ZONE);
    if (status == WANMI_OK) {
        static const int64_t when[] = {INT64_MIN, INT64_MIN / 2, -1, 0, 1700000000000000, INT64_MAX};
        for (size_t i = 0; i < sizeof when / sizeof when[0]; i++) {
            char text[40];
            wanmi_zone_offset(zone, when[i]);
            wanmi_time_format(zone, when[i], text, sizeof text);
        }
        parsed(zone, "0001-01-01");
        parsed(zone, "2011-12-30T12:00");
        parsed(zone, "9999-12-31");
    }
    wanmi_zone_free(zone);
    return status;
}

static void truncated_files(void **state)
{
    (void)state;
    static unsigned char bytes[65536];
    size_t size = read_file("/usr/share/zoneinfo/Australia/Lord_Howe", bytes, sizeof bytes);
    write_file("Whole", bytes, size);
    assert_int_equal(try_zone("Whole"), WANMI_OK);
    for (size_t cut = 0; cut < size; cut++) {
        write_file("Cut", bytes, cut);
        if (try_zone("Cut") != WANMI_E_ZONE)
            fail_msg("a file cut at %zu of %zu bytes was taken for whole", cut, size);
    }
}

static void damaged_files(void **state)
{
    (void)state;
    static unsigned char bytes[65536], broken[65536];
    size_t size = read_file("/usr/share/zoneinfo/America/New_York", bytes, sizeof bytes);
    test_random random = {7};
    for (int round = 0; round < 3000; round++) {
        memcpy(broken, bytes, size);
        /* Half of the damage goes to the headers and the footer, where counts and rules are. */
        uint32_t hits = 1 + test_below(&random, 4);
        for (uint32_t i = 0; i < hits; i++) {
            uint32_t at = round % 2 == 0 ? test_below(&random, (uint32_t)size)
                          : test_below(&random, 2) == 0 ? test_below(&random, 44)
                                                        : (uint32_t)size - 1 - test_below(&random, 24);
            broken[at] = (unsigned char)test_next(&random);
        }
        write_file("Broken", broken, size);
        try_zone("Broken");
    }
}

/* A TZif file of version 1 without footer, or of version 2 with one change and a footer. */
static size_t make_tzif(unsigned char *to, char version, const char *footer, uint32_t leaps)
{
    static const unsigned char types[] = {0, 0, 0x70, 0x80, 0, 0, 0, 0, 0x7E, 0x90, 1, 0};
    unsigned char *p = to;
    for (int block = 0; block < (version == 0 ? 1 : 2); block++) {
        memcpy(p, "TZif", 4);
        memset(p + 4, 0, 40);
        p[4] = (unsigned char)version;
        p[31] = (unsigned char)leaps;
        p[35] = 1, p[39] = 2, p[43] = 4;
        p += 44;
        size_t wide = block == 0 ? 4 : 8;
        memset(p, 0, wide);
        p += wide;
        *p++ = 1;
        memcpy(p, types, sizeof types);
        p += sizeof types;
        memcpy(p, "CST", 4);
        p += 4;
        memset(p, 0, leaps * (wide + 4));
        p += leaps * (wide + 4);
    }
    if (version != 0)
        p += sprintf((char *)p, "\n%s\n", footer);
    return (size_t)(p - to);
}

static wanmi_status try_made(char version, const char *footer, uint32_t leaps)
{
    unsigned char bytes[1024];
    write_file("Made", bytes, make_tzif(bytes, version, footer, leaps));
    return try_zone("Made");
}

static void versions_and_footers(void **state)
{
    (void)state;
    assert_int_equal(try_made(0, "", 0), WANMI_OK);
    for (char version = '2'; version <= '4'; version++)
        assert_int_equal(try_made(version, "CST-8", 0), WANMI_OK);
    static const char *const good[] = {"", "EST5EDT,M3.2.0,M11.1.0", "<+0330>-3:30",
        "IST-1GMT0,M10.5.0,M3.5.0/1", "XXX3EDT4,0/0,J365/23", "AAA24BBB-24:59:59,J1/-167,365/167",
        "EET-2EEST,M3.4.4/50,M10.4.4/50", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (try_made('3', good[i], 0) != WANMI_OK)
            fail_msg("the rule '%s' was refused", good[i]);
    static const char *const wrong[] = {"CS-8", "CST", "CST-25", "CST-8:60", "<CST-8", "EST5EDT",
        "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,M3.0.0,M11.1.0", "EST5EDT,J0,J365", "EST5EDT,366,0", "EST5EDT,M3.2.0/168,M11.1.0",
        "EST5EDT,M3.2.0,M11.1.0x", "99999999999999999999", "EST5EDT,M3,M11"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (try_made('3', wrong[i], 0) != WANMI_E_ZONE)
            fail_msg("the rule '%s' was taken", wrong[i]);
    assert_int_equal(try_made('2', "CST-8", 3), WANMI_E_ZONE);     /* leap seconds */
}

/* Summer time all the year round: the standard time never comes. */
static void summer_all_the_year(void **state)
{
    (void)state;
    unsigned char bytes[1024];
    write_file("Summer", bytes, make_tzif(bytes, '3', "XXX3EDT4,0/0,J365/23", 0));
    wanmi_host host;
    wanmi_host_init(&host);
    host.zone_data = test_folder();
    wanmi_zone *zone = NULL;
    assert_int_equal(wanmi_zone_open("Summer", &host, &zone, NULL), WANMI_OK);
    for (int64_t hour = 500000; hour < 500000 + 3 * 366 * 24; hour++)
        assert_int_equal(wanmi_zone_offset(zone, hour * 3600 * 1000000), -4 * 3600);
    wanmi_zone_free(zone);
}

static void things_that_are_no_files(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/Pipe", test_folder());
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(try_zone("Pipe"), WANMI_E_ZONE);
    snprintf(path, sizeof path, "%s/Folder", test_folder());
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(try_zone("Folder"), WANMI_E_ZONE);
    write_file("Empty", "", 0);
    assert_int_equal(try_zone("Empty"), WANMI_E_ZONE);
    assert_int_equal(try_zone("Absent"), WANMI_E_ZONE);
}

/* The process's own zone plays no part. */
static void environment_plays_no_part(void **state)
{
    (void)state;
    setenv("TZ", "America/New_York", 1);
    setenv("TZDIR", "/nowhere", 1);
    wanmi_zone *zone = open_zone("Asia/Shanghai");
    assert_int_equal(wanmi_zone_offset(zone, 1795307415000000), 28800);
    assert_int_equal(parsed(NULL, "1970-01-01"), 0);
    wanmi_zone_free(zone);
    unsetenv("TZ");
    unsetenv("TZDIR");
}

static wanmi_status open_and_free(const wanmi_host *host, void *user)
{
    wanmi_host own = *host;
    own.zone_data = "/usr/share/zoneinfo";
    wanmi_zone *zone = NULL;
    wanmi_status status = wanmi_zone_open(user, &own, &zone, NULL);
    if (status != WANMI_OK)
        assert_null(zone);
    wanmi_zone_free(zone);
    return status;
}

static void every_allocation_fails(void **state)
{
    (void)state;
    assert_true(test_fail_each(open_and_free, "Asia/Shanghai") >= 6);
    assert_true(test_fail_each(open_and_free, "+08:00") >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_an_independent_reader),
        cmocka_unit_test(texts_of_times),
        cmocka_unit_test(texts_that_are_no_times),
        cmocka_unit_test(format_at_its_limits),
        cmocka_unit_test(fixed_zones),
        cmocka_unit_test(names_that_are_no_zones),
        cmocka_unit_test(truncated_files),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(versions_and_footers),
        cmocka_unit_test(summer_all_the_year),
        cmocka_unit_test(things_that_are_no_files),
        cmocka_unit_test(environment_plays_no_part),
        cmocka_unit_test(every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
