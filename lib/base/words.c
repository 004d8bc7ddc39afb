/* Words: a growing list of short texts, read without a lock while others add.
 *
 * A text's entry lies in a segment that never moves; the table that finds it by
 * hash is made anew when it fills and published whole. Both are written before
 * the one release store that lets a reader reach them: the slot, the table or
 * the count. An outgrown table may still be in a reader's hands, so it is kept
 * until the words are freed; all of them together weigh less than the last.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "error.h"
#include "memory.h"
#include "text.h"
#include "wanmi/types.h"

enum {
    LONGEST = 64,
    MOST = 1 << 20,
    FIRST_BITS = 8,             /* segment 0 holds 256, segment k > 0 holds 256 << (k - 1) */
    SEGMENTS = 20 - FIRST_BITS + 1,
    FIRST_SLOTS = 64
};

typedef struct entry {
    const char *text;
    uint32_t length;
    uint32_t hash;
} entry;

typedef struct table {
    struct table *older;
    uint32_t mask;
    _Atomic uint32_t slots[];   /* number + 1; 0: free */
} table;

struct wanmi_words {
    wanmi_host host;
    _Atomic uint32_t references;
    _Atomic uint32_t count;
    _Atomic(table *) newest;
    _Atomic(entry *) segments[SEGMENTS];
    pthread_mutex_t writing;    /* held by those who add */
    wm_arena texts;
};

static uint32_t segment_of(uint32_t number, uint32_t *within)
{
    uint32_t block = number >> FIRST_BITS;
    uint32_t segment = block == 0 ? 0 : 32 - (uint32_t)__builtin_clz(block);
    *within = segment == 0 ? number : number - (1u << (FIRST_BITS + segment - 1));
    return segment;
}

static size_t segment_bytes(uint32_t segment)
{
    uint32_t bits = segment == 0 ? FIRST_BITS : FIRST_BITS + segment - 1;
    return sizeof(entry) << bits;
}

static size_t table_bytes(uint32_t slots)
{
    return sizeof(table) + slots * sizeof(_Atomic uint32_t);
}

/* The entry of a number below the count. */
static const entry *entry_of(const wanmi_words *words, uint32_t number)
{
    uint32_t within, segment = segment_of(number, &within);
    return atomic_load_explicit(&words->segments[segment], memory_order_acquire) + within;
}

static table *new_table(const wanmi_host *host, uint32_t slots)
{
    table *t = wm_alloc(host, table_bytes(slots));
    if (t == NULL)
        return NULL;
    t->older = NULL;
    t->mask = slots - 1;
    for (uint32_t i = 0; i < slots; i++)
        atomic_init(&t->slots[i], 0);
    return t;
}

