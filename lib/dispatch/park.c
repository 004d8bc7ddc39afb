/* Waiting: see park.h. */
#include "park.h"

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

/* Announces, looks for work once more, and only then sleeps. */
static void park_or_work(wm_park *park, wm_round_fn round, void *argument, const _Atomic bool *end)
{
    atomic_store_explicit(&park->sleeping, 1, memory_order_relaxed);
    wm_park_fence();
    if (round(argument) || atomic_load_explicit(end, memory_order_acquire)) {
        atomic_store_explicit(&park->sleeping, 0, memory_order_relaxed);
        return;
    }
    /* The kernel looks at the flag again: a wake-up in between is not missed. */
    while (atomic_load_explicit(&park->sleeping, memory_order_acquire) != 0)
        syscall(SYS_futex, &park->sleeping, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

void wm_park_serve(wm_park *park, wm_round_fn round, void *argument, const _Atomic bool *end)
{
    wm_wait wait = {0};
    for (;;) {
        /* Read before the round: an empty round after it means that nothing is left. */
        bool ending = atomic_load_explicit(end, memory_order_acquire);
        if (round(argument)) {
            wait = (wm_wait){0};
        } else if (ending) {
            return;
        } else if (!wm_wait_awake(&wait)) {
            park_or_work(park, round, argument, end);
            wait = (wm_wait){0};
        }
    }
}

void wm_park_wake(wm_park *park)
{
    if (atomic_exchange_explicit(&park->sleeping, 0, memory_order_acq_rel) != 0)
        syscall(SYS_futex, &park->sleeping, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
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
