/* Whether points of a cell lie where the cell does: what is the same for all points of one
 * tuple is asked once an index, not once an event. */
#include "router.h"

static bool has_areas_of_home(const struct wm_programs *p, const wanmi_locator *locator, uint32_t cell, uint32_t tuple)
{
    uint32_t word = p->units[(size_t)(cell - p->first_cell) * p->stride];
    const uint32_t *home = p->units + p->first_home + (size_t)(word >> p->signature_bits) * p->home_stride;
    for (uint32_t k = 0; k < p->watched_count; k++)
        if (wanmi_locator_area(locator, tuple, p->watched[k]) != home[k])
            return false;
    return true;
}

void wm_meet_index(wanmi_router *router, const wanmi_locator *locator)
{
    const wanmi_plan *plan = router->plan;
    const struct wm_programs *p = plan->programs;
    wanmi_index_release(router->index);
    router->index = wanmi_index_retain(wanmi_locator_index(locator));
    bool is_homely = true, any = false;
    for (uint32_t i = 0; i < plan->layers[plan->cell_layer].area_count && is_homely; i++) {
        uint32_t cell = p->first_cell + i, tuple = wanmi_locator_cell_tuple(locator, cell);
        if (tuple == WANMI_NONE)
            continue;
        router->tuple_of_cell = any ? router->tuple_of_cell : tuple - cell;
        is_homely = tuple - cell == router->tuple_of_cell && has_areas_of_home(p, locator, cell, tuple);
        any = true;
    }
    router->is_homely = is_homely && any;
}
