/* Calendar time as text (ISO 8601) and back. */
#include <stdio.h>
#include <string.h>

#include "calendar.h"
#include "error.h"

typedef struct stamp {
    int year, month, day, hour, minute, second, microsecond;
    bool has_time, has_offset;
    int32_t offset;
} stamp;

/* `count` digits at *text, no more and no less are taken. */
static bool digits(const char **text, int count, int low, int high, int *value)
{
    const char *p = *text;
    int number = 0;
    for (int i = 0; i < count; i++, p++) {
        if (*p < '0' || *p > '9')
            return false;
        number = number * 10 + (*p - '0');
    }
    *text = p;
    *value = number;
    return number >= low && number <= high;
}

static bool skip(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

static bool read_date(const char **p, stamp *s)
{
    return digits(p, 4, 1, 9999, &s->year) && skip(p, '-') && digits(p, 2, 1, 12, &s->month) &&
           skip(p, '-') && digits(p, 2, 1, wm_days_in_month(s->year, s->month), &s->day);
}

/* One to nine digits; those after the sixth are dropped. */
static bool read_fraction(const char **p, stamp *s)
{
    int count = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++, count++)
        if (count < 6)
            s->microsecond = s->microsecond * 10 + (**p - '0');
    for (int i = count; i < 6; i++)
        s->microsecond *= 10;
    return count >= 1 && count <= 9;
}

static bool read_time(const char **p, stamp *s)
{
    s->has_time = true;
    if (!digits(p, 2, 0, 23, &s->hour) || !skip(p, ':') || !digits(p, 2, 0, 59, &s->minute))
        return false;
    if (!skip(p, ':'))
        return true;
    if (!digits(p, 2, 0, 59, &s->second))
        return false;
    return !skip(p, '.') || read_fraction(p, s);
}

static bool read_stamp(const char *p, stamp *s)
{
    *s = (stamp){0};
    if (!read_date(&p, s))
        return false;
    if (*p == '\0')
        return true;
    if ((!skip(&p, 'T') && !skip(&p, ' ')) || !read_time(&p, s))
        return false;
    if (*p != '\0') {
        s->has_offset = true;
        if (!skip(&p, 'Z') && (p = wm_offset_parse(p, &s->offset)) == NULL)
            return false;
    }
    return *p == '\0';
}

wanmi_status wanmi_time_parse(const wanmi_zone *zone, const char *text, int64_t *instant_us,
                              wanmi_error *error)
{
    if (text == NULL || instant_us == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a text and a place for the instant must be given");
    stamp s;
    if (!read_stamp(text, &s)) {
        const wm_place place = {.value = text};
        return wm_error_at(error, WANMI_E_PARSE, &place,
                           "not a time such as 2026-11-22 or 2026-11-22T08:30:15+08:00");
    }
    int64_t local = wm_days_from_date(s.year, s.month, s.day) * DAY_SECONDS + s.hour * 3600 +
                    s.minute * 60 + s.second;
    int64_t instant = s.has_offset ? local - s.offset : wm_zone_instant(zone, local, !s.has_time);
    *instant_us = instant * MICROSECONDS + s.microsecond;
    return WANMI_OK;
}

static void format_offset(char *text, size_t size, int32_t offset)
{
    char sign = offset < 0 ? '-' : '+';
    int whole = offset < 0 ? -offset : offset;
    int wrote = snprintf(text, size, "%c%02d:%02d", sign, whole / 3600, whole / 60 % 60);
    /* Local mean times before zones were made have seconds. */
    if (whole % 60 != 0 && wrote > 0 && (size_t)wrote < size)
        snprintf(text + wrote, size - (size_t)wrote, ":%02d", whole % 60);
}

static void format_whole(char *text, size_t size, int64_t local_us, const char *offset)
{
    int64_t seconds = wm_floor_div(local_us, MICROSECONDS);
    int64_t days = wm_floor_div(seconds, DAY_SECONDS), year;
    int of_day = (int)(seconds - days * DAY_SECONDS), month, day;
    int fraction = (int)(local_us - seconds * MICROSECONDS);
    char digits_of[16] = "";
    wm_date_from_days(days, &year, &month, &day);
    if (fraction != 0)
        snprintf(digits_of, sizeof digits_of, ".%06d", fraction);
    if (year >= 1 && year <= 9999)
        snprintf(text, size, "%04d-%02d-%02dT%02d:%02d:%02d%s%s", (int)year, month, day,
                 of_day / 3600, of_day / 60 % 60, of_day % 60, digits_of, offset);
}

void wanmi_time_format(const wanmi_zone *zone, int64_t instant_us, char *text, size_t size)
{
    if (size == 0)
        return;
    text[0] = '\0';
    /* Far outside the years 1 to 9999, where the sum below could overflow. */
    if (instant_us < -(INT64_C(1) << 60) || instant_us > INT64_C(1) << 60)
        return;
    int32_t offset = wanmi_zone_offset(zone, instant_us);
    char offset_text[16] = "Z";
    if (zone != NULL)
        format_offset(offset_text, sizeof offset_text, offset);
    format_whole(text, size, instant_us + (int64_t)offset * MICROSECONDS, offset_text);
}
