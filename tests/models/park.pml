/* Parking and waking of lib/dispatch/park.c: no wake-up is lost, no work is left
 * at the end, nobody stands still.
 *
 * Each line of the C code that does something stands here as a comment "park.c:" or
 * "park.h:" above its counterpart; scripts/check-models sees that the C code still
 * holds it. Every thread has a buffer through which its stores reach memory later,
 * in order, as on x86 (TSO); a fence or an exchange waits until it is empty. So a
 * fence left out is found, which under sequential consistency could not be.
 *
 * BRINGERS bring ITEMS each; then one sets `end` (unless ENDLESS). The server may
 * wait awake as long as it likes before it sleeps. NAPS: sleeps may end by
 * themselves at any time, as timed ones and those cut short by a signal do; without
 * it only a wake-up ends a sleep, so that a lost one is a standstill. POLLERS: in place
 * of the server so many who take one thing at a time, as wanmi_sink_poll does.
 * A mutant (-DNAME below) is a defect that a run must find.
 */
#ifndef BRINGERS
#define BRINGERS 2
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
#ifdef POLLERS
#define SLEEPERS POLLERS
#define ENDLESS
#else
#define SLEEPERS 1
#endif
#define SERVER BRINGERS                 /* threads: bringers, who sleeps, who ends it all */
#define ENDER (BRINGERS + SLEEPERS)
#define THREADS (BRINGERS + SLEEPERS + 1)
#define DEPTH 3                         /* stores on their way */

/* Memory. */
#define WORD BRINGERS
#define END (BRINGERS + 1)
byte cell[BRINGERS + 2];                /* what each has brought, the word, `end` */
#define SLEEPS 1
#define WORDS 16                        /* the word begins again there, as a uint32_t does */
chan stores[THREADS] = [DEPTH] of { byte, byte };

byte waiting;                           /* in the kernel: a bit a sleeper */
byte done[BRINGERS];                    /* the sleepers' */
byte finished;                          /* bringers: for the ender alone */

#define STORE(thread, which, value) stores[thread]!which, value
#define FENCE(thread) empty(stores[thread])

active [THREADS] proctype memory()
{
    byte which, value;
end:
    do
    :: atomic { stores[_pid]?which, value -> cell[which] = value; which = 0; value = 0; }
    od
}

/* ---- the bringers ------------------------------------------------------------------------- */

/* wm_park_wake. Whose exchange fails begins again with what the word is then. */
inline wake(thread)
{
    /* park.c: uint32_t word = atomic_load_explicit(&park->word, memory_order_relaxed); */
    word = cell[WORD];
    do
    /* park.c: while ((word & WM_PARK_SLEEPS) != 0) { */
    :: (word & SLEEPS) != 0 ->
#ifdef WAKES_ONLY
        woken = true;
#else
        /* park.c: if (!atomic_compare_exchange_weak_explicit(&park->word, &word, word + 1, memory_order_acq_rel, */
        atomic {
            FENCE(thread) ->
            if
#ifdef FLAG_ONLY
            :: cell[WORD] == word -> cell[WORD] = 0; woken = true
#else
            :: cell[WORD] == word -> cell[WORD] = (word + 1) % WORDS; woken = true
#endif
            :: else -> word = cell[WORD]
            fi
        }
#endif
        if
#ifdef CLEARS_ONLY
        :: woken -> break
#else
        /* park.c: syscall(SYS_futex, &park->word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); */
        :: atomic { woken -> waiting = 0 } ; break
#endif
        :: else
        fi
    :: else -> break
    od;
    atomic { woken = false; word = 0 }
}

inline look(thread)
{
    if
    /* park.h: if ((atomic_load_explicit(&park->word, memory_order_relaxed) & WM_PARK_SLEEPS) != 0) */
    :: (cell[WORD] & SLEEPS) != 0 -> wake(thread)
    :: else
    fi
}

active [BRINGERS] proctype bringer()
{
    byte n, word, me = _pid - THREADS;
    bool woken;

    do
    :: n < ITEMS ->
        if
        :: n++
        :: n + 1 < ITEMS -> n = n + 2   /* a batch */
        fi;
#ifdef WAKES_BEFORE_PUBLISHING
        FENCE(me);
        look(me);
        STORE(me, me, n);
#else
#ifdef FENCE_BEFORE_PUBLISHING
        FENCE(me);
#endif
        /* What it brings: wanmi_ring_publish. */
        STORE(me, me, n);
#if !defined(BRINGER_WITHOUT_FENCE) && !defined(FENCE_BEFORE_PUBLISHING)
        /* park.c: atomic_thread_fence(memory_order_seq_cst); */
        FENCE(me);
#endif
        look(me);
#endif
    :: else -> break
    od;
    FENCE(me);
    finished++
}

