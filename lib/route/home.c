/* Whether points of a cell lie where the cell does: what is the same for all points of one
 * tuple is asked once an index, not once an event. */
#include "router.h"
#include "rows.h"

/* `cell` counts from 0. */
static bool has_areas_of_home(const wanmi_plan *plan, const wanmi_locator *locator, uint32_t cell, uint32_t tuple)
{
    const struct wm_programs *p = plan->programs;
    for (uint32_t k = 0; k < p->watched_count; k++)
        if (wanmi_locator_area(locator, tuple, p->watched[k]) != wm_row_area(plan, p, cell, p->watched[k]))
            return false;
    return true;
}

void wm_meet_index(wanmi_router *router, const wanmi_locator *locator)
{
    const wanmi_plan *plan = router->plan;
    const uint32_t first_cell = plan->programs->first_cell;
    wanmi_index_release(router->index);
    router->index = wanmi_index_retain(wanmi_locator_index(locator));
    bool is_homely = true, any = false;
    for (uint32_t i = 0; i < plan->layers[plan->cell_layer].area_count && is_homely; i++) {
        uint32_t cell = first_cell + i, tuple = wanmi_locator_cell_tuple(locator, cell);
        if (tuple == WANMI_NONE)
            continue;
        router->tuple_of_cell = any ? router->tuple_of_cell : tuple - cell;
        is_homely = tuple - cell == router->tuple_of_cell && has_areas_of_home(plan, locator, i, tuple);
        any = true;
    }
    router->is_homely = is_homely && any;
}
