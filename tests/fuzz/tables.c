/* Fuzz target: any bytes as rows of units, rules, calendars, deadlines,
 * escalations and objects. A row is taken or refused with words; a map is built
 * of what is good; and the rows that are read from it, given to another builder,
 * make an equal map without a problem. Hours and days that can be read say what
 * the header promises.
 *
 * A row ends with a line's end, a column with a comma; the first column is the
 * table's letter (u r c d e o), the others are those of docs/map-format.md in
 * their order, without instants.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "support.h"

enum { COLUMNS = 24, ROWS_MAX = 256, BYTES_MAX = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void must_be_good(wanmi_status status, const wanmi_error *error)
{
    if (status != WANMI_OK)
        must(false, error->message);
}

/* Splits a row in place; columns that are not there are "". */
static void split(char *row, const char *columns[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        columns[i] = row;
        row += strcspn(row, ",");
        if (*row == ',')
            *row++ = '\0';
    }
}

static int32_t whole(const char *text, int32_t otherwise)
{
    return text[0] != '\0' ? (int32_t)strtol(text, NULL, 10) : otherwise;
}

static double real(const char *text)
{
    return text[0] != '\0' ? strtod(text, NULL) : NAN;
}

/* ---- rows ---------------------------------------------------------------------------- */

static wanmi_status add_unit(wanmi_map_builder *builder, const char **c, int64_t row, wanmi_error *error)
{
    wanmi_unit_def def;
    wanmi_unit_def_init(&def);
    def.code = c[1];
    def.name = c[2];
    def.kind = c[3];
    def.parent = c[4];
    def.row = row;
    return wanmi_map_builder_unit(builder, &def, error);
}

static wanmi_status add_rule(wanmi_map_builder *builder, const char **c, int64_t row, wanmi_error *error)
{
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    def.seq = whole(c[1], (int32_t)row);
    def.mode = c[2];
    def.class_prefix = c[3];
    def.layer = c[4];
    def.area = c[5];
    def.owner = c[6];
    def.source = c[7];
    def.min_severity = whole(c[8], 0);
    def.weekdays = c[9];
    def.hours = c[10];
    def.role = c[11];
    def.at_layer = c[12];
    def.holders = c[13];
    def.unit = c[14];
    def.copy = whole(c[15], 0);
    def.priority = whole(c[16], -1);
    def.deadline = c[17];
    def.tag = c[18];
    def.last = whole(c[19], 0);
    def.row = row;
    return wanmi_map_builder_rule(builder, &def, error);
}

static wanmi_status add_calendar(wanmi_map_builder *builder, const char **c, int64_t row, wanmi_error *error)
{
    wanmi_calendar_def def;
    wanmi_calendar_def_init(&def);
    def.name = c[1];
    def.day = c[2];
    def.hours = c[3];
    def.row = row;
    return wanmi_map_builder_calendar(builder, &def, error);
}

static wanmi_status add_deadline(wanmi_map_builder *builder, const char **c, int64_t row, wanmi_error *error)
{
    wanmi_deadline_def def;
    wanmi_deadline_def_init(&def);
    def.name = c[1];
    def.seq = whole(c[2], (int32_t)row);
    def.class_prefix = c[3];
    def.grade = c[4];
    def.mode = c[5];
    def.min_severity = whole(c[6], 0);
    def.limit = real(c[7]);
    def.unit = c[8];
    def.calendar = c[9];
    def.row = row;
    return wanmi_map_builder_deadline(builder, &def, error);
}

static wanmi_status add_escalation(wanmi_map_builder *builder, const char **c, int64_t row, wanmi_error *error)
{
    wanmi_escalation_def def;
    wanmi_escalation_def_init(&def);
    def.seq = whole(c[1], (int32_t)row);
    def.class_prefix = c[2];
    def.role = c[3];
    def.min_severity = whole(c[4], 0);
    def.mode = c[5];
    def.on = c[6];
    def.since = c[7];
    def.limit = real(c[8]);
    def.unit = c[9];
    def.calendar = c[10];
    def.to = c[11];
    def.target_role = c[12];
    def.at_layer = c[13];
    def.target_unit = c[14];
    def.priority = whole(c[15], -1);
    def.tag = c[16];
    def.row = row;
    return wanmi_map_builder_escalation(builder, &def, error);
}

