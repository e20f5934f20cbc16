/* Paces, what they say to tills, and the fleet as the loop knows it. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/service/service.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

#define S_NS INT64_C(1000000000)

static void test_a_pace_follows_what_was_measured(void **state)
{
    struct vn_pace pace = {0};
    (void)state;
    assert_int_equal(vn_pace_s(&pace, 1000000), 0); /* nothing is known */
    vn_pace_add(&pace, 5000, S_NS / 2);
    assert_int_equal(pace.per_s, 10000);
    assert_int_equal(vn_pace_s(&pace, 20000), 2);
    assert_int_equal(vn_pace_s(&pace, 20001), 3);
    vn_pace_add(&pace, 0, S_NS); /* nothing was done, so nothing was learnt */
    assert_int_equal(pace.per_s, 10000);
    for (int i = 0; i < 100; i++) {
        vn_pace_add(&pace, 1000, S_NS);
    }
    assert_in_range(pace.per_s, 1000, 1007);
    vn_pace_add(&pace, 1, 100 * S_NS); /* never 0, or nothing would ever have to wait */
    assert_in_range(pace.per_s, 1, 1000);
    vn_pace_add(&pace, 1000, 0);
    assert_true(pace.per_s > 1000);
}

static void test_who_has_to_wait_is_told_how_long(void **state)
{
    (void)state;
    struct vn_admission admission = {.queued = 30000};
    assert_int_equal(vn_admission_wait_s(&admission, VN_HUB_QUEUE_S),
                     0); /* before the first group nothing is known */
    admission.intake.per_s = 15000;
    assert_int_equal(vn_admission_wait_s(&admission, VN_HUB_QUEUE_S), 0); /* 2 s may wait */
    admission.queued = 30001;
    assert_int_equal(vn_admission_wait_s(&admission, VN_HUB_QUEUE_S), 3);
    admission.intake.per_s = 10;
    assert_int_equal(vn_admission_wait_s(&admission, VN_HUB_QUEUE_S), 60);
    admission.intake.per_s = 0;
    admission.queued = VN_HUB_QUEUE_MAX + 1;
    assert_int_equal(vn_admission_wait_s(&admission, VN_HUB_QUEUE_S), 1);
}

static void test_tills_are_slowed_down_when_posting_is_behind(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_service service = {.hub = &world->hub};
    struct vn_ack ack = {.delay_ms = 7};
    world_start(world, &till);
    assert_int_equal(vn_fleet_table_create(world->hub.storage, 0, &service.fleet), VN_OK);
    service.admission.posting.per_s = 1000;
    service.backlog = 60000;
    vn_admission_tell(&service, &ack);
    assert_int_equal(ack.delay_ms, 0);
    service.backlog = 65000;
    vn_admission_tell(&service, &ack);
    assert_int_equal(ack.delay_ms, 5000);
    assert_int_equal(ack.spread_s, 0); /* one till is no crowd */
    for (uint8_t i = 0; i < 250; i++) {
        struct vn_enrolment_row row = {.id = 100 + i, .enrolment = {.bytes = {9, i}}};
        assert_int_equal(vn_fleet_table_put(service.fleet, &row, 0), VN_OK);
    }
    vn_admission_tell(&service, &ack);
    assert_int_equal(ack.spread_s, 2);
    vn_fleet_table_destroy(service.fleet);
    world_till_end(&till);
}

