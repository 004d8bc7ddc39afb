/* Lines: the plain line of a delivery, that of a dead letter, and many for one write. */
#include "sink_lines.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { PLAIN_LINE_MAX = 511 };

/* ---- one line --------------------------------------------------------------------- */

typedef struct text {
    char *buffer;
    size_t size, length;        /* length: of the whole, may be beyond size */
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* snprintf wants a byte for its NUL, which a line need not have: hence the detour. */
static void put(text *t, const char *format, ...)
{
    char piece[160];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (t->length + (size_t)length <= t->size)
        memcpy(t->buffer + t->length, piece, (size_t)length);
    t->length += (size_t)length;
}

static void put_byte(text *t, char byte)
{
    if (t->length < t->size)
        t->buffer[t->length] = byte;
    t->length++;
}

/* UTF-8 as it is; what JSON wants escaped is. */
static void put_text(text *t, const char *name, const char *value)
{
    if (value == NULL) {
        put(t, ",\"%s\":null", name);
        return;
    }
    put(t, ",\"%s\":\"", name);
    for (; *value != '\0'; value++) {
        if ((unsigned char)*value < 0x20) {
            put(t, "\\u%04x", (unsigned)*value);
            continue;
        }
        if (*value == '"' || *value == '\\')
            put_byte(t, '\\');
        put_byte(t, *value);
    }
    put_byte(t, '"');
}

static void put_time(text *t, const char *name, int64_t instant_us)
{
    char iso[40];
    wanmi_time_format(NULL, instant_us, iso, sizeof iso);
    if (iso[0] != '\0')
        put(t, ",\"%s\":\"%s\"", name, iso);
    else
        put(t, ",\"%s\":null", name);
}

static void put_number(text *t, const char *name, uint32_t number, uint32_t none)
{
    if (number == none)
        put(t, ",\"%s\":null", name);
    else
        put(t, ",\"%s\":%" PRIu32, name, number);
}

static void put_rule(text *t, uint32_t rule)
{
    if (rule == WANMI_RULE_FALLBACK)
        put(t, ",\"rule\":\"fallback\"");
    else if (rule == WANMI_RULE_OUTSIDE)
        put(t, ",\"rule\":\"outside\"");
    else
        put_number(t, "rule", rule, WANMI_NONE);
}

size_t wanmi_delivery_line(void *user, const wanmi_delivery *d, char *buffer, size_t size)
{
    (void)user;
    if (d == NULL || (buffer == NULL && size != 0))
        return 0;
    text t = {buffer, size, 0};
    put(&t, "{\"event\":%" PRIu64 ",\"user\":%" PRIu64, d->event_id, d->user);
    put_time(&t, "time", d->time_us);
    put_time(&t, "due", d->due_us);
    put(&t, ",\"generation\":%" PRIu32, d->generation);
    put_number(&t, "unit", d->unit, WANMI_NONE);
    put_number(&t, "cell", d->cell, WANMI_NONE);
    put_rule(&t, d->rule);
    put_number(&t, "class", d->class_id, WANMI_NONE);
    put_number(&t, "source", d->source_id, WANMI_NONE);
    put_number(&t, "role", d->role, 0xFFFF);
    put_number(&t, "tag", d->tag, 0xFFFF);
    put(&t, ",\"priority\":%u,\"severity\":%u,\"step\":\"%s\"", d->priority, d->severity,
        wanmi_step_text((wanmi_step)d->step));
    put(&t, ",\"copy\":%s,\"repeat\":%s}", (d->flags & WANMI_DELIVERY_COPY) != 0 ? "true" : "false",
        (d->flags & WANMI_DELIVERY_REPEAT) != 0 ? "true" : "false");
    return t.length;
}

static bool is_one_line(const char *buffer, size_t length, size_t most)
{
    return length != 0 && length <= most && memchr(buffer, '\n', length) == NULL;
}

size_t wm_letter_line(const wanmi_dead_letter *letter, wanmi_line_fn line, void *user,
                      char *buffer, size_t size)
{
    text t = {buffer, size, 0};
    put(&t, "{\"reason\":\"%s\",\"attempts\":%u", wanmi_reason_text((wanmi_reason)letter->reason),
        letter->attempts);
    put_time(&t, "first_seen", letter->first_seen_us);
    put_time(&t, "dead", letter->dead_us);
    put(&t, ",\"sink\":%" PRIu32, letter->sink);
    put_text(&t, "sink_name", letter->sink_name);
    put(&t, ",\"delivery\":");
    /* A line has 1024 bytes at least, the plain line 511 at most, a sink's name 63: there is
     * room, but for a letter of which the caller made the name. */
    if (t.length + PLAIN_LINE_MAX + 1 > size)
        return 0;
    size_t room = size - t.length - 1;
    size_t length = line(user, &letter->delivery, buffer + t.length, room);
    if (!is_one_line(buffer + t.length, length, room))
        length = wanmi_delivery_line(NULL, &letter->delivery, buffer + t.length, room);
    t.length += length;
    put(&t, "}");
    return t.length;
}

size_t wm_make_delivery(void *items, size_t item, char *buffer, size_t size)
{
    const wm_items *i = items;
    return i->line(i->line_user, &i->deliveries[item], buffer, size);
}

size_t wm_make_letter(void *items, size_t item, char *buffer, size_t size)
{
    const wm_items *i = items;
    return wm_letter_line(&i->letters[item], i->line, i->line_user, buffer, size);
}

/* ---- many --------------------------------------------------------------------------- */

static size_t buffer_size(const wm_lines *lines)
{
    return WM_LINES_BYTES + lines->line_max + 1;
}

bool wm_lines_open(wm_lines *lines, size_t line_max, const wanmi_host *host)
{
    *lines = (wm_lines){.line_max = line_max};
    lines->buffer = wm_alloc(host, buffer_size(lines));
    return lines->buffer != NULL;
}

void wm_lines_drop(wm_lines *lines, const wanmi_host *host)
{
    wm_free(host, lines->buffer, buffer_size(lines));
    lines->buffer = NULL;
}

bool wm_lines_full(const wm_lines *lines)
{
    return lines->count == WM_LINES_MAX || lines->filled >= WM_LINES_BYTES;
}

bool wm_lines_add(wm_lines *lines, wm_make_fn make, void *context, size_t item)
{
    char *at = lines->buffer + lines->filled;
    size_t length = make(context, item, at, lines->line_max);
    if (!is_one_line(at, length, lines->line_max))
        return false;
    at[length] = '\n';
    lines->filled += length + 1;
    lines->end[lines->count] = lines->filled;
    lines->item[lines->count] = item;
    lines->count++;
    return true;
}

void wm_lines_shift(wm_lines *lines, size_t count)
{
    size_t bytes = count != 0 ? lines->end[count - 1] : 0;
    lines->filled -= bytes;
    lines->count -= count;
    memmove(lines->buffer, lines->buffer + bytes, lines->filled);
    for (size_t i = 0; i < lines->count; i++) {
        lines->end[i] = lines->end[i + count] - bytes;
        lines->item[i] = lines->item[i + count];
    }
}

size_t wm_lines_within(const wm_lines *lines, size_t bytes)
{
    size_t count = 0;
    while (count < lines->count && lines->end[count] <= bytes)
        count++;
    return count;
}
