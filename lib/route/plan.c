/* A plan's life, and the order in which it is compiled. */
#include "program.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what is wrong ------------------------------------------------------------------- */

enum { NOTE = 1, WARNING = 2, ERROR = 3 };

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

static void tell(wm_compile *compile, int32_t severity, const wm_place *place, const wanmi_error *words)
{
    const wanmi_plan_finding finding = {
        .severity = severity, .status = words->status, .row = place->row > 0 ? place->row : 0,
        .table = text_of(place->layer), .column = text_of(place->column), .value = text_of(place->value),
        .layer = text_of(compile->area_layer), .code = text_of(place->code), .message = words->message};
    compile->found++;
    if (compile->on_finding != NULL)
        compile->on_finding(compile->finding_user, &finding);
}

wanmi_status wm_problem(wm_compile *compile, wanmi_status status, const wm_place *place,
                        const char *format, ...)
{
    char words[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    wanmi_error problem;
    wm_error_at(&problem, status, place, "%s", words);
    if (compile->problems++ == 0)
        compile->first = problem;
    if (compile->checking)
        tell(compile, ERROR, place, &problem);
    else if (compile->on_problem != NULL)
        compile->on_problem(compile->problem_user, &problem);
    return compile->checking || compile->on_problem != NULL ? WANMI_OK : status;
}

__attribute__((format(printf, 4, 0)))
static void hint(wm_compile *compile, int32_t severity, const wm_place *place, const char *format,
                 va_list arguments)
{
    char words[400];
    vsnprintf(words, sizeof words, format, arguments);
    wanmi_error problem;
    wm_error_at(&problem, WANMI_OK, place, "%s", words);
    if (compile->checking)
        tell(compile, severity, place, &problem);
    else if (compile->on_problem != NULL)
        compile->on_problem(compile->problem_user, &problem);
}

void wm_warn(wm_compile *compile, const wm_place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hint(compile, WARNING, place, format, arguments);
    va_end(arguments);
}

void wm_note(wm_compile *compile, const wm_place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hint(compile, NOTE, place, format, arguments);
    va_end(arguments);
}

/* ---- compiling ------------------------------------------------------------------------- */

static void read_layers(wanmi_plan *plan)
{
    plan->layer_count = wanmi_map_layer_count(plan->map);
    plan->cell_layer = wanmi_map_cell_layer(plan->map);
    for (uint32_t i = 0; i < plan->layer_count; i++) {
        wanmi_layer_info info;
        wanmi_map_layer(plan->map, i, &info);
        wm_layer_use use = info.kind == WANMI_OVERLAY ? WM_LAYER_OVERLAY
                         : info.is_cell_ancestor != 0 ? WM_LAYER_ANCESTOR : WM_LAYER_PARTITION;
        plan->layers[i] = (wm_layer){i == plan->cell_layer ? WM_LAYER_CELL : use, info.first_area,
                                     info.area_count};
    }
}

/* Numbers of runs, with a bit beside them, must not meet WM_REACH_WALK. */
static wanmi_status check_numbers(wm_compile *compile)
{
    const wm_place nowhere = {0};
    if (wanmi_map_duty_count(compile->plan->map) >= WM_REACH_ANCESTOR - 2)
        return wm_problem(compile, WANMI_E_LIMIT, &nowhere, "the map has too many duties");
    return WANMI_OK;
}

/* What can only be asked of rules that are all sound. */
static wanmi_status compile_rest(wm_compile *compile)
{
    wanmi_status status = wm_compile_classes(compile);
    if (status == WANMI_OK)
        status = wm_compile_conditions(compile);
    if (status == WANMI_OK)
        status = wm_compile_offices(compile);
    if (status == WANMI_OK)
        status = wm_check_promise(compile);
    if (status == WANMI_OK)
        status = wm_compile_bound(compile);
    if (status == WANMI_OK)
        status = wm_compile_programs(compile);
    if (status == WANMI_OK)
        status = wm_compile_moves(compile);
    if (status != WANMI_OK || (compile->on_problem == NULL && !compile->checking))
        return status;
    wm_warn_of_modes(compile);
    return wm_warn_of_rules(compile);
}

static wanmi_status compile_all(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    wanmi_status status = check_numbers(compile);
    if (status == WANMI_OK)
        status = wm_calendars_read(&plan->calendars, &plan->arena, plan->map);
    if (status == WANMI_OK && compile->problems == 0)
        status = wm_compile_duties(compile);
    if (status == WANMI_OK)
        status = wm_compile_deadlines(compile);
    if (status == WANMI_OK)
        status = wm_compile_rules(compile);
    if (status == WANMI_OK)
        status = wm_compile_escalations(compile);
    if (status == WANMI_OK && compile->problems == 0)
        status = compile_rest(compile);
    if (compile->problems != 0 && (status == WANMI_OK || status == compile->first.status)) {
        if (compile->error != NULL)
            *compile->error = compile->first;
        return compile->first.status;
    }
    return status == WANMI_E_MEMORY ? wm_error_memory(compile->error) : status;
}

wanmi_status wm_plan_make(wm_compile *compile, wanmi_map *map, wanmi_words *words, wanmi_plan **plan)
{
    const wanmi_host *host = wanmi_map_host(map);
    wanmi_plan *fresh = wm_alloc_zero(host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(compile->error);
    atomic_init(&fresh->references, 1);
    fresh->host = *host;
    wm_arena_init(&fresh->arena, &fresh->host);
    fresh->map = wanmi_map_retain(map);
    fresh->words = wanmi_words_retain(words);
    fresh->generation = wanmi_map_generation(map);
    fresh->fallback_unit = wanmi_map_fallback_unit(map);
    fresh->fallback_office = WANMI_NONE;
    fresh->object_count = wanmi_map_object_count(map);
    read_layers(fresh);
    compile->plan = fresh;
    wanmi_status status = compile_all(compile);
    compile->plan = NULL;
    if (status == WANMI_OK)
        *plan = fresh;
    else
        wanmi_plan_release(fresh);
    return status;
}

wanmi_status wanmi_plan_create(wanmi_map *map, wanmi_words *words, wanmi_problem_fn on_problem,
                               void *problem_user, wanmi_plan **plan, wanmi_error *error)
{
    if (map == NULL || words == NULL || plan == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_plan_create needs a map, words and a plan");
    wm_compile compile = {.on_problem = on_problem, .problem_user = problem_user, .error = error};
    return wm_plan_make(&compile, map, words, plan);
}

wanmi_plan *wanmi_plan_retain(wanmi_plan *plan)
{
    if (plan != NULL)
        atomic_fetch_add_explicit(&plan->references, 1, memory_order_relaxed);
    return plan;
}

void wanmi_plan_release(wanmi_plan *plan)
{
    if (plan == NULL || atomic_fetch_sub_explicit(&plan->references, 1, memory_order_acq_rel) != 1)
        return;
    wanmi_map *map = plan->map;
    wm_arena_drop(&plan->arena);
    wanmi_words_release(plan->words);
    wm_free(wanmi_map_host(map), plan, sizeof *plan);
    wanmi_map_release(map);
}

wanmi_map *wanmi_plan_map(const wanmi_plan *plan)
{
    return plan->map;
}

uint64_t wanmi_plan_bytes(const wanmi_plan *plan)
{
    return sizeof *plan + plan->arena.bytes;
}

uint32_t wanmi_plan_deliveries_max(const wanmi_plan *plan)
{
    return plan->deliveries_max;
}
