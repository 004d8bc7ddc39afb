/* The rules as moves: the deliveries of router.c's evaluation, found with few loads
 * and few guesses. Whatever a move does not say is asked there, rule by rule or
 * event by event, so that there is one meaning of a rule.
 */
#include "router.h"

/* So many events ahead a roster's line is asked for, longer than memory takes. */
enum { AHEAD = 12 };

/* An event and where it stands in its block. */
typedef struct wm_turn {
    wm_work *work;
    const wm_cover *cover;
    size_t at;
} wm_turn;

/* All conditions that are numbers of the event, without a branch between them. */
static inline bool may_hold(const wm_move *move, const wm_work *work, wm_modes mode)
{
    const wanmi_event *event = work->event;
    return ((move->modes & mode) != 0) & (event->severity >= move->min_severity)
         & (((event->source_id ^ move->source) & move->source_mask) == 0)
         & (work->instant_us >= move->from) & (work->instant_us <= move->until);
}

/* The event's one area in a layer that is no overlay, as router.c finds it: what
 * covers it is the answer but where an ancestor could come first. */
static inline uint32_t area_in(const wm_turn *turn, uint32_t layer)
{
    const wm_work *work = turn->work;
    if (layer == work->plan->cell_layer)
        return work->cell;
    uint32_t covering = turn->cover->areas[layer][turn->at];
    if (covering != WANMI_NONE && work->where == WANMI_INSIDE)
        return covering;
    return wm_presence_in(work, layer)->one;
}

static inline bool holds(const wm_move *move, const wm_turn *turn, const wm_rule *rule)
{
    if (move->place != WM_ANYWHERE && area_in(turn, move->place) - move->first_area >= move->area_count)
        return false;
    return !move->asks_more || wm_matches(turn->work, rule);
}

static bool is_there(const wm_work *work, uint32_t unit, uint32_t role)
{
    for (size_t i = 0; i < work->count; i++)
        if (work->deliveries[i].unit == unit && work->deliveries[i].role == role)
            return true;
    return false;
}

static void deliver_again(wm_work *work, const wm_move *move, uint32_t rule, uint32_t unit, wanmi_step step)
{
    const wm_address to = {.unit = unit, .rule = rule, .profile = move->profile, .role = move->role,
                           .tag = move->tag, .priority = move->priority, .flags = move->flags, .step = step};
    wm_deliver(work, &to);
}

static inline void deliver(wm_work *work, const wm_move *move, uint32_t rule, uint32_t unit, wanmi_step step)
{
    if (is_there(work, unit, move->role)) {
        deliver_again(work, move, rule, unit, step);
        return;
    }
    const wanmi_event *event = work->event;
    int64_t due_us = move->profile != WANMI_NONE ? wm_due_of(work, move->profile) : WANMI_TIME_NONE;
    /* Field by field: a record put together elsewhere and copied would wait for itself. */
    wanmi_delivery *at = &work->deliveries[work->count++];
    at->event_id = event->id;
    at->user = event->user;
    at->time_us = work->instant_us;
    at->due_us = due_us;
    at->generation = work->plan->generation;
    at->unit = unit;
    at->cell = work->cell;
    at->rule = rule;
    at->class_id = work->class_id;
    at->source_id = event->source_id;
    at->role = move->role;
    at->tag = move->tag;
    at->priority = move->priority;
    at->severity = event->severity;
    at->step = (uint8_t)step;
    at->flags = move->flags;
}

static inline void deliver_to_holder(const wm_turn *turn, const wm_move *move, uint32_t rule)
{
    wm_work *work = turn->work;
    const wanmi_plan *plan = work->plan;
    const wm_roster *roster = &plan->rosters[move->at_layer];
    uint32_t area = area_in(turn, move->at_layer);
    if (area == WANMI_NONE)
        return;
    size_t row = (size_t)(area - plan->layers[move->at_layer].first_area) * roster->stride;
    uint32_t entry = roster->units[row + move->target];
    if (entry == WM_REACH_WALK)
        wm_obey(work, &plan->rules[rule]);
    else if (entry != WM_REACH_NOBODY)
        deliver(work, move, rule, entry & ~WM_REACH_ANCESTOR,
                (entry & WM_REACH_ANCESTOR) != 0 ? WANMI_STEP_ANCESTOR : WANMI_STEP_DUTY);
}

