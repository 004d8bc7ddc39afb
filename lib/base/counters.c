/* Counters as text for Prometheus (exposition format 0.0.4). */
#include "counters.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void wm_out_put_n(wm_out *out, const char *text, size_t length)
{
    if (out->length < out->size) {
        size_t room = out->size - out->length;
        memcpy(out->text + out->length, text, length < room ? length : room);
    }
    out->length += length;
}

void wm_out_put(wm_out *out, const char *text)
{
    wm_out_put_n(out, text, strlen(text));
}

void wm_out_put_number(wm_out *out, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    wm_out_put(out, text);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool wm_counter_same(const wanmi_counter *a, const wanmi_counter *b)
{
    return a->kind == b->kind && same_text(a->name, b->name) && same_text(a->sink, b->sink)
           && same_text(a->lane, b->lane) && same_text(a->tag, b->tag);
}

static bool row_is_sound(const wanmi_counter *c)
{
    if (c->name == NULL)
        return false;
    bool of_histogram = c->part >= WANMI_PART_BUCKET && c->part <= WANMI_PART_COUNT;
    return c->kind == WANMI_HISTOGRAM ? of_histogram : c->part == WANMI_PART_VALUE;
}

wanmi_status wm_counters_write(wm_counters_fn write, const wanmi_counter *counters, size_t count,
                               char *text, size_t size, size_t *needed)
{
    if ((counters == NULL && count != 0) || (text == NULL && size != 0))
        return WANMI_E_ARGUMENT;
    for (size_t i = 0; i < count; i++)
        if (!row_is_sound(&counters[i]))
            return WANMI_E_ARGUMENT;
    wm_out out = {text, size != 0 ? size - 1 : 0, 0};
    write(&out, counters, count);
    if (size != 0)
        text[out.length < out.size ? out.length : out.size] = '\0';
    if (needed != NULL)
        *needed = out.length + 1;
    return out.length + 1 <= size ? WANMI_OK : WANMI_PARTIAL;
}

/* ---- Prometheus ------------------------------------------------------------------- */

/* A help text escapes \ and line feed, a label's value the double quote too. */
static void put_escaped(wm_out *out, const char *text, bool is_label)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, is_label ? "\\\n\"" : "\\\n");
        wm_out_put_n(out, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        wm_out_put(out, *text == '\n' ? "\\n" : *text == '"' ? "\\\"" : "\\\\");
        text++;
    }
}

static void put_head(wm_out *out, const wanmi_counter *c)
{
    static const char *const kinds[] = {" counter\n", " gauge\n", " histogram\n"};
    wm_out_put(out, "# HELP ");
    wm_out_put(out, c->name);
    wm_out_put(out, " ");
    put_escaped(out, c->help != NULL ? c->help : "", false);
    if (c->unit != NULL && c->unit[0] != '\0') {
        wm_out_put(out, " (");
        put_escaped(out, c->unit, false);
        wm_out_put(out, ")");
    }
    wm_out_put(out, "\n# TYPE ");
    wm_out_put(out, c->name);
    wm_out_put(out, kinds[c->kind == WANMI_HISTOGRAM ? 2 : c->kind == WANMI_GAUGE]);
}

/* Gives what stands before the next label. */
static const char *put_label(wm_out *out, const char *name, const char *value, const char *before)
{
    if (value == NULL)
        return before;
    wm_out_put(out, before);
    wm_out_put(out, name);
    wm_out_put(out, "=\"");
    put_escaped(out, value, true);
    wm_out_put(out, "\"");
    return ",";
}

static void put_row(wm_out *out, const wanmi_counter *c)
{
    static const char *const suffixes[] = {"", "_bucket", "_sum", "_count"};
    char bound[24] = "+Inf";
    if (c->bound != WANMI_BOUND_NONE)
        snprintf(bound, sizeof bound, "%" PRIu64, c->bound);
    wm_out_put(out, c->name);
    wm_out_put(out, suffixes[c->part]);
    const char *before = put_label(out, "sink", c->sink, "{");
    before = put_label(out, "lane", c->lane, before);
    before = put_label(out, "tag", c->tag, before);
    before = put_label(out, "le", c->part == WANMI_PART_BUCKET ? bound : NULL, before);
    wm_out_put(out, before[0] == ',' ? "} " : " ");
    wm_out_put_number(out, c->value);
    wm_out_put(out, "\n");
}

static bool name_was_before(const wanmi_counter *counters, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (same_text(counters[j].name, counters[i].name))
            return true;
    return false;
}

/* The format wants all lines of one name together, after one head. Rows of one
 * name mostly stand together; looking for others is done once a run of them. */
static void put_all(wm_out *out, const wanmi_counter *counters, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && same_text(counters[end].name, counters[i].name); end++)
            ;
        if (name_was_before(counters, i))
            continue;
        put_head(out, &counters[i]);
        for (size_t j = i; j < count; j++)
            if (j < end || same_text(counters[j].name, counters[i].name))
                put_row(out, &counters[j]);
    }
}

wanmi_status wanmi_counters_prometheus(const wanmi_counter *counters, size_t count, char *text,
                                       size_t size, size_t *needed)
{
    return wm_counters_write(put_all, counters, count, text, size, needed);
}
