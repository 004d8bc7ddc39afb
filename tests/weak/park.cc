/* lib/dispatch/park.c under weak memory: two who bring work, one who serves it, sleeps
 * and is woken; then one who brings and two who poll. Relacy tells a standstill; work
 * that is left at the end is told here. */
#define WEAK_BASE 32
#include "weak.h"

enum { PARK_FIRST = WEAK_BASE + __COUNTER__ + 1 };
#include "park_h.inc"
#include "park.inc"
enum { PARK_END = WEAK_BASE + __COUNTER__ };

enum { BRINGERS = 2, ITEMS = 2 };

struct desk {
    wm_park park;
    rl::atomic<int> brought[BRINGERS];
    rl::var<int> item[BRINGERS][ITEMS];
    rl::atomic<int> finished;
    rl::atomic<bool> end;
    int done[BRINGERS];
};

/* As a lane's round: takes what each has published. The orders are the ring's, here
 * release and acquire. */
static bool work_off(void *argument)
{
    desk *d = static_cast<desk *>(argument);
    bool found = false;
    for (int i = 0; i < BRINGERS; i++) {
        int brought = d->brought[i].load(rl::mo_acquire, $);
        for (; d->done[i] < brought; d->done[i]++) {
            RL_ASSERT(d->item[i][d->done[i]]($).load() == d->done[i]);
            found = true;
        }
    }
    return found;
}

template <bool ends> struct park_test : rl::test_suite<park_test<ends>, BRINGERS + 1> {
    desk d;

    void before()
    {
        d.park.word.store(0, rl::mo_relaxed, $);
        d.end.store(false, rl::mo_relaxed, $);
        d.finished.store(0, rl::mo_relaxed, $);
        for (int i = 0; i < BRINGERS; i++) {
            d.brought[i].store(0, rl::mo_relaxed, $);
            d.done[i] = 0;
        }
    }

    void bring(int who)
    {
        for (int i = 0; i < ITEMS; i++) {
            d.item[who][i]($) = i;
            d.brought[who].store(i + 1, rl::mo_release, $);
            wm_park_fence();
            wm_park_look(&d.park);
        }
        /* Who finishes last ends it: all that was brought happened before. Without an
         * end a wake-up of its own would make good one that was lost. */
        if (d.finished.fetch_add(1, rl::mo_acq_rel, $) != BRINGERS - 1)
            return;
        if (ends) {
            d.end.store(true, rl::mo_release, $);
            wm_park_fence();
            wm_park_look(&d.park);
        }
    }

    /* Without an end the server leaves when it has done all: asleep it never does. */
    static bool work_until_all(void *argument)
    {
        desk *d = static_cast<desk *>(argument);
        bool found = work_off(d), all = true;
        for (int i = 0; i < BRINGERS; i++)
            all &= d->done[i] == ITEMS;
        if (all)
            d->end.store(true, rl::mo_relaxed, $);
        return found;
    }

    void thread(unsigned which)
    {
        if (which < BRINGERS) {
            bring(static_cast<int>(which));
            return;
        }
        wm_service service = {};
        service.round = ends ? work_off : work_until_all;
        service.argument = &d;
        service.end = &d.end;
        wm_park_serve(&d.park, &service);
        for (int i = 0; i < BRINGERS; i++)
            RL_ASSERT(d.done[i] == ITEMS);
    }
};

/* ---- several sleepers ------------------------------------------------------------------ */

struct poll_desk {
    wm_park park;
    rl::atomic<int> brought;
    rl::mutex lock;
    rl::var<int> taken;
};

enum { POLLED = 3 };

/* Gives whether it took one, or all are taken. */
static bool take_one(void *argument)
{
    poll_desk *d = static_cast<poll_desk *>(argument);
    d->lock.lock($);
    int taken = d->taken($).load();
    bool found = taken < d->brought.load(rl::mo_acquire, $);
    if (found)
        d->taken($) = taken + 1;
    d->lock.unlock($);
    return found || taken == POLLED;
}

static bool all_taken(poll_desk *d)
{
    d->lock.lock($);
    bool all = d->taken($).load() == POLLED;
    d->lock.unlock($);
    return all;
}

struct poll_test : rl::test_suite<poll_test, 3> {
    poll_desk d;

    void before()
    {
        d.park.word.store(0, rl::mo_relaxed, $);
        d.brought.store(0, rl::mo_relaxed, $);
        d.taken($) = 0;
    }

    void bring(int number)
    {
        d.brought.store(number, rl::mo_release, $);
        wm_park_fence();
        wm_park_look(&d.park);
    }

    /* The second goes away with the first thing it gets; the first stays to the end. */
    void poll(unsigned which)
    {
        for (;;) {
            bool found = take_one(&d) || wm_park_await(&d.park, take_one, &d, INT64_MAX);
            if (all_taken(&d)) {
                wm_park_fence();
                wm_park_look(&d.park);          /* ends the other */
                return;
            }
            if (found && which == 2)
                return;
        }
    }

    void thread(unsigned which)
    {
        if (which != 0)
            return poll(which);
        bring(2);
        bring(POLLED);
    }
};

static const char *run_park(unsigned long tries, unsigned long *tried)
{
    const char *found = weak_simulate<park_test<false>>(tries, tried);
    if (strcmp(found, "SUCCESS") == 0)
        found = weak_simulate<park_test<true>>(tries, tried);
    return strcmp(found, "SUCCESS") == 0 ? weak_simulate<poll_test>(tries, tried) : found;
}

static const weak_spare spares[] = {
    {"atomic_compare_exchange_weak_explicit(&park->word, &word, word + 1, memory_order_acq_rel,",
     "the fences alone lose no wake-up; so a woken server sees the work in its first round"},
    {"atomic_fetch_and_explicit(&park->word, ~(uint32_t)WM_PARK_SLEEPS, memory_order_acquire)", "as above"},
};

extern const weak_suite park_suite = {"lib/dispatch/park.c", run_park, PARK_FIRST, PARK_END, spares,
                                      sizeof spares / sizeof *spares};
