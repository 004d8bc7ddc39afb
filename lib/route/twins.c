/* Who would be told twice: the steps of a program that are one unit in one role, or may be. */
#include "maker.h"

/* Named units of one number, and the same slot, are one unit; two slots of one role
 * may be. */
static bool is_same(const wm_maker *maker, const wm_step *a, const wm_step *b)
{
    const uint32_t *units = maker->programs->units;
    return a->base == b->base && a->role == b->role
        && (a->base == WM_BASE_NAMED ? units[a->slot] == units[b->slot] : a->slot == b->slot);
}

/* The steps that have the unit and role of the one. `is_mixed`: a copy stands before a
 * primary, which would take its place. */
static uint64_t twins_of(const wm_maker *maker, uint32_t of, bool *is_mixed)
{
    uint64_t twins = 0;
    bool copied = false;
    *is_mixed = false;
    for (uint32_t i = 0; i < maker->count; i++) {
        if (maker->steps[i].base == WM_BASE_HARD || !is_same(maker, &maker->steps[of], &maker->steps[i]))
            continue;
        *is_mixed |= copied && !wm_is_copy(&maker->steps[i]);
        copied |= wm_is_copy(&maker->steps[i]);
        twins |= (uint64_t)1 << i;
    }
    return twins;
}

/* The steps of holders of the one's role, who may be one unit though their slots are two;
 * 0: it has but one. */
static uint64_t rivals_of(const wm_maker *maker, uint32_t of)
{
    const wm_step *one = &maker->steps[of];
    uint64_t rivals = 0;
    bool differ = false;
    for (uint32_t i = 0; i < maker->count && one->base != WM_BASE_NAMED; i++) {
        const wm_step *step = &maker->steps[i];
        if (step->base == WM_BASE_HARD || step->base == WM_BASE_NAMED || step->role != one->role)
            continue;
        differ |= !is_same(maker, one, step);
        rivals |= (uint64_t)1 << i;
    }
    return differ ? rivals : 0;
}

static wanmi_status add_group(wm_maker *maker, uint64_t group, uint16_t *count)
{
    void *groups = maker->groups;
    if (!wm_reserve(&maker->compile->plan->host, &groups, &maker->group_capacity, maker->group_count + 1,
                    sizeof *maker->groups))
        return WANMI_E_MEMORY;
    maker->groups = groups;
    maker->groups[maker->group_count++] = group;
    ++*count;
    return WANMI_OK;
}

static bool is_first_of(uint64_t group, uint32_t step)
{
    return (group & (group - 1)) != 0 && (uint32_t)__builtin_ctzll(group) == step;
}

static wanmi_status add_twins(wm_maker *maker, wm_program *program, uint32_t step)
{
    bool is_mixed;
    uint64_t twins = twins_of(maker, step, &is_mixed);
    if (is_mixed || !is_first_of(twins, step))
        return WANMI_OK;
    if (program->twins != 0)
        return add_group(maker, twins, &program->twin_groups);
    program->twins = twins;
    return WANMI_OK;
}

static wanmi_status add_mixed(wm_maker *maker, wm_program *program, uint32_t step)
{
    bool is_mixed;
    uint64_t twins = twins_of(maker, step, &is_mixed), rivals = rivals_of(maker, step);
    wanmi_status status = WANMI_OK;
    if (is_mixed && is_first_of(twins, step))
        status = add_group(maker, twins, &program->mixed_groups);
    if (status == WANMI_OK && is_first_of(rivals, step))
        status = add_group(maker, rivals, &program->mixed_groups);
    return status;
}

wanmi_status wm_find_groups(wm_maker *maker, wm_program *program)
{
    wanmi_status status = WANMI_OK;
    program->first_group = (uint32_t)maker->group_count;
    for (uint32_t i = 0; i < maker->count && status == WANMI_OK; i++)
        if (maker->steps[i].base != WM_BASE_HARD)
            status = add_twins(maker, program, i);
    for (uint32_t i = 0; i < maker->count && status == WANMI_OK; i++)
        if (maker->steps[i].base != WM_BASE_HARD)
            status = add_mixed(maker, program, i);
    return status;
}
