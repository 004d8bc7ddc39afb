/* What the files of this room share, a header a subject:
 *
 *   producer ──link (ring)──▶ lane ──▶ the sink's callback, or whoever polls
 *      │                       ▲ │
 *      │                       │ └─▶ parking (tried again, waiting behind, leased)
 *      └───────letters (ring)──┴───▶ the dead-letter thread ──▶ the dead callback
 *
 *   totals.h    sums of figures, counts by generation
 *   letters.h   the way of dead letters
 *   link.h      links and producers
 *   lane.h      lanes: what they take, how long it lasts
 *   settle.h    what becomes of what was handed over
 *   sink.h      sinks: their lanes, the breaker, how they come and go
 *   handle.h    the dispatch: its locks and its threads
 *
 * Every ring has one writer and one reader at a time; nothing on the way of a
 * sink with a callback takes a lock.
 */
#ifndef WM_DISPATCH_INTERNAL_H
#define WM_DISPATCH_INTERNAL_H

#include "base/error.h"
#include "base/memory.h"
#include "handle.h"
#include "lane.h"
#include "letters.h"
#include "link.h"
#include "settle.h"
#include "sink.h"
#include "totals.h"

#endif