static wanmi_status add_object(wanmi_map_builder *builder, const char **c, int64_t row, wanmi_error *error)
{
    wanmi_object_def def;
    wanmi_object_def_init(&def);
    def.code = c[1];
    def.name = c[2];
    def.class_text = c[3];
    def.x = real(c[4]);
    def.y = real(c[5]);
    def.authority = c[6];
    def.property = c[7];
    def.upkeep = c[8];
    def.row = row;
    return wanmi_map_builder_object(builder, &def, error);
}

/* ---- what the forms promise ------------------------------------------------------------ */

static void check_hours(const char *text)
{
    wanmi_hours spans[WANMI_HOURS_MAX];
    size_t count = 0;
    if (wanmi_hours_parse(text, spans, WANMI_HOURS_MAX, &count, NULL) != WANMI_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        must(spans[i].from_minute >= 0 && spans[i].from_minute < 1440, "a span begins outside its day");
        must(spans[i].to_minute > spans[i].from_minute && spans[i].to_minute < 2880, "a span of no length");
        must(i == 0 || spans[i].from_minute >= spans[i - 1].to_minute, "spans overlap");
    }
}

static void check_days(const char *text)
{
    wanmi_days days;
    if (wanmi_days_parse(text, &days, NULL) != WANMI_OK)
        return;
    must((days.kind == WANMI_DAYS_WEEK) == (days.weekdays != 0) && days.weekdays < 128, "weekdays");
    must(days.last_day >= days.first_day, "days from later to earlier");
    must((days.kind == WANMI_DAYS_WORK || days.kind == WANMI_DAYS_REST) == (days.calendar[0] != '\0'),
         "a calendar's name");
}

static void check_forms(const char *text)
{
    wanmi_owner_test test;
    wanmi_owner owner;
    size_t at = 0, length;
    const char *word;
    check_hours(text);
    check_days(text);
    while (wanmi_list_next(text, &at, &word, &length, NULL) == WANMI_OK)
        must(length != 0 && word >= text && word + length <= text + strlen(text), "a word outside its list");
    if (wanmi_owner_parse(text, &test, NULL) == WANMI_OK)
        must(test.owner >= -1 && test.owner <= 2, "an owner that is none");
    if (wanmi_owner_role_parse(text, &owner, NULL) == WANMI_OK)
        must(text[0] == '@', "a role of an owner without '@'");
}

/* ---- a map of them ---------------------------------------------------------------------- */

static void add_row(wanmi_map_builder *builder, char *row, int64_t number)
{
    const char *c[COLUMNS];
    static const char letters[] = "urcdeo";
    static wanmi_status (*const adders[])(wanmi_map_builder *, const char **, int64_t, wanmi_error *) = {
        add_unit, add_rule, add_calendar, add_deadline, add_escalation, add_object};
    split(row, c);
    for (int i = 0; i < COLUMNS; i++)
        check_forms(c[i]);
    const char *letter = c[0][0] != '\0' ? strchr(letters, c[0][0]) : NULL;
    if (letter == NULL)
        return;
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status status = adders[letter - letters](builder, c, number, &error);
    must(status == WANMI_OK || error.message[0] != '\0', "a row is refused without words");
    must(status == WANMI_OK || error.row == number, "a row is refused without its number");
}

static void add_rows(wanmi_map_builder *builder, const uint8_t *data, size_t size)
{
    static char text[BYTES_MAX + 1];
    size = size < BYTES_MAX ? size : BYTES_MAX;
    for (size_t i = 0; i < size; i++)
        text[i] = data[i] != '\0' ? (char)data[i] : ' ';
    text[size] = '\0';
    char *row = text;
    for (int64_t number = 1; number <= ROWS_MAX && *row != '\0'; number++) {
        char *after = row + strcspn(row, "\n");
        if (*after == '\n')
            *after++ = '\0';
        add_row(builder, row, number);
        row = after;
    }
}

static void note(void *user, const wanmi_error *problem)
{
    (void)user;
    must(problem->message[0] != '\0' && problem->row > 0, "a problem without words or row");
}

