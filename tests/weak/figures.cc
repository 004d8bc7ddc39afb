/* lib/dispatch/figures.c and figures.h under weak memory: one who changes figures and
 * a ring together, one who reads them. What is read must be of one instant: accepted =
 * dead + published. */
#define WEAK_BASE 64
#include "weak.h"

#include "wanmi/queue.h"

/* Memory that is no atomic, and that Relacy watches. */
struct weak_plain {
    rl::var<uint64_t> kept;
    operator uint64_t() const { return kept($).load(); }
    weak_plain &operator=(uint64_t value)
    {
        kept($) = value;
        return *this;
    }
    weak_plain &operator=(const weak_plain &other) { return *this = static_cast<uint64_t>(other); }
};

template <class side> static void begin_side(side *made)
{
    made->version.store(0, rl::mo_relaxed, $);
    made->asked.store(0, rl::mo_relaxed, $);
    made->given.store(0, rl::mo_relaxed, $);
    for (auto &value : made->value)
        value.store(0, rl::mo_relaxed, $);
}

enum { HEADER_FIRST = WEAK_BASE + __COUNTER__ + 1 };
#include "figures_h.inc"
enum { HEADER_END = WEAK_BASE + __COUNTER__, SOURCE_FIRST };
#define wm_pause() rl::yield(1, $)
#define wm_wait_more(wait) rl::yield(1, $)
#define memset(side, zero, size) begin_side(side)
typedef struct wm_wait { int rounds; } wm_wait;
#include "figures.inc"
#undef memset
enum { SOURCE_END = WEAK_BASE + __COUNTER__ };

struct figures_test : rl::test_suite<figures_test, 2> {
    enum { CHANGES = 3, READINGS = 2 };
    wm_side side;
    wanmi_ring *ring;

    void before()
    {
        RL_ASSERT(wanmi_ring_create(1, 4, nullptr, &ring, nullptr) == WANMI_OK);
        wm_side_init(&side, ring, wanmi_ring_published);
    }

    void after() { weak_ring_end(ring); }

    void change()
    {
        void *place;
        bool dead = rl::rand(2) == 0;
        wm_side_open(&side);
        wm_side_add(&side, WM_ACCEPTED, 1);
        if (dead)
            wm_side_add(&side, WM_DEAD_FULL, 1);
        else
            wanmi_ring_publish(ring, wanmi_ring_reserve(ring, 1, &place));
        wm_side_close(&side);
    }

    void thread(unsigned which)
    {
        for (int i = 0; which == 0 && i < CHANGES; i++)
            change();
        uint64_t before = 0;
        for (int i = 0; which == 1 && i < READINGS; i++) {
            wm_figures read;
            wm_side_read(&side, &read);
            RL_ASSERT(read.value[WM_ACCEPTED] == read.value[WM_DEAD_FULL] + read.index);
            RL_ASSERT(read.value[WM_ACCEPTED] >= before);
            before = read.value[WM_ACCEPTED];
        }
    }
};

const char *weak_run_figures(unsigned long tries, unsigned long *tried)
{
    return weak_simulate<figures_test>(tries, tried);
}

extern const weak_suite figures_suite = {"lib/dispatch/figures.c", weak_run_figures, SOURCE_FIRST, SOURCE_END,
                                         nullptr, 0};
extern const weak_suite figures_header_suite = {"lib/dispatch/figures.h", weak_run_figures, HEADER_FIRST, HEADER_END,
                                                nullptr, 0};
