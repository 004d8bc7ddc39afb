/* Submitting: locate, route, ask the subscriptions, hand over, account.
 *
 * A chunk is located at once; it is handed over in parts, as many events as the
 * deliveries have room for. A part is accounted as a whole at its end, so that
 * submitted = routed + unrouted + refused at every moment.
 */
#include <string.h>

#include "internal.h"

/* One call. Events before `settled` are in the account; those before `done` were
 * routed or unrouted. */
typedef struct wm_call {
    wanmi_intake *intake;
    wm_station *station;                /* the call's from its begin to its end */
    const wanmi_event *events;
    size_t count;
    int64_t now_us;
    wanmi_receipt *receipts;            /* or NULL */
    wanmi_error *error;
    size_t settled, done;
} wm_call;

/* Events settled .. settled + count - 1 of a call, whose hits stand in the
 * intake's columns from `hit` on. */
typedef struct wm_part {
    wm_call *call;
    size_t hit, count;
    size_t deliveries;
    uint64_t wanted_by;                 /* sinks that want any of them */
    uint64_t all_by;                    /* sinks that want all of them */
    uint64_t accepted_by;               /* sinks that took what they want */
    uint64_t gone;                      /* sinks that are removed since the call began */
    wm_figures figures;
    bool tags_counted;                  /* all deliveries, in the station: see look_up */
} wm_part;

/* ---- subscriptions -------------------------------------------------------------------- */

static bool learn_word(const wanmi_intake *intake, wm_word_masks *to, uint32_t number, uint64_t mask)
{
    void *masks = to->masks;
    bool room = wm_reserve(&intake->flow->host, &masks, &to->capacity, (size_t)number + 1,
                           sizeof *to->masks);
    to->masks = masks;
    if (room)
        to->masks[number] = mask;
    return room;
}

/* Asks once which sinks want each word that is new since the last call. */
static wanmi_status learn_words(wanmi_intake *intake, const wm_stage *stage)
{
    const wanmi_flow *flow = intake->flow;
    if (intake->words_version != stage->version) {
        intake->words_version = stage->version;
        intake->words_known = 0;
    }
    for (uint32_t words = wanmi_words_count(flow->words); intake->words_known < words; intake->words_known++) {
        uint32_t number = intake->words_known;
        const char *text = wanmi_words_text(flow->words, number);
        if (!learn_word(intake, &intake->classes, number, wm_wishes_class(stage->wishes, text))
            || !learn_word(intake, &intake->sources, number, wm_wishes_source(stage->wishes, text)))
            return WANMI_E_MEMORY;
    }
    return WANMI_OK;
}

/* A word that came while the call ran is asked for by its text. */
static uint64_t who_wants_class(const wanmi_intake *intake, const wm_stage *stage, uint32_t class_id)
{
    if (class_id == WANMI_NONE)
        return stage->filters.without_class;
    if (class_id < intake->words_known)
        return intake->classes.masks[class_id];
    return wm_wishes_class(stage->wishes, wanmi_words_text(intake->flow->words, class_id));
}

static uint64_t who_wants_source(const wanmi_intake *intake, const wm_stage *stage, uint32_t source_id)
{
    if (source_id == WANMI_NONE)
        return stage->filters.without_source;
    if (source_id < intake->words_known)
        return intake->sources.masks[source_id];
    return wm_wishes_source(stage->wishes, wanmi_words_text(intake->flow->words, source_id));
}

static uint64_t who_wants(const wanmi_intake *intake, const wm_stage *stage, const wanmi_delivery *d)
{
    const wm_filters *filters = &stage->filters;
    uint64_t mask = filters->units[d->unit];
    mask &= filters->roles[d->role < filters->role_count ? d->role : filters->role_count];
    mask &= filters->tags[d->tag < filters->tag_count ? d->tag : filters->tag_count];
    mask &= filters->priority[d->priority] & filters->severity[d->severity];
    mask &= filters->copies[(d->flags & WANMI_DELIVERY_COPY) != 0];
    if (d->cell == WANMI_NONE)
        mask &= filters->without_cell;
    else if (filters->cells != NULL)
        mask &= filters->cells[d->cell - filters->first_cell];
    return mask & who_wants_class(intake, stage, d->class_id) & who_wants_source(intake, stage, d->source_id);
}

