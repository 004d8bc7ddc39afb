/* See sinks.h. */
#include "sinks.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *grown(void *items, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return items;
    *capacity = needed * 2;
    items = realloc(items, *capacity * size);
    if (items == NULL)
        abort();
    return items;
}

void test_nap_us(int64_t us)
{
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

/* ---- sinks -------------------------------------------------------------------- */

void test_sink_init(test_sink *sink)
{
    memset(sink, 0, sizeof *sink);
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->changed, NULL);
}

void test_sink_drop(test_sink *sink)
{
    pthread_mutex_destroy(&sink->lock);
    pthread_cond_destroy(&sink->changed);
    free(sink->seen);
}

void test_sink_deliver(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    test_sink *s = user;
    pthread_mutex_lock(&s->lock);
    s->inside++;
    pthread_cond_broadcast(&s->changed);
    while (s->hang)
        pthread_cond_wait(&s->changed, &s->lock);
    s->seen = grown(s->seen, &s->capacity, s->count + count, sizeof *s->seen);
    for (size_t i = 0; i < count; i++) {
        s->not_filled |= outcomes[i] != WANMI_DELIVERED;
        uint8_t outcome = s->outcome != NULL ? s->outcome(&batch[i]) : WANMI_DELIVERED;
        if (outcome != WANMI_DELIVERED)
            outcomes[i] = outcome;
        else
            s->seen[s->count++] = batch[i];
    }
    s->batches++;
    s->largest = count > s->largest ? count : s->largest;
    s->inside--;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void test_sink_hang(test_sink *sink, bool hang)
{
    pthread_mutex_lock(&sink->lock);
    sink->hang = hang;
    pthread_cond_broadcast(&sink->changed);
    pthread_mutex_unlock(&sink->lock);
}

void test_sink_await_inside(test_sink *sink, size_t callbacks)
{
    pthread_mutex_lock(&sink->lock);
    while (sink->inside < callbacks)
        pthread_cond_wait(&sink->changed, &sink->lock);
    pthread_mutex_unlock(&sink->lock);
}

bool test_sink_await(test_sink *sink, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    int late = 0;
    pthread_mutex_lock(&sink->lock);
    while (sink->count < count && late == 0)
        late = pthread_cond_timedwait(&sink->changed, &sink->lock, &until);
    bool all = sink->count >= count;
    pthread_mutex_unlock(&sink->lock);
    return all;
}

/* ---- dead letters --------------------------------------------------------------- */

void test_letters_init(test_letters *letters)
{
    memset(letters, 0, sizeof *letters);
    pthread_mutex_init(&letters->lock, NULL);
    pthread_cond_init(&letters->changed, NULL);
}

void test_letters_drop(test_letters *letters)
{
    pthread_mutex_destroy(&letters->lock);
    pthread_cond_destroy(&letters->changed);
    free(letters->seen);
}

size_t test_letters_write(void *user, const wanmi_dead_letter *letters, size_t count)
{
    test_letters *l = user;
    pthread_mutex_lock(&l->lock);
    l->inside++;
    pthread_cond_broadcast(&l->changed);
    while (l->hang)
        pthread_cond_wait(&l->changed, &l->lock);
    l->calls++;
    for (size_t i = 0; i < count; i++)
        l->unnamed |= letters[i].sink_name == NULL;
    size_t written = count;
    if (l->refuse_every != 0 && l->calls % l->refuse_every == 0)
        written = count - 1;
    l->seen = grown(l->seen, &l->capacity, l->count + written, sizeof *l->seen);
    if (written != 0)
        memcpy(l->seen + l->count, letters, written * sizeof *letters);
    l->count += written;
    l->refused += count - written;
    l->inside--;
    pthread_mutex_unlock(&l->lock);
    return written;
}

void test_letters_hang(test_letters *letters, bool hang)
{
    pthread_mutex_lock(&letters->lock);
    letters->hang = hang;
    pthread_cond_broadcast(&letters->changed);
    pthread_mutex_unlock(&letters->lock);
}

void test_letters_await_inside(test_letters *letters)
{
    pthread_mutex_lock(&letters->lock);
    while (letters->inside == 0)
        pthread_cond_wait(&letters->changed, &letters->lock);
    pthread_mutex_unlock(&letters->lock);
}

/* ---- the law ---------------------------------------------------------------------- */

static void check_tally(const wanmi_tally *t, const char *whose)
{
    if (t->accepted != t->delivered + t->dead + t->pending)
        fail_msg("%s: accepted %llu, delivered %llu, dead %llu, pending %llu", whose,
                 (unsigned long long)t->accepted, (unsigned long long)t->delivered,
                 (unsigned long long)t->dead, (unsigned long long)t->pending);
    /* A difference taken the wrong way round would be huge. */
    assert_true(t->pending <= t->accepted);
    assert_true(t->in_callback <= t->pending);
    assert_int_equal(t->pending, t->queued + t->in_callback + t->parked + t->leased);
    assert_int_equal(t->dead, t->dead_full + t->dead_deadline + t->dead_sink + t->dead_attempts
                                  + t->dead_shutdown + t->dead_dropped + t->dead_hung
                                  + t->dead_removed);
    assert_true(t->queued <= t->accepted && t->parked <= t->accepted && t->leased <= t->accepted);
    assert_true(t->dead_unwritten <= t->dead);
    assert_true(t->dead_queued <= t->dead - t->dead_unwritten);
}

static void add_tally(wanmi_tally *to, const wanmi_tally *from)
{
    uint64_t *a = &to->accepted;
    const uint64_t *b = &from->accepted;
    for (const uint64_t *end = &to->hung; a <= end; a++, b++)
        *a += *b;
    to->state = from->state > to->state ? from->state : to->state;
}

/* Gives the sum that was told, and in `added` that of the sinks that are there. */
static wanmi_tally read_law(wanmi_dispatch *dispatch, wanmi_tally *added)
{
    wanmi_tally sum, each[WANMI_SINKS_MAX];
    wanmi_tally_init(&sum);
    wanmi_tally_init(added);
    for (int i = 0; i < WANMI_SINKS_MAX; i++)
        wanmi_tally_init(&each[i]);
    added->sink = WANMI_NONE;
    each[0].sink = 0;
    assert_int_equal(wanmi_dispatch_snapshot(dispatch, &sum, each, WANMI_SINKS_MAX, NULL), WANMI_OK);
    for (int i = 0; i < WANMI_SINKS_MAX; i++) {
        char whose[32];
        snprintf(whose, sizeof whose, "sink %u", each[i].sink);
        check_tally(&each[i], whose);
        add_tally(added, &each[i]);
    }
    check_tally(&sum, "sum");
    return sum;
}

wanmi_tally test_law(wanmi_dispatch *dispatch)
{
    wanmi_tally added, sum = read_law(dispatch, &added);
    assert_memory_equal(&sum, &added, sizeof sum);
    return sum;
}

wanmi_tally test_law_of_all(wanmi_dispatch *dispatch)
{
    wanmi_tally added, sum = read_law(dispatch, &added);
    assert_true(sum.accepted >= added.accepted && sum.delivered >= added.delivered
                && sum.dead >= added.dead);
    return sum;
}

void test_deliveries(wanmi_delivery *deliveries, uint32_t *keys, size_t count, uint64_t first)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t id = first + i;
        deliveries[i] = (wanmi_delivery){.event_id = id, .user = ~id, .time_us = (int64_t)id,
                                         .due_us = WANMI_TIME_NONE, .generation = 1,
                                         .unit = (uint32_t)(id % 97), .cell = (uint32_t)id,
                                         .priority = 5};
        keys[i] = deliveries[i].unit;
    }
}
