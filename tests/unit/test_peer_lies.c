/* Neighbours that lie, strangers, and rosters that can't be: each is refused with a sentence, and no right comes out of
 * nothing. */
#include "tests/unit/peer_world.h"

#include <stdio.h>
#include <string.h>

struct lie {
    const char *what;
    int64_t amount;
    const char *account;
    int64_t transfer;
    bool other_key, other_lender;
};
static struct lie lie;

static void tell_lie(struct peer_world *world, struct world_message *m)
{
    struct vn_lend_reply reply;
    struct vn_error error;
    struct vn_buf out;
    if (strcmp(m->path, VN_PEER_LEND_PATH) != 0 || m->status != 200) {
        return;
    }
    assert_int_equal(vn_lend_reply_decode(vn_view_of(m->body, m->len), &reply, &error), VN_OK);
    reply.give.amount += lie.amount;
    if (lie.account != NULL) {
        (void)snprintf(reply.give.account, sizeof reply.give.account, "%s", lie.account);
    }
    if (lie.transfer > 0) {
        vn_transfer_number(&reply.give.borrower, lie.transfer, reply.give.transfer);
    }
    if (lie.other_lender) {
        reply.give.lender = world->tills[2].journal.enrolment;
    }
    const struct vn_key *key = lie.other_key ? world->stranger : world->tills[m->to].key;
    assert_int_equal(vn_give_sign(&reply.give, key, &world->random, &reply.signature), VN_OK);
    vn_buf_init(&out, VN_PEER_BODY_MAX);
    assert_int_equal(vn_lend_reply_encode(&reply, &out), VN_OK);
    memcpy(m->body, out.data, out.len);
    m->len = out.len;
    vn_buf_deinit(&out);
}

static void test_a_neighbour_that_lies_is_not_believed(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"its give is not signed by the key that the roster has of it", 0, NULL, 0, true, false},
        {"it gave 301 of w1, and was asked for 300 of w1", 1, NULL, 0, false, false},
        {"it gave 299 of w1, and was asked for 300 of w1", -1, NULL, 0, false, false},
        {"it gave 300 of w2, and was asked for 300 of w1", 0, "w2", 0, false, false},
        {"it gave another transfer than it was asked for", 0, NULL, 5, false, false},
        {"its give names other tills", 0, NULL, 0, false, true},
    };
    static struct peer_world world;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        lie = lies[i];
        peers_create(&world);
        peers_grant(&world, 1, "w1", 300);
        world.twist = tell_lie;
        peers_wish(&world, 0, "w1", 300);
        peers_run(&world, VN_PEER_WAIT_MS);
        assert_string_equal(peers_trouble(&world, 0, 1), lie.what);
        assert_int_equal(world.tills[0].told, 1);
        assert_int_equal(world.tills[0].got_count, 0);
        assert_int_equal(peers_available(&world, 0, "w1"), 0);
        assert_int_equal(peers_available(&world, 0, "w2"), 0);
        peers_run(&world, 60000); /* and it has its own again */
        assert_int_equal(peers_available(&world, 1, "w1"), 300);
        assert_int_equal(peers_open_gives(&world), 0);
        peers_destroy(&world);
    }
}

static void garble(struct peer_world *world, struct world_message *m)
{
    (void)world;
    m->len = m->len / 2;
}

static void test_answers_that_can_not_be_read_are_no_answers(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    world.twist = garble;
    peers_wish(&world, 0, "w1", 300);
    peers_run(&world, VN_PEER_WAIT_MS);
    assert_int_equal(world.tills[0].told, 1);
    assert_int_equal(peers_available_in_all(&world, "w1"), 300);
    assert_true(peers_trouble(&world, 0, 1)[0] != '\0');
    peers_destroy(&world);
}