/* Every sink wants everything: nothing is asked, and the masks are not read. */
static bool is_plain(const wm_stage *stage)
{
    return stage->plain == stage->sinks;
}

static void ask_each(wm_part *part)
{
    const wanmi_intake *intake = part->call->intake;
    wm_station *station = part->call->station;
    part->all_by = station->stage->sinks;
    for (size_t i = 0; i < part->deliveries; i++) {
        station->masks[i] = who_wants(intake, station->stage, &station->deliveries[i]);
        part->wanted_by |= station->masks[i];
        part->all_by &= station->masks[i];
    }
}

/* Keys of the deliveries' units; and how many there are of each tag, where tags are few
 * and deliveries many. */
static void look_up(wm_part *part)
{
    wm_station *station = part->call->station;
    const wanmi_delivery *deliveries = station->deliveries;
    const uint32_t *unit_keys = station->stage->generation->unit_keys;
    const uint32_t last = station->tags.count - 1;
    part->tags_counted = last < WM_TAGS_FEW && part->deliveries > WM_TAGS_FEW;
    if (!part->tags_counted) {
        for (size_t i = 0; i < part->deliveries; i++)
            station->keys[i] = unit_keys[deliveries[i].unit];
        return;
    }
    station->tag_counts = (wm_tag_counts){0};
    for (size_t i = 0; i < part->deliveries; i++) {
        const uint32_t tag = deliveries[i].tag;
        station->keys[i] = unit_keys[deliveries[i].unit];
        station->tag_counts.of[i % WM_TAGS_APART][tag < last ? tag : last]++;
    }
}

static void ask_all(wm_part *part)
{
    look_up(part);
    if (part->deliveries == 0)
        return;
    if (is_plain(part->call->station->stage))
        part->wanted_by = part->all_by = part->call->station->stage->sinks;
    else
        ask_each(part);
}

/* ---- handing over ----------------------------------------------------------------------- */

static size_t gather(const wm_part *part, uint32_t place)
{
    wm_station *station = part->call->station;
    size_t wanted = 0;
    for (size_t i = 0; i < part->deliveries; i++) {
        if ((station->masks[i] >> place & 1) == 0)
            continue;
        station->gathered[wanted] = station->deliveries[i];
        station->gathered_keys[wanted++] = station->keys[i];
    }
    return wanted;
}

/* `place` is the sink's bit. What wants all gets it as it lies. */
static wanmi_status give(wm_part *part, uint32_t place)
{
    wm_station *station = part->call->station;
    wanmi_producer *producer = part->call->intake->producer;
    uint32_t sink = station->stage->wishes[place]->number;
    if ((part->all_by >> place & 1) != 0)
        return wanmi_producer_submit(producer, sink, station->deliveries, station->keys, part->deliveries,
                                     part->call->error);
    size_t wanted = gather(part, place);
    return wanmi_producer_submit(producer, sink, station->gathered, station->gathered_keys, wanted,
                                 part->call->error);
}

static wanmi_status give_each(wm_part *part, uint64_t sinks)
{
    for (uint64_t rest = sinks; rest != 0; rest &= rest - 1) {
        uint32_t place = (uint32_t)__builtin_ctzll(rest);
        wanmi_status status = give(part, place);
        if (status == WANMI_OK)
            part->accepted_by |= (uint64_t)1 << place;
        else if (status == WANMI_E_DISPATCH_SINK)
            part->gone |= (uint64_t)1 << place; /* removed meanwhile: it wants nothing any more */
        else
            return status;
    }
    return WANMI_OK;
}

/* Gives every sink what it wants. Ends at the first that takes nothing; those that
 * may say so come first, so that the others have not taken it then. */
static wanmi_status give_all(wm_part *part)
{
    uint64_t rejecting = part->call->station->stage->rejecting;
    wanmi_status status = give_each(part, part->wanted_by & rejecting);
    return status == WANMI_OK ? give_each(part, part->wanted_by & ~rejecting) : status;
}

