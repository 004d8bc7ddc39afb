/* Counters as JSON: one object a figure, one a histogram. */
#include "counters.h"

#include <stdio.h>

static void put_text(wm_out *out, const char *text)
{
    wm_out_put(out, "\"");
    for (const char *from = text;; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        wm_out_put_n(out, from, (size_t)(text - from));
        if (c == '\0')
            break;
        char escaped[8] = {'\\', (char)c, '\0'};
        if (c < 0x20)
            snprintf(escaped, sizeof escaped, "\\u%04x", c);
        wm_out_put(out, escaped);
        from = text + 1;
    }
    wm_out_put(out, "\"");
}

static void put_member(wm_out *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    wm_out_put(out, ",\"");
    wm_out_put(out, name);
    wm_out_put(out, "\":");
    put_text(out, text);
}

static void put_number(wm_out *out, const char *before, uint64_t number)
{
    wm_out_put(out, before);
    wm_out_put_number(out, number);
}

static void put_head(wm_out *out, const wanmi_counter *c)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    wm_out_put(out, "{\"name\":");
    put_text(out, c->name);
    put_member(out, "kind", kinds[c->kind == WANMI_HISTOGRAM ? 2 : c->kind == WANMI_GAUGE]);
    put_member(out, "unit", c->unit);
    put_member(out, "help", c->help);
    put_member(out, "sink", c->sink);
    put_member(out, "lane", c->lane);
    put_member(out, "tag", c->tag);
}

/* Gives how many rows were used: buckets, then sum and count. */
static size_t put_histogram(wm_out *out, const wanmi_counter *rows, size_t count)
{
    size_t i = 0;
    wm_out_put(out, ",\"buckets\":[");
    for (; i < count && rows[i].part == WANMI_PART_BUCKET && wm_counter_same(rows, &rows[i]); i++) {
        wm_out_put(out, i == 0 ? "{\"le\":" : ",{\"le\":");
        if (rows[i].bound == WANMI_BOUND_NONE)
            wm_out_put(out, "null");
        else
            wm_out_put_number(out, rows[i].bound);
        put_number(out, ",\"count\":", rows[i].value);
        wm_out_put(out, "}");
    }
    wm_out_put(out, "]");
    for (; i < count && rows[i].part > WANMI_PART_BUCKET && wm_counter_same(rows, &rows[i]); i++)
        put_number(out, rows[i].part == WANMI_PART_SUM ? ",\"sum\":" : ",\"count\":", rows[i].value);
    return i;
}

static void put_all(wm_out *out, const wanmi_counter *counters, size_t count)
{
    wm_out_put(out, "[");
    for (size_t i = 0, used; i < count; i += used) {
        wm_out_put(out, i == 0 ? "\n" : ",\n");
        put_head(out, &counters[i]);
        used = 1;
        if (counters[i].kind == WANMI_HISTOGRAM)
            used = put_histogram(out, &counters[i], count - i);
        else
            put_number(out, ",\"value\":", counters[i].value);
        wm_out_put(out, "}");
    }
    wm_out_put(out, "\n]\n");
}

wanmi_status wanmi_counters_json(const wanmi_counter *counters, size_t count, char *text,
                                 size_t size, size_t *needed)
{
    return wm_counters_write(put_all, counters, count, text, size, needed);
}
