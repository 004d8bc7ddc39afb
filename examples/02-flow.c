/* 02-flow: events in, deliveries out, and an account a person can read.
 *
 * usage: 02-flow MAP EVENTS FILE
 * Makes EVENTS seeded events over the map's cells and a little beyond them (one
 * in a thousand with a broken position), sends them through a flow with two
 * sinks (one counts by unit and role, one writes FILE, a JSON object a line)
 * and prints what became of them. Only the public API is used. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wanmi/io.h>
#include <wanmi/wanmi.h>

enum { BATCH = 256, TOP = 8 };

static const char *const classes[] = {"0101", "0102", "0105", "0201", "0203", "0301", "0302", "0401", "0501", "0601"};
static const char *const sources[] = {"patrol", "camera", "hotline"};

/* What the counting sink keeps: deliveries by unit and by role. One lane, so one thread. */
typedef struct counts {
    uint64_t *by_unit;
    uint64_t *by_role;
    uint64_t no_role;
} counts;

static void count_delivery(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)outcomes; /* they come filled with WANMI_DELIVERED */
    counts *c = user;
    for (size_t i = 0; i < count; i++) {
        c->by_unit[batch[i].unit]++;
        if (batch[i].role == 0xFFFF)
            c->no_role++;
        else
            c->by_role[batch[i].role]++;
    }
}

typedef struct letter_file {
    FILE *file;
    wanmi_map *map;
} letter_file;

static void write_delivery(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    letter_file *f = user;
    for (size_t i = 0; i < count; i++) {
        const wanmi_delivery *d = &batch[i];
        int wrote = fprintf(f->file, "{\"event\":%" PRIu64 ",\"unit\":\"%s\",\"cell\":\"%s\",\"step\":\"%s\",\"copy\":%s}\n",
                            d->event_id, wanmi_map_unit_code(f->map, d->unit),
                            d->cell == WANMI_NONE ? "" : wanmi_map_area_code(f->map, d->cell),
                            wanmi_step_text(d->step), d->flags & WANMI_DELIVERY_COPY ? "true" : "false");
        if (wrote < 0)
            outcomes[i] = WANMI_DEAD;
    }
}

static uint64_t next(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static double between(uint64_t *state, double low, double high)
{
    return low + (high - low) * ((double)(next(state) >> 11) * 0x1p-53);
}

/* The box of all cells in the map's metres, 5 % wider on every side. */
static void cells_box(const wanmi_map *map, double box[4])
{
    wanmi_layer_info layer;
    wanmi_area_info area;
    box[0] = box[1] = INFINITY, box[2] = box[3] = -INFINITY;
    wanmi_map_layer(map, wanmi_map_cell_layer(map), &layer);
    for (uint32_t i = 0; i < layer.area_count; i++) {
        wanmi_map_area(map, layer.first_area + i, &area);
        box[0] = fmin(box[0], area.min_x), box[1] = fmin(box[1], area.min_y);
        box[2] = fmax(box[2], area.max_x), box[3] = fmax(box[3], area.max_y);
    }
    double x = 0.05 * (box[2] - box[0]), y = 0.05 * (box[3] - box[1]);
    box[0] -= x, box[1] -= y, box[2] += x, box[3] += y;
}

static wanmi_status make_events(wanmi_map *map, wanmi_words *words, wanmi_event *events, size_t count,
                                wanmi_error *error)
{
    enum { CLASSES = sizeof classes / sizeof *classes, SOURCES = sizeof sources / sizeof *sources };
    uint32_t class_ids[CLASSES], source_ids[SOURCES];
    wanmi_status status = WANMI_OK;
    for (int i = 0; i < CLASSES && status == WANMI_OK; i++)
        status = wanmi_words_number(words, classes[i], strlen(classes[i]), &class_ids[i], error);
    for (int i = 0; i < SOURCES && status == WANMI_OK; i++)
        status = wanmi_words_number(words, sources[i], strlen(sources[i]), &source_ids[i], error);
    wanmi_transform *transform = NULL;
    if (status == WANMI_OK)
        status = wanmi_transform_create(wanmi_map_crs(map), &transform, error);
    double box[4];
    cells_box(map, box);
    uint64_t seed = 20041022;
    for (size_t i = 0; i < count && status == WANMI_OK; i++) {
        double x = between(&seed, box[0], box[2]), y = between(&seed, box[1], box[3]), lon, lat;
        uint8_t reason;
        status = wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, 1, &x, 0, &y, 0, &lon, &lat, &reason, error);
        events[i] = (wanmi_event){.id = i + 1, .time_us = WANMI_TIME_NONE, .x = lon, .y = lat,
                                  .class_id = class_ids[next(&seed) % CLASSES],
                                  .source_id = source_ids[next(&seed) % SOURCES],
                                  .severity = (uint8_t)(next(&seed) % 256), .datum = WANMI_DATUM_WGS84};
        if (i % 1000 == 999)
            events[i].y = i % 2000 == 999 ? NAN : 95.0; /* a broken receiver */
    }
    wanmi_transform_free(transform);
    return status;
}

