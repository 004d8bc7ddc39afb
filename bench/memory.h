/* An allocator that counts: bytes asked of it and not given back. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdint.h>

#include "wanmi/wanmi.h"

/* `held` must outlive all that is made with the host; it counts from 0. */
wanmi_host bench_counting_host(int64_t *held);
/* The same, and every block is written to before it is given: so it is resident from
 * the first, as a ring is that was full once. Else one that fills slowly, for the first
 * time, looks like memory that grows. */
wanmi_host bench_touching_host(int64_t *held);

#endif
