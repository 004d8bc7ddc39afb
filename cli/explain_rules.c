/* What map explain says of rules and escalations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "route.h"

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void print_validity(const wanmi_map *map, const wanmi_rule_def *rule)
{
    char from[40], to[40];
    wanmi_time_format(wanmi_map_zone(map), rule->valid_from_us, from, sizeof from);
    wanmi_time_format(wanmi_map_zone(map), rule->valid_to_us, to, sizeof to);
    printf("no: valid only%s%s%s%s", from[0] != '\0' ? " from " : "", from, to[0] != '\0' ? " until " : "", to);
}

static void print_failed(const wanmi_map *map, const wanmi_rule_def *rule, uint8_t failed)
{
    switch (failed) {
    case WANMI_CONDITION_NONE: printf("matches%s", rule->last ? ", and is the last" : ""); break;
    case WANMI_CONDITION_MODE: printf("no: only in mode %s", rule->mode); break;
    case WANMI_CONDITION_CLASS: printf("no: only class %s", rule->class_prefix); break;
    case WANMI_CONDITION_PLACE:
        printf("no: only in %s %s", rule->layer, given(rule->area) ? rule->area : "(any area of it)");
        break;
    case WANMI_CONDITION_OWNER: printf("no: only for objects with the owner %s", rule->owner); break;
    case WANMI_CONDITION_SOURCE: printf("no: only from source %s", rule->source); break;
    case WANMI_CONDITION_SEVERITY: printf("no: only severity %d or more", (int)rule->min_severity); break;
    case WANMI_CONDITION_VALIDITY: print_validity(map, rule); break;
    case WANMI_CONDITION_TIME:
        printf("no: only%s%s%s%s", given(rule->weekdays) ? " on " : "", rule->weekdays,
               given(rule->hours) ? " at " : "", rule->hours);
        break;
    default: printf("not looked at"); break;
    }
}

/* Rules for other classes, or behind the last, in one line: there can be thousands. */
static void print_many(const wanmi_map *map, const uint8_t *failed, uint8_t reason, const char *words)
{
    enum { SHOWN = 20 };
    uint32_t count = 0;
    for (uint32_t i = 0; i < wanmi_map_rule_count(map); i++) {
        char seq[16];
        if (failed[i] != reason)
            continue;
        if (count == 0)
            printf("  %-20s", words);
        if (count++ < SHOWN)
            printf(" %s", cli_rule_text(map, i, seq));
    }
    if (count > SHOWN)
        printf(" and %u more", count - SHOWN);
    if (count != 0)
        putchar('\n');
}

void cli_explain_rules(const wanmi_map *map, const uint8_t *failed)
{
    uint32_t count = wanmi_map_rule_count(map);
    if (count == 0 || failed[0] == WANMI_CONDITION_CELL)
        return;
    printf("rules\n");
    for (uint32_t i = 0; i < count; i++) {
        wanmi_rule_def rule;
        char seq[16];
        wanmi_rule_def_init(&rule);
        wanmi_map_rule(map, i, &rule);
        if (failed[i] == WANMI_CONDITION_CLASS || failed[i] == WANMI_CONDITION_LAST)
            continue;
        printf("  %-20s ", cli_rule_text(map, i, seq));
        print_failed(map, &rule, failed[i]);
        if (rule.row > 0)
            printf(" (row %lld)", (long long)rule.row);
        putchar('\n');
    }
    print_many(map, failed, WANMI_CONDITION_CLASS, "for other classes");
    print_many(map, failed, WANMI_CONDITION_LAST, "behind the last");
}

static void print_step(const wanmi_map *map, const wanmi_escalation *step)
{
    char at[40];
    wanmi_escalation_def row;
    wanmi_unit_info unit = {.name = ""};
    wanmi_escalation_def_init(&row);
    wanmi_map_escalation(map, step->row, &row);
    wanmi_map_unit(map, step->unit, &unit);
    wanmi_time_format(wanmi_map_zone(map), step->at_us, at, sizeof at);
    bool named = given(unit.name);
    printf("     then     %s: %s%s%s%s%s%s, if not %s: escalation %d (%.10g %s%s after the %s), priority %u",
           at, wanmi_map_unit_code(map, step->unit), named ? " (" : "", named ? unit.name : "",
           named ? ")" : "", step->role != 0xFFFF ? " as " : "",
           step->role != 0xFFFF ? wanmi_map_role(map, step->role) : "",
           step->on == WANMI_NOT_DONE ? "done" : "acknowledged", (int)row.seq, row.limit, row.unit,
           row.limit != 1 ? "s" : "", strcmp(row.since, "due") == 0 ? "due time" : "event", step->priority);
    if (step->tag != 0xFFFF)
        printf(", tag %s", wanmi_map_tag(map, step->tag));
    putchar('\n');
}

wanmi_status cli_explain_chain(const wanmi_plan *plan, const wanmi_delivery *delivery, const char *mode,
                               wanmi_error *error)
{
    const wanmi_map *map = wanmi_plan_map(plan);
    size_t most = wanmi_map_escalation_count(map), count = 0;
    wanmi_escalation *steps = cli_memory(NULL, most, sizeof *steps);
    wanmi_status status = wanmi_plan_escalate(plan, delivery, mode, steps, most, &count, error);
    for (size_t i = 0; status == WANMI_OK && i < count; i++)
        print_step(map, &steps[i]);
    free(steps);
    return status;
}
