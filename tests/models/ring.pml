/* The ring of lib/queue/ring.c: its order, exactly once, and no standstill.
 *
 * Each line of the C code that does something stands here as a comment "ring.c:"
 * above its counterpart; scripts/check-models sees that the C code still holds it.
 * One access to shared memory is one step, and so is each record written or read.
 * Indices begin again at TURN, as size_t does at 2^64, and records are numbered
 * modulo VALUES, so both sides go on for ever in finitely many states.
 *
 * Spin knows sequential consistency only: tests/weak tries the memory orders.
 * A mutant (-DNAME below) is a defect that a run must find.
 */
#ifndef CAPACITY
#define CAPACITY 4
#endif
#ifndef WANTED
#define WANTED 5                        /* the largest batch asked for */
#endif
#ifndef LIMIT
#define LIMIT 0                         /* records in all; 0: no end */
#endif
#if LIMIT
#define TURN (LIMIT + 1)                /* never reached: the observer compares indices */
#else
#define TURN (4 * CAPACITY)
#endif
#define VALUES (2 * CAPACITY)
#define AFTER(index, count) (((index) + (count)) % TURN)
#define FROM(index, other) (((index) + TURN - (other)) % TURN)
#define LEAST(a, b) ((a) < (b) -> (a) : (b))
#define PLACE(index) ((index) % CAPACITY)

byte records[CAPACITY];
byte published, released;               /* the indices both sides see */

inline choose(which, low, high)
{
    atomic { select (which : low .. high) }
}

/* ---- what both of a side's calls share ------------------------------------------------ */

#ifdef WRAP_OFF_BY_ONE
#define TO_THE_END(index) (CAPACITY + 1 - PLACE(index))
#else
/* ring.c: return ring->capacity - (index & (ring->capacity - 1)); */
#define TO_THE_END(index) (CAPACITY - PLACE(index))
#endif

#ifdef FULL_OFF_BY_ONE
#define FREE(index) (CAPACITY + 1 - FROM(index, released_seen))
#else
/* ring.c: size_t places = ring->capacity - (index - ring->released_seen); */
#define FREE(index) (CAPACITY - FROM(index, released_seen))
#endif

#ifdef STALE_COUNT
/* Caches how many places were free, not the index from which that follows. */
#define COUNT_FREE places = counted
#define COUNT_FREE_ANEW counted = FREE(published); places = counted
#else
#define COUNT_FREE places = FREE(published)
#define COUNT_FREE_ANEW COUNT_FREE
#endif

inline free_places()
{
    d_step { COUNT_FREE; }
    if
    /* ring.c: if (places < enough) { */
    :: places < enough ->
#ifndef NEVER_REFRESHED
        /* ring.c: ring->released_seen = atomic_load_explicit(&ring->released, memory_order_acquire); */
        released_seen = released;
        /* ring.c: places = ring->capacity - (index - ring->released_seen); */
        d_step { COUNT_FREE_ANEW; }
#else
        skip
#endif
    :: else
    fi
}

inline full_places()
{
    /* ring.c: size_t places = ring->published_seen - index; */
    d_step { places = FROM(published_seen, released); }
    if
    /* ring.c: if (places < enough) { */
    :: places < enough ->
        /* ring.c: ring->published_seen = atomic_load_explicit(&ring->published, memory_order_acquire); */
        published_seen = published;
        /* ring.c: places = ring->published_seen - index; */
        d_step { places = FROM(published_seen, released); }
    :: else
    fi
}

/* ---- the producer ------------------------------------------------------------------------
 * Its own index is written by nobody else: the C code's load of it is no step. */
/* ring.c: size_t index = atomic_load_explicit(&ring->published, memory_order_relaxed); */

