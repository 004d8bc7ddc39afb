/* A dispatch with two sinks, a dead-letter callback and one producer, in which
 * the cases of the dispatch's tests stand. The law is looked at when it is left.
 */
#ifndef WM_HOUSE_H
#define WM_HOUSE_H

#include "sinks.h"
#include "support.h"

enum { HOUSE_SINKS = 2, HOUSE_MANY = 4096, HOUSE_PATIENCE_US = 60000000 };

typedef struct house {
    test_memory memory;
    wanmi_host host;
    wanmi_dispatch_options options;
    wanmi_sink_def defs[HOUSE_SINKS];
    test_sink sinks[HOUSE_SINKS];
    test_letters letters;
    wanmi_dispatch *d;
    wanmi_producer *p;
    int64_t now_us;                     /* a replaced clock's */
    bool removed;                       /* sinks have been: the sum is more than those that are there */
} house;

/* Made anew by house_build: see test_deliveries. */
extern wanmi_delivery house_deliveries[HOUSE_MANY];
extern uint32_t house_keys[HOUSE_MANY];

/* Fills options and definitions (one attempt for each delivery); change them, then build. */
void house_plan(house *h);
void house_build(house *h);
void house_leave(house *h);
void house_submit(house *h, uint32_t sink, size_t first, size_t count);
void house_drain(house *h);
/* One more sink: a test's, of one attempt, under a name; its number; and removed, which gives
 * how many deliveries were left. */
wanmi_sink_def house_def(const char *name, test_sink *sink);
uint32_t house_add(house *h, const wanmi_sink_def *def);
uint64_t house_remove(house *h, uint32_t sink, int64_t drain_us);
/* The tally of a sink, after a look at the law. */
wanmi_tally house_tally(house *h, uint32_t sink);
/* Has a sink of one lane take delivery `first` and hang in its callback. */
void house_hang_with(house *h, uint32_t sink, size_t first);
int64_t house_steady_us(void);

#endif