static void refuse_forged(struct peer_world *world, struct world_message *m)
{
    struct vn_end_reply reply;
    struct vn_error error;
    struct vn_buf out;
    if (strcmp(m->path, VN_PEER_END_PATH) != 0 || m->status != 200) {
        return;
    }
    assert_int_equal(vn_end_reply_decode(vn_view_of(m->body, m->len), &reply, &error), VN_OK);
    reply.end = VN_TRANSFER_REFUSED; /* the signature is of "taken" */
    vn_buf_init(&out, VN_PEER_BODY_MAX);
    assert_int_equal(vn_end_reply_encode(&reply, &out), VN_OK);
    memcpy(m->body, out.data, out.len);
    m->len = out.len;
    vn_buf_deinit(&out);
    (void)world;
}

static void test_a_forged_refusal_brings_nothing_back(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    world.twist = refuse_forged;
    peers_wish(&world, 0, "w1", 300);
    peers_run(&world, 60000);
    assert_string_equal(peers_trouble(&world, 1, 0),
                        "the end is not signed by the key that the roster has of it");
    assert_int_equal(peers_available(&world, 1, "w1"), 0);
    assert_int_equal(peers_available(&world, 0, "w1"), 300);
    world.twist = NULL;
    peers_run(&world, 900000);
    assert_int_equal(peers_open_gives(&world), 0);
    assert_int_equal(peers_available_in_all(&world, "w1"), 300);
    peers_destroy(&world);
}

/* --- what a neighbour may ask */

static struct vn_view lend_body(struct peer_world *world, unsigned borrower, int64_t count, int64_t amount)
{
    static struct vn_buf out;
    struct vn_lend_request request = {.account = "w1", .amount = amount};
    vn_transfer_number(&world->tills[borrower].journal.enrolment, count, request.transfer);
    vn_buf_deinit(&out);
    vn_buf_init(&out, VN_PEER_BODY_MAX);
    assert_int_equal(vn_lend_request_encode(&request, &out), VN_OK);
    return vn_buf_view(&out);
}

static void test_the_same_request_gets_the_same_give(void **state)
{
    (void)state;
    static struct peer_world world;
    static struct world_message first;
    static struct world_message reply;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 7, 200), &first), 200);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 7, 200), &reply),
                         200);
        assert_int_equal(reply.len, first.len);
        assert_memory_equal(reply.body, first.body, first.len);
        assert_int_equal(peers_available(&world, 1, "w1"), 100);
        peers_crash(&world, 1);
    }
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 7, 100), &reply), 409);
    assert_string_equal(reply.text, "that transfer was another one");
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 8, 101), &reply), 409);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 2, 8, 10), &reply), 403);
    assert_string_equal(reply.text, "the transfer's number is another till's");
    peers_run(&world, 60000); /* till 0 never took it, and says so */
    assert_int_equal(peers_available(&world, 1, "w1"), 300);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 7, 200), &reply), 409);
    assert_string_equal(reply.text, "that transfer has ended");
    assert_int_equal(peers_available_in_all(&world, "w1"), 300);
    peers_destroy(&world);
}

static struct vn_view end_body(struct peer_world *world, unsigned lender, unsigned borrower, int64_t count)
{
    static struct vn_buf out;
    struct vn_give give = {.account = "w1", .amount = 10};
    give.lender = world->tills[lender].journal.enrolment;
    give.borrower = world->tills[borrower].journal.enrolment;
    vn_transfer_number(&give.borrower, count, give.transfer);
    vn_buf_deinit(&out);
    vn_buf_init(&out, VN_PEER_BODY_MAX);
    assert_int_equal(vn_end_request_encode(&give, &out), VN_OK);
    return vn_buf_view(&out);
}

