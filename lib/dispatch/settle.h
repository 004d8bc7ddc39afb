/* What becomes of deliveries that a lane has handed over: ended, parked to be tried
 * again, dead. And those that are parked, on their way back.
 */
#ifndef WM_DISPATCH_SETTLE_H
#define WM_DISPATCH_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "figures.h"
#include "lane.h"
#include "park.h"
#include "wanmi/dispatch.h"

/* An answer that asks for another attempt. */
static inline bool wm_refused(uint8_t outcome)
{
    return outcome == WANMI_RETRY || outcome == WANMI_UNKNOWN;
}

/* settle.c */
typedef struct wm_times {
    int64_t began_us, ended_us, began_ns, ended_ns;
} wm_times;

/* What became of the first records of a batch, not yet in the figures. */
typedef struct wm_part {
    size_t count, delivered, sink, attempts, parked, unwritten;
    size_t dead;                    /* counted in `figure` */
    enum wm_figure figure;
} wm_part;

/* Settles a run by lane->outcomes; gives how many were refused. */
size_t wm_settle_run(wm_lane *lane, const wm_run *run, int64_t began_ns);
/* A run ends dead. Waits for room for the letters when `patient`. */
void wm_run_bury(wm_lane *lane, const wm_run *run, enum wm_figure figure, wanmi_reason reason,
                 bool patient);
void wm_wake_dead(wm_lane *lane);
/* letters.c: waits a moment for room for a letter; false: there will be none. */
bool wm_letters_await(wm_lane *lane, wm_wait *wait);

/* again.c: what is in the parking. */
wm_again *wm_again_make(const wanmi_host *host);
void wm_again_free(const wanmi_host *host, wm_again *again);
/* The wait after a number of attempts. */
int64_t wm_backoff_ns(wm_lane *lane, uint32_t attempts);
/* A batch of what is due, handed out; 0: nothing is. */
size_t wm_again_gather(wm_lane *lane, size_t limit, const wanmi_delivery **batch);
/* Settles that batch by lane->outcomes; gives how many were refused. */
size_t wm_again_settle(wm_lane *lane);
/* The queue that may be handed out now; leases that ran out are ended on the way. */
uint32_t wm_again_first(wm_lane *lane, int64_t now_ns);
/* Hands one out: counted in `to` from now on. */
void wm_again_out(wm_lane *lane, uint32_t at, enum wm_figure to, int64_t now_ns);
/* The answer for one that is out and counted in `from`. */
void wm_again_answer(wm_lane *lane, uint32_t at, enum wm_figure from, uint8_t outcome,
                     int64_t now_ns);
/* Ends the lease of one, which has run out. */
void wm_again_lapse(wm_lane *lane, uint32_t at, int64_t now_ns);
void wm_again_bury(wm_lane *lane, enum wm_figure figure, wanmi_reason reason);

#endif
