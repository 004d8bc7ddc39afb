/* What the texts of some columns say: lists, hours, days, owners, units of a
 * limit. Each wm_read_ function gives NULL, or what is wrong with the text; the
 * builder puts table, row and column before these words. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/calendar.h"
#include "model.h"

/* A piece of a text, not ended by a NUL. */
typedef struct piece {
    const char *at;
    size_t length;
} piece;

static piece trimmed(const char *at, size_t length)
{
    piece p = {at, length};
    for (size_t blank; (blank = wm_text_blank(p.at, p.length)) != 0;) {
        p.at += blank;
        p.length -= blank;
    }
    for (size_t blank; (blank = wm_text_blank_end(p.at, p.length)) != 0;)
        p.length -= blank;
    return p;
}

/* The piece up to the first of `marks`; `text` goes on behind it, or becomes NULL
 * at the end. */
static piece next_piece(const char **text, const char *marks)
{
    size_t length = strcspn(*text, marks);
    piece p = trimmed(*text, length);
    *text = (*text)[length] != '\0' ? *text + length + 1 : NULL;
    return p;
}

static bool same(piece p, const char *word)
{
    return strlen(word) == p.length && memcmp(p.at, word, p.length) == 0;
}

static void copy(char *to, piece p)
{
    memcpy(to, p.at, p.length);
    to[p.length] = '\0';
}

static wanmi_status give(const char *wrong, const char *text, wanmi_error *error)
{
    const wm_place place = {.value = text};
    return wrong == NULL ? WANMI_OK : wm_error_at(error, WANMI_E_PARSE, &place, "%s", wrong);
}

static wanmi_status no_place(wanmi_error *error)
{
    return wm_error(error, WANMI_E_ARGUMENT, "a text or the place of what it says is NULL");
}

/* ---- lists ---------------------------------------------------------------------- */

wanmi_status wanmi_list_next(const char *list, size_t *at, const char **word, size_t *length,
                             wanmi_error *error)
{
    if (list == NULL || at == NULL || word == NULL || length == NULL)
        return no_place(error);
    /* After the last word `*at` is one behind the text's end, which is the same as
     * behind a ';' there: only the byte before tells them apart. */
    size_t size = strlen(list);
    if (*at > size || trimmed(list, size).length == 0)
        return WANMI_END;
    const char *rest = list + *at;
    piece p = next_piece(&rest, ";");
    if (p.length == 0)
        return give("an empty word stands in the list", list, error);
    *word = p.at;
    *length = p.length;
    *at = rest != NULL ? (size_t)(rest - list) : size + 1;
    return WANMI_OK;
}

const char *wm_read_list(const char *text)
{
    size_t at = 0, length, more_length;
    const char *word, *other;
    wanmi_status status;
    while ((status = wanmi_list_next(text, &at, &word, &length, NULL)) == WANMI_OK) {
        if (length > WANMI_CODE_MAX)
            return "a word of the list is longer than 64 bytes";
        for (size_t more = at; wanmi_list_next(text, &more, &other, &more_length, NULL) == WANMI_OK;)
            if (length == more_length && memcmp(word, other, length) == 0)
                return "a word stands in the list twice";
    }
    return status == WANMI_END ? NULL : "an empty word stands in the list";
}

/* ---- hours ---------------------------------------------------------------------- */

enum { DAY_MINUTES = 24 * 60 };

static const char wrong_hours[] = "is not spans of hours such as 08:00-12:00;14:00-18:00";
static const char no_time[] = "holds a time that is not from 00:00 to 24:00";

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *read_clock(piece p, int32_t *minutes)
{
    size_t hours = p.length == 5 ? 2 : p.length == 4 ? 1 : 0;
    if (hours == 0 || p.at[hours] != ':')
        return wrong_hours;
    int32_t hour = 0, minute = 0;
    for (size_t i = 0; i < p.length; i++) {
        if (i == hours)
            continue;
        if (!digit(p.at[i]))
            return wrong_hours;
        int32_t *part = i < hours ? &hour : &minute;
        *part = *part * 10 + (p.at[i] - '0');
    }
    *minutes = hour * 60 + minute;
    return minute > 59 || *minutes > DAY_MINUTES ? no_time : NULL;
}

