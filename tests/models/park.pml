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
 * it only a wake-up ends a sleep, so that a lost one is a standstill.
 * A mutant (-DNAME below) is a defect that a run must find.
 */
#ifndef BRINGERS
#define BRINGERS 2
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
#define SERVER BRINGERS                 /* threads: bringers, server, who ends it all */
#define ENDER (BRINGERS + 1)
#define THREADS (BRINGERS + 2)
#define DEPTH 3                         /* stores on their way */

/* Memory. */
#define SLEEPING BRINGERS
#define END (BRINGERS + 1)
byte cell[BRINGERS + 2];                /* what each has brought, `sleeping`, `end` */
chan stores[THREADS] = [DEPTH] of { byte, byte };

bool waiting;                           /* in the kernel */
byte done[BRINGERS];                    /* the server's */
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

inline look(thread)
{
    if
    /* park.h: if (atomic_load_explicit(&park->sleeping, memory_order_relaxed) != 0) */
    :: cell[SLEEPING] != 0 ->
#ifdef WAKES_ONLY
        /* The flag stays up. */
        slept = true;
#elif defined(CLEARS_ONLY)
        atomic { FENCE(thread) -> cell[SLEEPING] = 0; }
#else
        /* park.c: if (atomic_exchange_explicit(&park->sleeping, 0, memory_order_acq_rel) != 0) */
        atomic { FENCE(thread) -> slept = cell[SLEEPING] != 0; cell[SLEEPING] = 0; }
#endif
        if
        /* park.c: syscall(SYS_futex, &park->sleeping, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0); */
        :: atomic { slept -> waiting = false; slept = false; }
        :: else
        fi
    :: else
    fi
}

active [BRINGERS] proctype bringer()
{
    byte n, me = _pid - THREADS;
    bool slept;

    do
    :: n < ITEMS ->
        n++;
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
    bool slept;

    finished == BRINGERS;
    STORE(ENDER, END, 1);
    FENCE(ENDER);
#ifndef ENDS_WITHOUT_WAKING
    look(ENDER);
#endif
}
#endif

/* ---- the server --------------------------------------------------------------------------- */

/* One round: what each has brought is seen once, in turn. */
inline work()
{
    found = false;
    at = 0;
    do
    :: at < BRINGERS -> d_step {
        if
        :: cell[at] != done[at] -> done[at] = cell[at]; found = true
        :: else
        fi;
        at++;
    }
    :: else -> at = 0; break
    od
}

inline sleep()
{
    /* park.c: syscall(SYS_futex, &park->sleeping, FUTEX_WAIT_PRIVATE, 1, ns != INT64_MAX ? &most : NULL, NULL, 0); */
#ifdef KERNEL_LOOKS_NOT
    atomic { FENCE(SERVER) -> waiting = true; }
#else
    atomic {
        FENCE(SERVER) ->
        if
        :: cell[SLEEPING] == 1 -> waiting = true
        :: else
        fi
    }
#endif
#ifdef ENDLESS
end:
#endif
    if
    :: !waiting
#ifdef NAPS
    :: waiting = false
#endif
    fi
}

inline park_or_work()
{
#ifndef ANNOUNCES_LATE
    /* park.c: atomic_store_explicit(&park->sleeping, 1, memory_order_relaxed); */
    STORE(SERVER, SLEEPING, 1);
#ifndef SERVER_WITHOUT_FENCE
    /* park.c: wm_park_fence(); */
    FENCE(SERVER);
#endif
#endif
    /* park.c: if (!service->round(service->argument) && !ended(service)) */
#ifndef LOOKS_ONCE
    work();
#endif
#ifdef ANNOUNCES_LATE
    STORE(SERVER, SLEEPING, 1);
    FENCE(SERVER);
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
    /* park.c: atomic_exchange_explicit(&park->sleeping, 0, memory_order_acquire); */
    atomic { FENCE(SERVER) -> cell[SLEEPING] = 0; }
}

active proctype server()
{
    byte at;
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
        /* park.c: } else if (!stay_awake(&wait, service->idle)) { */
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

/* Where all stand still, all that was brought has been done. */
active proctype judge()
{
    byte at;

    timeout;
    for (at : 0 .. BRINGERS - 1) {
        assert(done[at] == ITEMS)
    }
}
