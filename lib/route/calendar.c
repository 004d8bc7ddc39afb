/* Calendars: which hours a day has. A date wins over a range of dates, that over
 * the weekday. */
#include "calendar.h"

#include <string.h>

/* The rows of one calendar stand together: weekdays, ranges, dates. */
typedef struct wm_rows {
    const wanmi_map *map;
    wm_arena *arena;
    uint32_t first, end;
} wm_rows;

wanmi_status wm_pattern_read(wm_arena *arena, const char *hours, wm_pattern *pattern)
{
    wanmi_hours spans[WANMI_HOURS_MAX];
    size_t count = 0;
    wanmi_hours_parse(hours, spans, WANMI_HOURS_MAX, &count, NULL);
    wanmi_hours *kept = wm_arena_alloc(arena, count * sizeof *kept);
    if (kept == NULL)
        return WANMI_E_MEMORY;
    memcpy(kept, spans, count * sizeof *kept);
    *pattern = (wm_pattern){(uint32_t)count, kept};
    return WANMI_OK;
}

static void put(wm_calendar *calendar, const wanmi_days *days, wm_pattern pattern)
{
    const wm_exception exception = {days->first_day, days->last_day, pattern};
    if (days->kind == WANMI_DAYS_RANGE)
        calendar->ranges[calendar->range_count++] = exception;
    else if (days->kind == WANMI_DAYS_DATE)
        calendar->dates[calendar->date_count++] = exception;
    for (unsigned d = 0; d < 7 && days->kind == WANMI_DAYS_WEEK; d++)
        if ((days->weekdays >> d & 1) != 0)
            calendar->week[d] = pattern;
}

static wanmi_status read_calendar(const wm_rows *rows, wm_calendar *calendar)
{
    uint32_t count = rows->end - rows->first;
    calendar->ranges = wm_arena_alloc(rows->arena, wm_product(count, sizeof *calendar->ranges));
    calendar->dates = wm_arena_alloc(rows->arena, wm_product(count, sizeof *calendar->dates));
    if (calendar->ranges == NULL || calendar->dates == NULL)
        return WANMI_E_MEMORY;
    for (uint32_t i = rows->first; i < rows->end; i++) {
        wanmi_calendar_def def;
        wanmi_calendar_def_init(&def);
        wanmi_map_calendar(rows->map, i, &def);
        wanmi_days days = {.kind = WANMI_DAYS_ANY};
        wanmi_days_parse(def.day, &days, NULL);
        wm_pattern pattern;
        wanmi_status status = wm_pattern_read(rows->arena, def.hours, &pattern);
        if (status != WANMI_OK)
            return status;
        calendar->name = def.name;
        put(calendar, &days, pattern);
    }
    return WANMI_OK;
}

static const char *name_of(const wanmi_map *map, uint32_t row)
{
    wanmi_calendar_def def;
    wanmi_calendar_def_init(&def);
    wanmi_map_calendar(map, row, &def);
    return def.name;
}

wanmi_status wm_calendars_read(wm_calendars *calendars, wm_arena *arena, const wanmi_map *map)
{
    uint32_t count = wanmi_map_calendar_count(map), names = 0;
    for (uint32_t i = 0; i < count; i++)
        names += i == 0 || strcmp(name_of(map, i), name_of(map, i - 1)) != 0;
    calendars->list = wm_arena_alloc(arena, wm_product(names, sizeof *calendars->list));
    if (calendars->list == NULL)
        return WANMI_E_MEMORY;
    wm_rows rows = {.map = map, .arena = arena};
    for (; rows.first < count; rows.first = rows.end) {
        for (rows.end = rows.first + 1; rows.end < count; rows.end++)
            if (strcmp(name_of(map, rows.end), name_of(map, rows.first)) != 0)
                break;
        wm_calendar *calendar = &calendars->list[calendars->count++];
        *calendar = (wm_calendar){0};
        wanmi_status status = read_calendar(&rows, calendar);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

uint32_t wm_calendars_find(const wm_calendars *calendars, const char *name)
{
    uint32_t low = 0, high = calendars->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(calendars->list[middle].name, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return WANMI_NONE;
}

static const wm_pattern *exception_on(const wm_exception *list, uint32_t count, int64_t day)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (day < list[middle].first)
            high = middle;
        else if (day > list[middle].last)
            low = middle + 1;
        else
            return &list[middle].pattern;
    }
    return NULL;
}

const wm_pattern *wm_calendar_pattern(const wm_calendar *calendar, int64_t day)
{
    const wm_pattern *pattern = exception_on(calendar->dates, calendar->date_count, day);
    if (pattern == NULL)
        pattern = exception_on(calendar->ranges, calendar->range_count, day);
    return pattern != NULL ? pattern : &calendar->week[wm_weekday(day)];
}

bool wm_calendar_works(const wm_calendar *calendar, int64_t day)
{
    return wm_calendar_pattern(calendar, day)->count != 0;
}

/* ---- enough ------------------------------------------------------------------------ */

enum { TEN_YEARS_DAYS = 3652, TEN_YEARS_WEEKS = 521 };

/* The weekdays alone: what counts wherever no exception is near. */
static bool week_has(const wm_calendar *calendar, int64_t work_us, int64_t days)
{
    int64_t minutes = 0, working_days = 0;
    for (unsigned d = 0; d < 7; d++) {
        const wm_pattern *pattern = &calendar->week[d];
        for (uint32_t i = 0; i < pattern->count; i++)
            minutes += pattern->spans[i].to_minute - pattern->spans[i].from_minute;
        working_days += pattern->count != 0;
    }
    return minutes * TEN_YEARS_WEEKS >= work_us / (WM_MINUTE_SECONDS * WM_SECOND_US)
        && working_days * TEN_YEARS_WEEKS >= days;
}

static bool day_has(const wm_calendar *calendar, const wanmi_zone *zone, int64_t day, int64_t work_us,
                    int64_t days)
{
    int64_t from = wm_zone_instant(zone, day * WM_DAY_SECONDS, true) * WM_SECOND_US;
    int64_t until = from + TEN_YEARS_DAYS * WM_DAY_US;
    if (work_us != 0) {
        int64_t end = wm_work_walk_end(calendar, zone, from, work_us);
        if (end == WANMI_TIME_NONE || end > until)
            return false;
    }
    if (days == 0)
        return true;
    int64_t end = wm_work_walk_day_end(calendar, zone, day - 1, days);
    return end != WANMI_TIME_NONE && end <= until;
}

/* Waiting is longest where a day that is unlike its weekday begins or is over. */
static bool exceptions_have(const wm_calendar *calendar, const wanmi_zone *zone,
                            const wm_exception *list, uint32_t count, int64_t work_us, int64_t days)
{
    for (uint32_t i = 0; i < count; i++)
        if (!day_has(calendar, zone, list[i].first, work_us, days)
            || !day_has(calendar, zone, list[i].last + 1, work_us, days))
            return false;
    return true;
}

bool wm_calendar_has(const wm_calendar *calendar, const wanmi_zone *zone, int64_t work_us, int64_t days)
{
    return week_has(calendar, work_us, days)
        && exceptions_have(calendar, zone, calendar->ranges, calendar->range_count, work_us, days)
        && exceptions_have(calendar, zone, calendar->dates, calendar->date_count, work_us, days);
}