/* ---- accounting -------------------------------------------------------------------------- */

static void count_where(wm_figures *figures, uint8_t where)
{
    static const int figure[] = {WM_INSIDE, WM_SNAPPED, WM_OUTSIDE, WM_REJECTED};
    figures->value[figure[where]]++;
}

/* What became of event `i` of the part. `failed`: why some sinks took nothing. */
static wanmi_receipt settle(wm_part *part, size_t i, wanmi_reason failed)
{
    const wanmi_intake *intake = part->call->intake;
    const wm_station *station = part->call->station;
    uint64_t *figures = part->figures.value;
    wanmi_receipt receipt = {.cell = intake->cells[part->hit + i], .where = intake->where[part->hit + i],
                             .reason = intake->unrouted[i],
                             .generation = station->stage->generation->number};
    uint64_t wanted_by = 0;
    size_t first = intake->first[i], end = intake->first[i + 1];
    if (is_plain(station->stage) && first != end) {
        wanted_by = part->wanted_by & ~part->gone;
        receipt.deliveries = (uint32_t)((end - first) * (size_t)__builtin_popcountll(part->accepted_by));
    }
    for (size_t k = first; k < end && !is_plain(station->stage); k++) {
        wanted_by |= station->masks[k] & ~part->gone;
        receipt.deliveries += (uint32_t)__builtin_popcountll(station->masks[k] & part->accepted_by);
    }
    figures[WM_SUBMITTED]++;
    if (receipt.deliveries == 0 && wanted_by != 0) {
        figures[WM_REFUSED]++;
        receipt.reason = (uint8_t)failed;
        return receipt;
    }
    count_where(&part->figures, receipt.where);
    figures[WM_MADE] += end - first;
    if (receipt.deliveries != 0) {
        figures[WM_ROUTED]++;
        return receipt;
    }
    figures[WM_UNROUTED]++;
    if (receipt.reason == WANMI_REASON_NONE) {
        figures[WM_UNWANTED]++;
        receipt.reason = WANMI_REASON_UNWANTED;
    }
    return receipt;
}

static wanmi_reason reason_of(wanmi_status status)
{
    if (status == WANMI_E_DISPATCH_FULL)
        return WANMI_REASON_FULL;
    return status == WANMI_E_DISPATCH_CLOSED ? WANMI_REASON_CLOSED : WANMI_REASON_ERROR;
}

/* In bytes as long as these hold it: so they are many at a time. */
static uint64_t count_of(const uint8_t *all, size_t count, uint8_t one)
{
    uint64_t found = 0;
    for (size_t from = 0, end; from < count; from = end) {
        uint8_t few = 0;
        end = count - from < UINT8_MAX ? count : from + UINT8_MAX;
        for (size_t i = from; i < end; i++)
            few = (uint8_t)(few + (all[i] == one));
        found += few;
    }
    return found;
}

/* The common case: every sink wants all and has taken it, and nobody asks what became
 * of each event. The same sums without a look at each: an event without a delivery has a
 * reason for that. */
static void settle_plain(wm_part *part)
{
    wm_call *call = part->call;
    const wanmi_intake *intake = call->intake;
    const uint8_t *where = intake->where + part->hit;
    uint64_t *figures = part->figures.value, inside = count_of(where, part->count, WANMI_INSIDE);
    uint64_t routed = count_of(intake->unrouted, part->count, WANMI_REASON_NONE);
    figures[WM_SUBMITTED] += part->count;
    figures[WM_ROUTED] += routed;
    figures[WM_UNROUTED] += part->count - routed;
    figures[WM_MADE] += part->deliveries;
    figures[WM_INSIDE] += inside;
    call->done += call->done == call->settled ? part->count : 0;
    if (inside == part->count)
        return;
    figures[WM_SNAPPED] += count_of(where, part->count, WANMI_SNAPPED);
    figures[WM_OUTSIDE] += count_of(where, part->count, WANMI_OUTSIDE);
    figures[WM_REJECTED] += count_of(where, part->count, WANMI_REJECTED);
}

