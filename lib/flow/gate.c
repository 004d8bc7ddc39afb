/* Stopping intake so that no hand-over is cut in two: the events of a part reach
 * all the sinks that want them, or are refused. */
#include <time.h>

#include "internal.h"

bool wm_gate_enter(wanmi_intake *intake)
{
    /* Either this sees the shut gate, or who shut it sees this: both sides store
     * and then load, sequentially consistent. */
    atomic_store(&intake->handing_over, true);
    if (!atomic_load(&intake->flow->closed))
        return true;
    wm_gate_leave(intake);
    return false;
}

void wm_gate_leave(wanmi_intake *intake)
{
    atomic_store_explicit(&intake->handing_over, false, memory_order_release);
}

void wm_gate_shut(wanmi_flow *flow)
{
    atomic_store(&flow->closed, true);
}

/* An intake that is opened later sees the shut gate. */
static bool somebody_is_in(wanmi_flow *flow)
{
    bool in = false;
    pthread_mutex_lock(&flow->lock);
    for (wanmi_intake *intake = flow->intakes; intake != NULL; intake = intake->next)
        in |= atomic_load(&intake->handing_over);
    pthread_mutex_unlock(&flow->lock);
    return in;
}

bool wm_gate_wait(wanmi_flow *flow, int64_t patience_ns)
{
    int64_t began = wm_steady_ns(&flow->host);
    while (somebody_is_in(flow)) {
        if (wm_steady_ns(&flow->host) - began >= patience_ns)
            return false;
        const struct timespec pause = {0, 50000};
        nanosleep(&pause, NULL);
    }
    return true;
}