static void test_a_neighbour_can_not_fill_the_journal_with_refusals(void **state)
{
    (void)state;
    static struct peer_world world;
    static struct world_message last;
    static struct world_message reply;
    struct vn_journal_head head;
    peers_create(&world);
    for (int64_t i = 0; i < VN_PEER_REFUSALS; i++) {
        assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_END_PATH, end_body(&world, 0, 1, i), &last), 200);
    }
    assert_int_equal(
        peers_ask(&world, 0, 1, VN_PEER_END_PATH, end_body(&world, 0, 1, VN_PEER_REFUSALS - 1), &reply), 200);
    assert_int_equal(reply.len, last.len);
    assert_memory_equal(reply.body, last.body, last.len);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_END_PATH, end_body(&world, 0, 1, 999), &reply), 429);
    assert_int_equal(peers_ask(&world, 2, 1, VN_PEER_END_PATH, end_body(&world, 2, 1, 999), &reply), 200);
    vn_journal_head(world.tills[1].journal.journal, &head);
    assert_int_equal(head.seq, VN_PEER_REFUSALS + 1);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_END_PATH, end_body(&world, 2, 1, 9), &reply), 403);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_END_PATH, end_body(&world, 0, 2, 9), &reply), 403);
    peers_run(&world, 3600000);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_END_PATH, end_body(&world, 0, 1, 999), &reply), 409);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_END_PATH, end_body(&world, 0, 1, 998), &reply), 200);
    peers_destroy(&world);
}

static void test_a_neighbour_can_not_fill_the_journal_with_gives(void **state)
{
    (void)state;
    static struct peer_world world;
    static struct world_message last;
    static struct world_message reply;
    peers_create(&world);
    peers_grant(&world, 1, "w1", VN_PEER_GIVES + 300);
    for (int64_t i = 0; i < VN_PEER_GIVES; i++) {
        assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, i, 1), &last), 200);
    }
    assert_int_equal(
        peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, VN_PEER_GIVES - 1, 1), &reply), 200);
    assert_int_equal(reply.len, last.len);
    assert_memory_equal(reply.body, last.body, last.len);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 7, 2), &reply), 409);
    assert_string_equal(reply.text, "that transfer was another one");
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 9999, 1), &reply), 429);
    assert_string_equal(reply.text, "it asks for too many rights in an hour");
    assert_int_equal(peers_ask(&world, 2, 1, VN_PEER_LEND_PATH, lend_body(&world, 2, 7, 1), &reply), 200);
    assert_int_equal(peers_available(&world, 1, "w1"), 299);
    peers_run(&world, 3600000);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 9999, 1), &reply), 200);
    peers_destroy(&world);
}

static void test_requests_of_strangers_and_rubbish_are_refused(void **state)
{
    (void)state;
    static struct peer_world world;
    static struct world_message reply;
    const struct roster_terms without = {"s1", 1, 2, 6, 0, false};
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, vn_view_str("{"), &reply), 400);
    assert_int_equal(peers_ask(&world, 0, 1, "/v1/peer/all", vn_view_str("{}"), &reply), 404);
    assert_int_equal(peers_show_roster(&world, 1, &without), VN_OK);
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 7, 100), &reply), 403);
    assert_int_equal(peers_available(&world, 1, "w1"), 300);
    vn_peer_allow(world.tills[1].peer, false);
    assert_int_equal(peers_ask(&world, 2, 1, VN_PEER_LEND_PATH, lend_body(&world, 2, 7, 100), &reply), 403);
    assert_false(vn_peer_can_ask(world.tills[1].peer));
    peers_destroy(&world);
}

/* --- rosters */

