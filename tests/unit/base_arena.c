/* libwanmi_arena: bytes are counted exactly, and the program's malloc stays its own. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"
#include "wanmi/arena.h"

static wanmi_allocator open_arena(void)
{
    wanmi_allocator allocator = {0};
    wanmi_error error;
    wanmi_status status = wanmi_arena_open(&allocator, &error);
    if (status == WANMI_E_UNSUPPORTED) {
        assert_non_null(strstr(error.message, "without jemalloc"));
        assert_null(allocator.alloc);
        print_message("built without jemalloc: nothing to count\n");
        skip();
    }
    assert_int_equal(status, WANMI_OK);
    return allocator;
}

static void bytes_are_counted(void **state)
{
    (void)state;
    wanmi_allocator a = open_arena(), other = open_arena();
    assert_int_equal(wanmi_arena_bytes(&a), 0);
    void *small = a.alloc(a.user, 4096, 16), *large = a.alloc(a.user, 1 << 20, 4096);
    assert_int_equal((uintptr_t)large % 4096, 0);
    assert_int_equal(wanmi_arena_bytes(&a), 4096 + (1 << 20));
    assert_int_equal(wanmi_arena_bytes(&other), 0);
    memset(small, 1, 4096);
    small = a.resize(a.user, small, 4096, 8192, 16);
    assert_int_equal(((char *)small)[4095], 1);
    assert_int_equal(wanmi_arena_bytes(&a), 8192 + (1 << 20));
    a.release(a.user, large, 1 << 20, 4096);
    assert_int_equal(wanmi_arena_bytes(&a), 8192);
    a.release(a.user, small, 8192, 16);
    assert_int_equal(wanmi_arena_bytes(&a), 0);
    wanmi_arena_close(&a);
    assert_null(a.alloc);
    wanmi_arena_close(&other);
}

static void a_handle_lives_in_it(void **state)
{
    (void)state;
    wanmi_host host;
    wanmi_host_init(&host);
    host.allocator = open_arena();
    wanmi_words *words = NULL;
    assert_int_equal(wanmi_words_create(&host, &words, NULL), WANMI_OK);
    uint32_t number;
    assert_int_equal(wanmi_words_number(words, "a", 1, &number, NULL), WANMI_OK);
    uint64_t held = wanmi_arena_bytes(&host.allocator);
    assert_true(held > 16 * 1024 && held < 64 * 1024);
    wanmi_words_release(words);
    assert_int_equal(wanmi_arena_bytes(&host.allocator), 0);
    wanmi_arena_close(&host.allocator);
}

static void foreign_allocators_are_left_alone(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_allocator a = test_allocator(&memory);
    assert_int_equal(wanmi_arena_bytes(&a), 0);
    wanmi_arena_close(&a);
    assert_non_null(a.alloc);
    assert_int_equal(wanmi_arena_bytes(NULL), 0);
    wanmi_arena_close(NULL);
    wanmi_status status = wanmi_arena_open(NULL, NULL);
    assert_true(status == WANMI_E_ARGUMENT || status == WANMI_E_UNSUPPORTED);
}

/* This program links libwanmi_arena and its malloc is still not jemalloc's. */
static void malloc_stays_the_programs_own(void **state)
{
    (void)state;
    Dl_info where;
    assert_null(dlsym(RTLD_DEFAULT, "mallocx"));
    assert_int_not_equal(dladdr(dlsym(RTLD_DEFAULT, "malloc"), &where), 0);
    assert_null(strstr(where.dli_fname, "jemalloc"));
    assert_null(strstr(where.dli_fname, "wanmi_arena"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_counted),
        cmocka_unit_test(a_handle_lives_in_it),
        cmocka_unit_test(foreign_allocators_are_left_alone),
        cmocka_unit_test(malloc_stays_the_programs_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