static void make_moves(const wm_turn *turn, uint32_t prefix_number)
{
    wm_work *work = turn->work;
    const wanmi_plan *plan = work->plan;
    const wm_prefix *prefix = &plan->prefixes[prefix_number];
    const wm_modes mode = work->router->mode;
    const uint32_t *at = plan->lists + prefix->first, *end = at + prefix->count;
    for (; at < end; at++) {
        const wm_move *move = &plan->moves[*at];
        if (!may_hold(move, work, mode) || !holds(move, turn, &plan->rules[*at]))
            continue;
        if (move->kind == WM_MOVE_HOLDER)
            deliver_to_holder(turn, move, *at);
        else if (move->kind == WM_MOVE_UNIT)
            deliver(work, move, *at, move->target, WANMI_STEP_UNIT);
        else
            wm_obey(work, &plan->rules[*at]);
        if (move->last)
            return;
    }
}

/* An event in a cell that names no object and whose words are known. */
static bool is_plain_sailing(const wm_work *work)
{
    const wanmi_event *event = work->event;
    return work->where <= WANMI_SNAPPED && event->datum != WANMI_DATUM_OBJECT
        && wm_has_seen_class(work->router, event->class_id)
        && (event->source_id < work->router->words_known || event->source_id == WANMI_NONE);
}

static wanmi_reason route_event(const wm_turn *turn, wanmi_reason rejected)
{
    wm_work *work = turn->work;
    wanmi_router *router = work->router;
    if (!is_plain_sailing(work))
        return wm_route_one(work, rejected);
    router->event++;
    make_moves(turn, work->class_id != WANMI_NONE ? router->classes[work->class_id] : 0);
    if (!wm_has_primary(work))
        wm_fall_back(work);
    return WANMI_REASON_NONE;
}

/* Asks for the roster's row of a later event's cell; one that is in none asks for a
 * line that nobody will read. */
static inline void look_ahead(const wanmi_plan *plan, const wm_roster *roster, uint32_t cell)
{
    uintptr_t row = (uintptr_t)(cell - plan->layers[plan->cell_layer].first_area) * roster->stride;
    uintptr_t line = (uintptr_t)roster->units + row * sizeof *roster->units;
    __builtin_prefetch((const char *)line);
    __builtin_prefetch((const char *)(line + (roster->slots - 1) * sizeof *roster->units));
}

void wm_look_around(const wm_work *work, const wm_batch *batch, size_t from, size_t count, wm_cover *cover)
{
    const wanmi_plan *plan = work->plan;
    for (uint32_t layer = 0; layer < plan->layer_count; layer++)
        if (plan->is_asked[layer])
            wanmi_locator_area_each(work->locator, batch->hits->tuple + from, count, layer, cover->areas[layer]);
}

wanmi_reason wm_route_quickly_one(wm_work *work, const wm_batch *batch, size_t i, size_t used,
                                  const wm_cover *cover, size_t at)
{
    const wm_turn turn = {work, cover, at};
    wm_take_event(work, batch, i, used);
    return route_event(&turn, (wanmi_reason)batch->hits->reason[i]);
}

size_t wm_route_quickly(wm_work *work, const wm_batch *batch)
{
    const wanmi_plan *plan = work->plan;
    const wm_roster *roster = plan->cell_layer != WANMI_NONE ? &plan->rosters[plan->cell_layer] : NULL;
    bool looks = roster != NULL && roster->slots != 0;
    wm_cover cover;
    size_t used = 0, i = 0;
    for (; i < batch->count && batch->capacity - used >= plan->deliveries_max; i++) {
        size_t left = batch->count - i, at = i % WM_BLOCK;
        if (at == 0)
            wm_look_around(work, batch, i, left < WM_BLOCK ? left : WM_BLOCK, &cover);
        if (looks && i + AHEAD < batch->count)
            look_ahead(plan, roster, batch->hits->cell[i + AHEAD]);
        batch->first[i] = used;
        batch->unrouted[i] = (uint8_t)wm_route_quickly_one(work, batch, i, used, &cover, at);
        used += work->count;
    }
    batch->first[i] = used;
    return i;
}
