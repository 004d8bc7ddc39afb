/* A struct whose size is less than the size itself was not filled: it is refused
 * in every room, never taken for one of defaults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <wanmi/wanmi.h>

static void deliver_nothing(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)user, (void)batch, (void)count, (void)outcomes;
}

static void refused_by_makers(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof size; size++) {
        wanmi_host host;
        wanmi_host_init(&host);
        host.struct_size = size;
        wanmi_words *words = NULL;
        assert_int_equal(wanmi_words_create(&host, &words, NULL), WANMI_E_ARGUMENT);
        wanmi_crs_options crs_options;
        wanmi_crs_options_init(&crs_options);
        crs_options.struct_size = size;
        wanmi_crs *crs = NULL;
        assert_int_equal(wanmi_crs_create("EPSG:4548", &crs_options, NULL, &crs, NULL), WANMI_E_ARGUMENT);
        wanmi_dispatch_options dispatch_options;
        wanmi_dispatch_options_init(&dispatch_options);
        dispatch_options.struct_size = size;
        wanmi_dispatch *dispatch = NULL;
        assert_int_equal(wanmi_dispatch_create(&dispatch_options, NULL, &dispatch, NULL), WANMI_E_ARGUMENT);
        wanmi_flow_options flow_options;
        wanmi_flow_options_init(&flow_options);
        flow_options.struct_size = size;
        wanmi_flow *flow = NULL;
        assert_int_equal(wanmi_flow_create(&flow_options, NULL, &flow, NULL), WANMI_E_ARGUMENT);
        assert_true(words == NULL && crs == NULL && dispatch == NULL && flow == NULL);
    }
}

static void refused_by_a_flow(void **state)
{
    (void)state;
    wanmi_flow *flow = NULL;
    assert_int_equal(wanmi_flow_create(NULL, NULL, &flow, NULL), WANMI_OK);
    for (size_t size = 0; size < sizeof size; size++) {
        wanmi_sink_def def;
        wanmi_sink_def_init(&def);
        def.name = "sink";
        def.deliver = deliver_nothing;
        wanmi_subscription subscription;
        wanmi_subscription_init(&subscription);
        subscription.struct_size = size;
        uint32_t sink = 7;
        assert_int_equal(wanmi_flow_add_sink(flow, &def, &subscription, &sink, NULL), WANMI_E_ARGUMENT);
        def.struct_size = size;
        assert_int_equal(wanmi_flow_add_sink(flow, &def, NULL, &sink, NULL), WANMI_E_ARGUMENT);
        wanmi_account account;
        wanmi_account_init(&account);
        account.struct_size = size;
        assert_int_equal(wanmi_flow_snapshot(flow, &account, NULL, 0, NULL), WANMI_E_ARGUMENT);
        assert_int_equal(sink, 7);
    }
    wanmi_flow_free(flow);
}

static void refused_by_the_grid(void **state)
{
    (void)state;
    wanmi_map_builder *builder = NULL;
    assert_int_equal(wanmi_map_builder_create(NULL, &builder, NULL), WANMI_OK);
    for (size_t size = 0; size < sizeof size; size++) {
        wanmi_grid_options options;
        wanmi_grid_options_init(&options);
        options.struct_size = size;
        assert_int_equal(wanmi_grid_cut(builder, NULL, 0, &options, NULL, NULL, NULL), WANMI_E_ARGUMENT);
        wanmi_grid_result result = {.struct_size = size};
        assert_int_equal(wanmi_grid_cut(builder, NULL, 0, NULL, NULL, &result, NULL), WANMI_E_ARGUMENT);
        wanmi_area_def area;
        wanmi_area_def_init(&area);
        area.struct_size = size;
        assert_int_equal(wanmi_grid_cut(builder, &area, 1, NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    }
    wanmi_map_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_by_makers),
        cmocka_unit_test(refused_by_a_flow),
        cmocka_unit_test(refused_by_the_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
