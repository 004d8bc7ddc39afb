/* C sources of the library under Relacy, which knows weak memory: atomics become
 * Relacy's, the kernel's futex its model of one, and every memory order that stands
 * in a source is a place that can be weakened at run time. scripts/check-orders
 * makes C++ of the sources (_Atomic T becomes rl::atomic<T>) and runs this. */
#ifndef WEAK_H
#define WEAK_H

#include <sched.h>
#include <ostream>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <relacy/relacy.hpp>
#include <relacy/stdlib/pthread.hpp>
/* Relacy's macros for these: the tests' own memory is none of its business. */
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef memory_order_relaxed
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst
#undef sched_yield

/* ---- orders ----------------------------------------------------------------------------- */

enum { WEAK_PLACES = 128, WEAK_NONE = -1 };

struct weak_place {
    rl::memory_order order;
    int line;                           /* 0: never come by */
};

struct weak_run {
    weak_place places[WEAK_PLACES];
    int weakened;                       /* which; WEAK_NONE */
    rl::memory_order to;
    int thread;                         /* for whom; WEAK_NONE: everybody */
};
extern weak_run weak;

static inline rl::memory_order weak_order(int place, rl::memory_order order, int line)
{
    bool here = weak.thread == WEAK_NONE || weak.thread == static_cast<int>(rl::thread_index());
    weak.places[place] = {order, line};
    return place == weak.weakened && here ? weak.to : order;
}

/* Places of a source begin at WEAK_BASE, which it defines before. */
#define memory_order_relaxed rl::mo_relaxed
#define memory_order_acquire weak_order(WEAK_BASE + __COUNTER__, rl::mo_acquire, __LINE__)
#define memory_order_release weak_order(WEAK_BASE + __COUNTER__, rl::mo_release, __LINE__)
#define memory_order_acq_rel weak_order(WEAK_BASE + __COUNTER__, rl::mo_acq_rel, __LINE__)
#define memory_order_seq_cst weak_order(WEAK_BASE + __COUNTER__, rl::mo_seq_cst, __LINE__)

static inline void weak_fence(rl::memory_order order)
{
    if (order != rl::mo_relaxed)        /* weakened to nothing */
        rl::atomic_thread_fence(order, RL_INFO);
}

#define atomic_load_explicit(object, order) ((object)->load(order, RL_INFO))
#define atomic_store_explicit(object, value, order) ((object)->store(value, order, RL_INFO))
#define atomic_exchange_explicit(object, value, order) ((object)->exchange(value, order, RL_INFO))
#define atomic_fetch_or_explicit(object, value, order) ((object)->fetch_or(value, order, RL_INFO))
#define atomic_fetch_and_explicit(object, value, order) ((object)->fetch_and(value, order, RL_INFO))
#define atomic_compare_exchange_weak_explicit(object, expected, value, order, failed) \
    ((object)->compare_exchange_weak(*(expected), value, order, RL_INFO, failed, RL_INFO))
#define atomic_thread_fence(order) weak_fence(order)

/* ---- C ------------------------------------------------------------------------------------ */

#define _Alignas alignas
#define sched_yield() rl::yield(1, RL_INFO)
#define FUTEX_WAIT_PRIVATE rl::RL_FUTEX_WAIT
#define FUTEX_WAKE_PRIVATE rl::RL_FUTEX_WAKE
/* Relacy's futex is an int. */
#define syscall(number, word, operation, value, most, other, last) \
    rl::rl_futex(reinterpret_cast<rl::atomic<int> *>(word), operation, value, most, other, last, RL_INFO)

/* ---- running ------------------------------------------------------------------------------ */

/* A source's line that stays right when it is weakened, and why: see below. */
struct weak_spare {
    const char *text;
    const char *why;
};

struct weak_suite {
    const char *source;                 /* lib/queue/ring.c */
    /* Tries until something is wrong, at most `tries` times; gives what ("SUCCESS"). */
    const char *(*run)(unsigned long tries, unsigned long *tried);
    int first, end;                     /* its places */
    const weak_spare *spares;           /* orders that are stronger than needed */
    size_t spare_count;
};

int weak_check(const weak_suite *suite, unsigned long tries);

/* Rings under test in other sources than ring.cc end so; the figures' test tries them
 * with orders of the ring that only who reads figures needs. */
struct wanmi_ring;
void weak_ring_end(wanmi_ring *ring);
const char *weak_run_figures(unsigned long tries, unsigned long *tried);

template <class test> const char *weak_simulate(unsigned long tries, unsigned long *tried)
{
    std::ostream nowhere(nullptr);      // a stream that grows would mix its memory with Relacy's
    rl::test_params params;
    params.iteration_count = tries;
    params.output_stream = params.progress_stream = &nowhere;
    params.search_type = rl::sched_random;
    params.execution_depth_limit = 4000;
    rl::simulate<test>(params);
    *tried = params.stop_iteration;
    return rl::test_result_str(params.test_result);
}

#endif