/* Submits in batches; gives how many different cells were hit. */
static wanmi_status submit_all(wanmi_flow *flow, const wanmi_event *events, size_t count, uint8_t *hit,
                               wanmi_error *error)
{
    wanmi_intake *intake = NULL;
    wanmi_status status = wanmi_intake_open(flow, &intake, error);
    wanmi_receipt receipts[BATCH];
    for (size_t at = 0; at < count && status == WANMI_OK; at += BATCH) {
        size_t n = count - at < BATCH ? count - at : BATCH;
        status = wanmi_flow_submit(intake, events + at, n, receipts, NULL, error);
        for (size_t i = 0; i < n && status == WANMI_OK; i++)
            if (receipts[i].cell != WANMI_NONE)
                hit[receipts[i].cell] = 1;
    }
    wanmi_intake_close(intake);
    return status;
}

static void print_units(const wanmi_map *map, const uint64_t *by_unit)
{
    uint32_t units = wanmi_map_unit_count(map);
    uint8_t *shown = calloc(units + 1, 1);
    printf("\nthe busiest units\n");
    for (int row = 0; row < TOP && shown != NULL; row++) {
        uint32_t best = WANMI_NONE;
        for (uint32_t u = 0; u < units; u++)
            if (!shown[u] && by_unit[u] != 0 && (best == WANMI_NONE || by_unit[u] > by_unit[best]))
                best = u;
        wanmi_unit_info info;
        if (best == WANMI_NONE || wanmi_map_unit(map, best, &info) != WANMI_OK)
            break;
        shown[best] = 1;
        printf("  %8" PRIu64 "  %s  %s\n", by_unit[best], info.code, info.name);
    }
    free(shown);
}

static void print_summary(const wanmi_map *map, const wanmi_account *a, const wanmi_tally *sinks, const counts *c,
                          const uint8_t *hit)
{
    uint64_t cells = 0;
    wanmi_layer_info layer;
    wanmi_map_layer(map, wanmi_map_cell_layer(map), &layer);
    for (uint32_t i = 0; i < layer.area_count; i++)
        cells += hit[layer.first_area + i];
    printf("events       %8" PRIu64 "   inside %" PRIu64 ", outside %" PRIu64 ", rejected %" PRIu64 "\n",
           a->submitted, a->inside + a->snapped, a->outside, a->rejected);
    printf("cells hit    %8" PRIu64 "   of %" PRIu32 "\n", cells, layer.area_count);
    printf("deliveries   %8" PRIu64 "   made by the rules, each given to two sinks\n", a->deliveries);
    printf("\nby role\n");
    for (uint32_t r = 0; r < wanmi_map_role_count(map); r++)
        printf("  %8" PRIu64 "  %s\n", c->by_role[r], wanmi_map_role(map, r));
    printf("  %8" PRIu64 "  (the rule names a unit, or the fallback)\n", c->no_role);
    print_units(map, c->by_unit);
    printf("\nconservation\n");
    printf("  events      %" PRIu64 " submitted = %" PRIu64 " routed + %" PRIu64 " unrouted + %" PRIu64 " refused: %s\n",
           a->submitted, a->routed, a->unrouted, a->refused,
           a->submitted == a->routed + a->unrouted + a->refused ? "holds" : "BROKEN");
    static const char *const names[] = {"count", "file"};
    for (int s = 0; s < 2; s++)
        printf("  sink %-6s %" PRIu64 " accepted = %" PRIu64 " delivered + %" PRIu64 " dead + %" PRIu64 " pending: %s\n",
               names[s], sinks[s].accepted, sinks[s].delivered, sinks[s].dead, sinks[s].pending,
               sinks[s].accepted == sinks[s].delivered + sinks[s].dead + sinks[s].pending ? "holds" : "BROKEN");
}