static void test_rosters_rise_and_are_of_this_store(void **state)
{
    (void)state;
    static struct peer_world world;
    static struct vn_peer_info info;
    static const struct {
        struct roster_terms terms;
        enum vn_status status;
        const char *why; /* "": as it was */
    } shown[] = {
        {{"s1", 1, 1, 7, 0, false}, VN_CONFLICT, ""}, /* the same */
        {{"s1", 1, 5, 7, 0, true}, VN_CORRUPT, "the roster is not signed by the chain's publishing key"},
        {{"s2", 1, 5, 7, 0, false}, VN_DENIED, "the roster is of store s2, and this till is in s1"},
        {{"s1", 1, 5, 6, 0, false}, VN_DENIED, "this till is not in roster 5 of its store"},
        {{"s1", 1, 5, 3, 0, false}, VN_OK, ""},
        {{"s1", 1, 4, 7, 0, false}, VN_DENIED, "roster 1.4 is older than 1.5, which this till has"},
        {{"s1", 2, 1, 7, 0, false}, VN_OK, ""}, /* the hub was set back */
        {{"s1", 1, 9, 7, 0, false}, VN_DENIED, "roster 1.9 is older than 2.1, which this till has"},
        {{"s1", 2, 1, 7, 0, false}, VN_CONFLICT, ""}, /* that does not make it good */
        {{"s1", 2, 2, 3, 0, false}, VN_OK, ""},
    };
    peers_create(&world);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        assert_int_equal(peers_show_roster(&world, 0, &shown[i].terms), shown[i].status);
        vn_peer_info(world.tills[0].peer, &info);
        if (shown[i].why[0] != '\0') {
            assert_string_equal(info.roster_trouble, shown[i].why);
        }
    }
    assert_int_equal(info.epoch, 2);
    assert_int_equal(info.number, 2);
    assert_int_equal(info.count, 1);
    assert_string_equal(info.roster_trouble, "");
    peers_destroy(&world);
}

static void test_a_give_to_a_till_that_is_gone_is_ended_by_the_roster(void **state)
{
    (void)state;
    static struct peer_world world;
    static struct world_message reply;
    struct vn_give give;
    enum vn_transfer_state of;
    char number[VN_TRANSFER_MAX];
    const struct roster_terms away = {"s1", 1, 2, 6, 0, false};
    const struct roster_terms gone = {"s1", 1, 3, 6, 1, false};
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    vn_transfer_number(&world.tills[0].journal.enrolment, 7, number);
    world.tills[0].deaf = true;
    assert_int_equal(peers_ask(&world, 0, 1, VN_PEER_LEND_PATH, lend_body(&world, 0, 7, 200), &reply), 200);
    peers_run(&world, 60000);
    assert_int_equal(peers_show_roster(&world, 1, &away),
                     VN_OK); /* not in the store any more: it may come back */
    peers_run(&world, 60000);
    assert_int_equal(peers_open_gives(&world), 1);
    assert_int_equal(peers_show_roster(&world, 1, &gone), VN_OK);
    peers_run(&world, 1000);
    assert_int_equal(peers_open_gives(&world), 0);
    assert_int_equal(vn_journal_transfer(world.tills[1].journal.journal, number, &give, &of), VN_OK);
    assert_int_equal(of, VN_TRANSFER_GIVEN_GONE);
    assert_int_equal(peers_available(&world, 1, "w1"),
                     100); /* nothing came back: the hub says what it was worth */
    peers_destroy(&world);
}

