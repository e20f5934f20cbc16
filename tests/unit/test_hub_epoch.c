/* A hub that was set back: what it notices, and how it goes on. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync/hub/core/mark_revoked.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/masters/publish.h"
#include "tests/unit/hub_world.h"

#define ITEMS "{\"code\":\"1\",\"name\":\"Bread\"}\n"

static const char ruleset[] =
    "{\"ruleset\":7,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"none\","
    "\"wallet\":{\"worth\":{\"points\":1,\"minor\":100}},"
    "\"groups\":[{\"id\":\"g\",\"stage\":\"units\",\"choice\":\"first\"}]}\n"
    "{\"id\":\"tenth\",\"group\":\"g\",\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000}}\n"
    "{\"id\":\"fifth\",\"group\":\"g\",\"then\":{\"kind\":\"percent_off\",\"rate_bp\":2000}}\n";

static struct vn_enrolment_row row_of(struct world_till *till)
{
    struct vn_enrolment_row row;
    assert_int_equal(vn_storage_enrolment_get(till->world->hub.storage, &till->enrolment, &row), VN_OK);
    return row;
}

static const char *behind(struct world_till *till, const struct vn_stamp *stamp)
{
    struct vn_enrolment_row row = row_of(till);
    const char *why = NULL;
    assert_int_equal(vn_epoch_behind(&till->world->hub, &row, stamp, &why), VN_OK);
    return why;
}

static void test_what_a_till_shows_above_ours_is_noticed(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    world_commit(&till, "r1", "w1", 1000, 10);
    assert_int_equal(world_sync(&till), 0);
    struct vn_position ours;
    assert_int_equal(vn_storage_position(till.world->hub.storage, &ours), VN_OK);
    const struct vn_stamp fine = {.acked_seq = till.head_seq, .cursor = {1, ours.change}};
    assert_null(behind(&till, &fine));
    struct vn_stamp stamp = fine;
    stamp.acked_seq++;
    assert_non_null(behind(&till, &stamp));
    stamp = fine;
    stamp.cursor.number++;
    assert_non_null(behind(&till, &stamp));
    stamp = fine;
    stamp.cursor.epoch++;
    assert_non_null(behind(&till, &stamp));
    stamp = fine;
    stamp.grant = 1;
    assert_non_null(behind(&till, &stamp));
    /* Beyond what a hub can have lost it is a lie, which would use up the numbers of the chain. */
    stamp = fine;
    stamp.cursor.number += INT64_C(100000000000);
    assert_non_null(behind(&till, &stamp));
    stamp.cursor.number++;
    assert_null(behind(&till, &stamp));
    stamp = fine;
    stamp.cursor.epoch += 1000;
    assert_non_null(behind(&till, &stamp));
    stamp.cursor.epoch++;
    assert_null(behind(&till, &stamp));
    world_till_end(&till);
}

static void test_a_till_that_is_ahead_opens_one_epoch(void **state)
{
    struct world_till till;
    bool believed = false;
    world_start(*state, &till);
    struct vn_hub *hub = &till.world->hub;
    world_commit(&till, "r1", "w1", 1000, 10);
    assert_int_equal(world_sync(&till), 0);
    const struct vn_stamp stamp = {.acked_seq = till.head_seq + 5, .cursor = {1, 3}};
    assert_int_equal(vn_epoch_till_is_ahead(hub, &till.enrolment, &stamp, &believed), VN_OK);
    assert_int_equal(hub->epoch, 2);
    /* it goes on showing them until it has sent them again, and that is no news */
    assert_null(behind(&till, &stamp));
    assert_int_equal(vn_epoch_till_is_ahead(hub, &till.enrolment, &stamp, &believed), VN_OK);
    assert_int_equal(hub->epoch, 2);
    struct vn_enrolment_row row = row_of(&till);
    assert_int_equal(row.epoch, 1);
    vn_epoch_shown(hub, &row, &stamp);
    assert_int_equal(row.epoch, 1);
    row.high_seq = stamp.acked_seq; /* sent again */
    vn_epoch_shown(hub, &row, &stamp);
    assert_int_equal(row.epoch, 2);
    world_till_end(&till);
}