static void settle_each(wm_part *part, wanmi_status status)
{
    wm_call *call = part->call;
    const wanmi_intake *intake = call->intake;
    bool whole = call->done == call->settled;
    for (size_t i = 0; i < part->count; i++) {
        uint64_t refused = part->figures.value[WM_REFUSED];
        wanmi_receipt receipt = settle(part, i, reason_of(status));
        bool is_refused = part->figures.value[WM_REFUSED] != refused;
        whole &= !is_refused;
        call->done += whole;
        /* If nothing went wrong none is refused, and all are counted at once below. */
        if (!is_refused && status != WANMI_OK)
            wm_tags_count(&call->station->tags, call->station->deliveries + intake->first[i],
                          intake->first[i + 1] - intake->first[i]);
        if (call->receipts != NULL)
            call->receipts[call->settled + i] = receipt;
    }
}

static void settle_all(wm_part *part, wanmi_status status)
{
    wm_call *call = part->call;
    wanmi_intake *intake = call->intake;
    const wm_stage *stage = call->station->stage;
    if (status == WANMI_OK && call->receipts == NULL && is_plain(stage) && part->gone == 0 && stage->sinks != 0)
        settle_plain(part);
    else
        settle_each(part, status);
    if (status == WANMI_OK && part->tags_counted)
        wm_tags_add(&call->station->tags, &call->station->tag_counts);
    else if (status == WANMI_OK)
        wm_tags_count(&call->station->tags, call->station->deliveries, part->deliveries);
    call->settled += part->count;
    wm_figures_add(&intake->figures, &part->figures);
    wm_board_show(&intake->board, &intake->figures);
}

/* The events that are not settled when a call ends with an error. */
static void refuse_rest(wm_call *call, wanmi_status status)
{
    wm_figures *figures = &call->intake->figures;
    figures->value[WM_SUBMITTED] += call->count - call->settled;
    figures->value[WM_REFUSED] += call->count - call->settled;
    wm_board_show(&call->intake->board, figures);
    const wanmi_receipt refused = {.cell = WANMI_NONE, .where = WANMI_REJECTED,
                                   .reason = (uint8_t)reason_of(status)};
    for (; call->settled < call->count; call->settled++)
        if (call->receipts != NULL)
            call->receipts[call->settled] = refused;
}

/* ---- the way of a chunk -------------------------------------------------------------------- */

static wanmi_status hand_over(wm_part *part)
{
    wanmi_intake *intake = part->call->intake;
    ask_all(part);
    if (!wm_gate_enter(intake))
        return wm_error(part->call->error, WANMI_E_DISPATCH_CLOSED, "intake has stopped");
    wanmi_status status = give_all(part);
    settle_all(part, status);
    wm_gate_leave(intake);
    return status;
}

static bool some_name_objects(const wanmi_event *events, size_t count)
{
    bool some = false;
    for (size_t i = 0; i < count; i++)
        some |= events[i].datum == WANMI_DATUM_OBJECT;
    return some;
}

/* Positions as the events have them; or, where some name objects, their places. */
static wanmi_status fill_positions(wm_call *call, wanmi_positions *positions)
{
    wanmi_intake *intake = call->intake;
    const wanmi_event *events = call->events + call->settled;
    positions->time_us = &events->time_us;
    positions->time_stride = sizeof *events;
    positions->now_us = call->now_us;
    if (intake->names_objects) {
        positions->x = intake->x;
        positions->y = intake->y;
        positions->datums = intake->datums;
        return wanmi_router_places(call->station->router, events, positions->count, intake->x, intake->y,
                                   intake->datums, call->error);
    }
    positions->x = &events->x;
    positions->y = &events->y;
    positions->datums = &events->datum;
    positions->x_stride = positions->y_stride = positions->datum_stride = sizeof *events;
    return WANMI_OK;
}

