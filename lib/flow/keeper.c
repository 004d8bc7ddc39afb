/* What happens to what nobody uses any more: stations that intakes have left, stages
 * without stations, generations without stages that no delivery names. And the
 * thread that sees to it, which is there from the first change on.
 *
 * A map's last delivery may end in any sink, at any time, where no one of this room
 * is told. So somebody must look now and then; were it only the next snapshot or
 * swap, an old map might stay for ever.
 */
#include <signal.h>
#include <time.h>

#include "internal.h"

#define NAP_LEAST_NS INT64_C(5000000)
#define NAP_MOST_NS INT64_C(500000000)

/* ---- what nobody uses --------------------------------------------------------------------- */

/* Collected under the lock, freed without it: to free a map takes its time. */
typedef struct wm_waste {
    wm_station *stations;               /* by `left` */
    wm_stage *stages;
    wm_generation *generations;
} wm_waste;

static void unlink_station(wm_station *station)
{
    *station->link = station->next;
    if (station->next != NULL)
        station->next->link = station->link;
}

static void collect_stations(wanmi_flow *flow, wm_waste *waste)
{
    /* Acquire: all that the intakes did with them. */
    waste->stations = atomic_exchange_explicit(&flow->left, NULL, memory_order_acquire);
    for (wm_station *station = waste->stations; station != NULL; station = station->left) {
        wm_ledger_close(&flow->ledger, station->stage->generation, &station->tags);
        unlink_station(station);
        station->stage->users--;
    }
}

static void collect_stages(wanmi_flow *flow, wm_waste *waste)
{
    for (wm_stage **link = &flow->stages; *link != NULL;) {
        wm_stage *stage = *link;
        if (stage->users != 0) {
            link = &stage->next;
            continue;
        }
        *link = stage->next;
        stage->generation->stages--;
        stage->next = waste->stages;
        waste->stages = stage;
    }
}

/* Without a stage no more deliveries are made of it: what is pending can only
 * become less. */
static bool is_named(const wanmi_flow *flow, const wm_generation *generation)
{
    uint64_t pending = 0;
    return wanmi_dispatch_pending_of(flow->dispatch, generation->number, &pending, NULL) != WANMI_OK
        || pending != 0;
}

static void collect_generations(wanmi_flow *flow, wm_waste *waste)
{
    for (wm_generation **link = &flow->generations; *link != NULL;) {
        wm_generation *generation = *link;
        if (generation->stages != 0 || is_named(flow, generation)) {
            link = &generation->next;
            continue;
        }
        *link = generation->next;
        flow->generation_count--;
        wm_names_remove(&flow->names, generation);
        generation->next = waste->generations;
        waste->generations = generation;
    }
}

static void throw_away(wm_waste *waste, const wanmi_host *host)
{
    for (wm_station *station = waste->stations, *next; station != NULL; station = next) {
        next = station->left;
        wm_station_free(station, host);
    }
    for (wm_stage *stage = waste->stages, *next; stage != NULL; stage = next) {
        next = stage->next;
        wm_stage_free(stage, host);
    }
    for (wm_generation *generation = waste->generations, *next; generation != NULL; generation = next) {
        next = generation->next;
        wm_generation_free(generation);
    }
}

uint32_t wm_reclaim(wanmi_flow *flow)
{
    wm_waste waste = {0};
    pthread_mutex_lock(&flow->lock);
    collect_stations(flow, &waste);
    collect_stages(flow, &waste);
    collect_generations(flow, &waste);
    uint32_t alive = flow->generation_count;
    pthread_mutex_unlock(&flow->lock);
    throw_away(&waste, &flow->host);
    return alive;
}

/* What the keeper has taken out of the lists is not free yet. What it takes next is
 * not waited for: under a load that never ends there is always more. */
static void await_keeper(wanmi_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    uint64_t rounds = flow->keeper.rounds;
    while (flow->keeper.frees && flow->keeper.rounds == rounds)
        pthread_cond_wait(&flow->keeper.freed, &flow->lock);
    pthread_mutex_unlock(&flow->lock);
}

wanmi_status wanmi_flow_reclaim(wanmi_flow *flow, uint32_t *alive, wanmi_error *error)
{
    if (flow == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no flow was given");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    uint32_t left = wm_reclaim(flow);
    await_keeper(flow);
    if (alive != NULL)
        *alive = left;
    return WANMI_OK;
}

/* ---- the thread --------------------------------------------------------------------------- */

/* Under the lock. */
static bool is_tidy(wanmi_flow *flow)
{
    return (flow->stages == NULL || flow->stages->next == NULL) && flow->generation_count <= 1
        && atomic_load_explicit(&flow->left, memory_order_relaxed) == NULL;
}

/* Not after the host's clock, which a test may hold. */
static void nap(wanmi_flow *flow, int64_t ns)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)((until.tv_nsec + ns) / 1000000000);
    until.tv_nsec = (long)((until.tv_nsec + ns) % 1000000000);
    pthread_cond_timedwait(&flow->keeper.wake, &flow->lock, &until);
}

static void *keep(void *argument)
{
    wanmi_flow *flow = argument;
    int64_t rest = NAP_LEAST_NS;
    pthread_mutex_lock(&flow->lock);
    while (!flow->keeper.end) {
        if (is_tidy(flow)) {
            rest = NAP_LEAST_NS;
            pthread_cond_wait(&flow->keeper.wake, &flow->lock);
            continue;
        }
        flow->keeper.frees = true;
        pthread_mutex_unlock(&flow->lock);
        wm_reclaim(flow);
        pthread_mutex_lock(&flow->lock);
        flow->keeper.frees = false;
        flow->keeper.rounds++;
        pthread_cond_broadcast(&flow->keeper.freed);
        if (flow->keeper.end || is_tidy(flow))
            continue;
        nap(flow, rest);
        rest = rest < NAP_MOST_NS / 2 ? 2 * rest : NAP_MOST_NS;
    }
    pthread_mutex_unlock(&flow->lock);
    return NULL;
}

/* The host's signals are for the host's threads. */
static int start_quietly(wanmi_flow *flow)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&flow->keeper.thread, NULL, keep, flow);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        pthread_setname_np(flow->keeper.thread, "wanmi-keeper");
    return failed;
}

wanmi_status wm_keeper_start(wanmi_flow *flow, wanmi_error *error)
{
    int failed = 0;
    pthread_mutex_lock(&flow->lock);
    if (!flow->keeper.runs && !flow->keeper.end) {
        failed = start_quietly(flow);
        flow->keeper.runs = failed == 0;
    }
    pthread_mutex_unlock(&flow->lock);
    if (failed != 0)
        return wm_error(error, WANMI_E_SYSTEM, "no thread for the flow's housekeeping: error %d", failed);
    return WANMI_OK;
}

void wm_keeper_stop(wanmi_flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    bool runs = flow->keeper.runs;
    flow->keeper.runs = false;
    flow->keeper.end = true;
    pthread_cond_signal(&flow->keeper.wake);
    pthread_mutex_unlock(&flow->lock);
    if (runs)
        pthread_join(flow->keeper.thread, NULL);
}

void wm_keeper_wake(wanmi_flow *flow)
{
    pthread_cond_signal(&flow->keeper.wake);
}