/* What the hub has not been told yet: one number more than it has. */
static bool opens_with_one_more(struct world_till *till)
{
    struct vn_hub *hub = &till->world->hub;
    struct vn_enrolment_row row = row_of(till);
    const struct vn_stamp stamp = {.acked_seq = row.high_seq + 1};
    const int64_t before = hub->epoch;
    bool believed = false;
    row.epoch = before; /* it has shown where it stands */
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    assert_int_equal(vn_storage_enrolment_put(hub->storage, &row), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    assert_int_equal(vn_epoch_till_is_ahead(hub, &till->enrolment, &stamp, &believed), VN_OK);
    assert_int_equal(hub->epoch, believed ? before + 1 : before);
    assert_int_equal(row_of(till).state, believed ? VN_ENROLMENT_ACTIVE : VN_ENROLMENT_BRANCH);
    return believed;
}

static void test_one_till_is_not_believed_twice_within_an_hour(void **state)
{
    struct world_till liar, other;
    world_start(*state, &liar);
    world_till_start(*state, &other, "t2");
    struct world *world = liar.world;
    assert_true(opens_with_one_more(&liar));
    assert_true(opens_with_one_more(&other)); /* a word of its own */
    world->now_ms += VN_EPOCH_APART_MS;
    assert_true(opens_with_one_more(&liar)); /* hubs are set back twice, too */
    world->now_ms += VN_EPOCH_APART_MS - 1;
    assert_true(opens_with_one_more(&other));
    assert_false(opens_with_one_more(&liar));
    /* what is no longer of use is not kept */
    int64_t noted_ms = 0;
    assert_int_equal(vn_storage_epoch_by(world->hub.storage, liar.id, &noted_ms), VN_OK);
    assert_int_equal(noted_ms, world->now_ms - (VN_EPOCH_APART_MS - 1));
    world->now_ms += VN_EPOCH_APART_MS;
    assert_true(opens_with_one_more(&other));
    assert_int_equal(vn_storage_epoch_by(world->hub.storage, liar.id, &noted_ms), VN_OK);
    assert_int_equal(noted_ms, 0);
    world_till_end(&other);
    world_till_end(&liar);
}

/* A database that was set back has forgotten that it believed the till. */
static void test_a_hub_that_is_set_back_twice_within_an_hour_believes_twice(void **state)
{
    struct world_till till;
    char db[VN_PATH_MAX];
    char copy[VN_PATH_MAX];
    world_start(*state, &till);
    struct world *world = till.world;
    if (world->database != NULL) { /* of SQLite alone, whose file can be copied */
        world_till_end(&till);
        return;
    }
    (void)snprintf(db, sizeof db, "%s/hub.db", world->dir);
    (void)snprintf(copy, sizeof copy, "%s/copy.db", world->dir);
    world_close(world);
    folder_copy(db, copy);
    world_open(world);
    for (int i = 0; i < 3; i++) {
        assert_true(opens_with_one_more(&till));
        world_close(world);
        assert_int_equal(unlink(db), 0);
        folder_copy(copy, db);
        world_open(world);
        assert_int_equal(vn_epoch_refresh(&world->hub), VN_OK);
        assert_int_equal(world->hub.epoch, 1);
        world->now_ms += 60000;
    }
    world_till_end(&till);
}

/* One till whose memory or intentions are bad must not use up the numbers of the chain. */
static void test_numbers_beyond_belief_move_nothing(void **state)
{
    struct world_till till;
    bool believed = false;
    world_start(*state, &till);
    struct vn_hub *hub = &till.world->hub;
    world_commit(&till, "r1", "w1", 1000, 10);
    assert_int_equal(world_sync(&till), 0);
    const struct vn_cursor lies[] = {{VN_NUMBER_MAX, 1}, {1, VN_NUMBER_MAX}, {2, VN_NUMBER_MAX}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        const struct vn_stamp stamp = {.acked_seq = till.head_seq, .cursor = lies[i]};
        assert_null(behind(&till, &stamp));
        assert_int_equal(vn_epoch_till_is_ahead(hub, &till.enrolment, &stamp, &believed), VN_OK);
        assert_int_equal(hub->epoch, 1);
        assert_false(world_cursor_usable(till.world, &lies[i]));
    }
    /* beside a sign that counts */
    const struct vn_stamp stamp = {.acked_seq = till.head_seq + 1, .cursor = {1, VN_NUMBER_MAX}};
    assert_int_equal(vn_epoch_till_is_ahead(hub, &till.enrolment, &stamp, &believed), VN_OK);
    struct vn_position after;
    assert_int_equal(vn_storage_position(hub->storage, &after), VN_OK);
    assert_int_equal(after.epoch, 2);
    assert_true(after.change < 10000000);
    world_till_end(&till);
}

static void test_cursors_at_or_below_the_branch_go_on(void **state)
{
    struct world *world = *state;
    struct vn_position at;
    world_import(world, VN_IMPORT_ITEMS, ITEMS);
    (void)world_publish(world);
    assert_int_equal(vn_storage_position(world->hub.storage, &at), VN_OK);
    const struct vn_position seen = {.epoch = 3, .change = at.change + 50};
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_epoch_open(world->hub.storage, &seen, "test", 1), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    assert_int_equal(vn_epoch_refresh(&world->hub), VN_OK);
    assert_int_equal(world->hub.epoch, 4);
    world_import(world, VN_IMPORT_ITEMS, "{\"code\":\"2\",\"name\":\"Milk\"}\n");
    (void)world_publish(world);
    struct vn_position after;
    assert_int_equal(vn_storage_position(world->hub.storage, &after), VN_OK);
    assert_true(after.change > seen.change); /* above what anybody may have seen */
    const struct {
        struct vn_cursor cursor;
        bool usable;
    } rows[] = {{{1, at.change}, true},
                {{1, at.change + 1}, false},
                {{3, at.change}, true},
                {{3, seen.change}, false},
                {{4, after.change}, true},
                {{4, after.change + 1}, false},
                {{5, 1}, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(world_cursor_usable(world, &rows[i].cursor), rows[i].usable);
    }
}

/* A machine that was reverted with its mark, and had gone on before the till came that knows better. */
static void test_numbers_that_a_start_leaves_out_tell_also_when_there_are_higher_ones(void **state)
{
    struct world_till till;
    struct vn_position before, after;
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_PATH_MAX];
    bool believed = false;
    world_start(*state, &till);
    struct vn_hub *hub = &till.world->hub;
    world_import(till.world, VN_IMPORT_ITEMS, ITEMS);
    (void)world_publish(till.world);
    assert_int_equal(vn_storage_position(hub->storage, &before), VN_OK);
    (void)snprintf(path, sizeof path, "%s/mark", till.world->dir);
    assert_int_equal(vn_epoch_start(hub, path, &error), VN_OK);
    world_import(till.world, VN_IMPORT_ITEMS, "{\"code\":\"2\",\"name\":\"Milk\"}\n");
    (void)world_publish(till.world);
    assert_int_equal(vn_storage_position(hub->storage, &after), VN_OK);
    const struct vn_cursor ours[] = {{1, before.change}, {1, after.change - 1}, {1, after.change}};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        const struct vn_stamp stamp = {.cursor = ours[i]};
        assert_null(behind(&till, &stamp));
        assert_true(world_cursor_usable(till.world, &ours[i]));
    }
    const struct vn_stamp stamp = {.cursor = {1, before.change + 1}};
    assert_non_null(behind(&till, &stamp));
    assert_int_equal(vn_epoch_till_is_ahead(hub, &till.enrolment, &stamp, &believed), VN_OK);
    assert_int_equal(hub->epoch, 2);
    assert_null(behind(&till, &stamp)); /* that is no news */
    assert_false(world_cursor_usable(till.world, &stamp.cursor));
    assert_true(world_cursor_usable(till.world, &ours[0]));
    assert_true(world_cursor_usable(till.world, &ours[2]));
    world_till_end(&till);
}