wanmi_status wanmi_words_create(const wanmi_host *host, wanmi_words **words, wanmi_error *error)
{
    if (words == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no place for the words was given");
    wanmi_host copy;
    wanmi_status status = wm_host_copy(&copy, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_words *w = wm_alloc_zero(&copy, sizeof *w);
    table *first = new_table(&copy, FIRST_SLOTS);
    if (w == NULL || first == NULL || pthread_mutex_init(&w->writing, NULL) != 0) {
        wm_free(&copy, w, sizeof *w);
        if (first != NULL)
            wm_free(&copy, first, table_bytes(FIRST_SLOTS));
        wm_host_drop(&copy);
        return wm_error_memory(error);
    }
    w->host = copy;
    atomic_init(&w->references, 1);
    atomic_init(&w->newest, first);
    wm_arena_init(&w->texts, &w->host);
    *words = w;
    return WANMI_OK;
}

wanmi_words *wanmi_words_retain(wanmi_words *words)
{
    if (words != NULL)
        atomic_fetch_add_explicit(&words->references, 1, memory_order_relaxed);
    return words;
}

void wanmi_words_release(wanmi_words *words)
{
    if (words == NULL ||
        atomic_fetch_sub_explicit(&words->references, 1, memory_order_acq_rel) != 1)
        return;
    for (table *t = atomic_load(&words->newest), *older; t != NULL; t = older) {
        older = t->older;
        wm_free(&words->host, t, table_bytes(t->mask + 1));
    }
    for (uint32_t i = 0; i < SEGMENTS; i++)
        wm_free(&words->host, atomic_load(&words->segments[i]), segment_bytes(i));
    wm_arena_drop(&words->texts);
    pthread_mutex_destroy(&words->writing);
    wanmi_host host = words->host;
    wm_free(&host, words, sizeof *words);
    wm_host_drop(&host);
}

static uint32_t find(const wanmi_words *words, const char *text, size_t length, uint32_t hash)
{
    const table *t = atomic_load_explicit(&words->newest, memory_order_acquire);
    for (uint32_t at = hash & t->mask;; at = (at + 1) & t->mask) {
        uint32_t slot = atomic_load_explicit(&t->slots[at], memory_order_acquire);
        if (slot == 0)
            return WANMI_NONE;
        const entry *e = entry_of(words, slot - 1);
        if (e->hash == hash && e->length == length && memcmp(e->text, text, length) == 0)
            return slot - 1;
    }
}

static void take_slot(table *t, uint32_t hash, uint32_t number)
{
    uint32_t at = hash & t->mask;
    while (atomic_load_explicit(&t->slots[at], memory_order_relaxed) != 0)
        at = (at + 1) & t->mask;
    atomic_store_explicit(&t->slots[at], number + 1, memory_order_release);
}

/* Keeps at least half of the slots free, so that a search ends. */
static bool make_table_room(wanmi_words *words, uint32_t count)
{
    table *old = atomic_load_explicit(&words->newest, memory_order_relaxed);
    if (count + 1 <= (old->mask + 1) / 2)
        return true;
    table *fresh = new_table(&words->host, (old->mask + 1) * 2);
    if (fresh == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        take_slot(fresh, entry_of(words, i)->hash, i);
    fresh->older = old;
    atomic_store_explicit(&words->newest, fresh, memory_order_release);
    return true;
}

static entry *make_entry_room(wanmi_words *words, uint32_t number)
{
    uint32_t within, segment = segment_of(number, &within);
    entry *entries = atomic_load_explicit(&words->segments[segment], memory_order_relaxed);
    if (entries == NULL) {
        entries = wm_alloc(&words->host, segment_bytes(segment));
        if (entries == NULL)
            return NULL;
        atomic_store_explicit(&words->segments[segment], entries, memory_order_release);
    }
    return entries + within;
}

/* Under the mutex. */
static wanmi_status add(wanmi_words *words, const char *text, size_t length, uint32_t hash,
                        uint32_t *number, wanmi_error *error)
{
    uint32_t count = atomic_load_explicit(&words->count, memory_order_relaxed);
    if (count == MOST)
        return wm_error(error, WANMI_E_LIMIT, "there are %d words already, no more fit", MOST);
    entry *e = make_entry_room(words, count);
    if (e == NULL || !make_table_room(words, count))
        return wm_error_memory(error);
    const char *copy = wm_arena_text_n(&words->texts, text, length);
    if (copy == NULL)
        return wm_error_memory(error);
    *e = (entry){copy, (uint32_t)length, hash};
    /* The count first: whoever finds the number must get its text. */
    atomic_store_explicit(&words->count, count + 1, memory_order_release);
    take_slot(atomic_load_explicit(&words->newest, memory_order_relaxed), hash, count);
    *number = count;
    return WANMI_OK;
}

wanmi_status wanmi_words_number(wanmi_words *words, const char *text, size_t length,
                                uint32_t *number, wanmi_error *error)
{
    if (words == NULL || text == NULL || number == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "words, text and number must be given");
    if (length == 0 || length > LONGEST)
        return wm_error(error, WANMI_E_ARGUMENT, "a word has 1 to %d bytes, this one has %zu",
                        LONGEST, length);
    if (!wm_text_is_utf8(text, length))
        return wm_error(error, WANMI_E_ARGUMENT, "a word that is not UTF-8");
    uint32_t hash = wm_text_hash(text, length);
    uint32_t known = find(words, text, length, hash);
    wanmi_status status = WANMI_OK;
    if (known == WANMI_NONE) {
        pthread_mutex_lock(&words->writing);
        known = find(words, text, length, hash);
        if (known == WANMI_NONE)
            status = add(words, text, length, hash, &known, error);
        pthread_mutex_unlock(&words->writing);
    }
    if (status == WANMI_OK)
        *number = known;
    return status;
}

uint32_t wanmi_words_find(const wanmi_words *words, const char *text, size_t length)
{
    if (words == NULL || text == NULL || length == 0 || length > LONGEST)
        return WANMI_NONE;
    return find(words, text, length, wm_text_hash(text, length));
}

const char *wanmi_words_text(const wanmi_words *words, uint32_t number)
{
    return number < wanmi_words_count(words) ? entry_of(words, number)->text : NULL;
}

uint32_t wanmi_words_count(const wanmi_words *words)
{
    return words != NULL ? atomic_load_explicit(&words->count, memory_order_acquire) : 0;
}