active proctype producer()
{
    byte released_seen, places, enough, wanted, count, part, i;
    byte sent;                          /* the number of the record at `published` */
#ifdef STALE_COUNT
    byte counted = CAPACITY;
#endif

    do
#if LIMIT
    :: published == LIMIT -> break
    :: published < LIMIT ->
        choose(wanted, 1, WANTED);
        wanted = LEAST(wanted, LIMIT - published);
#else
    :: true ->
        choose(wanted, 1, WANTED);
#endif
        if
        :: true ->                      /* wanmi_ring_reserve */
            enough = 1; free_places();
            /* ring.c: size_t count = least(wanted, least(free_places(ring, index, 1), to_the_end(ring, index))); */
            d_step { count = LEAST(wanted, LEAST(places, TO_THE_END(published))); part = count; places = 0; enough = 0; }
        :: true ->                      /* wanmi_ring_push */
            /* ring.c: count = least(count, free_places(ring, index, least(count, ring->capacity))); */
            enough = LEAST(wanted, CAPACITY); free_places();
            d_step {
                count = LEAST(wanted, places);
                /* ring.c: size_t size = ring->record_size, run = least(count, to_the_end(ring, index)); */
                part = LEAST(count, TO_THE_END(published)); places = 0; enough = 0;
            }
        fi;
#ifdef PUBLISH_BEFORE_WRITE
        published = AFTER(published, count);
#define BEGUN FROM(published, count)
#else
#define BEGUN published
#endif
        do
        /* ring.c: memcpy(place_of(ring, index), records, run * size); */
        :: i < part -> d_step { records[PLACE(BEGUN) + i] = (sent + i) % VALUES; i++; }
        /* ring.c: memcpy(ring->records, (const unsigned char *)records + run * size, (count - run) * size); */
#ifdef SECOND_RUN_MISPLACED
        :: i >= part && i < count -> d_step { records[i] = (sent + i) % VALUES; i++; }
#else
        :: i >= part && i < count -> d_step { records[i - part] = (sent + i) % VALUES; i++; }
#endif
        :: i >= count -> break
        od;
        if
        /* wanmi_ring_publish may be given fewer than were reserved. */
        :: count > 1 && part == count && published == BEGUN -> choose(count, 1, part)
        :: true
        fi;
#ifndef PUBLISH_BEFORE_WRITE
        /* ring.c: atomic_store_explicit(&ring->published, index + count, memory_order_release); */
        d_step { published = AFTER(published, count);
#else
        d_step {
#endif
            sent = (sent + count) % VALUES;
            i = 0; count = 0; part = 0; wanted = 0;
        }
    od
}

/* ---- the consumer -------------------------------------------------------------------------- */
/* ring.c: size_t index = atomic_load_explicit(&ring->released, memory_order_relaxed); */

#define RELEASE(n) \
    /* ring.c: atomic_store_explicit(&ring->released, index + count, memory_order_release); */ \
    released = AFTER(released, n)

active proctype consumer()
{
    byte published_seen, places, enough, wanted, count, part, i, given;
    byte expected;                      /* the number of the record at `released` */

    do
#if LIMIT
    :: released == LIMIT -> break
    :: released < LIMIT ->
#else
    :: true ->
#endif
        choose(wanted, 1, WANTED);
        if
        :: true ->                      /* wanmi_ring_take */
            enough = 1; full_places();
            /* ring.c: size_t count = least(wanted, least(full_places(ring, index, 1), to_the_end(ring, index))); */
            d_step { count = LEAST(wanted, LEAST(places, TO_THE_END(released))); part = count; places = 0; enough = 0; }
        :: true ->                      /* wanmi_ring_pop */
            /* ring.c: count = least(count, full_places(ring, index, least(count, ring->capacity))); */
            enough = LEAST(wanted, CAPACITY); full_places();
            d_step { count = LEAST(wanted, places); part = LEAST(count, TO_THE_END(released)); places = 0; enough = 0; }
        fi;
        given = count;
#ifdef RELEASE_BEFORE_READ
        RELEASE(count);
#define FIRST FROM(released, count)
#else
#define FIRST released
#endif
        do
        /* ring.c: memcpy(records, place_of(ring, index), run * size); */
        :: i < part -> d_step { assert(records[PLACE(FIRST) + i] == (expected + i) % VALUES); i++; }
        /* ring.c: memcpy((unsigned char *)records + run * size, ring->records, (count - run) * size); */
        :: i >= part && i < count -> d_step { assert(records[i - part] == (expected + i) % VALUES); i++; }
        :: i >= count -> break
        od;
        if
        :: count == 0
        :: count > 0 ->
progress:   skip
        fi;
#ifndef RELEASE_BEFORE_READ
        if
        /* wanmi_ring_release may be given fewer than were taken. */
        :: count > 1 && part == count -> choose(given, 1, part)
        :: true
        fi;
        d_step {
#ifdef RELEASES_ALL_TAKEN
            RELEASE(count);
#else
            RELEASE(given);
#endif
#else
        d_step {
#endif
            expected = (expected + given) % VALUES;
            i = 0; count = 0; part = 0; wanted = 0; given = 0;
        }
    od;
#if LIMIT
    assert(expected == LIMIT % VALUES && published == released);
#endif
}

/* ---- who asks for the depth ------------------------------------------------------------------ */

#if LIMIT
active proctype observer()
{
    byte first, second, first_before, second_before;

    do
#ifdef PUBLISHED_READ_FIRST
    :: second = published; first = released;
#else
    /* ring.c: uint64_t released = wanmi_ring_released(ring); */
    :: first = released;
    /* ring.c: return least((size_t)(wanmi_ring_published(ring) - released), ring->capacity); */
       second = published;
#endif
       d_step {
           assert(second >= first && first >= first_before && second >= second_before);
           first_before = first; second_before = second; first = 0; second = 0;
       }
    :: released == LIMIT -> break
    od
}
#endif