static const char *read_span(piece p, wanmi_hours *span)
{
    const char *hyphen = memchr(p.at, '-', p.length);
    if (hyphen == NULL)
        return wrong_hours;
    size_t before = (size_t)(hyphen - p.at);
    const char *wrong = read_clock(trimmed(p.at, before), &span->from_minute);
    if (wrong == NULL)
        wrong = read_clock(trimmed(hyphen + 1, p.length - before - 1), &span->to_minute);
    if (wrong != NULL)
        return wrong;
    if (span->from_minute == DAY_MINUTES)
        return "begins a span at 24:00, which is 00:00 of the next day";
    if (span->from_minute == span->to_minute)
        return "holds a span that ends when it begins";
    if (span->to_minute < span->from_minute)
        span->to_minute += DAY_MINUTES;
    return NULL;
}

/* Puts a span among those before it, which are in order. */
static const char *place_span(wanmi_hours *spans, size_t count, wanmi_hours span)
{
    size_t at = count;
    for (; at > 0 && spans[at - 1].from_minute > span.from_minute; at--)
        spans[at] = spans[at - 1];
    spans[at] = span;
    if ((at > 0 && spans[at - 1].to_minute > span.from_minute) ||
        (at < count && spans[at + 1].from_minute < span.to_minute))
        return "holds spans that overlap";
    return NULL;
}