#ifndef ENDLESS
active proctype ender()
{
    byte word;
    bool woken;

    finished == BRINGERS;
    STORE(ENDER, END, 1);
    FENCE(ENDER);
#ifndef ENDS_WITHOUT_WAKING
    look(ENDER);
#endif
}
#endif

/* ---- who sleeps ---------------------------------------------------------------------------- */

/* One round. The server's: what each has brought is seen once, in turn. A poller's,
 * behind a lock: one thing of the first who has brought some. */
inline work()
{
    found = false;
    at = 0;
    do
#ifdef POLLERS
    :: at < BRINGERS && !found -> d_step {
        if
        :: cell[at] != done[at] -> done[at] = done[at] + 1; found = true
#else
    :: at < BRINGERS -> d_step {
        if
        :: cell[at] != done[at] -> done[at] = cell[at]; found = true
#endif
        :: else
        fi;
        at++;
    }
    :: else -> at = 0; break
    od
}

/* The exchange is one instruction on memory. */
inline announce()
{
#ifndef ANNOUNCES_LATE
    /* park.c: uint32_t word = atomic_fetch_or_explicit(&park->word, WM_PARK_SLEEPS, memory_order_relaxed); */
    /* park.c: wm_park_fence(); */
    atomic { FENCE(me) -> cell[WORD] = cell[WORD] | SLEEPS; word = cell[WORD] }
#else
    skip
#endif
}

inline sleep()
{
#ifdef ANNOUNCES_LATE
    atomic { FENCE(me) -> cell[WORD] = cell[WORD] | SLEEPS; word = cell[WORD] }
#endif
    /* park.c: syscall(SYS_futex, &park->word, FUTEX_WAIT_PRIVATE, word, ns != INT64_MAX ? &most : NULL, NULL, 0); */
    atomic {
        FENCE(me) ->
        if
#ifdef KERNEL_LOOKS_NOT
        :: true -> waiting = waiting | (1 << (me - SERVER))
#else
        :: cell[WORD] == word -> waiting = waiting | (1 << (me - SERVER))
        :: else
#endif
        fi
    }
#ifdef ENDLESS
end:
#endif
    if
    :: (waiting & (1 << (me - SERVER))) == 0
#ifdef NAPS
    :: waiting = waiting & ~(1 << (me - SERVER))
#endif
    fi
}

#ifdef POLLERS
active [POLLERS] proctype poller()
{
    byte at, word, me = _pid - THREADS - BRINGERS + SERVER;
    bool found;

    do
    :: true ->
        work();
        if
        :: found
        :: found && me != SERVER -> break           /* has what it wanted; the first stays */
        :: !found ->                    /* wm_park_await */
            announce();
            /* park.c: if (round(argument)) */
            work();
            if
            :: !found ->
                /* park.c: sleep_at_most(park, word, most_ns); */
                sleep()
            :: else
            fi;
            word = 0
        fi
    od
}
#else
inline park_or_work()
{
    /* park.c: uint32_t word = announce(park); */
    announce();
    /* park.c: if (!service->round(service->argument) && !ended(service)) */
#ifndef LOOKS_ONCE
    work();
#endif
    if
#ifdef END_NOT_SEEN
    :: !found ->
#else
    :: !found && cell[END] == 0 ->
#endif
        sleep()
    :: else
    fi;
    /* park.c: atomic_fetch_and_explicit(&park->word, ~(uint32_t)WM_PARK_SLEEPS, memory_order_acquire); */
    atomic { FENCE(me) -> cell[WORD] = cell[WORD] & ~SLEEPS; word = 0 }
}

active proctype server()
{
    byte at, word, me = SERVER;
    bool found, ending;

    do
    :: true ->
        /* park.c: bool ending = ended(service); */
#ifndef END_SEEN_LATE
        ending = cell[END] != 0;
#endif
        /* park.c: if (service->round(service->argument)) { */
        work();
#ifdef END_SEEN_LATE
        ending = cell[END] != 0;
#endif
        if
        :: found
        /* park.c: } else if (ending) { */
        :: !found && ending -> break
        /* park.c: } else if (!stay_awake(&w, service->idle)) { */
        :: !found && !ending
        :: !found && !ending ->
            /* park.c: park_or_work(park, service); */
            park_or_work()
        fi
    od;
    for (at : 0 .. BRINGERS - 1) {
        assert(done[at] == ITEMS)
    }
}
#endif

/* Where all stand still, all that was brought has been done. */
active proctype judge()
{
    byte at;

    timeout;
    for (at : 0 .. BRINGERS - 1) {
        assert(done[at] == ITEMS)
    }
}
