/* wanmi/queue.h - the ring: one producer, one consumer, records in batches.
 *
 * Takes:   records of one size.
 * Gives:   the same records, in order, each exactly once.
 * Threads: one thread publishes, one thread takes; any thread may ask the depth.
 *
 * Progress: every call is wait-free. Ordering: what the producer wrote into its
 * records before wanmi_ring_publish is seen by the consumer after the
 * wanmi_ring_take that shows them (release / acquire); what the consumer did
 * before wanmi_ring_release is done before the producer reuses the places.
 * Cost: one release store a batch on either side; the other side's index is
 * read only when the cached one is used up.
 * Source: Lamport's queue (1983) with cached indices (FastForward, PPoPP 2008;
 * MCRingBuffer, IPDPS 2010).
 */
#ifndef WANMI_QUEUE_H
#define WANMI_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wanmi_ring wanmi_ring;

/* `capacity` is in records, a power of two from 2 to 2^30; `record_size` in
 * bytes, 1 to 4096. Memory is taken once.
 * Owns: free with wanmi_ring_free, when neither side uses it any more.
 * Errors: WANMI_E_QUEUE_CAPACITY, WANMI_E_ARGUMENT, WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_ring_create(size_t record_size, size_t capacity, const wanmi_host *host,
                                         wanmi_ring **ring, wanmi_error *error);
WANMI_API void wanmi_ring_free(wanmi_ring *ring);

/* Producer: gives up to `wanted` free places that lie one after another in
 * memory (the ring's end may cut them short: ask again after publishing), or 0
 * when it is full. Nothing is visible yet. Since: 0.1 */
WANMI_API size_t wanmi_ring_reserve(wanmi_ring *ring, size_t wanted, void **places);
/* Producer: makes the first `count` of the places reserved last visible. Since: 0.1 */
WANMI_API void wanmi_ring_publish(wanmi_ring *ring, size_t count);
/* Producer: copies as many of `count` records as fit and publishes them once.
 * Gives how many. Since: 0.1 */
WANMI_API size_t wanmi_ring_push(wanmi_ring *ring, const void *records, size_t count);

/* Consumer: shows up to `wanted` records that lie one after another in memory,
 * or 0 when it is empty. They stay in the ring. Since: 0.1 */
WANMI_API size_t wanmi_ring_take(wanmi_ring *ring, size_t wanted, const void **records);
/* Consumer: gives the first `count` of the records taken last back; the others
 * may be given back by further calls. Since: 0.1 */
WANMI_API void wanmi_ring_release(wanmi_ring *ring, size_t count);
/* Consumer: copies out up to `count` records and releases them once. Since: 0.1 */
WANMI_API size_t wanmi_ring_pop(wanmi_ring *ring, void *records, size_t count);

/* Any thread: published and not yet released; exact when both sides rest. Since: 0.1 */
WANMI_API size_t wanmi_ring_depth(const wanmi_ring *ring);
/* Any thread: how many records were ever published, and how many released; each
 * is exact for an instant of its own side. Read released first: the difference
 * is then never negative. Since: 0.1 */
WANMI_API uint64_t wanmi_ring_published(const wanmi_ring *ring);
WANMI_API uint64_t wanmi_ring_released(const wanmi_ring *ring);
WANMI_API size_t wanmi_ring_capacity(const wanmi_ring *ring);

#ifdef __cplusplus
}
#endif
#endif