static void test_gaps_of_long_ago_are_forgotten(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = world->hub.storage;
    const struct {
        int64_t number;
        bool unnumbered;
    } rows[] = {{5, false},    {10, false},    {15, true},    {20, false},
                {10005, true}, {10010, false}, {10015, false}};
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    for (unsigned i = 0; i < 1001; i++) {
        assert_int_equal(vn_storage_unnumber(storage, 10), VN_OK);
    }
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool unnumbered = false;
        assert_int_equal(vn_storage_is_unnumbered(storage, rows[i].number, &unnumbered), VN_OK);
        assert_int_equal(unnumbered, rows[i].unnumbered);
    }
}

/* One may have been used, or taken back, after the backup. */
static void test_codes_of_before_a_set_back_are_good_no_more(void **state)
{
    struct world *world = *state;
    const struct vn_position seen = {.epoch = 1};
    struct vn_code_row code = {.store = "s1", .till = "t9", .expires_ms = INT64_MAX};
    struct vn_code_row found;
    memset(code.hash, 7, sizeof code.hash);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_store_put(world->hub.storage, "s1", "s1"), VN_OK);
    assert_int_equal(vn_storage_code_put(world->hub.storage, &code), VN_OK);
    assert_int_equal(vn_storage_epoch_open(world->hub.storage, &seen, "test", 1), VN_OK);
    assert_int_equal(vn_storage_code_take(world->hub.storage, code.hash, 1, &found), VN_ABSENT);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
}

