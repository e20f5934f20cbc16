/* Customers whom a till signs up, and what an import makes of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/feed/feed.h"
#include "sync/hub/masters/import_signup.h"
#include "tests/unit/hub_world.h"

#define NUMBER "2990000000123"

static void card_of(const struct world *world, struct vn_hash *card, char hex[2 * VN_HASH_SIZE + 1])
{
    vn_hub_card_hash(&world->hub, NUMBER, card);
    vn_hex_encode(vn_view_of(card->bytes, sizeof card->bytes), hex);
}

struct asking {
    struct world *world;
    const struct vn_signup *signup;
    int64_t member;
    bool fresh;
    struct vn_error error;
};

static enum vn_status ask(void *ctx, struct vn_storage *storage)
{
    struct asking *asking = ctx;
    (void)storage;
    asking->error = (struct vn_error){VN_OK, "", ""};
    return vn_import_signup(&asking->world->hub, asking->signup, &asking->member, &asking->fresh,
                            &asking->error);
}

static enum vn_status sign_up(struct asking *asking)
{
    return vn_storage_unit(asking->world->hub.storage, VN_SQL_WRITE, ask, asking);
}

static void import_as(struct world *world, int64_t id, const char *more, enum vn_status wanted)
{
    char line[512];
    struct vn_error error;
    int64_t count = 0;
    (void)snprintf(line, sizeof line, "{\"id\":%lld,\"cards\":[\"" NUMBER "\"]%s}\n", (long long)id, more);
    enum vn_status status = vn_import(&world->hub, VN_IMPORT_MEMBERS, vn_view_str(line), &count, &error);
    if (status != wanted) {
        print_error("%s\n", error.text);
    }
    assert_int_equal(status, wanted);
    if (wanted != VN_OK) {
        assert_non_null(strstr(error.text, "signed up at a till"));
    }
}

/* What his card earned is his; asking again, from whichever till, changes nothing. */
static void test_a_card_gets_one_member(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_feed_item *item = calloc(1, sizeof *item);
    struct vn_signup signup = {.first_name = "Ana", .consent_count = 1, .consents = {"sms"}};
    struct asking asking = {.world = world, .signup = &signup};
    char hex[2 * VN_HASH_SIZE + 1];
    char account[VN_HUB_ACCOUNT_MAX];
    assert_non_null(item);
    card_of(world, &signup.card, hex);
    (void)snprintf(account, sizeof account, "card:%s", hex);
    world_start(world, &till);
    world_append(
        &till, &(struct world_step){
                   .kind = VN_ENTRY_COMMIT, .receipt = "1", .card = hex, .total_minor = 9000, .earned = 90});
    (void)world_sync(&till);
    int64_t before = world_publish(world);
    assert_int_equal(sign_up(&asking), VN_OK);
    assert_true(asking.fresh);
    assert_true(asking.member >= VN_SIGNUP_FIRST && asking.member <= VN_NUMBER_MAX);
    assert_true(world_publish(world) > before);
    assert_int_equal(vn_feed_member_item(&world->hub, asking.member, NULL, item), VN_OK);
    assert_int_equal(item->member.balance, 90);
    assert_string_equal(item->member.first_name, "Ana");
    assert_int_equal(item->card_count, 1);
    assert_memory_equal(item->cards[0].bytes, signup.card.bytes, VN_HASH_SIZE);
    int64_t member = asking.member;
    memcpy(signup.first_name, "Eva", 4);
    before = world_publish(world);
    assert_int_equal(sign_up(&asking), VN_OK);
    assert_false(asking.fresh);
    assert_int_equal(asking.member, member);
    assert_int_equal(world_publish(world), before);
    world_audit(world);
    world_till_end(&till);
    free(item);
}

