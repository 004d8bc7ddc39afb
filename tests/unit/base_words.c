/* Words on one thread; on many: tests/stress/words.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"

static wanmi_words *make(void)
{
    wanmi_words *words = NULL;
    assert_int_equal(wanmi_words_create(NULL, &words, NULL), WANMI_OK);
    return words;
}

static uint32_t number_of(wanmi_words *words, const char *text)
{
    uint32_t number = WANMI_NONE;
    wanmi_error error;
    if (wanmi_words_number(words, text, strlen(text), &number, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return number;
}

static void same_text_same_number(void **state)
{
    (void)state;
    wanmi_words *words = make();
    assert_int_equal(wanmi_words_count(words), 0);
    assert_null(wanmi_words_text(words, 0));
    assert_int_equal(number_of(words, "0101"), 0);
    assert_int_equal(number_of(words, "暴露垃圾"), 1);
    assert_int_equal(number_of(words, "0101"), 0);
    assert_int_equal(number_of(words, "010"), 2);
    assert_int_equal(wanmi_words_find(words, "暴露垃圾", strlen("暴露垃圾")), 1);
    assert_int_equal(wanmi_words_find(words, "0102", 4), WANMI_NONE);
    assert_int_equal(wanmi_words_find(words, "01012", 4), 0);      /* only the length counts */
    assert_string_equal(wanmi_words_text(words, 1), "暴露垃圾");
    assert_null(wanmi_words_text(words, 3));
    assert_null(wanmi_words_text(words, WANMI_NONE));
    assert_int_equal(wanmi_words_count(words), 3);
    wanmi_words_release(words);
}

static void texts_that_are_refused(void **state)
{
    (void)state;
    static const struct { const char *text; size_t length; } wrong[] = {
        {"", 0}, {"a\0b", 3}, {"\xC0\x80", 2}, {"\xE0\x80\x80", 3}, {"\xED\xA0\x80", 3},
        {"\xF4\x90\x80\x80", 4}, {"\xF5\x80\x80\x80", 4}, {"\x80", 1}, {"\xE4\xB8", 2}, {"a\xFF", 2},
        {"\xF0\x80\x80\x80", 4}, {"\xC3(", 2}};
    wanmi_words *words = make();
    uint32_t number = 7;
    wanmi_error error;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(wanmi_words_number(words, wrong[i].text, wrong[i].length, &number, &error),
                         WANMI_E_ARGUMENT);
        assert_int_equal(error.status, WANMI_E_ARGUMENT);
        assert_int_equal(wanmi_words_find(words, wrong[i].text, wrong[i].length), WANMI_NONE);
    }
    char longest[66];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(wanmi_words_number(words, longest, 65, &number, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(number, 7);
    assert_int_equal(wanmi_words_number(words, longest, 64, &number, NULL), WANMI_OK);
    assert_int_equal(strlen(wanmi_words_text(words, number)), 64);
    assert_int_equal(wanmi_words_number(NULL, "a", 1, &number, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_words_number(words, NULL, 1, &number, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_words_number(words, "a", 1, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_words_create(NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_words_find(NULL, "a", 1), WANMI_NONE);
    assert_int_equal(wanmi_words_count(NULL), 0);
    assert_null(wanmi_words_retain(NULL));
    wanmi_words_release(NULL);
    wanmi_words_release(words);
}

static void up_to_the_limit_and_no_further(void **state)
{
    (void)state;
    wanmi_words *words = make();
    const char *early = NULL;
    char text[16];
    uint32_t number = 0;
    for (uint32_t i = 0; i < 1048576; i++) {
        int length = snprintf(text, sizeof text, "w%u", i);
        if (wanmi_words_number(words, text, (size_t)length, &number, NULL) != WANMI_OK || number != i)
            fail_msg("word %u has number %u", i, number);
        if (i == 5)
            early = wanmi_words_text(words, 5);
    }
    wanmi_error error;
    number = 9;
    assert_int_equal(wanmi_words_number(words, "one more", 8, &number, &error), WANMI_E_LIMIT);
    assert_int_equal(number, 9);
    assert_int_equal(wanmi_words_count(words), 1048576);
    assert_int_equal(number_of(words, "w1048575"), 1048575);
    for (uint32_t i = 0; i < 1048576; i += 997) {
        int length = snprintf(text, sizeof text, "w%u", i);
        assert_int_equal(wanmi_words_find(words, text, (size_t)length), i);
        assert_string_equal(wanmi_words_text(words, i), text);
    }
    assert_ptr_equal(wanmi_words_text(words, 5), early);        /* texts never move */
    wanmi_words_release(words);
}

static void lives_as_long_as_it_is_held(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    wanmi_words *words = NULL;
    assert_int_equal(wanmi_words_create(&host, &words, NULL), WANMI_OK);
    number_of(words, "a");
    assert_ptr_equal(wanmi_words_retain(words), words);
    wanmi_words_release(words);
    assert_string_equal(wanmi_words_text(words, 0), "a");
    wanmi_words_release(words);
    assert_int_equal(memory.held_blocks, 0);
    assert_false(memory.wrong_size);
}

/* After a failure the words go on as if the call had not been. */
static wanmi_status fill_some(const wanmi_host *host, void *user)
{
    (void)user;
    wanmi_words *words = NULL;
    wanmi_status status = wanmi_words_create(host, &words, NULL);
    uint32_t expected = 0;
    for (uint32_t i = 0; i < 700 && status == WANMI_OK; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, "w%u", i);
        uint32_t number = WANMI_NONE;
        status = wanmi_words_number(words, text, (size_t)length, &number, NULL);
        if (status == WANMI_OK) {
            assert_int_equal(number, expected++);
        } else {
            assert_int_equal(number, WANMI_NONE);
            assert_int_equal(wanmi_words_find(words, text, (size_t)length), WANMI_NONE);
            assert_int_equal(wanmi_words_count(words), expected);
        }
    }
    wanmi_words_release(words);
    return status;
}

static void every_allocation_fails(void **state)
{
    (void)state;
    assert_true(test_fail_each(fill_some, NULL) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_text_same_number),
        cmocka_unit_test(texts_that_are_refused),
        cmocka_unit_test(up_to_the_limit_and_no_further),
        cmocka_unit_test(lives_as_long_as_it_is_held),
        cmocka_unit_test(every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
