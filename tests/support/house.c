/* See house.h. */
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

wanmi_delivery house_deliveries[HOUSE_MANY];
uint32_t house_keys[HOUSE_MANY];

void house_plan(house *h)
{
    memset(h, 0, sizeof *h);
    h->host = test_host(&h->memory);
    test_letters_init(&h->letters);
    wanmi_dispatch_options_init(&h->options);
    h->options.dead = test_letters_write;
    h->options.dead_user = &h->letters;
    static const char *names[HOUSE_SINKS] = {"first", "second"};
    for (int i = 0; i < HOUSE_SINKS; i++) {
        test_sink_init(&h->sinks[i]);
        wanmi_sink_def_init(&h->defs[i]);
        h->defs[i].name = names[i];
        h->defs[i].deliver = test_sink_deliver;
        h->defs[i].user = &h->sinks[i];
        h->defs[i].attempts_max = 1;        /* what is tried again: dispatch_retry.c */
    }
}

void house_build(house *h)
{
    uint32_t index;
    assert_int_equal(wanmi_dispatch_create(&h->options, &h->host, &h->d, NULL), WANMI_OK);
    for (int i = 0; i < HOUSE_SINKS; i++)
        assert_int_equal(wanmi_dispatch_add_sink(h->d, &h->defs[i], &index, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(h->d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(h->d, &h->p, NULL), WANMI_OK);
    test_deliveries(house_deliveries, house_keys, HOUSE_MANY, 0);
}

static wanmi_tally law(house *h)
{
    return h->removed ? test_law_of_all(h->d) : test_law(h->d);
}

void house_leave(house *h)
{
    for (int i = 0; i < HOUSE_SINKS; i++)
        test_sink_hang(&h->sinks[i], false);
    test_letters_hang(&h->letters, false);
    law(h);
    wanmi_dispatch_stop(h->d);
    wanmi_tally end = law(h);
    assert_int_equal(end.pending, 0);
    assert_int_equal(end.dead_queued, 0);
    assert_int_equal(end.dead, h->letters.count + end.dead_unwritten);
    wanmi_producer_close(h->p);
    wanmi_dispatch_free(h->d);
    assert_int_equal(h->memory.held_blocks, 0);
    assert_false(h->memory.wrong_size);
    assert_false(h->letters.unnamed);
    for (int i = 0; i < HOUSE_SINKS; i++) {
        assert_false(h->sinks[i].not_filled);
        test_sink_drop(&h->sinks[i]);
    }
    test_letters_drop(&h->letters);
}

void house_submit(house *h, uint32_t sink, size_t first, size_t count)
{
    assert_int_equal(wanmi_producer_submit(h->p, sink, house_deliveries + first, house_keys + first, count,
                                           NULL), WANMI_OK);
}

void house_drain(house *h)
{
    uint64_t left = 9;
    wanmi_error error;
    if (wanmi_dispatch_drain(h->d, HOUSE_PATIENCE_US, &left, &error) != WANMI_OK)
        fail_msg("drain: %s", error.message);
    assert_int_equal(left, 0);
}

wanmi_sink_def house_def(const char *name, test_sink *sink)
{
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = name;
    def.deliver = test_sink_deliver;
    def.user = sink;
    def.attempts_max = 1;
    return def;
}

uint32_t house_add(house *h, const wanmi_sink_def *def)
{
    uint32_t sink = 12345;
    assert_int_equal(wanmi_dispatch_add_sink(h->d, def, &sink, NULL), WANMI_OK);
    return sink;
}

uint64_t house_remove(house *h, uint32_t sink, int64_t drain_us)
{
    uint64_t left = 99;
    h->removed = true;
    assert_int_equal(wanmi_dispatch_remove_sink(h->d, sink, drain_us, &left, NULL), WANMI_OK);
    return left;
}

wanmi_tally house_tally(house *h, uint32_t sink)
{
    wanmi_tally sum = law(h), each[HOUSE_SINKS];
    for (int i = 0; i < HOUSE_SINKS; i++)
        wanmi_tally_init(&each[i]);
    assert_int_equal(wanmi_dispatch_snapshot(h->d, &sum, each, HOUSE_SINKS, NULL), WANMI_OK);
    return each[sink];
}

void house_hang_with(house *h, uint32_t sink, size_t first)
{
    test_sink_hang(&h->sinks[sink], true);
    house_submit(h, sink, first, 1);
    test_sink_await_inside(&h->sinks[sink], 1);
}

int64_t house_steady_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
