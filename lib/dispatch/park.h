/* Waiting: a thread that sleeps until there is work, and naps that grow.
 *
 * Nobody who brings work waits, and while nobody sleeps it costs one fence and
 * one load a batch. No wake-up is lost (Dekker's flags): the bringer publishes,
 * fences and reads the flag; the sleeper sets the flag, fences and looks for
 * work once more. One of the two sees the other.
 */
#ifndef WM_DISPATCH_PARK_H
#define WM_DISPATCH_PARK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The futex: bit 0 says that somebody sleeps or is about to, the others count
 * wake-ups. It stands alone on its lines, for producers read it. */
typedef struct wm_park {
    _Alignas(128) _Atomic uint32_t word;
} wm_park;
enum { WM_PARK_SLEEPS = 1 };

/* How long a server that found no work goes on looking, after some spins, before it
 * sleeps: an allowance that each sleep changes. Work that came soon would better have
 * been waited for (a wake-up costs its bringer microseconds): it doubles. Work that
 * came late, or not yet: it halves. So whoever is given work every so often stays
 * awake for it, and an idle one hardly takes time. Source: KVM's halt polling. */
enum { WM_AWAKE_LEAST_NS = 4 * 1000, WM_AWAKE_MOST_NS = 64 * 1000 };

/* The allowance after a sleep; there was no work for `idle_ns`, from when the old
 * allowance began. */
static inline int64_t wm_awake_after(int64_t awake_ns, int64_t idle_ns)
{
    if (idle_ns <= WM_AWAKE_MOST_NS)
        return 2 * awake_ns < WM_AWAKE_MOST_NS ? 2 * awake_ns : WM_AWAKE_MOST_NS;
    return awake_ns / 2 > WM_AWAKE_LEAST_NS ? awake_ns / 2 : WM_AWAKE_LEAST_NS;
}

/* What a server does while its rounds find nothing: spins, yields, sleeps. One
 * that never sleeps takes a processor; work waits for it some tens of nanoseconds
 * in place of some microseconds. */
typedef enum wm_idle {
    WM_IDLE_PARK = 0,           /* spins, yields, sleeps */
    WM_IDLE_YIELD = 1,          /* spins, yields */
    WM_IDLE_SPIN = 2            /* spins */
} wm_idle;

typedef bool (*wm_round_fn)(void *argument);
typedef int64_t (*wm_nap_fn)(void *argument);

typedef struct wm_service {
    wm_round_fn round;          /* gives whether it found work */
    /* How long a sleep may last, in ns, when something comes due by itself;
     * INT64_MAX: until woken; 0 or less: not at all. Asked before each sleep. NULL:
     * nothing comes due. */
    wm_nap_fn nap_ns;
    void *argument;             /* of both */
    const _Atomic bool *end;
    wm_idle idle;
} wm_service;

/* The sleeper's whole life: rounds of work while there is some, waiting when
 * there is none. Ends with the first empty round after `end` is set. */
void wm_park_serve(wm_park *park, const wm_service *service);

/* For several sleepers at one park, a call each: unless `round` finds work, sleeps
 * until woken, at most `most_ns`, and has it look again. Gives what it gave last.
 * A wake-up wakes all; who is left without work calls again. */
bool wm_park_await(wm_park *park, wm_round_fn round, void *argument, int64_t most_ns);

/* The bringer: one fence for all it has published, then a look at each flag. */
void wm_park_fence(void);
void wm_park_wake(wm_park *park);

static inline void wm_park_look(wm_park *park)
{
    if ((atomic_load_explicit(&park->word, memory_order_relaxed) & WM_PARK_SLEEPS) != 0)
        wm_park_wake(park);
}

/* Whether anybody sleeps, or is about to. */
static inline bool wm_park_sleeps(const wm_park *park)
{
    return (atomic_load_explicit(&park->word, memory_order_relaxed) & WM_PARK_SLEEPS) != 0;
}

static inline void wm_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

/* Asks for a cache line that will be written. No harm where there is none. */
static inline void wm_prefetch_to_write(const void *line)
{
#if defined(__x86_64__)
    /* The builtin makes a prefetch for reading of it where it may not count on this
     * instruction; a processor that has it not does nothing. */
    __asm__ __volatile__("prefetchw %0" : : "m"(*(const char *)line));
#else
    __builtin_prefetch(line, 1);
#endif
}

/* Waiting for something that no one announces: spins, then yields, then naps of
 * 20 microseconds up to 1 ms. Starts as {0}. */
typedef struct wm_wait {
    uint32_t rounds;
} wm_wait;

void wm_wait_more(wm_wait *wait);
/* The same, and naps no longer than `most_ns`. */
void wm_wait_at_most(wm_wait *wait, int64_t most_ns);
/* Spins and yields only; false when that has lasted long enough. */
bool wm_wait_awake(wm_wait *wait);

#endif
