/* lib/queue/ring.c under weak memory: one who publishes, one who takes, one who asks
 * for the depth. A record is a byte of the ring; its value lives in a cell of
 * Relacy's at the same place, which finds every access that is not ordered. */
#define WEAK_BASE 0
#include "weak.h"

#include "base/error.h"
#include "base/memory.h"

static rl::var<unsigned> *cells;        /* one a place of the ring under test */
static unsigned char *cells_at;         /* where these places are */
static size_t cell_count;

static bool is_in_ring(const void *bytes)
{
    const unsigned char *at = static_cast<const unsigned char *>(bytes);
    return at >= cells_at && at < cells_at + cell_count;
}

static void copy_records(void *to, const void *from, size_t count)
{
    unsigned char *out = static_cast<unsigned char *>(to);
    const unsigned char *in = static_cast<const unsigned char *>(from);
    for (size_t i = 0; i < count; i++) {
        RL_ASSERT(is_in_ring(is_in_ring(to) ? out + i : in + i));
        if (is_in_ring(to))
            cells[out + i - cells_at]($) = in[i];
        else
            out[i] = static_cast<unsigned char>(cells[in + i - cells_at]($).load());
    }
}

/* The ring's head is made zero: its atomics are begun. */
template <class head> static void begin_head(head *ring, size_t size)
{
    memset(static_cast<void *>(ring), 0, size);
    ::new (static_cast<void *>(&ring->published)) rl::atomic<size_t>(0);
    ::new (static_cast<void *>(&ring->released)) rl::atomic<size_t>(0);
}

enum { RING_FIRST = WEAK_BASE + __COUNTER__ + 1 };
#define memset(head, zero, size) begin_head(head, size)
#define memcpy copy_records
#include "ring.inc"
#undef memcpy
#undef memset
enum { RING_END = WEAK_BASE + __COUNTER__ };

/* What the ring asks of base. */
wanmi_status wm_error(wanmi_error *, wanmi_status status, const char *, ...) { return status; }
wanmi_status wm_error_memory(wanmi_error *) { return WANMI_E_MEMORY; }
wanmi_status wm_host_copy(wanmi_host *to, const wanmi_host *, wanmi_error *)
{
    *to = wanmi_host();
    return WANMI_OK;
}
void wm_host_drop(wanmi_host *) {}
size_t wm_product(size_t count, size_t size) { return count * size; }
void *wm_alloc_aligned(const wanmi_host *, size_t size, size_t alignment)
{
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}
void wm_free_aligned(const wanmi_host *, void *block, size_t, size_t) { free(block); }

void weak_ring_end(wanmi_ring *ring)
{
    ring->published.~atomic();
    ring->released.~atomic();
    wanmi_ring_free(ring);
}

template <int capacity, int records> struct ring_test : rl::test_suite<ring_test<capacity, records>, 3> {
    wanmi_ring *ring;
    rl::var<unsigned> places[capacity];

    void before()
    {
        RL_ASSERT(wanmi_ring_create(1, capacity, nullptr, &ring, nullptr) == WANMI_OK);
        cells = places;
        cells_at = ring->records;
        cell_count = capacity;
    }

    void after()
    {
        RL_ASSERT(wanmi_ring_depth(ring) == 0 && wanmi_ring_published(ring) == records);
        weak_ring_end(ring);
    }

    static size_t wanted(size_t left)
    {
        size_t some = 1 + rl::rand(capacity + 1);
        return some < left ? some : left;
    }

    size_t put(size_t sent)
    {
        size_t count = wanted(records - sent);
        unsigned char numbers[capacity + 1];
        for (size_t i = 0; i < count; i++)
            numbers[i] = static_cast<unsigned char>(sent + i);
        if (rl::rand(2) == 0)
            return wanmi_ring_push(ring, numbers, count);
        void *at;
        size_t reserved = wanmi_ring_reserve(ring, count, &at);
        copy_records(at, numbers, reserved);
        if (reserved > 1)
            reserved = 1 + rl::rand(static_cast<unsigned>(reserved));
        if (reserved > 0)
            wanmi_ring_publish(ring, reserved);
        return reserved;
    }

    size_t get(size_t got)
    {
        size_t count = wanted(records - got);
        unsigned char numbers[capacity + 1];
        const void *at;
        bool in_place = rl::rand(2) != 0;
        if (in_place) {
            count = wanmi_ring_take(ring, count, &at);
            copy_records(numbers, at, count);
        } else {
            count = wanmi_ring_pop(ring, numbers, count);
        }
        for (size_t i = 0; i < count; i++)
            RL_ASSERT(numbers[i] == got + i);
        if (in_place && count > 0) {
            count = 1 + rl::rand(static_cast<unsigned>(count));
            wanmi_ring_release(ring, count);
        }
        return count;
    }

    void thread(unsigned which)
    {
        for (size_t sent = 0, moved; which == 0 && sent < records; sent += moved)
            if ((moved = put(sent)) == 0)
                rl::yield(1, $);
        for (size_t got = 0, moved; which == 1 && got < records; got += moved)
            if ((moved = get(got)) == 0)
                rl::yield(1, $);
        for (int i = 0; which == 2 && i < 2; i++) {
            uint64_t released = wanmi_ring_released(ring), published = wanmi_ring_published(ring);
            RL_ASSERT(published >= released && wanmi_ring_depth(ring) <= capacity);
        }
    }
};

static const char *run_ring(unsigned long tries, unsigned long *tried)
{
    const char *found = weak_simulate<ring_test<2, 5>>(tries, tried);
    if (strcmp(found, "SUCCESS") == 0)
        found = weak_simulate<ring_test<4, 7>>(tries, tried);
    return strcmp(found, "SUCCESS") == 0 ? weak_run_figures(tries, tried) : found;
}

extern const weak_suite ring_suite = {"lib/queue/ring.c", run_ring, RING_FIRST, RING_END, nullptr, 0};
