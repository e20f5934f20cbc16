/* What an operator chose: bounds, defaults, and that every hub of the chain has it. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/hub_world.h"

static void put(struct world *world, enum vn_setting setting, int64_t value)
{
    struct vn_error error = {VN_OK, "", ""};
    assert_int_equal(vn_setting_put(&world->settings, world->hub.storage, setting, value, &error), VN_OK);
}

static int64_t read_anew(struct world *world, enum vn_setting setting)
{
    struct vn_settings settings;
    memset(&settings, 0xff, sizeof settings);
    assert_int_equal(vn_settings_read(&settings, &settings, world->hub.storage), VN_OK);
    return vn_setting(&settings, setting);
}

static void test_settings_are_what_was_chosen_or_the_default(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < VN_SETTINGS; i++) {
        enum vn_setting setting = (enum vn_setting)i;
        const struct vn_setting_info *info = vn_setting_info(setting);
        assert_int_equal(vn_setting_find(info->name), setting);
        assert_true(info->otherwise >= info->least && info->otherwise <= info->most);
        assert_int_equal(vn_setting(NULL, setting), info->otherwise);
        assert_int_equal(read_anew(world, setting), info->otherwise);
        put(world, setting, info->most);
        assert_int_equal(vn_setting(&world->settings, setting), info->most);
        put(world, setting, info->least);
        assert_int_equal(read_anew(world, setting), info->least);
        put(world, setting, VN_SETTING_DEFAULT);
        assert_int_equal(vn_setting(&world->settings, setting), info->otherwise);
        assert_int_equal(read_anew(world, setting), info->otherwise);
    }
    assert_int_equal(vn_setting_find("coffee"), VN_SETTINGS);
}

static void test_settings_out_of_bounds_are_refused_with_the_bounds(void **state)
{
    struct world *world = *state;
    struct vn_error error = {VN_OK, "", ""};
    assert_int_equal(vn_setting_put(&world->settings, world->hub.storage, VN_SETTING_QUEUE_S, 0, &error),
                     VN_INPUT);
    assert_string_equal(error.text, "queue-s is a number from 1 to 60, or default");
    assert_int_equal(
        vn_setting_put(&world->settings, world->hub.storage, VN_SETTING_SLOW_LANE_S, 86401, &error),
        VN_INPUT);
    assert_string_equal(error.text, "slow-lane-s is a number from 0 to 86400, auto, or default");
    assert_int_equal(read_anew(world, VN_SETTING_QUEUE_S), VN_HUB_QUEUE_S);
    assert_int_equal(vn_setting(&world->settings, VN_SETTING_QUEUE_S), VN_HUB_QUEUE_S);
}

/* A database that a version with wider bounds wrote. */
static void test_settings_of_another_version_are_held_in_bounds(void **state)
{
    struct world *world = *state;
    assert_int_equal(vn_storage_number_put(world->hub.storage, "setting-queue-s", 1000000), VN_OK);
    assert_int_equal(vn_storage_number_put(world->hub.storage, "setting-near-stores", -5), VN_OK);
    assert_int_equal(read_anew(world, VN_SETTING_QUEUE_S), 60);
    assert_int_equal(read_anew(world, VN_SETTING_NEAR_STORES), 1);
}

/* A snapshot is of the moment at which it began, and is read to its end after the verb. */
static void test_settings_that_were_set_stay_when_older_ones_are_read(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = world->hub.storage;
    struct vn_settings before;
    vn_settings_copy(&world->settings, &before);
    put(world, VN_SETTING_QUEUE_S, 10);
    assert_int_equal(vn_storage_number_drop(storage, "setting-queue-s"), VN_OK);  /* as the snapshot has it */
    assert_int_equal(vn_storage_number_put(storage, "setting-lag-s", 90), VN_OK); /* of another hub */
    assert_int_equal(vn_settings_read(&world->settings, &before, storage), VN_OK);
    assert_int_equal(vn_setting(&world->settings, VN_SETTING_QUEUE_S), 10);
    assert_int_equal(vn_setting(&world->settings, VN_SETTING_LAG_S), 90);
    vn_settings_copy(&world->settings, &before);
    assert_int_equal(vn_settings_read(&world->settings, &before, storage), VN_OK);
    assert_int_equal(vn_setting(&world->settings, VN_SETTING_QUEUE_S), VN_HUB_QUEUE_S);
}

static void test_settings_cap_what_is_earned(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    put(world, VN_SETTING_RECEIPT_POINTS, 100);
    put(world, VN_SETTING_DAY_POINTS, 250);
    world_commit(&till, "1", "w1", 1000, 99);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w1"), 599);
    world_commit(&till, "2", "w1", 1000, 5000);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w1"), 699);
    world_commit(&till, "3", "w1", 1000, 100);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w1"), 750);
    put(world, VN_SETTING_DAY_POINTS, 10); /* less than what he has today */
    world_commit(&till, "4", "w1", 1000, 100);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w1"), 750);
    world_audit(world);
    world_till_end(&till);
}

/* One till was off for five days, and another one had sold before it was back. */
static void test_what_was_earned_on_days_before_is_not_of_today(void **state)
{
    struct world *world = *state;
    struct world_till off, till;
    struct vn_sale_row sale;
    char receipt[8];
    world_start(world, &off);
    world_till_start(world, &till, "t2");
    put(world, VN_SETTING_DAY_POINTS, 100);
    put(world, VN_SETTING_RECEIPT_POINTS, 90);
    const int64_t begin_ms = world->now_ms;
    for (int day = 0; day < 5; day++) {
        (void)snprintf(receipt, sizeof receipt, "%d", day);
        world->now_ms = begin_ms + day * (int64_t)VN_EARN_DAY_MS;
        world_commit(&off, receipt, "w2", 5000, day == 0 ? 500 : 50);
    }
    world->now_ms += 3600000;
    world_commit(&till, "9", "w2", 5000, 50);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_sync(&off), 0);
    assert_int_equal(world_owned(world, "w2"), 50 + 90 + 4 * 50); /* the receipt's maximum holds for each */
    world_sale(world, "0", &sale);
    assert_string_equal(sale.flags, "capped");
    world_sale(world, "4", &sale);
    assert_string_equal(sale.flags, "");
    world_commit(&till, "10", "w2", 5000, 60); /* and of today there are 50 left */
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), 50 + 90 + 4 * 50 + 50);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&off);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_settings_are_what_was_chosen_or_the_default, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_settings_out_of_bounds_are_refused_with_the_bounds, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_settings_of_another_version_are_held_in_bounds, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_settings_that_were_set_stay_when_older_ones_are_read,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_settings_cap_what_is_earned, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_was_earned_on_days_before_is_not_of_today, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
