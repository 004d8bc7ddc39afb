/* Files of lines that sinks wrote, read back; and deliveries handed to a sink until
 * all have ended, as a dispatch would.
 */
#ifndef WM_TEST_LINES_H
#define WM_TEST_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

/* The whole of a file, ended by a NUL; free it. NULL when there is none. */
char *test_read_file(const char *path, size_t *size);
void test_write_file(const char *path, const char *text);

/* What stands in files of lines: how often each event id below `count` does. */
typedef struct test_seen {
    uint32_t *times;            /* count of them */
    uint32_t *plain;            /* of these: not marked as a repeat */
    size_t count;
    size_t lines, spoilt;       /* spoilt: no JSON of wanmi_delivery_line */
    uint64_t last;              /* id read last */
    bool in_order;              /* no first sight of an id was after a larger one's */
} test_seen;

void test_seen_init(test_seen *seen, size_t count);
void test_seen_drop(test_seen *seen);
/* Adds a file; false when there is none. */
bool test_seen_add(test_seen *seen, const char *path);

/* Hands deliveries `first` to `first + count - 1` to a callback in batches of `batch`
 * until all are delivered or dead: those answered RETRY come again, those
 * answered UNKNOWN with the mark of a repeat; in order. Naps `nap_us` between
 * batches that were not taken whole. Gives up after `batches_max`. */
typedef struct test_handed {
    size_t delivered, dead, retries, unknown, batches;
} test_handed;

test_handed test_hand(wanmi_deliver_fn deliver, void *user, uint64_t first, size_t count,
                      size_t batch, int64_t nap_us, size_t batches_max);

#endif
