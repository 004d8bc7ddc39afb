/* Waiting: see park.h. */
#include "park.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SPINS = 64, YIELDS = 32, NAP_FIRST_NS = 20 * 1000, NAP_LAST_NS = 1000 * 1000 };

void wm_park_fence(void)
{
    /* gcc warns that ThreadSanitizer does not model fences. Nothing is proven to
     * it by this one: all that is read and written around it is atomic. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
    atomic_thread_fence(memory_order_seq_cst);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

static bool ended(const wm_service *service)
{
    return atomic_load_explicit(service->end, memory_order_acquire);
}

/* Gives the word as it is then. */
static uint32_t announce(wm_park *park)
{
    uint32_t word = atomic_fetch_or_explicit(&park->word, WM_PARK_SLEEPS, memory_order_relaxed);
    wm_park_fence();
    return word | WM_PARK_SLEEPS;
}

static void sleep_at_most(wm_park *park, uint32_t word, int64_t ns)
{
    struct timespec most = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    /* The kernel looks at the word again: a wake-up in between is not missed, even if
     * another sleeper has announced itself since. A sleep that ends too early costs
     * some empty rounds. */
    if (ns > 0)
        syscall(SYS_futex, &park->word, FUTEX_WAIT_PRIVATE, word, ns != INT64_MAX ? &most : NULL, NULL, 0);
}

/* Announces, looks for work once more, and only then sleeps. */
static void park_or_work(wm_park *park, const wm_service *service)
{
    uint32_t word = announce(park);
    if (!service->round(service->argument) && !ended(service))
        sleep_at_most(park, word, service->nap_ns != NULL ? service->nap_ns(service->argument) : INT64_MAX);
    /* Pairs with the release of wm_park_wake: the next round sees what was brought. */
    atomic_fetch_and_explicit(&park->word, ~(uint32_t)WM_PARK_SLEEPS, memory_order_acquire);
}

/* A server's waiting since it last found work. */
typedef struct waiting {
    uint32_t rounds;
    int64_t since_ns;           /* when it began to yield */
    int64_t awake_ns;           /* its allowance: see wm_awake_after */
} waiting;

static int64_t steady_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Waits a moment without sleeping; false when it is time to sleep. */
static bool stay_awake(waiting *w, wm_idle idle)
{
    if (idle == WM_IDLE_SPIN || w->rounds < SPINS) {
        w->rounds += idle != WM_IDLE_SPIN;
        wm_pause();
        return true;
    }
    if (idle == WM_IDLE_PARK) {
        int64_t now_ns = steady_ns();
        if (w->rounds++ == SPINS)
            w->since_ns = now_ns;
        else if (now_ns - w->since_ns >= w->awake_ns)
            return false;
    }
    sched_yield();
    return true;
}

void wm_park_serve(wm_park *park, const wm_service *service)
{
    waiting w = {.awake_ns = WM_AWAKE_LEAST_NS};
    for (;;) {
        /* Read before the round: an empty round after it means that nothing is left. */
        bool ending = ended(service);
        if (service->round(service->argument)) {
            w.rounds = 0;
        } else if (ending) {
            return;
        } else if (!stay_awake(&w, service->idle)) {
            park_or_work(park, service);
            w.awake_ns = wm_awake_after(w.awake_ns, steady_ns() - w.since_ns);
            w.rounds = 0;
        }
    }
}

bool wm_park_await(wm_park *park, wm_round_fn round, void *argument, int64_t most_ns)
{
    uint32_t word = announce(park);
    /* Whatever is found, the flag stays: it is the other sleepers' as well. */
    if (round(argument))
        return true;
    sleep_at_most(park, word, most_ns);
    return round(argument);
}

void wm_park_wake(wm_park *park)
{
    uint32_t word = atomic_load_explicit(&park->word, memory_order_relaxed);
    /* One of several bringers does it; the word becomes another one. */
    while ((word & WM_PARK_SLEEPS) != 0) {
        if (!atomic_compare_exchange_weak_explicit(&park->word, &word, word + 1, memory_order_acq_rel,
                                                   memory_order_relaxed))
            continue;
        syscall(SYS_futex, &park->word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
        return;
    }
}

bool wm_wait_awake(wm_wait *wait)
{
    if (wait->rounds >= SPINS + YIELDS)
        return false;
    if (wait->rounds++ < SPINS)
        wm_pause();
    else
        sched_yield();
    return true;
}

void wm_wait_at_most(wm_wait *wait, int64_t most_ns)
{
    if (wm_wait_awake(wait) || most_ns <= 0)
        return;
    uint32_t doublings = wait->rounds - (SPINS + YIELDS);
    int64_t nap = doublings < 6 ? (int64_t)NAP_FIRST_NS << doublings : NAP_LAST_NS;
    if (doublings < 6)
        wait->rounds++;
    nap = nap < NAP_LAST_NS ? nap : NAP_LAST_NS;
    nap = nap < most_ns ? nap : most_ns;
    nanosleep(&(struct timespec){.tv_nsec = (long)nap}, NULL);
}

void wm_wait_more(wm_wait *wait)
{
    wm_wait_at_most(wait, NAP_LAST_NS);
}
