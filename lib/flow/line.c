/* A delivery as one line of JSON, its numbers said as codes by its own map. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* What is written, and how long it would be; nothing is written beyond `size`. */
typedef struct wm_line {
    char *buffer;
    size_t size, length;
} wm_line;

static void put(wm_line *line, const char *text, size_t length)
{
    if (length <= line->size && line->length <= line->size - length)
        memcpy(line->buffer + line->length, text, length);
    line->length += length;
}

static void put_text(wm_line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_number(wm_line *line, uint64_t number)
{
    char digits[24];
    put(line, digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number));
}

/* Texts of a map are UTF-8: only quotes, backslashes and controls need more. */
static void put_quoted(wm_line *line, const char *text)
{
    put_text(line, "\"");
    while (*text != '\0') {
        size_t plain = 0;
        while ((unsigned char)text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\')
            plain++;
        put(line, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        char escaped[8];
        put(line, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned char)*text++));
    }
    put_text(line, "\"");
}

/* NULL: there is none. */
static void put_member(wm_line *line, const char *name, const char *text)
{
    put_text(line, ",\"");
    put_text(line, name);
    put_text(line, "\":");
    if (text != NULL)
        put_quoted(line, text);
    else
        put_text(line, "null");
}

static void put_figure(wm_line *line, const char *name, uint64_t number)
{
    put_text(line, ",\"");
    put_text(line, name);
    put_text(line, "\":");
    put_number(line, number);
}

static void put_instant(wm_line *line, const char *name, const wanmi_map *map, int64_t instant_us)
{
    char text[40];
    wanmi_time_format(wanmi_map_zone(map), instant_us, text, sizeof text);
    put_member(line, name, text[0] != '\0' ? text : NULL);
}

/* As in the rows of `wanmi route`. */
static const char *rule_text(const wanmi_map *map, uint32_t rule, char *text, size_t size)
{
    wanmi_rule_def def;
    if (rule == WANMI_RULE_FALLBACK)
        return "fallback";
    if (rule == WANMI_RULE_OUTSIDE)
        return "outside";
    wanmi_rule_def_init(&def);
    if (wanmi_map_rule(map, rule, &def) != WANMI_OK)
        return NULL;
    snprintf(text, size, "%" PRId32, def.seq);
    return text;
}

static void put_delivery(wm_line *line, const wanmi_flow *flow, const wanmi_map *map,
                         const wanmi_delivery *d)
{
    char rule[16];
    put_text(line, "{\"id\":");
    put_number(line, d->event_id);
    put_figure(line, "user", d->user);
    put_instant(line, "time", map, d->time_us);
    put_member(line, "class", d->class_id != WANMI_NONE ? wanmi_words_text(flow->words, d->class_id) : NULL);
    put_member(line, "source", d->source_id != WANMI_NONE ? wanmi_words_text(flow->words, d->source_id) : NULL);
    put_figure(line, "severity", d->severity);
    put_member(line, "cell", d->cell != WANMI_NONE ? wanmi_map_area_code(map, d->cell) : NULL);
    put_member(line, "unit", wanmi_map_unit_code(map, d->unit));
    put_member(line, "role", d->role != 0xFFFF ? wanmi_map_role(map, d->role) : NULL);
    put_member(line, "rule", rule_text(map, d->rule, rule, sizeof rule));
    put_member(line, "step", wanmi_step_text((wanmi_step)d->step));
    put_figure(line, "priority", d->priority);
    put_instant(line, "due", map, d->due_us);
    put_figure(line, "copy", (d->flags & WANMI_DELIVERY_COPY) != 0);
    put_member(line, "tags", d->tag != 0xFFFF ? wanmi_map_tag(map, d->tag) : NULL);
    put_figure(line, "generation", d->generation);
    put_figure(line, "repeat", (d->flags & WANMI_DELIVERY_REPEAT) != 0);
    put_text(line, "}");
}

size_t wanmi_flow_line(void *flow, const wanmi_delivery *delivery, char *buffer, size_t size)
{
    const wanmi_flow *of = flow;
    if (of == NULL || delivery == NULL || (buffer == NULL && size != 0))
        return 0;
    const wanmi_map *map = wanmi_flow_map(of, delivery->generation);
    if (map == NULL)
        return 0;
    wm_line line = {buffer, size, 0};
    put_delivery(&line, of, map, delivery);
    return line.length;
}
