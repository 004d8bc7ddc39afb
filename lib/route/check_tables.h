/* What the checks of tables share. Internal to lib/route. */
#ifndef WM_ROUTE_CHECK_TABLES_H
#define WM_ROUTE_CHECK_TABLES_H

#include "plan.h"

#define WM_ROLE_DUTY 1u                 /* some area has a duty of it */
#define WM_ROLE_REACHED 2u              /* deliveries can be in it */
#define WM_ROLE_BEST 4u                 /* some rule takes the best of its holders */

typedef struct wm_look {
    wm_compile *compile;
    const wanmi_map *map;
    uint32_t unit_count, profile_count, calendar_count;
    uint8_t *units;                     /* 1: something leads to it */
    uint8_t *profiles, *calendars;      /* 1 at the first row of a name that something asks for */
    uint8_t *roles;                     /* WM_ROLE_... */
    bool has_parents;                   /* some unit has one */
    bool has_deadlines;                 /* some rule names one */
} wm_look;

/* check_escalations.c: rows that never apply, or find nobody. */
void wm_warn_of_escalations(const wm_look *look);

#endif
