/* The forms of columns, text by text: lists, hours, days, owners, units of a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wanmi/wanmi.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void named(wanmi_status status, const wanmi_error *error, const char *text, const char *words)
{
    if (status != WANMI_E_PARSE || error->status != status || strstr(error->message, words) == NULL)
        fail_msg("'%s': %s with '%s', expected '%s'", text, wanmi_status_name(status), error->message,
                 words);
    assert_string_equal(error->value, text);
}

/* ---- lists ---------------------------------------------------------------------- */

/* The words of a list, joined by '|'; NULL: it cannot be read. */
static const char *words_of(const char *list)
{
    static char all[256];
    size_t at = 0, length;
    const char *word;
    wanmi_status status;
    all[0] = '\0';
    while ((status = wanmi_list_next(list, &at, &word, &length, NULL)) == WANMI_OK)
        sprintf(all + strlen(all), "%.*s|", (int)length, word);
    return status == WANMI_END ? all : NULL;
}

static void lists(void **state)
{
    (void)state;
    assert_string_equal(words_of(""), "");
    assert_string_equal(words_of("  "), "");
    assert_string_equal(words_of("a"), "a|");
    assert_string_equal(words_of(" a ;b c;\xE3\x80\x80急\xC2\xA0"), "a|b c|急|");
    assert_null(words_of("a;;b"));
    assert_null(words_of("a;"));
    assert_null(words_of(";a"));
    size_t at = 0, length = 77;
    const char *word = "untouched";
    wanmi_error error;
    named(wanmi_list_next(";x", &at, &word, &length, &error), &error, ";x", "an empty word");
    assert_int_equal(at, 0);
    assert_int_equal(length, 77);
    assert_string_equal(word, "untouched");
    assert_int_equal(wanmi_list_next(NULL, &at, &word, &length, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_list_next("a", NULL, &word, &length, NULL), WANMI_E_ARGUMENT);
    at = 1000;
    assert_int_equal(wanmi_list_next("a", &at, &word, &length, NULL), WANMI_END);
}

/* ---- hours ---------------------------------------------------------------------- */

static void good_hours(void **state)
{
    (void)state;
    const struct {
        const char *text, *spans;
    } cases[] = {
        {"", ""}, {" ", ""}, {"08:00-12:00", "480-720 "}, {"8:00-12:00", "480-720 "},
        {"08:00-12:00;14:00-18:00", "480-720 840-1080 "}, {"14:00-18:00,08:00-12:00", "480-720 840-1080 "},
        {" 08:00 - 12:00 ; 14:00 -18:00 ", "480-720 840-1080 "}, {"00:00-24:00", "0-1440 "},
        {"22:00-06:00", "1320-1800 "}, {"22:00-00:00", "1320-1440 "}, {"23:59-23:58", "1439-2878 "},
        {"08:00-12:00;12:00-13:00", "480-720 720-780 "}, {"0:00-0:01", "0-1 "},
        {"22:00-06:00;05:00-07:00", "300-420 1320-1800 "},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_hours spans[WANMI_HOURS_MAX];
        size_t count;
        wanmi_error error;
        char text[256] = "";
        if (wanmi_hours_parse(cases[i].text, spans, WANMI_HOURS_MAX, &count, &error) != WANMI_OK)
            fail_msg("%s", error.message);
        for (size_t s = 0; s < count; s++)
            sprintf(text + strlen(text), "%d-%d ", (int)spans[s].from_minute, (int)spans[s].to_minute);
        assert_string_equal(text, cases[i].spans);
    }
}

static void bad_hours(void **state)
{
    (void)state;
    const struct {
        const char *text, *words;
    } cases[] = {
        {"25:00-26:00", "no"}, {"12:60-13:00", "from 00:00 to 24:00"}, {"08:00-24:01", "from 00:00 to 24:00"},
        {"08:00-08:00", "ends when it begins"}, {"24:00-06:00", "begins a span at 24:00"},
        {"08:00", "is not spans"}, {"08:00-", "is not spans"}, {"8-17", "is not spans"},
        {"08:00-12:00;", "is not spans"}, {"08.00-12.00", "is not spans"}, {"08:00-12:00 14:00-15:00", "is not spans"},
        {"08:00-12:00:00", "is not spans"}, {"-8:00-12:00", "is not spans"}, {"+8:00-12:00", "is not spans"},
        {"1 :00-12:00", "is not spans"}, {"008:00-12:00", "is not spans"}, {"08:0-12:00", "is not spans"},
        {"08:00-12:00;11:59-13:00", "overlap"}, {"11:59-13:00;08:00-12:00", "overlap"},
        {"08:00-18:00;09:00-10:00", "overlap"}, {"22:00-06:00;23:00-23:30", "overlap"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_hours spans[WANMI_HOURS_MAX];
        size_t count = 99;
        wanmi_error error;
        named(wanmi_hours_parse(cases[i].text, spans, WANMI_HOURS_MAX, &count, &error), &error,
              cases[i].text, cases[i].words);
        assert_int_equal(count, 99);
    }
}

static void room_for_hours(void **state)
{
    (void)state;
    char text[1024] = "";
    for (int i = 0; i < WANMI_HOURS_MAX; i++)
        sprintf(text + strlen(text), "%s%02d:%02d-%02d:%02d", i != 0 ? ";" : "", i / 2, i % 2 * 30, i / 2,
                i % 2 * 30 + 20);
    wanmi_hours spans[WANMI_HOURS_MAX];
    size_t count = 0;
    wanmi_error error;
    assert_int_equal(wanmi_hours_parse(text, spans, WANMI_HOURS_MAX, &count, &error), WANMI_OK);
    assert_int_equal(count, WANMI_HOURS_MAX);
    assert_int_equal(wanmi_hours_parse(text, spans, WANMI_HOURS_MAX - 1, &count, &error), WANMI_E_LIMIT);
    strcat(text, ";23:00-23:01");
    assert_int_equal(wanmi_hours_parse(text, spans, WANMI_HOURS_MAX, &count, &error), WANMI_E_PARSE);
    assert_non_null(strstr(error.message, "more than 32"));
    assert_int_equal(wanmi_hours_parse("", NULL, 0, &count, NULL), WANMI_OK);
    assert_int_equal(count, 0);
    assert_int_equal(wanmi_hours_parse("1:00-2:00", NULL, 0, &count, NULL), WANMI_E_LIMIT);
    assert_int_equal(wanmi_hours_parse(NULL, spans, 1, &count, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_hours_parse("", spans, 1, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_hours_parse("", NULL, 1, &count, NULL), WANMI_E_ARGUMENT);
}

/* ---- days ----------------------------------------------------------------------- */

static void good_days(void **state)
{
    (void)state;
    const struct {
        const char *text;
        wanmi_days_kind kind;
        uint32_t weekdays;
        int64_t first, last;
        const char *calendar;
    } cases[] = {
        {"", WANMI_DAYS_ANY, 0, 0, 0, ""},
        {"1-5", WANMI_DAYS_WEEK, 0x1F, 0, 0, ""},
        {"mon-fri", WANMI_DAYS_WEEK, 0x1F, 0, 0, ""},
        {"Mon;WED, sun", WANMI_DAYS_WEEK, 0x45, 0, 0, ""},
        {"6-1", WANMI_DAYS_WEEK, 0x61, 0, 0, ""},
        {"7;7", WANMI_DAYS_WEEK, 0x40, 0, 0, ""},
        {" 3 - 4 ", WANMI_DAYS_WEEK, 0x0C, 0, 0, ""},
        {"workday", WANMI_DAYS_WORK, 0, 0, 0, "default"},
        {"restday", WANMI_DAYS_REST, 0, 0, 0, "default"},
        {"workday@school", WANMI_DAYS_WORK, 0, 0, 0, "school"},
        {" restday @ 学校 ", WANMI_DAYS_REST, 0, 0, 0, "学校"},
        {"1970-01-01", WANMI_DAYS_DATE, 0, 0, 0, ""},
        {"2008-10-01", WANMI_DAYS_DATE, 0, 14153, 14153, ""},
        {"2008-10-01/2008-10-07", WANMI_DAYS_RANGE, 0, 14153, 14159, ""},
        {" 2008-10-01 / 2008-10-01 ", WANMI_DAYS_RANGE, 0, 14153, 14153, ""},
        {"2008-02-29", WANMI_DAYS_DATE, 0, 13938, 13938, ""},
        {"0001-01-01/9999-12-31", WANMI_DAYS_RANGE, 0, -719162, 2932896, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_days days;
        wanmi_error error;
        if (wanmi_days_parse(cases[i].text, &days, &error) != WANMI_OK)
            fail_msg("%s", error.message);
        assert_int_equal(days.kind, cases[i].kind);
        assert_int_equal(days.weekdays, cases[i].weekdays);
        assert_int_equal(days.first_day, cases[i].first);
        assert_int_equal(days.last_day, cases[i].last);
        assert_string_equal(days.calendar, cases[i].calendar);
    }
}

static void bad_days(void **state)
{
    (void)state;
    static const char weekdays[] = "is neither weekdays", dates[] = "holds no date";
    const struct {
        const char *text, *words;
    } cases[] = {
        {"0-5", weekdays}, {"8", weekdays}, {"monday", weekdays}, {"1-", weekdays}, {"1;", weekdays},
        {"1-2-3", weekdays}, {"15", weekdays}, {"workdays", weekdays}, {"Workday", weekdays},
        {"workday;1", weekdays}, {"workday@", "no calendar"}, {"周一", weekdays},
        {"2008-13-01", dates}, {"2008-02-30", dates}, {"2007-02-29", dates}, {"0000-01-01", dates},
        {"2008-10-1", dates}, {"2008-10-01/", dates}, {"2008-10-01/7", dates}, {"2008-10-00", dates},
        {"2008-10-01T00:00", dates}, {"2008/10/01", weekdays}, {"2008-10-01;2008-10-02", dates},
        {"2008-10-07/2008-10-01", "ends before it begins"}, {"2008-1O-01", dates},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_days days = {.weekdays = 99};
        wanmi_error error;
        named(wanmi_days_parse(cases[i].text, &days, &error), &error, cases[i].text, cases[i].words);
        assert_int_equal(days.weekdays, 99);
    }
    char text[400] = "workday@";
    memset(text + 8, 'x', 256);
    wanmi_days days;
    assert_int_equal(wanmi_days_parse(text, &days, NULL), WANMI_E_PARSE);
    text[8 + 255] = '\0';
    assert_int_equal(wanmi_days_parse(text, &days, NULL), WANMI_OK);
    assert_int_equal(strlen(days.calendar), 255);
    assert_int_equal(wanmi_days_parse(NULL, &days, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_days_parse("1", NULL, NULL), WANMI_E_ARGUMENT);
}

/* ---- owners --------------------------------------------------------------------- */

static void good_owners(void **state)
{
    (void)state;
    const struct {
        const char *text;
        wanmi_owner_match match;
        int32_t owner;
        const char *what;
    } cases[] = {
        {"", WANMI_OWNER_ANY, -1, ""}, {"U1", WANMI_OWNER_CODE, -1, "U1"}, {"U*", WANMI_OWNER_PREFIX, -1, "U"},
        {"*", WANMI_OWNER_PREFIX, -1, ""}, {"@街道", WANMI_OWNER_KIND, -1, "街道"},
        {"authority=U1", WANMI_OWNER_CODE, WANMI_OWNER_AUTHORITY, "U1"},
        {"property=U*", WANMI_OWNER_PREFIX, WANMI_OWNER_PROPERTY, "U"},
        {" upkeep = @ firm ", WANMI_OWNER_KIND, WANMI_OWNER_UPKEEP, "firm"},
        {"主管=U1", WANMI_OWNER_CODE, WANMI_OWNER_AUTHORITY, "U1"},
        {"权属=*", WANMI_OWNER_PREFIX, WANMI_OWNER_PROPERTY, ""},
        {"养护=a=b", WANMI_OWNER_CODE, WANMI_OWNER_UPKEEP, "a=b"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_owner_test test;
        wanmi_error error;
        if (wanmi_owner_parse(cases[i].text, &test, &error) != WANMI_OK)
            fail_msg("%s", error.message);
        assert_int_equal(test.match, cases[i].match);
        assert_int_equal(test.owner, cases[i].owner);
        assert_string_equal(test.text, cases[i].what);
    }
}

static void bad_owners(void **state)
{
    (void)state;
    const struct {
        const char *text, *words;
    } cases[] = {
        {"owner=U1", "none of authority, property, upkeep"}, {"=U1", "none of authority"},
        {"upkeep=", "says no owner"}, {"@", "no kind of unit"}, {"upkeep=@ ", "no kind of unit"},
        {"Upkeep=U1", "none of authority"},
        {"x1234567890123456789012345678901234567890123456789012345678901234", "longer"},
    };
    wanmi_owner_test test = {.owner = 99};
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_error error;
        named(wanmi_owner_parse(cases[i].text, &test, &error), &error, cases[i].text, cases[i].words);
        assert_int_equal(test.owner, 99);
    }
    assert_int_equal(wanmi_owner_parse(NULL, &test, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_owner_parse("", NULL, NULL), WANMI_E_ARGUMENT);
}

static void roles_of_owners(void **state)
{
    (void)state;
    static const char *const words[] = {"@authority", "@主管", "@property", "@权属", "@upkeep", "@养护"};
    wanmi_owner owner;
    wanmi_error error;
    for (size_t i = 0; i < COUNT(words); i++) {
        assert_int_equal(wanmi_owner_role_parse(words[i], &owner, &error), WANMI_OK);
        assert_int_equal(owner, i / 2);
    }
    assert_int_equal(wanmi_owner_role_parse("网格员", &owner, &error), WANMI_END);
    assert_int_equal(wanmi_owner_role_parse("", &owner, &error), WANMI_END);
    named(wanmi_owner_role_parse("@keeper", &owner, &error), &error, "@keeper", "none of @authority");
    named(wanmi_owner_role_parse("@", &owner, &error), &error, "@", "none of @authority");
    named(wanmi_owner_role_parse("@upkeep ", &owner, &error), &error, "@upkeep ", "none of @authority");
    assert_int_equal(wanmi_owner_role_parse(NULL, &owner, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_owner_role_parse("", NULL, NULL), WANMI_E_ARGUMENT);
}

static void units_of_limits(void **state)
{
    (void)state;
    static const char *const words[] = {"urgent_hour", "working_hour", "working_day", "natural_day"};
    wanmi_limit_unit unit;
    wanmi_error error;
    for (size_t i = 0; i < COUNT(words); i++) {
        assert_int_equal(wanmi_limit_unit_parse(words[i], &unit, &error), WANMI_OK);
        assert_int_equal(unit, i);
    }
    named(wanmi_limit_unit_parse("hour", &unit, &error), &error, "hour", "is none of urgent_hour");
    named(wanmi_limit_unit_parse("", &unit, &error), &error, "", "is none of urgent_hour");
    assert_int_equal(wanmi_limit_unit_parse(NULL, &unit, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_limit_unit_parse("working_day", NULL, NULL), WANMI_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists), cmocka_unit_test(good_hours), cmocka_unit_test(bad_hours),
        cmocka_unit_test(room_for_hours), cmocka_unit_test(good_days), cmocka_unit_test(bad_days),
        cmocka_unit_test(good_owners), cmocka_unit_test(bad_owners), cmocka_unit_test(roles_of_owners),
        cmocka_unit_test(units_of_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
