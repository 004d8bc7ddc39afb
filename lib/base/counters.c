/* Counters as text for Prometheus (exposition format 0.0.4). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

/* Writes what fits and counts all. */
typedef struct out {
    char *text;
    size_t size;
    size_t length;
} out;

static void put(out *o, const char *text)
{
    size_t length = strlen(text);
    if (o->length < o->size) {
        size_t room = o->size - o->length;
        memcpy(o->text + o->length, text, length < room ? length : room);
    }
    o->length += length;
}

/* A help text escapes \ and line feed, a label's value the double quote too. */
static void put_escaped(out *o, const char *text, int is_label)
{
    for (; *text != '\0'; text++) {
        const char plain[2] = {*text, '\0'};
        if (*text == '\\')
            put(o, "\\\\");
        else if (*text == '\n')
            put(o, "\\n");
        else if (*text == '"' && is_label)
            put(o, "\\\"");
        else
            put(o, plain);
    }
}

static void put_head(out *o, const wanmi_counter *c)
{
    put(o, "# HELP ");
    put(o, c->name);
    put(o, " ");
    put_escaped(o, c->help != NULL ? c->help : "", 0);
    if (c->unit != NULL && c->unit[0] != '\0') {
        put(o, " (");
        put_escaped(o, c->unit, 0);
        put(o, ")");
    }
    put(o, "\n# TYPE ");
    put(o, c->name);
    put(o, c->kind == WANMI_GAUGE ? " gauge\n" : " counter\n");
}

static void put_label(out *o, const char *name, const char *value, const char *before)
{
    put(o, before);
    put(o, name);
    put(o, "=\"");
    put_escaped(o, value, 1);
    put(o, "\"");
}

static void put_value(out *o, const wanmi_counter *c)
{
    put(o, c->name);
    if (c->sink != NULL)
        put_label(o, "sink", c->sink, "{");
    if (c->tag != NULL)
        put_label(o, "tag", c->tag, c->sink != NULL ? "," : "{");
    if (c->sink != NULL || c->tag != NULL)
        put(o, "}");
    char value[32];
    snprintf(value, sizeof value, " %" PRIu64 "\n", c->value);
    put(o, value);
}

static int is_first_of_name(const wanmi_counter *counters, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(counters[j].name, counters[i].name) == 0)
            return 0;
    return 1;
}

/* The format wants all lines of one name together, after one head; a snapshot
 * comes sink by sink. */
static void put_all(out *o, const wanmi_counter *counters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_first_of_name(counters, i))
            continue;
        put_head(o, &counters[i]);
        for (size_t j = i; j < count; j++)
            if (strcmp(counters[j].name, counters[i].name) == 0)
                put_value(o, &counters[j]);
    }
}

wanmi_status wanmi_counters_print(const wanmi_counter *counters, size_t count, char *text,
                                  size_t size, size_t *needed)
{
    if ((counters == NULL && count != 0) || (text == NULL && size != 0))
        return WANMI_E_ARGUMENT;
    for (size_t i = 0; i < count; i++)
        if (counters[i].name == NULL)
            return WANMI_E_ARGUMENT;
    out o = {text, size != 0 ? size - 1 : 0, 0};
    put_all(&o, counters, count);
    if (size != 0)
        text[o.length < o.size ? o.length : o.size] = '\0';
    if (needed != NULL)
        *needed = o.length + 1;
    return o.length + 1 <= size ? WANMI_OK : WANMI_PARTIAL;
}
