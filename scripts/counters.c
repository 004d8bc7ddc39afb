/* Makes docs/counters.md from the counters' own tables, through the public API.
 *
 * usage: counters-page                 prints the page
 *        counters-page --check FILE    fails when FILE is another
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wanmi/wanmi.h"

enum { COUNTERS_MAX = 256 };

static const char head[] =
    "# Counters\n"
    "\n"
    "<!-- made by scripts/counters.c from the tables in lib/dispatch/counters.c and lib/flow -->\n"
    "\n"
    "Names, units and help texts are stable. `wanmi_dispatch_counters` and `wanmi_flow_counters` give all\n"
    "figures of one snapshot; `wanmi_counters_prometheus` writes them as Prometheus text, `wanmi_counters_json` as\n"
    "JSON. A counter only grows; a gauge goes up and down; a histogram has buckets up to 1, 4, 16 ... 2^32 and all,\n"
    "sum and count ([how it is made](decisions/0007-histogram.md); `wanmi_dispatch_times` gives quantiles). In every\n"
    "snapshot, for each sink and in sum:\n"
    "\n"
    "    accepted = delivered + dead + pending\n"
    "    pending = queued + in callback + parked + leased\n"
    "    dead = full + deadline + sink + attempts + shutdown + dropped + hung + removed\n";

static void deliver(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)user, (void)batch, (void)count, (void)outcomes;
}

static void fail(const char *message)
{
    fprintf(stderr, "%s\n", message);
    exit(1);
}

/* One table of the counters with or without a sink's label. */
static void table(FILE *out, const char *title, const wanmi_counter *counters, size_t count,
                  int of_sinks)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    fprintf(out, "\n## %s\n\n| name | kind | unit | means |\n|---|---|---|---|\n", title);
    for (size_t i = 0; i < count; i++)
        if ((counters[i].sink != NULL) == of_sinks
            && (i == 0 || strcmp(counters[i].name, counters[i - 1].name) != 0))
            fprintf(out, "| `%s` | %s | %s | %s |\n", counters[i].name, kinds[counters[i].kind],
                    counters[i].unit, counters[i].help);
}

static void dispatch_table(FILE *out)
{
    wanmi_dispatch *d = NULL;
    wanmi_error error;
    wanmi_sink_def def;
    uint32_t sink;
    size_t count = 0;
    static wanmi_counter counters[COUNTERS_MAX];
    wanmi_sink_def_init(&def);
    def.name = "any";
    def.deliver = deliver;
    if (wanmi_dispatch_create(NULL, NULL, &d, &error) != WANMI_OK
        || wanmi_dispatch_add_sink(d, &def, &sink, &error) != WANMI_OK
        || wanmi_dispatch_counters(d, counters, COUNTERS_MAX, &count, &error) != WANMI_OK)
        fail(error.message);
    table(out, "Of each sink (label `sink`; histograms also `lane`)", counters, count, 1);
    wanmi_dispatch_free(d);
}

static void flow_table(FILE *out)
{
    wanmi_flow *flow = NULL;
    wanmi_error error;
    size_t count = 0;
    static wanmi_counter counters[COUNTERS_MAX];
    if (wanmi_flow_create(NULL, NULL, &flow, &error) != WANMI_OK
        || wanmi_flow_counters(flow, counters, COUNTERS_MAX, &count, &error) != WANMI_OK)
        fail(error.message);
    table(out, "Of a flow", counters, count, 0);
    wanmi_flow_free(flow);
}

static char *page(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        fail("no memory");
    fputs(head, out);
    flow_table(out);
    dispatch_table(out);
    fclose(out);
    return text;
}

static int differs(const char *path, const char *text)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 1;
    int c;
    while ((c = fgetc(file)) != EOF && c == (unsigned char)*text)
        text++;
    fclose(file);
    return c != EOF || *text != '\0';
}

int main(int count, char **arguments)
{
    char *text = page();
    int status = 0;
    if (count == 3 && strcmp(arguments[1], "--check") == 0) {
        status = differs(arguments[2], text);
        if (status != 0)
            fprintf(stderr, "%s is out of date: run build/tests/api/counters-page > docs/counters.md\n",
                    arguments[2]);
    } else {
        fputs(text, stdout);
    }
    free(text);
    return status;
}
