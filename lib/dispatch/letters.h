/* Dead letters: each lane and each producer has a ring of them to the one thread
 * that hands them to the host's callback.
 */
#ifndef WM_DISPATCH_LETTERS_H
#define WM_DISPATCH_LETTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "figures.h"
#include "park.h"
#include "wanmi/dispatch.h"
#include "wanmi/queue.h"

/* One thread's way to the dead-letter thread. Letters are written into reserved
 * places (staged) and published together with the figures that count them. */
typedef struct wm_letters {
    wanmi_ring *ring;               /* NULL: nobody takes dead letters */
    wm_park *reader;
    wanmi_dead_letter *places;
    size_t room, staged;
    bool sent;                      /* since the last look at the reader's flag */
} wm_letters;

wanmi_status wm_letters_open(wm_letters *letters, wanmi_dispatch *d, wanmi_error *error);
void wm_letters_drop(wm_letters *letters);
/* A place for one more letter of the next `wanted`. NULL: what is staged must be
 * published first or, when nothing is staged, there is no room. */
wanmi_dead_letter *wm_letters_place(wm_letters *letters, size_t wanted);
/* Publishes what is staged; inside the opened side that counts it. */
void wm_letters_publish(wm_letters *letters, wm_side *side);
/* After a fence: wakes the reader if letters were sent. */
void wm_letters_look(wm_letters *letters);
void *wm_dead_run(void *dispatch);

#endif