const char *wm_read_hours(const char *text, wanmi_hours *spans, size_t *count)
{
    *count = 0;
    if (trimmed(text, strlen(text)).length == 0)
        return NULL;
    for (const char *rest = text; rest != NULL;) {
        wanmi_hours span;
        const char *wrong = read_span(next_piece(&rest, ";,"), &span);
        if (wrong == NULL && *count == WANMI_HOURS_MAX)
            wrong = "holds more than 32 spans";
        if (wrong == NULL)
            wrong = place_span(spans, (*count)++, span);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

wanmi_status wanmi_hours_parse(const char *text, wanmi_hours *spans, size_t capacity, size_t *count,
                               wanmi_error *error)
{
    if (text == NULL || count == NULL || (spans == NULL && capacity != 0))
        return no_place(error);
    wanmi_hours found[WANMI_HOURS_MAX];
    size_t number;
    wanmi_status status = give(wm_read_hours(text, found, &number), text, error);
    if (status != WANMI_OK)
        return status;
    if (number > capacity)
        return wm_error(error, WANMI_E_LIMIT, "there are %zu spans of hours and room for %zu", number,
                        capacity);
    if (number != 0)
        memcpy(spans, found, number * sizeof *spans);
    *count = number;
    return WANMI_OK;
}

/* ---- days ----------------------------------------------------------------------- */

static const char wrong_days[] =
    "is neither weekdays (1-5, mon;wed-fri) nor workday, restday, a date or dates joined by '/'";

static int weekday(piece p)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    if (p.length == 1 && p.at[0] >= '1' && p.at[0] <= '7')
        return p.at[0] - '1';
    for (int day = 0; day < 7 && p.length == 3; day++)
        if (strncasecmp(p.at, names[day], 3) == 0)
            return day;
    return -1;
}

/* "3", "mon-fri"; Saturday to Monday goes round. */
static const char *read_weekdays(const char *text, wanmi_days *days)
{
    days->kind = WANMI_DAYS_WEEK;
    for (const char *rest = text; rest != NULL;) {
        piece p = next_piece(&rest, ";,");
        const char *hyphen = memchr(p.at, '-', p.length);
        size_t before = hyphen != NULL ? (size_t)(hyphen - p.at) : p.length;
        int first = weekday(trimmed(p.at, before));
        int last = hyphen != NULL ? weekday(trimmed(hyphen + 1, p.length - before - 1)) : first;
        if (first < 0 || last < 0)
            return wrong_days;
        for (int day = first;; day = (day + 1) % 7) {
            days->weekdays |= 1u << day;
            if (day == last)
                break;
        }
    }
    return NULL;
}

static bool looks_like_date(piece p)
{
    if (p.length < 5 || p.at[4] != '-')
        return false;
    return digit(p.at[0]) && digit(p.at[1]) && digit(p.at[2]) && digit(p.at[3]);
}

static bool read_date(piece p, int64_t *day)
{
    if (p.length != 10 || p.at[4] != '-' || p.at[7] != '-')
        return false;
    int parts[3] = {0}, part = 0;
    for (size_t i = 0; i < 10; i++) {
        if (i == 4 || i == 7) {
            part++;
            continue;
        }
        if (!digit(p.at[i]))
            return false;
        parts[part] = parts[part] * 10 + (p.at[i] - '0');
    }
    if (parts[0] < 1 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 ||
        parts[2] > wm_days_in_month(parts[0], parts[1]))
        return false;
    *day = wm_days_from_date(parts[0], parts[1], parts[2]);
    return true;
}

static const char *read_dates(const char *text, wanmi_days *days)
{
    const char *rest = text;
    if (!read_date(next_piece(&rest, "/"), &days->first_day))
        return "holds no date such as 2008-10-01";
    days->kind = rest != NULL ? WANMI_DAYS_RANGE : WANMI_DAYS_DATE;
    days->last_day = days->first_day;
    if (rest == NULL)
        return NULL;
    if (!read_date(trimmed(rest, strlen(rest)), &days->last_day))
        return "holds no date such as 2008-10-01";
    return days->last_day < days->first_day ? "is a range of dates that ends before it begins" : NULL;
}

/* Behind "workday" or "restday": nothing, or '@' and a calendar. */
static const char *read_calendar(piece rest, wanmi_days *days)
{
    if (rest.length == 0) {
        strcpy(days->calendar, "default");
        return NULL;
    }
    if (rest.at[0] != '@')
        return wrong_days;
    piece name = trimmed(rest.at + 1, rest.length - 1);
    if (name.length == 0 || name.length > WANMI_NAME_MAX)
        return "has no calendar of 1 to 255 bytes behind its '@'";
    copy(days->calendar, name);
    return NULL;
}

const char *wm_read_days(const char *text, wanmi_days *days)
{
    *days = (wanmi_days){.kind = WANMI_DAYS_ANY};
    piece p = trimmed(text, strlen(text));
    if (p.length == 0)
        return NULL;
    if (looks_like_date(p))
        return read_dates(text, days);
    static const struct { const char *word; wanmi_days_kind kind; } words[] = {
        {"workday", WANMI_DAYS_WORK}, {"restday", WANMI_DAYS_REST}};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(words[i].word);
        if (p.length < length || memcmp(p.at, words[i].word, length) != 0)
            continue;
        days->kind = words[i].kind;
        return read_calendar(trimmed(p.at + length, p.length - length), days);
    }
    return read_weekdays(text, days);
}

wanmi_status wanmi_days_parse(const char *text, wanmi_days *days, wanmi_error *error)
{
    if (text == NULL || days == NULL)
        return no_place(error);
    wanmi_days found;
    wanmi_status status = give(wm_read_days(text, &found), text, error);
    if (status == WANMI_OK)
        *days = found;
    return status;
}

/* ---- owners --------------------------------------------------------------------- */

