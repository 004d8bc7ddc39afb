/* What the words of events mean to a router: classes and objects, each looked up
 * the first time it comes. This is all that grows while events are routed, and it
 * happens before the first event of a call is routed. */
#include "router.h"

#include <string.h>

bool wm_is_word(wanmi_router *router, uint32_t number)
{
    if (number >= router->words_known)
        router->words_known = wanmi_words_count(router->plan->words);
    return number < router->words_known;
}

/* ---- classes ------------------------------------------------------------------------- */

static wanmi_status see_class(wanmi_router *router, uint32_t class_id)
{
    const wanmi_plan *plan = router->plan;
    if (class_id < router->class_capacity && router->classes[class_id] != WM_UNSEEN)
        return WANMI_OK;
    if (class_id == WANMI_NONE || !wm_is_word(router, class_id))
        return WANMI_OK;
    size_t before = router->class_capacity;
    void *classes = router->classes;
    if (!wm_reserve(&plan->host, &classes, &router->class_capacity, (size_t)class_id + 1,
                    sizeof *router->classes))
        return WANMI_E_MEMORY;
    router->classes = classes;
    for (size_t i = before; i < router->class_capacity; i++)
        router->classes[i] = WM_UNSEEN;
    router->classes[class_id] = wm_class_prefix(plan, wanmi_words_text(plan->words, class_id));
    return WANMI_OK;
}

/* Not the same as wm_is_word: a word that another thread adds while a call runs was
 * not looked up by this one. */
bool wm_has_seen_class(const wanmi_router *router, uint32_t class_id)
{
    return class_id == WANMI_NONE
        || (class_id < router->class_capacity && router->classes[class_id] != WM_UNSEEN);
}

/* ---- objects ------------------------------------------------------------------------- */

/* The number of an object's class; WANMI_NONE where it has none, or the words are
 * full. */
static wanmi_status number_class(const wanmi_plan *plan, uint32_t object, uint32_t *class_id)
{
    wanmi_object_info info;
    *class_id = WANMI_NONE;
    if (wanmi_map_object(plan->map, object, &info) != WANMI_OK || info.class_text[0] == '\0')
        return WANMI_OK;
    wanmi_status status = wanmi_words_number(plan->words, info.class_text, strlen(info.class_text),
                                             class_id, NULL);
    return status == WANMI_E_MEMORY ? status : WANMI_OK;
}

static wanmi_status see_object(wanmi_router *router, uint32_t word)
{
    const wanmi_plan *plan = router->plan;
    if (word < router->object_capacity && router->objects[word].object != WM_UNSEEN)
        return WANMI_OK;
    if (!wm_is_word(router, word))
        return WANMI_OK;
    wm_seen_object seen = {wanmi_plan_object(plan, word), WANMI_NONE};
    wanmi_status status = number_class(plan, seen.object, &seen.class_id);
    if (status == WANMI_OK)
        status = see_class(router, seen.class_id);
    if (status != WANMI_OK)
        return status;
    size_t before = router->object_capacity;
    void *objects = router->objects;
    if (!wm_reserve(&plan->host, &objects, &router->object_capacity, (size_t)word + 1,
                    sizeof *router->objects))
        return WANMI_E_MEMORY;
    router->objects = objects;
    for (size_t i = before; i < router->object_capacity; i++)
        router->objects[i] = (wm_seen_object){WM_UNSEEN, WANMI_NONE};
    router->objects[word] = seen;
    return WANMI_OK;
}

wanmi_status wm_see(wanmi_router *router, const wanmi_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wanmi_status status = see_class(router, events[i].class_id);
        if (status == WANMI_OK && events[i].datum == WANMI_DATUM_OBJECT)
            status = see_object(router, events[i].object_id);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

const wm_seen_object *wm_object_of(const wanmi_router *router, const wanmi_event *event)
{
    if (event->datum != WANMI_DATUM_OBJECT || event->object_id >= router->object_capacity)
        return NULL;
    const wm_seen_object *seen = &router->objects[event->object_id];
    return seen->object < router->plan->object_count ? seen : NULL;
}

uint32_t wanmi_plan_object(const wanmi_plan *plan, uint32_t object_id)
{
    const char *code = wanmi_words_text(plan->words, object_id);
    return code != NULL ? wanmi_map_find_object(plan->map, code) : WANMI_NONE;
}

wanmi_status wanmi_router_places(wanmi_router *router, const wanmi_event *events, size_t count,
                                 double *x, double *y, uint8_t *datums, wanmi_error *error)
{
    if (router == NULL || (count != 0 && (events == NULL || x == NULL || y == NULL || datums == NULL)))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_router_places needs a router, events and places for x, y and the datum");
    if (wm_see(router, events, count) != WANMI_OK)
        return wm_error_memory(error);
    for (size_t i = 0; i < count; i++) {
        x[i] = events[i].x;
        y[i] = events[i].y;
        datums[i] = events[i].datum;
        const wm_seen_object *seen = wm_object_of(router, &events[i]);
        wanmi_object_info info;
        if (seen == NULL || wanmi_map_object(router->plan->map, seen->object, &info) != WANMI_OK)
            continue;
        x[i] = info.x;
        y[i] = info.y;
        datums[i] = WANMI_DATUM_MAP;
    }
    return WANMI_OK;
}
