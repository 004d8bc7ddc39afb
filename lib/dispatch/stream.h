/* Copying many records, one by one, to places that another processor has read: past the caches.
 *
 * A plain store first fetches the line from the other processor's cache, which takes as long as
 * all the rest of a submit where the two share no cache (another chiplet, another socket). A
 * streaming store of a whole line sends it to memory and asks for nothing; the reader then reads
 * it there, which takes it two nanoseconds more a record, for its processor foresees the order. For few records the way over memory is the longer one. (memcpy of thousands of bytes at
 * once asks for nothing either, but two bands do not lie one after another.)
 */
#ifndef WM_DISPATCH_STREAM_H
#define WM_DISPATCH_STREAM_H

#include "wanmi/types.h"

#if defined __SANITIZE_THREAD__
#define WM_STREAMS 0                    /* it does not see streaming stores */
#elif defined __has_feature
#if __has_feature(thread_sanitizer)
#define WM_STREAMS 0
#endif
#endif
#if !defined WM_STREAMS && defined __SSE2__
#define WM_STREAMS 1
#include <emmintrin.h>
#endif
#if !defined WM_STREAMS
#define WM_STREAMS 0
#endif

/* From so many on. */
enum { WM_STREAM_MIN = 64 };

/* `to` lies on a line of its own. */
static inline void wm_stream(wanmi_delivery *to, const wanmi_delivery *from)
{
#if WM_STREAMS
    const __m128i *source = (const __m128i *)(const void *)from;
    __m128i *target = (__m128i *)(void *)to;
    const __m128i a = _mm_loadu_si128(source), b = _mm_loadu_si128(source + 1);
    const __m128i c = _mm_loadu_si128(source + 2), d = _mm_loadu_si128(source + 3);
    _mm_stream_si128(target, a);
    _mm_stream_si128(target + 1, b);
    _mm_stream_si128(target + 2, c);
    _mm_stream_si128(target + 3, d);
#else
    *to = *from;
#endif
}

/* Before what was streamed is published: a release store alone does not wait for it. */
static inline void wm_stream_end(void)
{
#if WM_STREAMS
    _mm_sfence();
#endif
}

#endif