static void test_the_fleet_is_known_without_the_store(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_fleet_table *table = NULL;
    struct vn_enrolment_row row;
    struct vn_stamp stamp;
    char name[2 * VN_ID_BYTES + 1];
    world_start(world, &till);
    memset(till.boot, 5, sizeof till.boot);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_BOOT});
    world_commit(&till, "1", "w1", 1000, 10);
    assert_int_equal(world_sync(&till), 0);
    world_row(&till, &row);
    assert_int_equal(vn_fleet_table_create(world->hub.storage, 0, &table), VN_OK);
    vn_hex_encode(vn_view_of(row.enrolment.bytes, VN_ID_BYTES), name);
    struct vn_fleet_seen *seen = vn_fleet_table_by_name(table, name);
    assert_non_null(seen);
    assert_int_equal(seen->id, row.id);
    assert_int_equal(seen->high_seq, 2);
    assert_int_equal(seen->boot_seq, 1);
    assert_null(vn_fleet_table_by_name(table, "00"));
    name[0] = (char)(name[0] == '0' ? '1' : '0');
    assert_null(vn_fleet_table_by_name(table, name));
    /* what speaks for the till, and what only the store can judge */
    world_stamp(&till, &stamp);
    assert_true(vn_fleet_seen_fits(seen, &stamp));
    stamp.head_hash.bytes[0] ^= 1;
    assert_false(vn_fleet_seen_fits(seen, &stamp));
    stamp.head_seq = 3;
    assert_true(vn_fleet_seen_fits(seen, &stamp));
    stamp.boot[0] ^= 1;
    assert_false(vn_fleet_seen_fits(seen, &stamp));
    world_stamp(&till, &stamp);
    stamp.head_seq = 1;
    assert_false(vn_fleet_seen_fits(seen, &stamp));
    vn_fleet_table_revoke(table, name); /* no enrolment's */
    assert_int_equal(seen->state, VN_ENROLMENT_ACTIVE);
    vn_hex_encode(vn_view_of(row.enrolment.bytes, VN_ID_BYTES), name);
    vn_fleet_table_revoke(table, name);
    assert_int_equal(seen->state, VN_ENROLMENT_REVOKED);
    seen->state = VN_ENROLMENT_ACTIVE;
    vn_fleet_table_revoke(table, "t1");
    assert_null(vn_fleet_table_by_name(table, ""));
    assert_int_equal(seen->state, VN_ENROLMENT_REVOKED);
    vn_fleet_table_destroy(table);
    world_till_end(&till);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

/* --- how much it takes to read the fleet ------------------------------------------------------------------------ */

#define MANY  3000
#define PAGES 40 /* more than it takes */

/* A driver that counts what it is asked. */
static const struct vn_sql_ops *driver;
static unsigned statements;

static void reset_counting(struct vn_row *row)
{
    statements++;
    driver->reset(row);
}

static enum vn_status step_counting(struct vn_row *row)
{
    enum vn_status status = driver->step(row);
    statements += status == VN_ABSENT ? 1 : 0;
    return status;
}

static void enrol_many(struct vn_storage *storage)
{
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    for (int64_t i = 1; i <= MANY; i++) {
        struct vn_enrolment_row row = {.serial = "01", .epoch = 1};
        uint8_t boot[VN_ID_BYTES] = {1};
        memcpy(row.enrolment.bytes, &i, sizeof i);
        (void)snprintf(row.store, sizeof row.store, "s%d", (int)(MANY - i) / 7);
        (void)snprintf(row.till, sizeof row.till, "many-%d", (int)i);
        assert_int_equal(vn_storage_enrolment_add(storage, &row), VN_OK);
        for (int64_t seq = 1; seq <= i % 3; seq++) { /* none, one or two */
            boot[1] = (uint8_t)(10 * i + seq);
            assert_int_equal(vn_storage_boot_put(storage, row.id, boot, 5 * seq), VN_OK);
        }
    }
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

static void test_a_large_fleet_is_read_in_pages(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = world->hub.storage;
    struct vn_fleet_table *table = NULL;
    enrol_many(storage);
    driver = storage->sql->ops;
    struct vn_sql_ops counting = *driver;
    counting.reset = reset_counting;
    counting.step = step_counting;
    statements = 0;
    storage->sql->ops = &counting;
    enum vn_status status = vn_fleet_table_create(storage, 0, &table);
    storage->sql->ops = driver;
    assert_int_equal(status, VN_OK);
    assert_true(statements > 0 && statements < PAGES);
    assert_int_equal(vn_fleet_table_count(table), MANY);
    for (int64_t i = 1; i <= MANY; i++) {
        struct vn_enrolment_id id = {{0}};
        memcpy(id.bytes, &i, sizeof i);
        const struct vn_fleet_seen *seen = vn_fleet_table_find(table, &id);
        assert_non_null(seen);
        assert_ptr_equal(vn_fleet_table_at(table, (size_t)i - 1), seen);
        assert_int_equal(seen->boot_seq, 5 * (i % 3));
        assert_int_equal(seen->boot[1], i % 3 == 0 ? 0 : (uint8_t)(10 * i + i % 3));
    }
    vn_fleet_table_destroy(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pace_follows_what_was_measured),
        cmocka_unit_test(test_who_has_to_wait_is_told_how_long),
        TEST(test_tills_are_slowed_down_when_posting_is_behind),
        TEST(test_the_fleet_is_known_without_the_store),
        TEST(test_a_large_fleet_is_read_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
