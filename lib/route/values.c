/* What programs ask of an event, as values: see program.h. Instants, days and minutes
 * that no rule tells apart have one value; a rule is asked of one of them. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_CONDITIONS_MAX = 32, LARGE_SEASON_BITS = 40, SMALL_SEASON_BITS = 36 };

/* ---- modes and severities -------------------------------------------------------------- */

static bool make_tiers(const wanmi_plan *plan, wm_tiers *tiers)
{
    bool asked[256] = {true};
    for (uint32_t i = 0; i < plan->rule_count; i++)
        asked[plan->rules[i].min_severity] = true;
    for (uint32_t i = 0; i < wanmi_map_deadline_count(plan->map); i++)
        asked[plan->deadlines[i].min_severity] = true;
    for (unsigned severity = 0; severity < 256; severity++) {
        if (asked[severity])
            tiers->thresholds[tiers->ranks++] = (uint8_t)severity;
        tiers->rank_of[severity] = tiers->ranks - 1;
    }
    tiers->count = tiers->ranks * (plan->mode_count + 1);
    return tiers->count <= WM_VALUES_MAX;
}

static bool suits_tier(const wm_tiers *tiers, const wm_rule *rule, uint32_t value)
{
    return (rule->modes >> (value / tiers->ranks) & 1) != 0
        && tiers->thresholds[value % tiers->ranks] >= rule->min_severity;
}

/* ---- sources ------------------------------------------------------------------------------ */

static wanmi_status make_sources(wanmi_plan *plan, wm_sources *sources)
{
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (plan->rules[i].source != WANMI_NONE && plan->rules[i].source >= sources->words)
            sources->words = plan->rules[i].source + 1;
    size_t size = ((size_t)sources->words + 1) * sizeof *sources->numbers;
    sources->numbers = wm_arena_alloc(&plan->arena, size);
    if (sources->numbers == NULL)
        return WANMI_E_MEMORY;
    memset(sources->numbers, 0, size);
    sources->count = 1;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        uint32_t source = plan->rules[i].source;
        if (source != WANMI_NONE && sources->numbers[source] == 0)
            sources->numbers[source] = sources->count++;
    }
    if (sources->count > WM_VALUES_MAX) {
        sources->count = 1;
        memset(sources->numbers, 0, size);
    }
    return WANMI_OK;
}

/* ---- local time ----------------------------------------------------------------------------- */

static uint32_t count_stretches(const wanmi_zone *zone, int64_t *offsets_us)
{
    uint32_t count = 0;
    wm_stretch stretch = {.to_us = WM_CENTURY_FIRST_US};
    while (stretch.to_us < WM_CENTURY_FIRST_US + WM_CENTURY_US) {
        wm_zone_stretch(zone, stretch.to_us, &stretch);
        if (offsets_us != NULL)
            offsets_us[count] = stretch.offset_us;
        count++;
    }
    return count;
}

/* Gives false where two changes meet in one part. */
static bool fill_seasons(const wanmi_zone *zone, wm_seasons *seasons, uint32_t parts)
{
    uint32_t number = 0;
    wm_stretch stretch;
    wm_zone_stretch(zone, WM_CENTURY_FIRST_US, &stretch);
    for (uint32_t part = 0; part < parts; part++) {
        int64_t end = WM_CENTURY_FIRST_US + ((int64_t)(part + 1) << seasons->bits);
        seasons->changes[part] = (wm_change){stretch.to_us < end ? stretch.to_us : INT64_MAX, number, 0};
        if (stretch.to_us >= end)
            continue;
        wm_zone_stretch(zone, stretch.to_us, &stretch);
        number++;
        if (stretch.to_us <= end)
            return false;
    }
    return true;
}

static wanmi_status make_seasons(wanmi_plan *plan, wm_seasons *seasons)
{
    const wanmi_zone *zone = wanmi_map_zone(plan->map);
    /* The last part reaches beyond the century, where a change or two may be. */
    size_t stretches = (size_t)count_stretches(zone, NULL) + 2;
    seasons->offsets_us = wm_arena_alloc(&plan->arena, stretches * sizeof *seasons->offsets_us);
    if (seasons->offsets_us == NULL)
        return WANMI_E_MEMORY;
    memset(seasons->offsets_us, 0, stretches * sizeof *seasons->offsets_us);
    seasons->is_one = count_stretches(zone, seasons->offsets_us) == 1;
    for (seasons->bits = LARGE_SEASON_BITS; seasons->bits >= SMALL_SEASON_BITS; seasons->bits--) {
        uint32_t parts = (uint32_t)(WM_CENTURY_US >> seasons->bits) + 1;
        seasons->changes = wm_arena_alloc(&plan->arena, parts * sizeof *seasons->changes);
        if (seasons->changes == NULL)
            return WANMI_E_MEMORY;
        if (fill_seasons(zone, seasons, parts))
            return WANMI_OK;
    }
    seasons->changes = NULL;
    return WANMI_OK;
}