static void test_an_import_by_his_id_makes_him_a_full_member(void **state)
{
    struct world *world = *state;
    struct vn_signup signup = {.consent_count = 1, .consents = {"sms"}};
    struct asking asking = {.world = world, .signup = &signup};
    struct vn_buf facts;
    char hex[2 * VN_HASH_SIZE + 1];
    bool provisional = false;
    card_of(world, &signup.card, hex);
    assert_int_equal(sign_up(&asking), VN_OK);
    assert_int_equal(vn_import_is_provisional(&world->hub, asking.member, &provisional), VN_OK);
    assert_true(provisional);
    import_as(world, 7, "", VN_INPUT);
    import_as(world, asking.member, ",\"last_name\":\"Karimova\"", VN_OK);
    assert_int_equal(vn_import_is_provisional(&world->hub, asking.member, &provisional), VN_OK);
    assert_false(provisional);
    vn_buf_init(&facts, 65536);
    assert_int_equal(vn_storage_member_get(world->hub.storage, asking.member, &facts), VN_OK);
    assert_int_equal(vn_buf_append(&facts, vn_view_of("", 1)), VN_OK);
    assert_non_null(strstr((const char *)facts.data, "\"consents\":[\"sms\"]"));
    assert_non_null(strstr((const char *)facts.data, "Karimova"));
    vn_buf_deinit(&facts);
    import_as(world, 7, "", VN_OK); /* the card of a full member moves, as ever */
}

static void test_a_blocked_member_is_told(void **state)
{
    struct world *world = *state;
    struct vn_signup signup = {.first_name = "Ana"};
    struct asking asking = {.world = world, .signup = &signup};
    char hex[2 * VN_HASH_SIZE + 1];
    card_of(world, &signup.card, hex);
    import_as(world, 7, ",\"blocked\":true", VN_OK);
    assert_int_equal(sign_up(&asking), VN_CONFLICT);
    assert_non_null(strstr(asking.error.text, "blocked"));
    import_as(world, 7, "", VN_OK);
    assert_int_equal(sign_up(&asking), VN_OK);
    assert_int_equal(asking.member, 7);
}

static void test_no_payment_card_gets_in(void **state)
{
    struct world *world = *state;
    struct vn_signup signup = {.first_name = "4111 1111 1111 1111"};
    struct asking asking = {.world = world, .signup = &signup};
    char hex[2 * VN_HASH_SIZE + 1];
    card_of(world, &signup.card, hex);
    assert_int_equal(sign_up(&asking), VN_INPUT);
    assert_string_equal(asking.error.pointer, "/first_name");
    memcpy(signup.first_name, "Ana", 4);
    signup.consent_count = 1;
    memcpy(signup.consents[0], "4111111111111111", 17);
    assert_int_equal(sign_up(&asking), VN_INPUT);
    assert_string_equal(asking.error.pointer, "/consents");
}

static const char *const wrong[] = {
    "",
    "[]",
    "{\"schema\":1}",
    "{\"schema\":1,\"card\":\"12\"}",
    "{\"schema\":1,\"card\":\"%s\",\"first_name\":\"0123456789012345678901234567890123456789\"}",
    "{\"schema\":1,\"card\":\"%s\",\"consents\":[\"a\",\"a\"]}",
    "{\"card\":\"%s\",\"schema\":1,\"consents\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}"};

static void test_what_is_written_is_read(void **state)
{
    struct vn_signup out;
    struct vn_signup signup = {
        .card = {{7, 8, 9}}, .first_name = "Ana", .consent_count = 2, .consents = {"sms", "post"}};
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf body;
    char text[512];
    char hex[2 * VN_HASH_SIZE + 1];
    (void)state;
    vn_buf_init(&body, 4096);
    assert_int_equal(vn_signup_encode(&signup, &body), VN_OK);
    assert_int_equal(vn_signup_decode(vn_buf_view(&body), &out, &error), VN_OK);
    assert_memory_equal(&out, &signup, sizeof out);
    vn_hex_encode(vn_view_of(signup.card.bytes, sizeof signup.card.bytes), hex);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *hole = strstr(wrong[i], "%s");
        (void)snprintf(text, sizeof text, "%.*s%s%s",
                       hole == NULL ? (int)strlen(wrong[i]) : (int)(hole - wrong[i]), wrong[i],
                       hole == NULL ? "" : hex, hole == NULL ? "" : hole + 2);
        error = (struct vn_error){VN_OK, "", ""};
        assert_int_equal(vn_signup_decode(vn_view_str(text), &out, &error), VN_INPUT);
        assert_true(error.text[0] != '\0');
    }
    vn_buf_deinit(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_card_gets_one_member, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_an_import_by_his_id_makes_him_a_full_member, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_blocked_member_is_told, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_no_payment_card_gets_in, world_setup, world_teardown),
        cmocka_unit_test(test_what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
