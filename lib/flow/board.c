/* An intake's figures, shown to other threads: see internal.h. */
#include "internal.h"

void wm_board_show(wm_board *board, const wm_figures *figures)
{
    uint64_t next = atomic_load_explicit(&board->version, memory_order_relaxed) + 1;
    /* Release: who sees one of these sees the version before too, and knows that
     * the copy it was reading is no longer the one shown. */
    for (int i = 0; i < WM_FIGURES; i++)
        atomic_store_explicit(&board->copies[next & 1][i], figures->value[i], memory_order_release);
    atomic_store_explicit(&board->version, next, memory_order_release);
}

void wm_board_read(wm_board *board, wm_figures *figures)
{
    uint64_t before, after;
    do {
        before = atomic_load_explicit(&board->version, memory_order_acquire);
        for (int i = 0; i < WM_FIGURES; i++)
            figures->value[i] = atomic_load_explicit(&board->copies[before & 1][i],
                                                     memory_order_acquire);
        after = atomic_load_explicit(&board->version, memory_order_relaxed);
    } while (after != before);
}

void wm_figures_add(wm_figures *to, const wm_figures *from)
{
    for (int i = 0; i < WM_FIGURES; i++)
        to->value[i] += from->value[i];
}