/* ---- days and hours --------------------------------------------------------------------------- */

static bool same_days(const wm_when *a, const wm_when *b)
{
    return a->days == b->days && a->weekdays == b->weekdays && a->calendar == b->calendar;
}

/* One `when` of each kind of days that rules ask for; more than there is room for: they
 * are too many. */
static uint32_t list_days(const wanmi_plan *plan, const wm_when *list[DAY_CONDITIONS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const wm_when *when = plan->rules[i].when;
        uint32_t at = 0;
        if (when == NULL)
            continue;
        while (at < count && !same_days(list[at], when))
            at++;
        if (at < count)
            continue;
        if (count == DAY_CONDITIONS_MAX)
            return count + 1;
        list[count++] = when;
    }
    return count;
}

static void make_segments(const wanmi_plan *plan, wm_times *times)
{
    bool begins[WM_DAY_MINUTES] = {true};
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const wm_when *when = plan->rules[i].when;
        for (uint32_t k = 0; when != NULL && k < when->hours.count; k++) {
            begins[when->hours.spans[k].from_minute % WM_DAY_MINUTES] = true;
            begins[when->hours.spans[k].to_minute % WM_DAY_MINUTES] = true;
        }
    }
    for (uint32_t minute = 0; minute < WM_DAY_MINUTES; minute++) {
        if (begins[minute])
            times->minutes[times->segments++] = (uint16_t)minute;
        times->segment_of[minute] = (uint16_t)(times->segments - 1);
    }
}

/* Days are alike when all that is asked of them and of the days before them is. */
static wanmi_status number_days(const wanmi_plan *plan, wm_times *times, wm_pool *pool, const wm_when *const *list,
                                uint32_t count)
{
    uint32_t asked[2] = {0, 0};
    for (int64_t i = -1; i < WM_DAYS; i++) {
        uint32_t number = 0, known = (uint32_t)pool->count;
        asked[1] = asked[0];
        asked[0] = 0;
        for (uint32_t k = 0; k < count; k++)
            asked[0] |= (uint32_t)wm_when_day(plan, list[k], WM_DAYS_FIRST + i) << k;
        if (i < 0)
            continue;
        if (!wm_pool_put(pool, asked, 2, &number))
            return WANMI_E_MEMORY;
        if (number < WM_VALUES_MAX && number == known)
            times->days[number] = (uint32_t)i;
        times->kinds[i] = (uint16_t)(number < WM_VALUES_MAX ? number : 0);
    }
    return WANMI_OK;
}

static wanmi_status make_times(wanmi_plan *plan, wm_times *times)
{
    const wm_when *list[DAY_CONDITIONS_MAX];
    uint32_t count = list_days(plan, list);
    times->count = 1;
    if (count == 0 || count > DAY_CONDITIONS_MAX)
        return WANMI_OK;
    make_segments(plan, times);
    times->kinds = wm_arena_alloc(&plan->arena, WM_DAYS * sizeof *times->kinds);
    times->days = wm_arena_alloc(&plan->arena, WM_VALUES_MAX * sizeof *times->days);
    if (times->kinds == NULL || times->days == NULL)
        return WANMI_E_MEMORY;
    wm_pool pool;
    wm_pool_init(&pool, &plan->host);
    wanmi_status status = number_days(plan, times, &pool, list, count);
    if (pool.count * times->segments <= WM_VALUES_MAX)
        times->count = (uint32_t)pool.count * times->segments;
    else
        times->kinds = NULL;
    wm_pool_drop(&pool);
    return status;
}

static bool suits_time(const wanmi_plan *plan, const wm_times *times, const wm_rule *rule, uint32_t value)
{
    const wm_local local = {WM_DAYS_FIRST + (int64_t)times->days[value / times->segments],
                            times->minutes[value % times->segments]};
    return wm_when_holds(plan, rule->when, local);
}

