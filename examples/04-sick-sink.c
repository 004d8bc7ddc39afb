/* 04-sick-sink: one sink hangs, the other does not notice, and nothing is lost.
 *
 * usage: 04-sick-sink MAP
 * Sends events to two sinks for two seconds. The one that is sick takes a tenth of a
 * second a batch and asks for every fifth delivery again; what finds its ring full
 * goes to the dead letters. At the end each sink's account is printed. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <wanmi/io.h>
#include <wanmi/wanmi.h>

enum { BATCH = 64, ROUNDS = 400 };

static void nap_us(long us)
{
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static void be_well(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)batch, (void)outcomes; /* they come filled with WANMI_DELIVERED */
    *(uint64_t *)user += count;  /* one lane: one thread */
}

static void be_sick(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    nap_us(100000);
    for (size_t i = 0; i < count; i++)
        if (batch[i].event_id % 5 == 0 && ((uint64_t *)user)[1]++ % 2 == 0)
            outcomes[i] = WANMI_RETRY; /* comes again, in order, after a while */
        else
            *(uint64_t *)user += 1;
}

static size_t count_letters(void *user, const wanmi_dead_letter *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ((uint64_t *)user)[letters[i].reason]++;
    return count; /* written, all of them */
}

static wanmi_status add_sink(wanmi_flow *flow, const char *name, wanmi_deliver_fn deliver, void *user, wanmi_error *e)
{
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = name, def.deliver = deliver, def.user = user;
    /* The sick one's full ring holds nobody up, and nothing waits for what it asks for again. */
    def.policy = deliver == be_sick ? WANMI_POLICY_OVERFLOW : WANMI_POLICY_BLOCK;
    def.order = deliver == be_sick ? WANMI_ORDER_NONE : WANMI_ORDER_UNIT;
    def.block_us = 10000000, def.retry_base_us = 50000;
    return wanmi_flow_add_sink(flow, &def, NULL, NULL, e);
}

static wanmi_status submit_all(wanmi_flow *flow, wanmi_error *e)
{
    wanmi_intake *intake = NULL;
    wanmi_status status = wanmi_intake_open(flow, &intake, e);
    for (uint64_t id = 0; id < ROUNDS * BATCH && status == WANMI_OK; id += BATCH) {
        wanmi_event events[BATCH];
        for (uint64_t i = 0; i < BATCH; i++)
            events[i] = (wanmi_event){.id = id + i, .time_us = WANMI_TIME_NONE, .x = 117.0206 + 1e-5 * (double)i,
                                      .y = 39.5133, .class_id = WANMI_NONE, .source_id = WANMI_NONE};
        status = wanmi_flow_submit(intake, events, BATCH, NULL, NULL, e);
        nap_us(5000);
    }
    wanmi_intake_close(intake);
    return status;
}

int main(int argc, char **argv)
{
    wanmi_error e;
    wanmi_map *map = NULL;
    wanmi_flow *flow = NULL;
    wanmi_flow_options options;
    wanmi_account account;
    uint64_t well[2] = {0}, sick[2] = {0}, letters[64] = {0}, left;
    wanmi_tally sinks[2];
    wanmi_flow_options_init(&options), wanmi_account_init(&account);
    wanmi_tally_init(&sinks[0]), wanmi_tally_init(&sinks[1]);
    options.dispatch.ring_capacity = 256, options.dispatch.dead = count_letters, options.dispatch.dead_user = letters;
    if (argc != 2 || wanmi_io_map_read(argv[1], NULL, NULL, &map, &e) != WANMI_OK
        || wanmi_flow_create(&options, NULL, &flow, &e) != WANMI_OK || wanmi_flow_set_map(flow, map, &e) != WANMI_OK
        || add_sink(flow, "well", be_well, well, &e) != WANMI_OK || add_sink(flow, "sick", be_sick, sick, &e) != WANMI_OK
        || wanmi_flow_start(flow, &e) != WANMI_OK || submit_all(flow, &e) != WANMI_OK
        || wanmi_flow_drain(flow, 60000000, &left, &e) != WANMI_OK
        || wanmi_flow_snapshot(flow, &account, sinks, 2, &e) != WANMI_OK)
        return fprintf(stderr, "04-sick-sink: %s\n", argc == 2 ? e.message : "usage: 04-sick-sink MAP"), 2;
    for (int i = 0; i < 2; i++)
        printf("%s: %" PRIu64 " accepted = %" PRIu64 " delivered (its own count: %" PRIu64 ") + %" PRIu64 " dead + %" PRIu64
               " pending\n", i == 0 ? "well" : "sick", sinks[i].accepted, sinks[i].delivered, *(i == 0 ? well : sick),
               sinks[i].dead, sinks[i].pending);
    printf("letters: %" PRIu64 " for a full ring; asked again: %" PRIu64 "\n", letters[WANMI_REASON_FULL], sinks[1].retried);
    wanmi_flow_free(flow), wanmi_map_release(map);
    return sinks[0].delivered != well[0] || sinks[1].delivered != sick[0] || sinks[0].dead != 0;
}
