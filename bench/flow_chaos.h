/* What the files of the chaos share. */
#ifndef BENCH_FLOW_CHAOS_H
#define BENCH_FLOW_CHAOS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

/* ---- the record ---------------------------------------------------------------------------- */

/* One byte an id: what receipts promised less what sinks and letters recorded; 0 in
 * the end. Ids beyond it begin again at its front. */
enum { CHAOS_LEDGER = 1 << 27 };

typedef struct chaos_record {
    int8_t *balance;
    _Atomic uint64_t wrong;         /* deliveries that are not as their map has them */
    _Atomic uint64_t mapless;       /* deliveries whose map was gone */
    _Atomic uint64_t letters;
} chaos_record;

void chaos_record_add(chaos_record *record, uint64_t id, int deliveries);

/* ---- maps and events -------------------------------------------------------------------------- */

/* Square cells of two sizes, by turns, over the same square; a unit for each of its
 * sixteen quarters, numbered in another order each time. */
wanmi_map *chaos_map(uint32_t generation, const wanmi_host *host);
/* Where an event of this id is says where its cell must be and whose it is. */
wanmi_event chaos_event(uint64_t id, const uint32_t *classes);
void chaos_classes(wanmi_words *words, uint32_t *classes);
enum { CHAOS_CLASSES = 4 };
bool chaos_is_right(const wanmi_map *map, const wanmi_delivery *delivery);

/* ---- sinks --------------------------------------------------------------------------------------- */

enum { CHAOS_KINDS = 7 };

typedef struct chaos_sinks chaos_sinks;

/* Adds all sinks; the flow starts afterwards. */
chaos_sinks *chaos_sinks_open(wanmi_flow *flow, chaos_record *record, uint64_t seed);
/* Starts what is not called: the thread that polls, the one that adds and removes. */
void chaos_sinks_start(chaos_sinks *sinks);
/* From now on all sinks are well: what is pending can be drained. */
void chaos_sinks_heal(chaos_sinks *sinks);
/* Ends their threads; the flow is drained by then. */
void chaos_sinks_join(chaos_sinks *sinks);
/* Deliveries they have taken, by their own count. Prints a line for each where
 * `flow` has it still. */
uint64_t chaos_sinks_report(const chaos_sinks *sinks);
void chaos_sinks_close(chaos_sinks *sinks);
size_t chaos_write_letters(void *user, const wanmi_dead_letter *letters, size_t count);

#endif