/* Its lender is gone, and the roster asks for the end: what the till has not taken it never will, and what it has stays its. */
static void test_a_give_of_a_till_that_is_gone_is_refused_as_the_roster_asks(void **state)
{
    (void)state;
    static struct peer_world world;
    enum vn_transfer_state of = VN_TRANSFER_STATES;
    struct vn_give gives[2];
    struct vn_give known;
    struct vn_journal_head before;
    struct vn_journal_head after;
    size_t count = 0;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 100);
    peers_grant(&world, 1, "w2", 100);
    peers_wish(&world, 0, "w1", 100);
    peers_run(&world, 100);
    assert_int_equal(peers_available(&world, 0, "w1"), 100);
    assert_int_equal(vn_journal_open_gives(world.tills[1].journal.journal, gives, 2, &count), VN_OK);
    assert_int_equal(count, 1);
    world.tills[1].dead = true; /* with its disk */
    peers_crash(&world, 1);
    const struct roster_terms taken = {"s1", 1, 2, 5, 0, false};
    world.open = &gives[0];
    assert_int_equal(peers_show_roster(&world, 0, &taken), VN_OK);
    peers_run(&world, 1000);
    struct vn_journal *journal = world.tills[0].journal.journal;
    assert_int_equal(vn_journal_transfer(journal, gives[0].transfer, &known, &of), VN_OK);
    assert_int_equal(of, VN_TRANSFER_TOOK);
    gives[1] = gives[0];
    vn_transfer_number(&gives[0].borrower, 7, gives[1].transfer); /* which it forgot when its power went */
    const struct roster_terms unheard = {"s1", 1, 3, 5, 0, false};
    world.open = &gives[1];
    assert_int_equal(peers_show_roster(&world, 2, &unheard), VN_OK); /* another's */
    assert_int_equal(peers_show_roster(&world, 0, &unheard), VN_OK);
    peers_run(&world, 1000);
    assert_int_equal(vn_journal_transfer(journal, gives[1].transfer, &known, &of), VN_OK);
    assert_int_equal(of, VN_TRANSFER_NEVER);
    assert_int_equal(vn_journal_transfer(world.tills[2].journal.journal, gives[1].transfer, &known, &of),
                     VN_ABSENT);
    vn_journal_head(journal, &before);
    const struct roster_terms again = {"s1", 1, 4, 5, 0, false};
    assert_int_equal(peers_show_roster(&world, 0, &again), VN_OK);
    peers_run(&world, 1000);
    vn_journal_head(journal, &after);
    assert_int_equal(after.seq, before.seq);
    assert_int_equal(peers_available(&world, 0, "w1"), 100);
    peers_destroy(&world);
}

static void test_a_refusal_that_finds_no_room_is_written_later(void **state)
{
    (void)state;
    static struct peer_world world;
    enum vn_transfer_state of = VN_TRANSFER_STATES;
    struct vn_give known;
    struct vn_give give = {.account = "w1", .amount = 5};
    peers_create(&world);
    struct vn_journal *journal = world.tills[0].journal.journal;
    give.lender = world.tills[1].journal.enrolment;
    give.borrower = world.tills[0].journal.enrolment;
    vn_transfer_number(&give.borrower, 7, give.transfer);
    world.open = &give;
    world.full = 2;
    const struct roster_terms unheard = {"s1", 1, 3, 5, 0, false};
    assert_int_equal(peers_show_roster(&world, 0, &unheard), VN_OK);
    peers_run(&world, 1000);
    assert_int_equal(world.full, 1);
    assert_int_equal(vn_journal_transfer(journal, give.transfer, &known, &of), VN_ABSENT);
    peers_run(&world, 2 * VN_PEER_AGAIN_MAX_MS);
    assert_int_equal(world.full, 0);
    assert_int_equal(vn_journal_transfer(journal, give.transfer, &known, &of), VN_OK);
    assert_int_equal(of, VN_TRANSFER_NEVER);
    peers_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_neighbour_that_lies_is_not_believed),
        cmocka_unit_test(test_answers_that_can_not_be_read_are_no_answers),
        cmocka_unit_test(test_a_forged_refusal_brings_nothing_back),
        cmocka_unit_test(test_the_same_request_gets_the_same_give),
        cmocka_unit_test(test_a_neighbour_can_not_fill_the_journal_with_refusals),
        cmocka_unit_test(test_a_neighbour_can_not_fill_the_journal_with_gives),
        cmocka_unit_test(test_requests_of_strangers_and_rubbish_are_refused),
        cmocka_unit_test(test_rosters_rise_and_are_of_this_store),
        cmocka_unit_test(test_a_give_to_a_till_that_is_gone_is_ended_by_the_roster),
        cmocka_unit_test(test_a_give_of_a_till_that_is_gone_is_refused_as_the_roster_asks),
        cmocka_unit_test(test_a_refusal_that_finds_no_room_is_written_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
