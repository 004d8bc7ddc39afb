/* Reads a scenario's folder; compares lines of text. */
#include "scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wanmi/wanmi.h"

/* ---- the folder ------------------------------------------------------------------- */

static void open_cities(scenario *s)
{
    for (size_t i = 0; i < s->events.rows; i++) {
        const char *name = table_field(&s->events, i, "city");
        size_t at = 0;
        while (at < s->city_count && strcmp(s->cities[at].name, name) != 0)
            at++;
        if (at < s->city_count)
            continue;
        assert_true(s->city_count < CITIES_MAX);
        city_open(&s->cities[s->city_count], s->folder, name, s->words);
        s->city_count++;
    }
}

static size_t count_of(const table *t, const char *event)
{
    size_t count = 0;
    for (size_t i = 0; i < t->rows; i++)
        count += strcmp(table_field(t, i, "event"), event) == 0;
    return count;
}

/* An event nobody expects anything of, or a line that expects of no event, would
 * be a test that tests nothing. */
static void check_names(const scenario *s)
{
    for (size_t i = 0; i < s->events.rows; i++) {
        const char *event = table_field(&s->events, i, "event");
        if (count_of(&s->events, event) != 1 || count_of(&s->expected, event) == 0)
            fail_msg("%s:%zu: event %s is there twice, or not in expected.csv", s->events.path,
                     s->events.lines[i], event);
    }
    const table *files[] = {&s->expected, &s->escalations};
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < files[f]->rows; i++)
            if (count_of(&s->events, table_field(files[f], i, "event")) == 0)
                fail_msg("%s:%zu: no event has this name", files[f]->path, files[f]->lines[i]);
}

void scenario_open(scenario *s, const char *folder)
{
    *s = (scenario){.folder = folder};
    assert_int_equal(wanmi_words_create(NULL, &s->words, NULL), WANMI_OK);
    s->events = table_read(folder, "events.csv", true);
    s->expected = table_read(folder, "expected.csv", true);
    s->escalations = table_read(folder, "expected-escalations.csv", false);
    s->subscriptions = table_read(folder, "subscriptions.csv", false);
    check_names(s);
    open_cities(s);
}

void scenario_close(scenario *s)
{
    for (size_t i = 0; i < s->city_count; i++)
        city_close(&s->cities[i]);
    table_free(&s->events);
    table_free(&s->expected);
    table_free(&s->escalations);
    table_free(&s->subscriptions);
    wanmi_words_release(s->words);
}

const city *scenario_city(const scenario *s, size_t row)
{
    size_t at = 0;
    while (strcmp(s->cities[at].name, table_field(&s->events, row, "city")) != 0)
        at++;
    return &s->cities[at];
}

/* ---- events ------------------------------------------------------------------------- */

static uint32_t word_of(wanmi_words *words, const char *text)
{
    uint32_t number = WANMI_NONE;
    if (text[0] != '\0')
        assert_int_equal(wanmi_words_number(words, text, strlen(text), &number, NULL), WANMI_OK);
    return number;
}

static wanmi_datum datum_of(const scenario *s, size_t row)
{
    static const char *const names[] = {"wgs84", "cgcs2000", "gcj02", "bd09", "map", "object"};
    const char *text = table_field(&s->events, row, "datum");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0)
            return (wanmi_datum)i;
    fail_msg("%s:%zu: %s is no datum", s->events.path, s->events.lines[row], text);
    return WANMI_DATUM_MAP;
}

wanmi_event scenario_event(const scenario *s, size_t row, wanmi_words *words)
{
    const table *t = &s->events;
    wanmi_event event = {
        .id = row, .datum = (uint8_t)datum_of(s, row),
        .x = strtod(table_field(t, row, "x"), NULL), .y = strtod(table_field(t, row, "y"), NULL),
        .severity = (uint8_t)atoi(table_field(t, row, "severity")),
        .class_id = word_of(words, table_field(t, row, "class")),
        .source_id = word_of(words, table_field(t, row, "source")),
    };
    if (event.datum == WANMI_DATUM_OBJECT)
        event.object_id = word_of(words, table_field(t, row, "object"));
    wanmi_error error;
    if (wanmi_time_parse(wanmi_map_zone(scenario_city(s, row)->map), table_field(t, row, "time"),
                         &event.time_us, &error) != WANMI_OK)
        fail_msg("%s:%zu: %s", t->path, t->lines[row], error.message);
    return event;
}

/* ---- lines -------------------------------------------------------------------------- */

void lines_add(lines *all, size_t line, const char *format, ...)
{
    assert_true(all->count < LINES_MAX);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(all->text[all->count], LINE_MAX_BYTES, format, arguments);
    va_end(arguments);
    assert_in_range(length, 0, LINE_MAX_BYTES - 1);
    all->line[all->count++] = line;
}

void local_text(const city *c, int64_t instant_us, char text[40])
{
    wanmi_time_format(wanmi_map_zone(c->map), instant_us, text, 40);
}

void local_form(const city *c, const char *given, const char *what, char text[40])
{
    int64_t instant_us = WANMI_TIME_NONE;
    wanmi_error error;
    if (given[0] != '\0'
        && wanmi_time_parse(wanmi_map_zone(c->map), given, &instant_us, &error) != WANMI_OK)
        fail_msg("%s: %s", what, error.message);
    local_text(c, instant_us, text);
}

bool lines_agree(const lines *expected, const lines *got, const table *file, size_t event_line,
                 const char *event)
{
    bool agree = true;
    size_t most = expected->count > got->count ? expected->count : got->count;
    for (size_t i = 0; i < most; i++) {
        bool wanted = i < expected->count, came = i < got->count;
        if (wanted && came && strcmp(expected->text[i], got->text[i]) == 0)
            continue;
        agree = false;
        print_error("%s:%zu: event %s (line %zu of events.csv)\n    expected %s\n    got      %s\n",
                    file->path, wanted ? expected->line[i] : 0, event, event_line,
                    wanted ? expected->text[i] : "nothing more", came ? got->text[i] : "nothing more");
    }
    return agree;
}
