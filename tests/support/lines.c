/* See lines.h. */
#include "lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sinks.h"

char *test_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    size_t capacity = 1 << 16, length = 0, got;
    char *text = malloc(capacity);
    while (text != NULL && (got = fread(text + length, 1, capacity - length - 1, file)) != 0) {
        length += got;
        if (length + 1 == capacity)
            text = realloc(text, capacity *= 2);
    }
    fclose(file);
    if (text == NULL)
        abort();
    text[length] = '\0';
    if (size != NULL)
        *size = length;
    return text;
}

void test_write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

void test_seen_init(test_seen *seen, size_t count)
{
    *seen = (test_seen){.times = calloc(count, sizeof *seen->times),
                        .plain = calloc(count, sizeof *seen->plain), .count = count, .in_order = true};
    if (seen->times == NULL || seen->plain == NULL)
        abort();
}

void test_seen_drop(test_seen *seen)
{
    free(seen->times);
    free(seen->plain);
}

static void add_line(test_seen *seen, const char *line, size_t length)
{
    uint64_t id;
    seen->lines++;
    bool whole = length > 20 && memcmp(line + length - 2, "e}", 2) == 0;
    if (!whole || sscanf(line, "{\"event\":%" SCNu64 ",", &id) != 1 || id >= seen->count) {
        seen->spoilt++;
        return;
    }
    if (seen->times[id]++ == 0) {
        seen->in_order &= seen->lines == 1 || id >= seen->last;
        seen->last = id;
    }
    static const char plain[] = "\"repeat\":false}";
    seen->plain[id] += memcmp(line + length - strlen(plain), plain, strlen(plain)) == 0;
}

bool test_seen_add(test_seen *seen, const char *path)
{
    size_t size;
    char *text = test_read_file(path, &size);
    if (text == NULL)
        return false;
    for (char *line = text, *end; line < text + size; line = end + 1) {
        end = memchr(line, '\n', (size_t)(text + size - line));
        if (end == NULL) {
            seen->lines++;
            seen->spoilt++;
            break;
        }
        add_line(seen, line, (size_t)(end - line));
    }
    free(text);
    return true;
}

/* Takes the ended ones out of a batch; gives how many are left, in order. */
static size_t keep_open(wanmi_delivery *open, const uint8_t *outcomes, size_t size, size_t left,
                        test_handed *h)
{
    size_t kept = 0;
    for (size_t i = 0; i < left; i++) {
        uint8_t outcome = i < size ? outcomes[i] : WANMI_RETRY;
        h->delivered += outcome == WANMI_DELIVERED;
        h->dead += outcome == WANMI_DEAD;
        h->retries += i < size && outcome == WANMI_RETRY;
        h->unknown += outcome == WANMI_UNKNOWN;
        if (outcome == WANMI_UNKNOWN)
            open[i].flags |= WANMI_DELIVERY_REPEAT;
        if (outcome == WANMI_RETRY || outcome == WANMI_UNKNOWN)
            open[kept++] = open[i];
    }
    return kept;
}

test_handed test_hand(wanmi_deliver_fn deliver, void *user, uint64_t first, size_t count,
                      size_t batch, int64_t nap_us, size_t batches_max)
{
    test_handed h = {0};
    wanmi_delivery *open = malloc(count * sizeof *open);
    uint32_t *keys = malloc(count * sizeof *keys);
    uint8_t *outcomes = malloc(batch);
    if (open == NULL || keys == NULL || outcomes == NULL)
        abort();
    test_deliveries(open, keys, count, first);
    for (size_t left = count; left != 0 && h.batches < batches_max; h.batches++) {
        size_t size = left < batch ? left : batch, before = left;
        memset(outcomes, WANMI_DELIVERED, size);
        deliver(user, open, size, outcomes);
        left = keep_open(open, outcomes, size, left, &h);
        if (before - left != size && nap_us != 0)
            test_nap_us(nap_us);
    }
    free(open);
    free(keys);
    free(outcomes);
    return h;
}
