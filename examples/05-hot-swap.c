/* 05-hot-swap: another map while events flow.
 *
 * usage: 05-hot-swap MAP LATER-MAP
 * A thread submits events all the while; the later map (of a higher generation: every
 * change of a map by the command makes one) takes the place of the first. No event
 * waits, none sees half of two maps, and the first is freed by itself. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <wanmi/io.h>
#include <wanmi/wanmi.h>

enum { BATCH = 64 };

typedef struct scene {
    wanmi_flow *flow;
    atomic_bool end;
    uint64_t mixed;          /* submits whose events were answered by two maps; the submitter's own */
    uint64_t by_map[2];      /* deliveries, by the map that made them; the sink's own, which has one thread */
    uint32_t first;          /* generation of the first map */
    char last_line[1024];
} scene;

static void nap_us(long us)
{
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static void take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    scene *s = user;
    (void)outcomes; /* they come filled with WANMI_DELIVERED */
    for (size_t i = 0; i < count; i++)
        s->by_map[batch[i].generation != s->first]++;
    /* A delivery's numbers mean something in its own map only, which is there as long as it is pending. */
    size_t length = wanmi_flow_line(s->flow, &batch[count - 1], s->last_line, sizeof s->last_line - 1);
    s->last_line[length < sizeof s->last_line ? length : 0] = '\0';
}

static void *submit(void *user)
{
    scene *s = user;
    wanmi_intake *intake = NULL;
    wanmi_error e;
    wanmi_status status = wanmi_intake_open(s->flow, &intake, &e);
    for (uint64_t id = 0; status == WANMI_OK && !atomic_load(&s->end); id += BATCH) {
        wanmi_event events[BATCH];
        wanmi_receipt receipts[BATCH];
        for (uint64_t i = 0; i < BATCH; i++)
            events[i] = (wanmi_event){.id = id + i, .time_us = WANMI_TIME_NONE, .x = 117.0206 + 1e-5 * (double)i,
                                      .y = 39.5133, .class_id = WANMI_NONE, .source_id = WANMI_NONE};
        status = wanmi_flow_submit(intake, events, BATCH, receipts, NULL, &e);
        for (int i = 1; i < BATCH; i++)
            s->mixed += receipts[i].generation != receipts[0].generation;
        nap_us(200);
    }
    wanmi_intake_close(intake);
    return NULL;
}

int main(int argc, char **argv)
{
    static scene s;
    wanmi_error e;
    wanmi_map *maps[2] = {NULL, NULL};
    wanmi_account a;
    wanmi_sink_def def;
    pthread_t thread;
    uint64_t left;
    wanmi_account_init(&a), wanmi_sink_def_init(&def);
    def.name = "lines", def.deliver = take, def.user = &s;
    if (argc != 3 || wanmi_io_map_read(argv[1], NULL, NULL, &maps[0], &e) != WANMI_OK
        || wanmi_io_map_read(argv[2], NULL, NULL, &maps[1], &e) != WANMI_OK
        || wanmi_flow_create(NULL, NULL, &s.flow, &e) != WANMI_OK || wanmi_flow_set_map(s.flow, maps[0], &e) != WANMI_OK
        || wanmi_flow_add_sink(s.flow, &def, NULL, NULL, &e) != WANMI_OK || wanmi_flow_start(s.flow, &e) != WANMI_OK)
        return fprintf(stderr, "05-hot-swap: %s\n", argc == 3 ? e.message : "usage: 05-hot-swap MAP LATER-MAP"), 2;
    s.first = wanmi_map_generation(maps[0]);
    pthread_create(&thread, NULL, submit, &s);
    nap_us(300000);
    wanmi_status status = wanmi_flow_set_map(s.flow, maps[1], &e); /* index and plan are made here, on this thread */
    if (status != WANMI_OK)
        printf("refused, the first map stays in force: %s\n", e.message);
    do
        nap_us(100000), wanmi_flow_snapshot(s.flow, &a, NULL, 0, NULL);
    while (a.maps_alive != 1); /* the last delivery of the first map has arrived */
    atomic_store(&s.end, true), pthread_join(thread, NULL);
    wanmi_flow_drain(s.flow, 60000000, &left, &e), wanmi_flow_snapshot(s.flow, &a, NULL, 0, NULL);
    printf("%" PRIu64 " events; deliveries by the first map %" PRIu64 ", by the later %" PRIu64 "; %" PRIu64 " lost, %" PRIu64
           " submits of two maps, %" PRIu64 " map alive\nlast: %s\n", a.submitted, s.by_map[0], s.by_map[1],
           a.sum.accepted - s.by_map[0] - s.by_map[1], s.mixed, a.maps_alive, s.last_line);
    wanmi_flow_free(s.flow), wanmi_map_release(maps[0]), wanmi_map_release(maps[1]);
    return status != WANMI_OK || s.mixed != 0 || s.by_map[0] == 0 || s.by_map[1] == 0;
}