static enum vn_status count_stop(void *ctx, const char *promotion)
{
    assert_string_equal(promotion, "tenth");
    ++*(int *)ctx;
    return VN_OK;
}

static void test_the_ruleset_in_force_is_published_anew_with_its_stops(void **state)
{
    struct world *world = *state;
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_published_row row;
    struct vn_buf text;
    int64_t number = 0;
    int stops = 0;
    assert_int_equal(
        vn_publish_ruleset(&world->hub, vn_view_str(ruleset), VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
        VN_OK);
    assert_int_equal(vn_publish_stop(&world->hub, "tenth", &number, &error), VN_OK);
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/mark", world->dir);
    const struct vn_mark mark = {.position = {.epoch = 1, .published = number + 4}};
    assert_int_equal(vn_mark_write(path, &mark, &error), VN_OK);
    assert_int_equal(vn_epoch_start(&world->hub, path, &error), VN_OK);
    assert_int_equal(world->hub.epoch, 2);
    vn_buf_init(&text, 65536);
    assert_int_equal(vn_storage_published_last(world->hub.storage, NULL, &row, &text), VN_OK);
    assert_true(row.number > number + 4);
    vn_buf_deinit(&text);
    assert_int_equal(vn_storage_stopped(world->hub.storage, count_stop, &stops), VN_OK);
    assert_int_equal(stops, 1);
    vn_buf_init(&text, 65536);
    assert_int_equal(vn_storage_published_last(world->hub.storage, "tenth", &row, &text), VN_OK);
    assert_true(row.number > number + 4);
    vn_buf_deinit(&text);
}

/* A machine that was reverted with its mark, behind two epochs that tills have seen: each published above the one before. */
static void test_rulesets_go_on_above_those_of_epochs_that_were_lost(void **state)
{
    struct world_till till;
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_position before, after;
    bool believed = false;
    world_start(*state, &till);
    struct vn_hub *hub = &till.world->hub;
    assert_int_equal(
        vn_publish_ruleset(hub, vn_view_str(ruleset), VN_PUBLISH_REFUSE_SKIPPED, &published, &error), VN_OK);
    assert_int_equal(vn_storage_position(hub->storage, &before), VN_OK);
    const struct vn_stamp stamp = {.cursor = {3, 1}};
    assert_int_equal(vn_epoch_till_is_ahead(hub, &till.enrolment, &stamp, &believed), VN_OK);
    assert_int_equal(vn_storage_position(hub->storage, &after), VN_OK);
    assert_int_equal(after.epoch, 4);
    assert_true(after.published > before.published + 3 * 1000);
    assert_true(after.change >= before.change + 3 * 1000000);
    assert_true(after.movement >= before.movement + 3 * 1000000);
    world_till_end(&till);
}

/* One more of anything than the database has: somebody put back an older one. */
static void test_each_number_of_the_mark_tells(void **state)
{
    struct world *world = *state;
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/mark", world->dir);
    world_fill(world);
    for (int i = 0; i < 4; i++) {
        struct vn_mark mark = {.restored = false};
        struct vn_position *at = &mark.position;
        int64_t *const numbers[] = {&at->epoch, &at->change, &at->movement, &at->published};
        assert_int_equal(vn_storage_position(world->hub.storage, at), VN_OK);
        int64_t before = at->epoch;
        assert_int_equal(vn_mark_write(path, &mark, &error), VN_OK);
        assert_int_equal(vn_epoch_start(&world->hub, path, &error), VN_OK);
        assert_int_equal(world->hub.epoch, before);
        assert_int_equal(vn_storage_position(world->hub.storage, at), VN_OK); /* a start leaves some out */
        ++*numbers[i];
        assert_int_equal(vn_mark_write(path, &mark, &error), VN_OK);
        assert_int_equal(vn_epoch_start(&world->hub, path, &error), VN_OK);
        assert_int_equal(world->hub.epoch, i == 0 ? before + 2 : before + 1);
    }
}

static void test_the_mark_is_of_what_was_committed(void **state)
{
    struct world *world = *state;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_mark noted = {.restored = false};
    struct vn_mark mark;
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/mark", world->dir);
    assert_int_equal(vn_mark_read(path, &mark, &error), VN_ABSENT);
    assert_int_equal(vn_epoch_start(&world->hub, path, &error), VN_OK);
    assert_int_equal(world->hub.epoch, 1); /* without a mark there is nothing to be behind of */
    world_import(world, VN_IMPORT_ITEMS, ITEMS);
    assert_int_equal(vn_epoch_note(&world->hub, path, &noted, &error), VN_OK);
    assert_int_equal(vn_mark_read(path, &mark, &error), VN_OK);
    assert_memory_equal(&mark.position, &noted.position, sizeof noted.position);
    assert_int_equal(mark.time_ms, world->now_ms);
    assert_int_equal(vn_epoch_start(&world->hub, path, &error), VN_OK);
    assert_int_equal(world->hub.epoch, 1); /* as it was left */
    static const char *const damaged[] = {"", "{}",
                                          "{\"epoch\":1,\"change\":-1,\"movement\":0,\"published\":0}"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        FILE *file = fopen(path, "w");
        if (file == NULL) {
            fail();
            return;
        }
        assert_true(fputs(damaged[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(vn_mark_read(path, &mark, &error), VN_INPUT);
        assert_int_equal(vn_epoch_start(&world->hub, path, &error), VN_OK);
        assert_int_equal(world->hub.epoch, 2 + (int64_t)i);
    }
}

/* A file that was put back of just before the revocation: no number is missing, and no epoch opens. */
static void test_what_was_revoked_is_revoked_again_at_every_start(void **state)
{
    struct world_till till;
    struct vn_error error = {VN_OK, "", ""};
    char mark[VN_PATH_MAX];
    char revoked[VN_PATH_MAX];
    world_start(*state, &till);
    struct vn_hub *hub = &till.world->hub;
    (void)snprintf(mark, sizeof mark, "%s/mark", till.world->dir);
    (void)snprintf(revoked, sizeof revoked, "%s/revoked", till.world->dir);
    hub->revoked = revoked;
    assert_int_equal(vn_epoch_start(hub, mark, &error), VN_OK); /* nobody was */
    struct vn_enrolment_row row = row_of(&till);
    row.state = VN_ENROLMENT_REVOKED;
    assert_int_equal(vn_storage_enrolment_put(hub->storage, &row), VN_OK);
    assert_int_equal(vn_epoch_start(hub, mark, &error), VN_OK);
    row.state = VN_ENROLMENT_ACTIVE; /* the database of before */
    assert_int_equal(vn_storage_enrolment_put(hub->storage, &row), VN_OK);
    assert_int_equal(vn_epoch_start(hub, mark, &error), VN_OK);
    assert_int_equal(hub->epoch, 1);
    assert_int_equal(row_of(&till).state, VN_ENROLMENT_REVOKED);
    hub->revoked = till.world->dir; /* no file */
    assert_int_equal(vn_epoch_start(hub, mark, &error), VN_IO);
    assert_non_null(strstr(error.text, till.world->dir));
    assert_non_null(strstr(error.text, "make it readable, or"));
    world_till_end(&till);
}

#define REVOKED_MAX 150 /* more than a page of what is written at once */

static void put_state(struct vn_storage *storage, struct vn_enrolment_row *row, enum vn_enrolment_state state)
{
    row->state = state;
    assert_int_equal(vn_storage_enrolment_put(storage, row), VN_OK);
}

static long length_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return (long)info.st_size;
}

/* Two hubs over one database, each with its file. */
static void test_each_hub_notes_what_was_revoked_at_another(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = world->hub.storage;
    struct vn_enrolment_row rows[REVOKED_MAX + 1] = {{.id = 0}};
    struct vn_error error = {VN_OK, "", ""};
    struct vn_hub other = world->hub;
    char mark[VN_PATH_MAX];
    char here[VN_PATH_MAX];
    char there[VN_PATH_MAX];
    struct vn_epoch_lists lists = {.enrolment = 0};
    int64_t count = 0;
    (void)snprintf(mark, sizeof mark, "%s/mark", world->dir);
    (void)snprintf(here, sizeof here, "%s/revoked", world->dir);
    (void)snprintf(there, sizeof there, "%s/revoked-there", world->dir);
    world->hub.revoked = here;
    other.revoked = there;
    for (uint8_t i = 0; i <= REVOKED_MAX; i++) {
        rows[i].enrolment.bytes[0] = i;
        (void)snprintf(rows[i].store, sizeof rows[i].store, "s1");
        (void)snprintf(rows[i].till, sizeof rows[i].till, "t%u", i);
        rows[i].state = i % 2 == 0 ? VN_ENROLMENT_REVOKED : VN_ENROLMENT_BRANCH;
        assert_int_equal(vn_storage_enrolment_add(storage, &rows[i]), VN_OK);
    }
    vn_epoch_note_lists(&other, &lists);
    long len = length_of(there);
    for (int i = 1; i < REVOKED_MAX; i += 2) {
        put_state(storage, &rows[i], VN_ENROLMENT_REVOKED); /* here */
    }
    vn_epoch_note_lists(&other, &lists);
    assert_true(length_of(there) > len + 75 * (2 * VN_ID_BYTES));
    len = length_of(there);
    vn_epoch_note_lists(&other, &lists); /* nothing is noted twice */
    assert_int_equal(length_of(there), len);
    for (int i = 0; i < REVOKED_MAX; i++) { /* the database is set back */
        put_state(storage, &rows[i], VN_ENROLMENT_ACTIVE);
    }
    put_state(storage, &rows[REVOKED_MAX], VN_ENROLMENT_BRANCH);
    vn_epoch_note_lists(&other, &lists);
    assert_int_equal(length_of(there), len); /* and no line is lost */
    assert_int_equal(vn_epoch_start(&other, mark, &error), VN_OK);
    assert_int_equal(vn_mark_revoke_again(there, storage, &count, &error), VN_OK);
    assert_int_equal(count, 0); /* the start did */
    for (int i = 0; i <= REVOKED_MAX; i++) {
        struct vn_enrolment_row now;
        assert_int_equal(vn_storage_enrolment_get(storage, &rows[i].enrolment, &now), VN_OK);
        assert_int_equal(now.state, VN_ENROLMENT_REVOKED);
    }
    assert_int_equal(vn_epoch_start(&world->hub, mark, &error), VN_OK); /* a start notes them, too */
    assert_int_equal(length_of(here), len);
    assert_int_equal(vn_mark_revoked_fill(world->dir, storage, 0, &count, &error), VN_IO);
    assert_non_null(strstr(error.text, world->dir));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_what_a_till_shows_above_ours_is_noticed),
        T(test_a_till_that_is_ahead_opens_one_epoch),
        T(test_one_till_is_not_believed_twice_within_an_hour),
        T(test_a_hub_that_is_set_back_twice_within_an_hour_believes_twice),
        T(test_numbers_beyond_belief_move_nothing),
        T(test_cursors_at_or_below_the_branch_go_on),
        T(test_numbers_that_a_start_leaves_out_tell_also_when_there_are_higher_ones),
        T(test_gaps_of_long_ago_are_forgotten),
        T(test_codes_of_before_a_set_back_are_good_no_more),
        T(test_the_ruleset_in_force_is_published_anew_with_its_stops),
        T(test_rulesets_go_on_above_those_of_epochs_that_were_lost),
        T(test_each_number_of_the_mark_tells),
        T(test_the_mark_is_of_what_was_committed),
        T(test_what_was_revoked_is_revoked_again_at_every_start),
        T(test_each_hub_notes_what_was_revoked_at_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