/* ---- instants ----------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Sorted, each once. Gives how many. */
static size_t list_breaks(const wanmi_plan *plan, int64_t *breaks)
{
    size_t count = 0, kept = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        if (plan->rules[i].from != WM_ALWAYS_WAS)
            breaks[count++] = plan->rules[i].from;
        if (plan->rules[i].to != WM_FOR_EVER)
            breaks[count++] = plan->rules[i].to;
    }
    qsort(breaks, count, sizeof *breaks, by_time);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || breaks[i] != breaks[i - 1])
            breaks[kept++] = breaks[i];
    return kept;
}

static wanmi_status keep_breaks(wanmi_plan *plan, wm_dates *dates, const int64_t *breaks, size_t count)
{
    size_t parts = (size_t)(WM_CENTURY_US >> WM_DATE_BITS) + 1;
    dates->breaks = wm_arena_alloc(&plan->arena, (count + 1) * sizeof *dates->breaks);
    dates->before = wm_arena_alloc(&plan->arena, parts * sizeof *dates->before);
    if (dates->breaks == NULL || dates->before == NULL)
        return WANMI_E_MEMORY;
    memcpy(dates->breaks, breaks, count * sizeof *breaks);
    dates->breaks[count] = INT64_MAX;
    size_t before = 0;
    for (size_t part = 0; part < parts; part++) {
        while (dates->breaks[before] <= WM_CENTURY_FIRST_US + ((int64_t)part << WM_DATE_BITS))
            before++;
        dates->before[part] = (uint16_t)before;
    }
    dates->count = (uint32_t)count + 1;
    return WANMI_OK;
}

static wanmi_status make_dates(wanmi_plan *plan, wm_dates *dates)
{
    size_t size = wm_product(plan->rule_count, 2 * sizeof(int64_t));
    int64_t *breaks = wm_alloc(&plan->host, size);
    if (breaks == NULL)
        return WANMI_E_MEMORY;
    size_t count = list_breaks(plan, breaks);
    wanmi_status status = WANMI_OK;
    dates->count = 1;
    if (count != 0 && count < WM_VALUES_MAX)
        status = keep_breaks(plan, dates, breaks, count);
    wm_free(&plan->host, breaks, size);
    return status;
}

static bool suits_date(const wm_dates *dates, const wm_rule *rule, uint32_t value)
{
    int64_t instant = value == 0 ? WM_ALWAYS_WAS : dates->breaks[value - 1];
    return instant >= rule->from && (instant < rule->to || rule->to == WM_FOR_EVER);
}

/* ---- all ------------------------------------------------------------------------------------------ */

uint32_t wm_value_count(const struct wm_programs *programs, wm_gate gate)
{
    switch (gate) {
    case WM_GATE_TIER: return programs->tiers.count;
    case WM_GATE_SOURCE: return programs->sources.count;
    case WM_GATE_HOURS: return programs->times.count;
    default: return programs->dates.count;
    }
}

bool wm_asks_value(const wm_rule *rule, wm_gate gate)
{
    switch (gate) {
    case WM_GATE_TIER: return rule->modes != WM_ALL_MODES || rule->min_severity != 0;
    case WM_GATE_SOURCE: return rule->source != WANMI_NONE;
    case WM_GATE_HOURS: return rule->when != NULL;
    default: return rule->from != WM_ALWAYS_WAS || rule->to != WM_FOR_EVER;
    }
}

bool wm_value_suits(const wanmi_plan *plan, const struct wm_programs *programs, const wm_rule *rule,
                    wm_gate gate, uint32_t value)
{
    if (!wm_asks_value(rule, gate))
        return true;
    switch (gate) {
    case WM_GATE_TIER: return suits_tier(&programs->tiers, rule, value);
    case WM_GATE_SOURCE: return value != 0 && wm_source_value(&programs->sources, rule->source) == value;
    case WM_GATE_HOURS: return suits_time(plan, &programs->times, rule, value);
    default: return suits_date(&programs->dates, rule, value);
    }
}

wanmi_status wm_make_values(wm_compile *compile, struct wm_programs *programs, bool *suits)
{
    wanmi_plan *plan = compile->plan;
    *suits = make_tiers(plan, &programs->tiers);
    wanmi_status status = make_sources(plan, &programs->sources);
    if (status == WANMI_OK)
        status = make_times(plan, &programs->times);
    if (status == WANMI_OK)
        status = make_dates(plan, &programs->dates);
    if (status == WANMI_OK && (programs->times.kinds != NULL || programs->needs_day || programs->needs_stretch)) {
        status = make_seasons(plan, &programs->seasons);
        *suits = *suits && programs->seasons.changes != NULL;
    }
    return status;
}
