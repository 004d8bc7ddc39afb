/* Routing in tests: the whole where wing in one handle, deliveries as text, and a
 * second, plain evaluation of the rules to compare with.
 */
#ifndef WM_TEST_ROUTING_H
#define WM_TEST_ROUTING_H

#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

/* A district on the plane: cells K1 K2 K3 K4 from west to east, 100 m each, y 0 to
 * 100; K1 K2 in community A, K3 K4 in B, both in street S. Overlays: zones Z1 over
 * K1 K2, Z2 over K2 K3, Z10 over K4. Precincts, no ancestors: P1 over K1, P2 over the rest. */
wanmi_map_builder *test_district(const wanmi_host *host, const char *fallback);
/* The same in another zone than UTC. */
wanmi_map_builder *test_district_in(const wanmi_host *host, const char *fallback, const char *timezone);
/* Rows with these columns, the rest default; objects lie in the middle of the cells' row. */
void test_add_day(wanmi_map_builder *builder, const char *calendar, const char *day, const char *hours);
void test_add_limit(wanmi_map_builder *builder, const char *profile, int32_t seq, double limit,
                    const char *unit);
void test_add_object(wanmi_map_builder *builder, const char *code, const char *class_text, double x,
                     const char *authority, const char *property, const char *upkeep);
/* An instant from its text, in the map's zone. */
int64_t test_instant(const wanmi_map *map, const char *text);
/* K1 has three keepers, A and S one; B a guard; Z1, Z2 and P2 a warden. */
void test_district_duties(wanmi_map_builder *builder);
/* A rule with this seq, from the row of this number. */
wanmi_rule_def test_rule(int32_t seq);

/* From a map to deliveries. */
typedef struct test_way {
    wanmi_map *map;
    wanmi_words *words;
    wanmi_index *index;
    wanmi_locator *locator;
    wanmi_plan *plan;
    wanmi_router *router;
    const char *mode;           /* in force; see test_way_mode */
} test_way;

/* Takes the map over. Ends the process when something cannot be made. */
void test_way_open(test_way *way, wanmi_map *map);
void test_way_close(test_way *way);
/* Puts a mode in force. */
void test_way_mode(test_way *way, const char *mode);

/* An event at x, y of the map with this class and source (NULL: none) and no time. */
wanmi_event test_event(test_way *way, double x, double y, const char *class_text, const char *source);

/* An event that names an object, at no position of its own. */
wanmi_event test_object_event(test_way *way, const char *object, const char *class_text);

/* Where events lie. */
typedef struct test_hit {
    uint32_t cell, tuple;
    uint8_t where, reason;
} test_hit;
void test_way_locate(test_way *way, const wanmi_event *events, size_t count, int64_t now_us,
                     test_hit *hits);

/* Locates and routes one event. Gives how many deliveries; `reason` as in
 * wanmi_route. `deliveries` has WANMI_DELIVERIES_MAX places. */
size_t test_way_route(test_way *way, const wanmi_event *event, int64_t now_us,
                      wanmi_delivery *deliveries, uint8_t *reason);

/* The deliveries of an event at the instant 0 as "UNIT/ROLE SEQ STEP", with
 * "copy" after copies, joined by "; ": "C1/网格长 40 duty; BUREAU 30 unit copy".
 * Without deliveries: "(REASON)". The text lives until the next call. */
const char *test_way_text(test_way *way, const wanmi_event *event);

/* The same by reading the rules row by row from the map's public functions, with
 * no table and no number kept from one event to the next. */
size_t test_plain_route(test_way *way, const wanmi_event *event, const test_hit *hit, int64_t now_us,
                        wanmi_delivery *deliveries, uint8_t *reason);

/* The same, and in `matched` (zero before) a 1 for each rule that is followed. */
size_t test_plain_rules(test_way *way, const wanmi_event *event, const test_hit *hit, int64_t now_us,
                        wanmi_delivery *deliveries, uint8_t *reason, uint8_t *matched);

/* Whether a cell has, at an instant, a duty of its own or of an ancestor. */
int test_plain_served(const wanmi_map *map, uint32_t cell, int64_t instant_us);

#endif