/* Builds the flow with its two sinks and starts it. BLOCK: a producer that is
 * faster than the file waits for it, for a minute at most. */
static wanmi_status start_flow(wanmi_flow *flow, wanmi_map *map, counts *c, letter_file *f, wanmi_error *error)
{
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.policy = WANMI_POLICY_BLOCK;
    def.block_us = 60000000;
    def.lanes = 1;
    def.name = "count", def.deliver = count_delivery, def.user = c;
    wanmi_status status = wanmi_flow_set_map(flow, map, error);
    if (status == WANMI_OK)
        status = wanmi_flow_add_sink(flow, &def, NULL, NULL, error);
    def.name = "file", def.deliver = write_delivery, def.user = f;
    if (status == WANMI_OK)
        status = wanmi_flow_add_sink(flow, &def, NULL, NULL, error);
    return status == WANMI_OK ? wanmi_flow_start(flow, error) : status;
}

static wanmi_status run(wanmi_map *map, size_t count, FILE *file, wanmi_error *error)
{
    counts c = {calloc(wanmi_map_unit_count(map) + 1, sizeof(uint64_t)),
                calloc(wanmi_map_role_count(map) + 1, sizeof(uint64_t)), 0};
    letter_file f = {file, map};
    wanmi_event *events = calloc(count, sizeof *events);
    uint8_t *hit = calloc(wanmi_map_area_count(map) + 1, 1);
    wanmi_flow *flow = NULL;
    wanmi_account account;
    wanmi_tally sinks[2];
    wanmi_account_init(&account);
    wanmi_tally_init(&sinks[0]);
    wanmi_tally_init(&sinks[1]);
    uint64_t left = 0;
    wanmi_status status = wanmi_flow_create(NULL, NULL, &flow, error);
    if (status == WANMI_OK)
        status = start_flow(flow, map, &c, &f, error);
    if (status == WANMI_OK)
        status = make_events(map, wanmi_flow_words(flow), events, count, error);
    if (status == WANMI_OK)
        status = submit_all(flow, events, count, hit, error);
    if (status == WANMI_OK)
        status = wanmi_flow_drain(flow, 60000000, &left, error);
    if (status == WANMI_OK)
        status = wanmi_flow_snapshot(flow, &account, sinks, 2, error);
    wanmi_flow_free(flow); /* stops its threads: the counts are ours again */
    if (status == WANMI_OK)
        print_summary(map, &account, sinks, &c, hit);
    free(c.by_unit), free(c.by_role), free(events), free(hit);
    return status;
}

int main(int argc, char **argv)
{
    size_t count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    if (count == 0) {
        fprintf(stderr, "usage: 02-flow MAP EVENTS FILE\n");
        return 2;
    }
    wanmi_error error;
    wanmi_map *map = NULL;
    FILE *file = fopen(argv[3], "w");
    if (file == NULL) {
        perror(argv[3]);
        return 2;
    }
    wanmi_status status = wanmi_io_map_read(argv[1], NULL, NULL, &map, &error);
    if (status == WANMI_OK)
        status = run(map, count, file, &error);
    if (status != WANMI_OK)
        fprintf(stderr, "02-flow: %s\n", error.message);
    wanmi_map_release(map);
    if (fclose(file) != 0)
        perror(argv[3]);
    return status == WANMI_OK ? 0 : 2;
}