static wanmi_map_builder *start(const wanmi_host *host)
{
    wanmi_map_builder *builder = test_builder(host);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    /* With its operation: to choose one among PROJ's takes longer than all the rest. */
    meta.crs = "+proj=tmerc +lon_0=117 +x_0=500000 +ellps=GRS80 +units=m";
    meta.operation = "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
                     "+step +proj=tmerc +lon_0=117 +x_0=500000 +ellps=GRS80";
    meta.timezone = "UTC";
    meta.uuid = "00000000-0000-4000-8000-000000000001";
    wanmi_error error;
    must_be_good(wanmi_map_builder_meta(builder, &meta, &error), &error);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    test_add_box(builder, "cell", "11", "", 0, 0, 100, 100);
    return builder;
}

static wanmi_map *finish(wanmi_map_builder *builder, wanmi_problem_fn on_problem)
{
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    options.on_problem = on_problem;
    wanmi_map *map = NULL;
    wanmi_error error;
    must_be_good(wanmi_map_build(builder, &options, &map, &error), &error);
    wanmi_map_builder_free(builder);
    return map;
}

static void copy_units_and_objects(const wanmi_map *map, wanmi_map_builder *builder)
{
    wanmi_error error;
    for (uint32_t i = 0; i < wanmi_map_unit_count(map); i++) {
        wanmi_unit_info info;
        wanmi_unit_def def;
        wanmi_unit_def_init(&def);
        wanmi_map_unit(map, i, &info);
        def.code = info.code;
        def.name = info.name;
        def.kind = info.kind;
        def.parent = wanmi_map_unit_code(map, info.parent);
        must_be_good(wanmi_map_builder_unit(builder, &def, &error), &error);
    }
    for (uint32_t i = 0; i < wanmi_map_object_count(map); i++) {
        wanmi_object_info info;
        wanmi_object_def def;
        wanmi_object_def_init(&def);
        wanmi_map_object(map, i, &info);
        def.code = info.code;
        def.name = info.name;
        def.class_text = info.class_text;
        def.x = info.x;
        def.y = info.y;
        def.authority = wanmi_map_unit_code(map, info.owners[0]);
        def.property = wanmi_map_unit_code(map, info.owners[1]);
        def.upkeep = wanmi_map_unit_code(map, info.owners[2]);
        must(wanmi_map_find_object(map, info.code) == i, "an object is not found");
        must_be_good(wanmi_map_builder_object(builder, &def, &error), &error);
    }
}

static void copy_rows(const wanmi_map *map, wanmi_map_builder *builder)
{
    wanmi_error error;
    wanmi_rule_def rule;
    wanmi_calendar_def calendar;
    wanmi_deadline_def deadline;
    wanmi_escalation_def escalation;
    for (uint32_t i = 0; wanmi_map_rule(map, i, &rule) == WANMI_OK; i++)
        must_be_good(wanmi_map_builder_rule(builder, &rule, &error), &error);
    for (uint32_t i = 0; wanmi_map_calendar(map, i, &calendar) == WANMI_OK; i++)
        must_be_good(wanmi_map_builder_calendar(builder, &calendar, &error), &error);
    for (uint32_t i = 0; wanmi_map_deadline(map, i, &deadline) == WANMI_OK; i++)
        must_be_good(wanmi_map_builder_deadline(builder, &deadline, &error), &error);
    for (uint32_t i = 0; wanmi_map_escalation(map, i, &escalation) == WANMI_OK; i++)
        must_be_good(wanmi_map_builder_escalation(builder, &escalation, &error), &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    wanmi_map_builder *builder = start(&host);
    add_rows(builder, data, size);
    wanmi_map *map = finish(builder, note);
    builder = start(&host);
    copy_units_and_objects(map, builder);
    copy_rows(map, builder);
    wanmi_map *again = finish(builder, NULL);
    wanmi_error difference;
    must(wanmi_map_equal(map, again, &difference) == WANMI_OK, "the rows that are read make another map");
    wanmi_map_release(map);
    wanmi_map_release(again);
    must(memory.held_blocks == 0 && !memory.wrong_size, "memory is left");
    return 0;
}
