/* Words while several threads add, find and read them. Run it under TSan:
 * meson setup build-tsan -Db_sanitize=thread -Db_lundef=false */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"

enum { WRITERS = 4, READERS = 2, TEXTS = 40000 };

typedef struct shared {
    wanmi_words *words;
    _Atomic uint32_t numbers[TEXTS];    /* number + 1 as first seen */
    _Atomic int wrong, done;
} shared;

static int spell(uint32_t i, char text[16])
{
    return snprintf(text, 16, "c%u", i);
}

/* The number a text has for one thread it has for all. */
static void agree(shared *s, uint32_t i, uint32_t number)
{
    uint32_t seen = 0;
    if (!atomic_compare_exchange_strong(&s->numbers[i], &seen, number + 1) && seen != number + 1)
        atomic_fetch_add(&s->wrong, 1);
}

typedef struct worker {
    pthread_t thread;
    shared *shared;
    uint64_t seed;
} worker;

static void *write_words(void *user)
{
    worker *w = user;
    test_random random = {w->seed};
    for (uint32_t k = 0; k < 2 * TEXTS; k++) {
        char text[16];
        /* Close together, so that writers meet on the same new text. */
        uint32_t i = k < TEXTS ? k : test_below(&random, TEXTS), number = WANMI_NONE;
        size_t length = (size_t)spell(i, text);
        if (wanmi_words_number(w->shared->words, text, length, &number, NULL) != WANMI_OK)
            atomic_fetch_add(&w->shared->wrong, 1);
        const char *back = wanmi_words_text(w->shared->words, number);
        if (back == NULL || strcmp(back, text) != 0)
            atomic_fetch_add(&w->shared->wrong, 1);
        agree(w->shared, i, number);
    }
    return NULL;
}

static void *read_words(void *user)
{
    worker *w = user;
    test_random random = {w->seed};
    while (!atomic_load(&w->shared->done)) {
        uint32_t count = wanmi_words_count(w->shared->words), i = test_below(&random, TEXTS);
        char text[16];
        size_t length = (size_t)spell(i, text);
        bool was_known = atomic_load(&w->shared->numbers[i]) != 0;
        uint32_t number = wanmi_words_find(w->shared->words, text, length);
        if (number != WANMI_NONE) {
            agree(w->shared, i, number);
            const char *back = wanmi_words_text(w->shared->words, number);
            if (back == NULL || strcmp(back, text) != 0)
                atomic_fetch_add(&w->shared->wrong, 1);
        } else if (was_known) {
            atomic_fetch_add(&w->shared->wrong, 1);     /* a word must never be lost again */
        }
        if (count != 0) {
            const char *back = wanmi_words_text(w->shared->words, test_below(&random, count));
            if (back == NULL || back[0] != 'c')
                atomic_fetch_add(&w->shared->wrong, 1);
        }
    }
    return NULL;
}

static void many_threads_agree(void **state)
{
    (void)state;
    static shared s;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    assert_int_equal(wanmi_words_create(&host, &s.words, NULL), WANMI_OK);
    worker workers[WRITERS + READERS];
    for (int i = 0; i < WRITERS + READERS; i++) {
        workers[i].shared = &s;
        workers[i].seed = (uint64_t)i + 1;
        assert_int_equal(pthread_create(&workers[i].thread, NULL,
                                        i < WRITERS ? write_words : read_words, &workers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(workers[i].thread, NULL);
    atomic_store(&s.done, 1);
    for (int i = WRITERS; i < WRITERS + READERS; i++)
        pthread_join(workers[i].thread, NULL);
    assert_int_equal(s.wrong, 0);
    assert_int_equal(wanmi_words_count(s.words), TEXTS);
    wanmi_words_release(s.words);
    assert_int_equal(memory.held_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_threads_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
