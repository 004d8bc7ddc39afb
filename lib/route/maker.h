/* What making a program knows, between its files. Internal to the room. */
#ifndef WM_ROUTE_MAKER_H
#define WM_ROUTE_MAKER_H

#include "rows.h"

/* In a step's `base` while programs are made: quick.c must do it. */
enum { WM_BASE_HARD = WM_BASES };

typedef struct wm_maker {
    wm_compile *compile;
    struct wm_programs *programs;
    wm_rows *rows;
    wm_pool made;                       /* programs as rows of steps */
    wm_pool gates;                      /* rows of masks */
    uint32_t prefix;                    /* of the program in the making */
    uint32_t cell;                      /* an example of its signature, from 0 */
    wm_step steps[WM_STEPS_MAX];
    uint32_t count;
    bool full;
    wm_program *list;                   /* numbered as the rows of `made` */
    size_t capacity;
    uint32_t listed;
    uint64_t *groups;
    size_t group_count, group_capacity;
} wm_maker;

static inline bool wm_is_copy(const wm_step *step)
{
    return (step->flags & WANMI_DELIVERY_COPY) != 0;
}

/* twins.c: the steps of the program in the making of which not all may be taken. Errors: memory. */
wanmi_status wm_find_groups(wm_maker *maker, wm_program *program);

#endif