static wanmi_status find(wm_call *call, size_t count)
{
    wanmi_intake *intake = call->intake;
    wanmi_positions positions;
    wanmi_positions_init(&positions);
    positions.count = count;
    wanmi_status status = fill_positions(call, &positions);
    if (status != WANMI_OK)
        return status;
    wanmi_hits hits;
    wanmi_hits_init(&hits);
    hits.cell = intake->cells;
    hits.tuple = intake->tuples;
    hits.where = intake->where;
    hits.reason = intake->reasons;
    return wanmi_locate(call->station->locator, &positions, &hits, call->error);
}

/* Whether events name objects is asked only where the last ones did; else an event that does
 * has a datum that the locator rejects, and the chunk is located once more. */
static wanmi_status locate(wm_call *call, size_t count)
{
    wanmi_intake *intake = call->intake;
    const wanmi_event *events = call->events + call->settled;
    if (intake->names_objects)
        intake->names_objects = some_name_objects(events, count);
    wanmi_status status = find(call, count);
    if (status != WANMI_OK || intake->names_objects || count_of(intake->reasons, count, WANMI_REASON_DATUM) == 0)
        return status;
    intake->names_objects = some_name_objects(events, count);
    return intake->names_objects ? find(call, count) : WANMI_OK;
}

/* Routes as many of the chunk's events from `hit` on as there is room for. */
static wanmi_status route(wm_part *part, size_t count)
{
    wm_call *call = part->call;
    wanmi_intake *intake = call->intake;
    wanmi_hits hits;
    wanmi_hits_init(&hits);
    hits.cell = intake->cells + part->hit;
    hits.tuple = intake->tuples + part->hit;
    hits.where = intake->where + part->hit;
    hits.reason = intake->reasons + part->hit;
    wm_station *station = call->station;
    wanmi_status status = wanmi_route(station->router, station->locator, call->events + call->settled,
                                      count, &hits, call->now_us, station->deliveries,
                                      station->capacity, intake->first, intake->unrouted,
                                      &part->count, call->error);
    if (status < 0)
        return status;
    part->deliveries = intake->first[part->count];
    return WANMI_OK;
}

static wanmi_status submit_chunk(wm_call *call, size_t count)
{
    wanmi_status status = locate(call, count);
    for (size_t hit = 0; status == WANMI_OK && hit < count;) {
        wm_part part = {.call = call, .hit = hit};
        status = route(&part, count - hit);
        if (status == WANMI_OK)
            status = hand_over(&part);
        hit += part.count;
    }
    return status;
}

static wanmi_status submit_all(wm_call *call)
{
    wanmi_intake *intake = call->intake;
    if (atomic_load_explicit(&intake->flow->closed, memory_order_relaxed))
        return wm_error(call->error, WANMI_E_DISPATCH_CLOSED, "intake has stopped");
    if (learn_words(intake, call->station->stage) != WANMI_OK)
        return wm_error_memory(call->error);
    wm_mode_take_up(intake->flow, call->station);
    wanmi_status status = WANMI_OK;
    while (status == WANMI_OK && call->settled < call->count) {
        size_t left = call->count - call->settled, most = intake->flow->options.batch_max;
        status = submit_chunk(call, left < most ? left : most);
    }
    return status;
}

wanmi_status wanmi_flow_submit(wanmi_intake *intake, const wanmi_event *events, size_t count,
                               wanmi_receipt *receipts, size_t *done, wanmi_error *error)
{
    if (intake == NULL || (events == NULL && count != 0))
        return wm_error(error, WANMI_E_ARGUMENT, "no intake, or %zu events without an array", count);
    if (wm_flow_forked(intake->flow, error))
        return WANMI_E_DISPATCH_STATE;
    wm_call call = {.intake = intake, .events = events, .count = count, .receipts = receipts,
                    .error = error, .now_us = wm_now_us(&intake->flow->host),
                    .station = wm_station_take(intake)};
    if (call.station == NULL)
        return wm_error(error, WANMI_E_DISPATCH_STATE, "another thread works with the intake");
    wanmi_status status = submit_all(&call);
    if (status != WANMI_OK)
        refuse_rest(&call, status);
    wm_station_put_back(intake, call.station);
    if (done != NULL)
        *done = call.done;
    return status;
}
