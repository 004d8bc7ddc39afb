/* The parts of wanmi route: the run with its blocks, and the words of a delivery. */
#ifndef CLI_ROUTE_H
#define CLI_ROUTE_H

#include <pthread.h>

#include "pool.h"
#include "rows.h"

typedef struct cli_route_block cli_route_block;

typedef struct cli_route_run {
    cli_stream stream;
    const char *mode;           /* NULL: normal */
    bool summary;
    wanmi_map *map;
    wanmi_index *index;         /* only where `area` needs it, see cli_delivery_area */
    wanmi_flow *flow;
    wanmi_words *words;         /* the flow's */
    wanmi_io_writer *writer;
    cli_rejects rejects;
    cli_progress progress;
    int64_t instant_us;
    cli_route_block **blocks;   /* a delivery's `user` says which */
    size_t block_count;
    uint64_t deliveries;        /* written */
    uint64_t refused;           /* rows that could not be read */
} cli_route_run;

/* A thread's own. */
typedef struct cli_route_session {
    wanmi_intake *intake;
    wanmi_locator *locator;     /* NULL: no rule asks for areas beside the cells' ancestors */
    wanmi_transform *transform; /* NULL: no points are written */
} cli_route_session;

/* ---- words of a delivery (route_words.c) ---------------------------------------------- */

/* The event at the place of its object, where it names one. */
wanmi_event cli_placed(const wanmi_map *map, const wanmi_words *words, const wanmi_event *event);
/* The area whose duty found the unit: for a rule with at_layer the event's area
 * in that layer, else its cell, or an ancestor of it that has the duty.
 * WANMI_NONE where no duty was asked: the rule's own unit, the fallback unit.
 * `event` is where it happened, with x and y (cli_placed); `locator` may be NULL. */
uint32_t cli_delivery_area(const wanmi_map *map, wanmi_locator *locator, const wanmi_delivery *delivery,
                           const wanmi_event *event);
/* Whether some rule asks for duties in a layer other than the cells'. */
bool cli_rules_need_locator(const wanmi_map *map);
/* The rule's seq, "fallback" or "outside"; `text` of 16 bytes. Gives `text`. */
const char *cli_rule_text(const wanmi_map *map, uint32_t rule, char *text);

/* ---- explaining (explain_rules.c) --------------------------------------------------------- */

/* Prints what each rule says of an event: `failed` as wanmi_route_explain gives it. */
void cli_explain_rules(const wanmi_map *map, const uint8_t *failed);
/* Prints who takes over from a delivery, and when. */
wanmi_status cli_explain_chain(const wanmi_plan *plan, const wanmi_delivery *delivery, const char *mode,
                               wanmi_error *error);

/* ---- account (route_words.c) ------------------------------------------------------------ */

/* Prints the account of a run on standard error, and whether the laws hold. */
void cli_route_summary(const wanmi_account *account, uint64_t refused_rows, uint64_t written);

#endif
