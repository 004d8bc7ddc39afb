/* Dates, offsets and POSIX TZ rules: see calendar.h. */
#include "calendar.h"

#include <stddef.h>

int64_t wm_floor_div(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

int64_t wm_days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = wm_floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void wm_date_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = wm_floor_div(days, 146097);
    int64_t of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int wm_days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Exactly two digits. */
static bool two(const char *text, int *value)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *value = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

const char *wm_offset_parse(const char *text, int32_t *seconds)
{
    int hour, minute = 0, second = 0;
    if ((text[0] != '+' && text[0] != '-') || !two(text + 1, &hour))
        return NULL;
    const char *p = text + 3;
    if (p[0] == ':' && two(p + 1, &minute)) {
        p += 3;
        if (p[0] == ':' && two(p + 1, &second))
            p += 3;
    } else if (two(p, &minute)) {
        p += 2;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return NULL;
    int32_t whole = hour * 3600 + minute * 60 + second;
    *seconds = text[0] == '-' ? -whole : whole;
    return p;
}

/* ---- reading a rule ---------------------------------------------------------- */

static bool read_number(const char **text, int most, int *value)
{
    const char *p = *text;
    if (*p < '0' || *p > '9')
        return false;
    int number = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        number = number * 10 + (*p - '0');
        if (number > most)
            return false;
    }
    *text = p;
    *value = number;
    return true;
}

/* "EST" or "<+0330>"; the name itself is of no use here. */
static bool skip_name(const char **text)
{
    const char *p = *text;
    if (*p == '<') {
        while (*p != '\0' && *p != '>')
            p++;
        if (*p != '>')
            return false;
        *text = p + 1;
        return true;
    }
    while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
        p++;
    bool found = p - *text >= 3;
    *text = p;
    return found;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **text, int most_hours, int32_t *seconds)
{
    const char *p = *text;
    int sign = *p == '-' ? -1 : 1, hour, minute = 0, second = 0;
    if (*p == '-' || *p == '+')
        p++;
    if (!read_number(&p, most_hours, &hour))
        return false;
    if (*p == ':' && (p++, !read_number(&p, 59, &minute)))
        return false;
    if (*p == ':' && (p++, !read_number(&p, 59, &second)))
        return false;
    *seconds = sign * (hour * 3600 + minute * 60 + second);
    *text = p;
    return true;
}

static bool read_month_day(const char **p, wm_rule_day *day)
{
    day->kind = WM_RULE_MONTH;
    if (!read_number(p, 12, &day->month) || day->month == 0 || *(*p)++ != '.')
        return false;
    if (!read_number(p, 5, &day->week) || day->week == 0 || *(*p)++ != '.')
        return false;
    return read_number(p, 6, &day->day);
}

/* ",M3.2.0/2" */
static bool read_day(const char **text, wm_rule_day *day)
{
    const char *p = *text;
    *day = (wm_rule_day){.kind = WM_RULE_DAY, .time = 2 * 3600};
    if (*p++ != ',')
        return false;
    if (*p == 'M') {
        p++;
        if (!read_month_day(&p, day))
            return false;
    } else if (*p == 'J') {
        p++;
        day->kind = WM_RULE_JULIAN;
        if (!read_number(&p, 365, &day->day) || day->day == 0)
            return false;
    } else if (!read_number(&p, 365, &day->day)) {
        return false;
    }
    if (*p == '/' && (p++, !read_time(&p, 167, &day->time)))
        return false;
    *text = p;
    return true;
}

bool wm_rule_parse(const char *text, wm_rule *rule)
{
    wm_rule r = {.is_given = true};
    if (!skip_name(&text) || !read_time(&text, 24, &r.standard))
        return false;
    r.standard = -r.standard;           /* POSIX counts westward */
    if (*text != '\0') {
        r.has_summer = true;
        r.summer = r.standard + 3600;
        if (!skip_name(&text))
            return false;
        if (*text != ',') {
            if (!read_time(&text, 24, &r.summer))
                return false;
            r.summer = -r.summer;
        }
        if (!read_day(&text, &r.to_summer) || !read_day(&text, &r.to_standard))
            return false;
    }
    if (*text != '\0')
        return false;
    *rule = r;
    return true;
}

/* ---- using a rule ------------------------------------------------------------ */

/* Seconds of local time, since 1970, of a rule's day in a year. */
static int64_t local_of(const wm_rule_day *rule, int64_t year)
{
    int64_t days;
    if (rule->kind == WM_RULE_MONTH) {
        int64_t first = wm_days_from_date(year, rule->month, 1);
        int weekday = (int)(first + 4 - 7 * wm_floor_div(first + 4, 7));  /* 1970-01-01: Thursday */
        int day = 1 + (rule->day - weekday + 7) % 7 + (rule->week - 1) * 7;
        while (day > wm_days_in_month(year, rule->month))
            day -= 7;
        days = first + day - 1;
    } else {
        days = wm_days_from_date(year, 1, 1) + rule->day;
        if (rule->kind == WM_RULE_JULIAN)
            days += is_leap(year) && rule->day >= 60 ? 0 : -1;
    }
    return days * DAY_SECONDS + rule->time;
}

/* The changes of the years around an instant, in pairs: to summer, to standard.
 * A change can lie a week outside its year (times up to 167 h). */
enum { CHANGES = 8 };

static void changes_near(const wm_rule *rule, int64_t instant, int64_t at[CHANGES])
{
    int64_t year;
    int month, day;
    wm_date_from_days(wm_floor_div(instant, DAY_SECONDS), &year, &month, &day);
    for (int i = 0; i < CHANGES; i += 2) {
        at[i] = local_of(&rule->to_summer, year - 1 + i / 2) - rule->standard;
        at[i + 1] = local_of(&rule->to_standard, year - 1 + i / 2) - rule->summer;
    }
}

int32_t wm_rule_offset(const wm_rule *rule, int64_t instant)
{
    if (!rule->has_summer)
        return rule->standard;
    int64_t at[CHANGES], latest = INT64_MIN;
    int32_t offset = rule->standard;
    changes_near(rule, instant, at);
    for (int i = 0; i < CHANGES; i++) {
        bool is_summer = i % 2 == 0;
        /* Summer all the year is written as changes that meet: summer wins. */
        if (at[i] <= instant && (at[i] > latest || (at[i] == latest && is_summer))) {
            latest = at[i];
            offset = is_summer ? rule->summer : rule->standard;
        }
    }
    return offset;
}

int64_t wm_rule_next(const wm_rule *rule, int64_t instant)
{
    if (!rule->has_summer)
        return INT64_MAX;
    int64_t at[CHANGES], next = INT64_MAX;
    changes_near(rule, instant, at);
    for (int i = 0; i < CHANGES; i++)
        if (at[i] > instant && at[i] < next)
            next = at[i];
    return next;
}
