/* One map held by many threads: each retains, reads and releases; the last one
 * frees it, whoever that is. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

enum { THREADS = 8, ROUNDS = 2000 };

static void *read_and_release(void *user)
{
    wanmi_map *map = user;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        wanmi_map *mine = wanmi_map_retain(map);
        uint32_t area = i % wanmi_map_area_count(mine);
        sum += strlen(wanmi_map_area_code(mine, area)) + wanmi_map_area_wkb_size(mine, area);
        sum += wanmi_map_area_parent(mine, area, 0);
        wanmi_map_release(mine);
    }
    wanmi_map_release(map);
    return (void *)(uintptr_t)(sum != 0);
}

static void many_holders(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        test_memory memory = {0};
        wanmi_host host = test_host(&memory);
        wanmi_map *map = test_city_map(&host, NULL);
        pthread_t threads[THREADS];
        for (int t = 0; t < THREADS; t++)
            assert_int_equal(pthread_create(&threads[t], NULL, read_and_release,
                                            wanmi_map_retain(map)), 0);
        wanmi_map_release(map);
        for (int t = 0; t < THREADS; t++) {
            void *read = NULL;
            pthread_join(threads[t], &read);
            assert_non_null(read);
        }
        assert_int_equal(memory.held_blocks, 0);
        assert_false(memory.wrong_size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_holders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
