/* The names of statuses, reasons and steps: one table each. */
#include <stddef.h>

#include "wanmi/types.h"

typedef struct named_status {
    wanmi_status status;
    const char *name;
} named_status;

static const named_status statuses[] = {
    {WANMI_OK, "WANMI_OK"},
    {WANMI_AGAIN, "WANMI_AGAIN"},
    {WANMI_END, "WANMI_END"},
    {WANMI_PARTIAL, "WANMI_PARTIAL"},
    {WANMI_E_MEMORY, "WANMI_E_MEMORY"},
    {WANMI_E_ARGUMENT, "WANMI_E_ARGUMENT"},
    {WANMI_E_PARSE, "WANMI_E_PARSE"},
    {WANMI_E_SYSTEM, "WANMI_E_SYSTEM"},
    {WANMI_E_ZONE, "WANMI_E_ZONE"},
    {WANMI_E_CANCELLED, "WANMI_E_CANCELLED"},
    {WANMI_E_DEADLINE, "WANMI_E_DEADLINE"},
    {WANMI_E_LIMIT, "WANMI_E_LIMIT"},
    {WANMI_E_UNSUPPORTED, "WANMI_E_UNSUPPORTED"},
    {WANMI_E_CRS_DEFINITION, "WANMI_E_CRS_DEFINITION"},
    {WANMI_E_CRS_DATABASE, "WANMI_E_CRS_DATABASE"},
    {WANMI_E_CRS_OPERATION, "WANMI_E_CRS_OPERATION"},
    {WANMI_E_CRS_BALLPARK, "WANMI_E_CRS_BALLPARK"},
    {WANMI_E_CRS_UNITS, "WANMI_E_CRS_UNITS"},
    {WANMI_E_CRS_DATUM, "WANMI_E_CRS_DATUM"},
    {WANMI_E_CRS_CHART, "WANMI_E_CRS_CHART"},
    {WANMI_E_MAP_GEOMETRY, "WANMI_E_MAP_GEOMETRY"},
    {WANMI_E_MAP_CODE, "WANMI_E_MAP_CODE"},
    {WANMI_E_MAP_LAYER, "WANMI_E_MAP_LAYER"},
    {WANMI_E_MAP_PARENT, "WANMI_E_MAP_PARENT"},
    {WANMI_E_MAP_UNIT, "WANMI_E_MAP_UNIT"},
    {WANMI_E_MAP_DUTY, "WANMI_E_MAP_DUTY"},
    {WANMI_E_MAP_RULE, "WANMI_E_MAP_RULE"},
    {WANMI_E_MAP_META, "WANMI_E_MAP_META"},
    {WANMI_E_MAP_CALENDAR, "WANMI_E_MAP_CALENDAR"},
    {WANMI_E_MAP_DEADLINE, "WANMI_E_MAP_DEADLINE"},
    {WANMI_E_MAP_ESCALATION, "WANMI_E_MAP_ESCALATION"},
    {WANMI_E_MAP_OBJECT, "WANMI_E_MAP_OBJECT"},
    {WANMI_E_LOCATE_GEOS, "WANMI_E_LOCATE_GEOS"},
    {WANMI_E_LOCATE_IMAGE, "WANMI_E_LOCATE_IMAGE"},
    {WANMI_E_LOCATE_NO_IMAGE, "WANMI_E_LOCATE_NO_IMAGE"},
    {WANMI_E_ROUTE_RULE, "WANMI_E_ROUTE_RULE"},
    {WANMI_E_ROUTE_NOBODY, "WANMI_E_ROUTE_NOBODY"},
    {WANMI_E_QUEUE_CAPACITY, "WANMI_E_QUEUE_CAPACITY"},
    {WANMI_E_DISPATCH_SINK, "WANMI_E_DISPATCH_SINK"},
    {WANMI_E_DISPATCH_CLOSED, "WANMI_E_DISPATCH_CLOSED"},
    {WANMI_E_DISPATCH_STATE, "WANMI_E_DISPATCH_STATE"},
    {WANMI_E_DISPATCH_FULL, "WANMI_E_DISPATCH_FULL"},
    {WANMI_E_FLOW_MAP, "WANMI_E_FLOW_MAP"},
    {WANMI_E_FLOW_FILTER, "WANMI_E_FLOW_FILTER"},
    {WANMI_E_GRID_LAYOUT, "WANMI_E_GRID_LAYOUT"},
    {WANMI_E_GRID_AREA, "WANMI_E_GRID_AREA"},
    {WANMI_E_IO_OPEN, "WANMI_E_IO_OPEN"},
    {WANMI_E_IO_FORMAT, "WANMI_E_IO_FORMAT"},
    {WANMI_E_IO_COLUMN, "WANMI_E_IO_COLUMN"},
    {WANMI_E_IO_ROW, "WANMI_E_IO_ROW"},
    {WANMI_E_IO_WRITE, "WANMI_E_IO_WRITE"},
};

static const char *const reasons[] = {
    [WANMI_REASON_NONE] = "none",
    [WANMI_REASON_NOT_FINITE] = "not finite",
    [WANMI_REASON_LONGITUDE] = "longitude",
    [WANMI_REASON_LATITUDE] = "latitude",
    [WANMI_REASON_DATUM_BOX] = "outside the datum's box",
    [WANMI_REASON_PROJECTION] = "projection",
    [WANMI_REASON_DATUM] = "datum",
    [WANMI_REASON_CLASS] = "class",
    [WANMI_REASON_SOURCE] = "source",
    [WANMI_REASON_OUTSIDE] = "outside",
    [WANMI_REASON_UNWANTED] = "unwanted",
    [WANMI_REASON_CLOSED] = "closed",
    [WANMI_REASON_FULL] = "full",
    [WANMI_REASON_DEADLINE] = "deadline",
    [WANMI_REASON_SINK] = "sink",
    [WANMI_REASON_ATTEMPTS] = "attempts",
    [WANMI_REASON_SHUTDOWN] = "shutdown",
    [WANMI_REASON_ERROR] = "error",
    [WANMI_REASON_UNCOVERED] = "uncovered",
    [WANMI_REASON_OBJECT] = "object",
    [WANMI_REASON_DROPPED] = "dropped",
    [WANMI_REASON_HUNG] = "hung",
    [WANMI_REASON_REMOVED] = "removed",
};

static const char *const steps[] = {
    [WANMI_STEP_UNIT] = "unit",
    [WANMI_STEP_DUTY] = "duty",
    [WANMI_STEP_ANCESTOR] = "ancestor",
    [WANMI_STEP_FALLBACK] = "fallback",
    [WANMI_STEP_OWNER] = "owner",
};

const char *wanmi_status_name(wanmi_status status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].status == status)
            return statuses[i].name;
    return "unknown";
}

const char *wanmi_reason_text(wanmi_reason reason)
{
    size_t i = (size_t)reason;
    return i < sizeof reasons / sizeof reasons[0] ? reasons[i] : "unknown";
}

const char *wanmi_step_text(wanmi_step step)
{
    size_t i = (size_t)step;
    return i < sizeof steps / sizeof steps[0] ? steps[i] : "unknown";
}
