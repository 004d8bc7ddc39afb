/* A new layer becomes the parent of one that is there already: the coarser layer
 * often comes after the finer one was cut. */
#include <stdio.h>

#include "base/error.h"
#include "map_change.h"

enum { SQL_SIZE = 512 };

wanmi_status wm_change_adopt(wm_change *c, const char *parent, const char *child, wanmi_error *error)
{
    const wm_place place = {.file = c->path, .layer = child};
    if (!wm_change_has_layer(c, child))
        return wm_error_at(error, WANMI_E_MAP_LAYER, &place, "the map has no such layer");
    char sql[SQL_SIZE]; /* layer names are short and hold no quotes */
    snprintf(sql, sizeof sql, "UPDATE wanmi_layers SET parent = '%s' WHERE name = '%s'", parent, child);
    wanmi_status status = wm_change_run(c, child, sql, "its parents cannot be written", error);
    snprintf(sql, sizeof sql,
             "UPDATE \"%s\" SET parent = (SELECT p.code FROM \"%s\" AS p WHERE "
             "substr(\"%s\".code, 1, length(p.code)) = p.code ORDER BY length(p.code) DESC LIMIT 1)",
             child, parent, child);
    if (status == WANMI_OK)
        status = wm_change_run(c, child, sql, "its parents cannot be written", error);
    return status;
}
