/* From the steps whose conditions hold to those that are taken. Internal to the room. */
#ifndef WM_ROUTE_MASKS_H
#define WM_ROUTE_MASKS_H

#include "program.h"

/* Bits up to and with the lowest; all where there is none. */
static inline uint64_t until_lowest(uint64_t mask)
{
    return mask ^ (mask - 1);
}

static inline bool has_two(uint64_t mask)
{
    return (mask & (mask - 1)) != 0;
}

/* Says whether quick.c must do the event. */
static inline bool settle_groups(const uint64_t *groups, const wm_program *program, uint64_t *mask)
{
    const uint64_t *group = groups + program->first_group;
    bool odd = (*mask & program->hard) != 0;
    for (uint32_t k = 0; k < program->twin_groups; k++, group++) {
        uint64_t twins = *mask & *group;
        *mask ^= twins & (twins - 1);
    }
    for (uint32_t k = 0; k < program->mixed_groups; k++, group++)
        odd |= has_two(*mask & *group);
    return odd;
}

/* Takes away what stands behind a last rule, and whoever would be told twice. Gives the bits
 * of `odd` that this sets. */
static inline uint32_t wm_settle_mask(const uint64_t *groups, const wm_program *program, uint64_t *mask)
{
    *mask &= until_lowest(*mask & program->lasts);
    uint64_t twins = *mask & program->twins;
    *mask ^= twins & (twins - 1);
    uint32_t odd = program->is_rare && settle_groups(groups, program, mask) ? WM_ODD_EVENT : 0;
    return odd | (uint32_t)((*mask & program->primary) == 0) * WM_ODD_NOBODY;
}

#endif
