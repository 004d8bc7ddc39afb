/* What the tests share: an allocator that fails on purpose, seeded numbers, files.
 *
 * Tests find the source tree by the environment variable WANMI_SOURCE and data
 * that is not part of the project by wm_test_data; where that is absent a test
 * skips and says so.
 */
#ifndef WM_SUPPORT_H
#define WM_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

/* Counts what is held, and fails on purpose: the `fail_at`-th allocation
 * (counted from 1; 0: none), and with `from_then_on` every later one too. Safe
 * on many threads. */
typedef struct test_memory {
    int64_t held_blocks;
    int64_t held_bytes;
    int64_t calls;              /* of alloc and resize */
    int64_t fail_at;
    bool from_then_on;
    bool wrong_size;            /* a release named another size than the alloc did */
} test_memory;

wanmi_allocator test_allocator(test_memory *memory);
wanmi_host test_host(test_memory *memory);

/* Fails every allocation of `work` in turn, once and from then on, until it runs
 * without a failure. `work` gives the status it ended with; it must free all it
 * made. Gives the number of allocations tried; aborts the process with a message
 * on a leak, on a wrong size, or on a failure that is not WANMI_E_MEMORY. */
int64_t test_fail_each(wanmi_status (*work)(const wanmi_host *host, void *user), void *user);

/* Seeded numbers: splitmix64. */
typedef struct test_random { uint64_t state; } test_random;
uint64_t test_next(test_random *random);
double test_uniform(test_random *random, double low, double high);
uint32_t test_below(test_random *random, uint32_t bound);

/* Path of a file of the source tree, or of the data beside the project (NULL
 * when it is not there). The text lives until the next call on this thread. */
const char *test_source(const char *relative);
const char *test_data(const char *name);

/* A fresh folder for this test's files, removed at exit. */
const char *test_folder(void);

#endif
