/* Sinks and dead letters that keep what they got, and can be told to hang, to
 * fail or to refuse. Used by the tests of dispatch and flow.
 */
#ifndef WM_SINKS_H
#define WM_SINKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

/* Outcome of a delivery; must not depend on when it comes. */
typedef uint8_t (*test_outcome_fn)(const wanmi_delivery *delivery);

typedef struct test_sink {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    wanmi_delivery *seen;           /* what came with outcome delivered, in order */
    size_t count, capacity;
    test_outcome_fn outcome;        /* NULL: delivered */
    size_t batches, largest;        /* largest: records of a callback */
    size_t inside;                  /* callbacks that run now */
    bool hang;                      /* they do not return */
    bool not_filled;                /* a callback's outcomes did not come filled */
} test_sink;

void test_sink_init(test_sink *sink);
void test_sink_drop(test_sink *sink);
/* The callback; `user` is a test_sink. */
void test_sink_deliver(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes);
void test_sink_hang(test_sink *sink, bool hang);
/* Waits until `callbacks` of them are inside. */
void test_sink_await_inside(test_sink *sink, size_t callbacks);
/* Waits until it has seen `count`; false after a minute. */
bool test_sink_await(test_sink *sink, size_t count);

typedef struct test_letters {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    wanmi_dead_letter *seen;        /* those written */
    size_t count, capacity;
    size_t refused;                 /* those not written */
    uint32_t refuse_every;          /* n: writes all but the last of each n-th callback's; 0: all */
    uint32_t calls;
    size_t inside;
    bool hang;
    bool unnamed;                   /* one came without the name of its sink */
} test_letters;

void test_letters_init(test_letters *letters);
void test_letters_drop(test_letters *letters);
/* The callback; `user` is a test_letters. */
size_t test_letters_write(void *user, const wanmi_dead_letter *letters, size_t count);
void test_letters_hang(test_letters *letters, bool hang);
void test_letters_await_inside(test_letters *letters);

/* Takes a snapshot and asserts the law in it, for each sink and in sum, and what
 * the header says of the parts. Gives the sum. */
wanmi_tally test_law(wanmi_dispatch *dispatch);
/* The same where sinks have been removed: the sum holds them too. */
wanmi_tally test_law_of_all(wanmi_dispatch *dispatch);

/* `count` deliveries with event_id from `first` on, and their keys. */
void test_deliveries(wanmi_delivery *deliveries, uint32_t *keys, size_t count, uint64_t first);

/* Sleeps. */
void test_nap_us(int64_t us);

#endif
