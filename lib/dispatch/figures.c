/* Figures that one thread writes and any thread may read whole: see figures.h. */
#include "figures.h"

#include <stdbool.h>
#include <string.h>

#include "park.h"

/* Readings that may fail before a copy is asked for. */
enum { TRIES = 32 };

void wm_side_init(wm_side *side, const wanmi_ring *ring, wm_index_fn index_of)
{
    memset(side, 0, sizeof *side);
    side->ring = ring;
    side->index_of = index_of;
}

void wm_side_hand_over(wm_side *side, uint32_t asked)
{
    for (int i = 0; i < WM_FIGURES; i++)
        side->copy.value[i] = wm_side_get(side, (enum wm_figure)i);
    side->copy.index = side->ring != NULL ? side->index_of(side->ring) : 0;
    atomic_store_explicit(&side->given, asked, memory_order_release);
}

uint64_t wm_side_version(const wm_side *side)
{
    return atomic_load_explicit(&side->version, memory_order_acquire);
}

static bool read_unchanged(const wm_side *side, wm_figures *figures, uint64_t *version)
{
    *version = wm_side_version(side);
    if ((*version & 1) != 0)
        return false;
    for (int i = 0; i < WM_FIGURES; i++)
        figures->value[i] = atomic_load_explicit(&side->value[i], memory_order_acquire);
    figures->index = side->ring != NULL ? side->index_of(side->ring) : 0;
    return atomic_load_explicit(&side->version, memory_order_relaxed) == *version;
}

uint64_t wm_side_read(wm_side *side, wm_figures *figures)
{
    uint64_t version;
    for (int i = 0; i < TRIES; i++) {
        if (read_unchanged(side, figures, &version))
            return version;
        wm_pause();
    }
    uint32_t number = atomic_load_explicit(&side->asked, memory_order_relaxed) + 1;
    atomic_store_explicit(&side->asked, number, memory_order_release);
    wm_wait wait = {0};
    while (!read_unchanged(side, figures, &version)) {
        if (atomic_load_explicit(&side->given, memory_order_acquire) == number) {
            *figures = side->copy;
            return 1;
        }
        wm_wait_more(&wait);
    }
    return version;
}