static bool owner_word(piece p, wanmi_owner *owner)
{
    static const char *const words[][2] = {
        [WANMI_OWNER_AUTHORITY] = {"authority", "主管"},
        [WANMI_OWNER_PROPERTY] = {"property", "权属"},
        [WANMI_OWNER_UPKEEP] = {"upkeep", "养护"}};
    for (size_t i = 0; i < 3; i++) {
        if (!same(p, words[i][0]) && !same(p, words[i][1]))
            continue;
        *owner = (wanmi_owner)i;
        return true;
    }
    return false;
}

/* What an owner must be: a code, the beginning of one and '*', or '@' and a kind. */
static const char *read_owner_match(piece p, wanmi_owner_test *test)
{
    size_t most = WANMI_CODE_MAX;
    test->match = WANMI_OWNER_CODE;
    if (p.length == 0)
        return "says no owner";
    if (p.at[0] == '@') {
        test->match = WANMI_OWNER_KIND;
        p = trimmed(p.at + 1, p.length - 1);
        most = WANMI_NAME_MAX;
        if (p.length == 0)
            return "has no kind of unit behind its '@'";
    } else if (p.at[p.length - 1] == '*') {
        test->match = WANMI_OWNER_PREFIX;
        p.length--;
    }
    if (p.length > most)
        return "is longer than a code or a kind can be";
    copy(test->text, p);
    return NULL;
}

const char *wm_read_owner(const char *text, wanmi_owner_test *test)
{
    *test = (wanmi_owner_test){.match = WANMI_OWNER_ANY, .owner = -1};
    piece p = trimmed(text, strlen(text));
    if (p.length == 0)
        return NULL;
    const char *equals = memchr(p.at, '=', p.length);
    if (equals != NULL) {
        size_t before = (size_t)(equals - p.at);
        wanmi_owner owner;
        if (!owner_word(trimmed(p.at, before), &owner))
            return "names before its '=' none of authority, property, upkeep (主管, 权属, 养护)";
        test->owner = (int32_t)owner;
        p = trimmed(equals + 1, p.length - before - 1);
    }
    return read_owner_match(p, test);
}

wanmi_status wanmi_owner_parse(const char *text, wanmi_owner_test *test, wanmi_error *error)
{
    if (text == NULL || test == NULL)
        return no_place(error);
    wanmi_owner_test found;
    wanmi_status status = give(wm_read_owner(text, &found), text, error);
    if (status == WANMI_OK)
        *test = found;
    return status;
}

static const char wrong_role[] =
    "begins with '@' and is none of @authority, @property, @upkeep (@主管, @权属, @养护)";

const char *wm_read_role(const char *text)
{
    wanmi_owner owner;
    return text[0] == '@' && !owner_word((piece){text + 1, strlen(text + 1)}, &owner) ? wrong_role : NULL;
}

wanmi_status wanmi_owner_role_parse(const char *role, wanmi_owner *owner, wanmi_error *error)
{
    if (role == NULL || owner == NULL)
        return no_place(error);
    if (role[0] != '@')
        return WANMI_END;
    return owner_word((piece){role + 1, strlen(role + 1)}, owner) ? WANMI_OK
                                                                  : give(wrong_role, role, error);
}

/* ---- units of a limit ------------------------------------------------------------- */

const char *wm_read_limit_unit(const char *text, wanmi_limit_unit *unit)
{
    static const char *const words[] = {
        [WANMI_URGENT_HOUR] = "urgent_hour", [WANMI_WORKING_HOUR] = "working_hour",
        [WANMI_WORKING_DAY] = "working_day", [WANMI_NATURAL_DAY] = "natural_day"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) != 0)
            continue;
        *unit = (wanmi_limit_unit)i;
        return NULL;
    }
    return "is none of urgent_hour, working_hour, working_day, natural_day";
}

wanmi_status wanmi_limit_unit_parse(const char *text, wanmi_limit_unit *unit, wanmi_error *error)
{
    if (text == NULL || unit == NULL)
        return no_place(error);
    return give(wm_read_limit_unit(text, unit), text, error);
}
