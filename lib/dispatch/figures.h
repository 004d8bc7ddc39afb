/* Figures that one thread writes and any thread may read whole.
 *
 * A side is what one thread does at one end of one ring: a block of figures
 * with one writer. The writer opens it, changes figures and ring together, and
 * closes it; a reader sees the block as it was between two such changes, never
 * in the middle of one. The writer never waits for readers: a reader that finds
 * the block changing again and again asks for a copy, and the writer hands one
 * over at its next change. So a reading always ends, whether the writer is busy
 * (it hands over), hangs in a callback or waits for room (it changes nothing).
 *
 * Source: seqlock without fences, after Boehm, "Can seqlocks get along with
 * programming language memory models?" (MSPC 2012): data is stored with release
 * and loaded with acquire.
 */
#ifndef WM_DISPATCH_FIGURES_H
#define WM_DISPATCH_FIGURES_H

#include <stdatomic.h>
#include <stdint.h>

#include "wanmi/queue.h"

enum { WM_LINE_PAIR = 128 };

enum wm_figure {
    WM_ACCEPTED,                /* producers */
    WM_DELIVERED,               /* lanes */
    WM_DEAD_FULL,               /* dead by reason, whoever decides it */
    WM_DEAD_DEADLINE,
    WM_DEAD_SINK,
    WM_DEAD_ATTEMPTS,
    WM_DEAD_SHUTDOWN,
    WM_DEAD_DROPPED,
    WM_DEAD_HUNG,
    WM_DEAD_REMOVED,
    WM_UNWRITTEN,               /* letters that found no room, or were not taken */
    WM_LETTERS,                 /* letters sent to the dead-letter thread */
    WM_LETTERS_DONE,            /* the dead-letter thread: letters that have left it */
    WM_BATCHES,
    WM_IN_CALLBACK,             /* of the ring's records */
    WM_PARKED,                  /* have left the ring: waiting, */
    WM_LEASED,                  /* ... leased, */
    WM_AGAIN,                   /* ... in a callback once more */
    WM_RETRIED,
    WM_REPEATED,
    WM_FIGURES
};

/* Figures of one side, or sums of many. `index` is how far the side's end of
 * its ring had come: records ever published or released. */
typedef struct wm_figures {
    uint64_t value[WM_FIGURES];
    uint64_t index;
} wm_figures;

typedef uint64_t (*wm_index_fn)(const wanmi_ring *ring);

typedef struct wm_side {
    _Alignas(WM_LINE_PAIR) _Atomic uint64_t version;    /* odd: being changed */
    _Atomic uint64_t value[WM_FIGURES];
    _Atomic uint32_t asked, given;      /* numbers of copies */
    const wanmi_ring *ring;             /* NULL: no ring */
    wm_index_fn index_of;
    wm_figures copy;                    /* the writer's until `given` says it is the reader's */
} wm_side;

/* The writer. */
void wm_side_init(wm_side *side, const wanmi_ring *ring, wm_index_fn index_of);
void wm_side_hand_over(wm_side *side, uint32_t asked);

static inline void wm_side_open(wm_side *side)
{
    uint64_t version = atomic_load_explicit(&side->version, memory_order_relaxed);
    /* The releases of wm_side_set and of the ring keep what follows behind this. */
    atomic_store_explicit(&side->version, version + 1, memory_order_relaxed);
}

static inline uint64_t wm_side_get(const wm_side *side, enum wm_figure figure)
{
    return atomic_load_explicit(&side->value[figure], memory_order_relaxed);
}

static inline void wm_side_set(wm_side *side, enum wm_figure figure, uint64_t value)
{
    atomic_store_explicit(&side->value[figure], value, memory_order_release);
}

static inline void wm_side_add(wm_side *side, enum wm_figure figure, uint64_t more)
{
    if (more != 0)
        wm_side_set(side, figure, wm_side_get(side, figure) + more);
}

static inline void wm_side_take(wm_side *side, enum wm_figure figure, uint64_t less)
{
    if (less != 0)
        wm_side_set(side, figure, wm_side_get(side, figure) - less);
}

static inline void wm_side_close(wm_side *side)
{
    uint64_t version = atomic_load_explicit(&side->version, memory_order_relaxed);
    atomic_store_explicit(&side->version, version + 1, memory_order_release);
    /* Pairs with the release of the asker, who has then done with the last copy. */
    uint32_t asked = atomic_load_explicit(&side->asked, memory_order_acquire);
    if (__builtin_expect(asked != atomic_load_explicit(&side->given, memory_order_relaxed), 0))
        wm_side_hand_over(side, asked);
}

/* Readers, one at a time. Gives the version that was read, which is odd (and so
 * never the present one) for a copy. */
uint64_t wm_side_read(wm_side *side, wm_figures *figures);
uint64_t wm_side_version(const wm_side *side);

#endif
