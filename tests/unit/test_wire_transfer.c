#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sync/wire/roster.h"
#include "sync/wire/transfer.h"

#define B_HEX "42424242424242424242424242424242"
#define A_HEX "41414141414141414141414141414141"

struct keys {
    struct vn_key *key;
    struct vn_public_key own;
    struct vn_random random;
};

static void keys_init(struct keys *keys)
{
    keys->random = vn_random_system();
    assert_int_equal(vn_key_generate(&keys->random, &keys->key), VN_OK);
    vn_key_public(keys->key, &keys->own);
}

static struct vn_give a_give(void)
{
    struct vn_give give = {.account = "w42", .amount = 300};
    memset(give.lender.bytes, 0x41, VN_ID_BYTES);
    memset(give.borrower.bytes, 0x42, VN_ID_BYTES);
    vn_transfer_number(&give.borrower, 7, give.transfer);
    return give;
}

static void test_transfer_numbers_are_their_borrowers(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "7",
                                      B_HEX,
                                      B_HEX "-",
                                      B_HEX "-07",
                                      B_HEX "-+7",
                                      B_HEX "-7 ",
                                      B_HEX "_7",
                                      "4242424242424242424242424242424A-7",
                                      B_HEX "-12345678901234567"};
    struct vn_enrolment_id of;
    struct vn_give give = a_give();
    assert_string_equal(give.transfer, B_HEX "-7");
    assert_int_equal(vn_transfer_borrower(give.transfer, &of), VN_OK);
    assert_true(vn_enrolment_id_equal(&of, &give.borrower));
    assert_int_equal(vn_transfer_borrower(B_HEX "-0", &of), VN_OK);
    vn_transfer_number(&give.borrower, VN_NUMBER_MAX, give.transfer);
    assert_int_equal(vn_transfer_borrower(give.transfer, &of), VN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(vn_transfer_borrower(bad[i], &of), VN_INPUT);
    }
}

static void test_give_is_signed_with_all_that_it_says(void **state)
{
    (void)state;
    struct keys keys;
    struct keys other;
    struct vn_signature signature;
    keys_init(&keys);
    keys_init(&other);
    const struct vn_give give = a_give();
    assert_int_equal(vn_give_sign(&give, keys.key, &keys.random, &signature), VN_OK);
    assert_int_equal(vn_give_verify(&give, &signature, &keys.own), VN_OK);
    assert_int_equal(vn_give_verify(&give, &signature, &other.own), VN_CORRUPT);
    for (int field = 0; field < 5; field++) {
        struct vn_give lie = give;
        lie.amount += field == 0;
        lie.account[0] = field == 1 ? 'c' : 'w';
        lie.lender.bytes[3] ^= field == 2;
        lie.borrower.bytes[3] ^= field == 3;
        if (field == 4) {
            vn_transfer_number(&give.borrower, 8, lie.transfer);
        }
        assert_false(vn_give_equal(&give, &lie));
        assert_int_equal(vn_give_verify(&lie, &signature, &keys.own), VN_CORRUPT);
    }
    /* Neither a give nor one end is taken for the other. */
    assert_int_equal(vn_end_verify(&give, VN_TRANSFER_TAKEN, &signature, &keys.own), VN_CORRUPT);
    assert_int_equal(vn_end_sign(&give, VN_TRANSFER_REFUSED, keys.key, &keys.random, &signature), VN_OK);
    assert_int_equal(vn_end_verify(&give, VN_TRANSFER_REFUSED, &signature, &keys.own), VN_OK);
    assert_int_equal(vn_end_verify(&give, VN_TRANSFER_TAKEN, &signature, &keys.own), VN_CORRUPT);
    assert_int_equal(vn_give_verify(&give, &signature, &keys.own), VN_CORRUPT);
    signature.len = 0;
    assert_int_equal(vn_end_verify(&give, VN_TRANSFER_REFUSED, &signature, &keys.own), VN_CORRUPT);
    vn_key_destroy(keys.key);
    vn_key_destroy(other.key);
}

static void test_entries_carry_the_give(void **state)
{
    (void)state;
    static const enum vn_entry_kind kinds[] = {VN_ENTRY_GIVE, VN_ENTRY_TAKE, VN_ENTRY_REFUSE, VN_ENTRY_BACK};
    const struct vn_give give = a_give();
    const struct vn_signature signature = {3, {1, 2, 3}};
    for (size_t i = 0; i < 4; i++) {
        bool is_signed = kinds[i] == VN_ENTRY_TAKE || kinds[i] == VN_ENTRY_BACK;
        struct vn_entry entry;
        struct vn_entry read;
        struct vn_give found;
        struct vn_signature found_signature;
        struct vn_error error;
        struct vn_buf out;
        vn_buf_init(&out, VN_ENTRY_MAX);
        vn_entry_init(&entry, kinds[i]);
        assert_int_equal(vn_entry_transfer_write(&entry, &give, is_signed ? NULL : &signature), VN_ARG);
        assert_int_equal(vn_entry_transfer_write(&entry, &give, is_signed ? &signature : NULL), VN_OK);
        assert_int_equal(vn_entry_encode(&entry, &out), VN_OK);
        assert_int_equal(vn_entry_decode(vn_buf_view(&out), &read, &error), VN_OK);
        assert_int_equal(read.kind, kinds[i]);
        assert_int_equal(read.right_count, kinds[i] == VN_ENTRY_REFUSE ? 0 : 1);
        assert_int_equal(vn_entry_transfer_read(&read, &found, &found_signature, &error), VN_OK);
        assert_true(vn_give_equal(&give, &found));
        assert_int_equal(found_signature.len, is_signed ? 3 : 0);
        if (read.right_count > 0) {
            read.rights[0].move++;
            assert_int_equal(vn_entry_transfer_read(&read, &found, &found_signature, &error), VN_INPUT);
        }
        vn_entry_deinit(&entry);
        vn_entry_deinit(&read);
        vn_buf_deinit(&out);
    }
}

static void test_messages_are_read_as_they_were_written(void **state)
{
    (void)state;
    struct vn_buf out;
    struct vn_error error;
    struct vn_have_request have = {.count = 1, .accounts = {"w42"}};
    struct vn_have_reply has = {.count = 1, .rights = {{"w42", 17}}};
    struct vn_lend_request lend = {.account = "w42", .amount = 17};
    struct vn_lend_reply lent = {.give = a_give(), .signature = {2, {7, 8}}};
    struct vn_end_reply end = {.end = VN_TRANSFER_REFUSED, .signature = {2, {7, 8}}};
    struct vn_have_request have_again;
    struct vn_have_reply has_again;
    struct vn_lend_request lend_again;
    struct vn_lend_reply lent_again;
    struct vn_end_reply end_again;
    memcpy(lend.transfer, lent.give.transfer, sizeof lend.transfer);
    memcpy(end.transfer, lent.give.transfer, sizeof end.transfer);
    vn_buf_init(&out, VN_PEER_BODY_MAX);
    assert_int_equal(vn_have_request_encode(&have, &out), VN_OK);
    assert_int_equal(vn_have_request_decode(vn_buf_view(&out), &have_again, &error), VN_OK);
    assert_string_equal(have_again.accounts[0], "w42");
    vn_buf_clear(&out);
    assert_int_equal(vn_have_reply_encode(&has, &out), VN_OK);
    assert_int_equal(vn_have_reply_decode(vn_buf_view(&out), &has_again, &error), VN_OK);
    assert_int_equal(has_again.rights[0].available, 17);
    vn_buf_clear(&out);
    assert_int_equal(vn_lend_request_encode(&lend, &out), VN_OK);
    assert_int_equal(vn_lend_request_decode(vn_buf_view(&out), &lend_again, &error), VN_OK);
    assert_int_equal(lend_again.amount, 17);
    vn_buf_clear(&out);
    assert_int_equal(vn_lend_reply_encode(&lent, &out), VN_OK);
    assert_int_equal(vn_lend_reply_decode(vn_buf_view(&out), &lent_again, &error), VN_OK);
    assert_true(vn_give_equal(&lent.give, &lent_again.give));
    assert_int_equal(vn_lend_request_decode(vn_buf_view(&out), &lend_again, &error), VN_OK); /* says more */
    assert_int_equal(vn_end_reply_decode(vn_buf_view(&out), &end_again, &error), VN_INPUT);
    vn_buf_clear(&out);
    assert_int_equal(vn_end_reply_encode(&end, &out), VN_OK);
    assert_int_equal(vn_end_reply_decode(vn_buf_view(&out), &end_again, &error), VN_OK);
    assert_int_equal(end_again.end, VN_TRANSFER_REFUSED);
    lend.amount = 0;
    vn_buf_clear(&out);
    assert_int_equal(vn_lend_request_encode(&lend, &out), VN_ARG);
    vn_buf_deinit(&out);
}

/* What a neighbour that lies may send. */
static void test_messages_refuse_what_can_not_be(void **state)
{
    (void)state;
    static const char *const gives[] = {
        "{\"schema\":1,\"transfer\":\"" B_HEX "-7\",\"lender\":\"" A_HEX "\",\"borrower\":\"" A_HEX
        "\",\"account\":\"w1\",\"amount\":1,\"signature\":\"00\"}", /* another's number */
        "{\"schema\":1,\"transfer\":\"" B_HEX "-7\",\"lender\":\"" B_HEX "\",\"borrower\":\"" B_HEX
        "\",\"account\":\"w1\",\"amount\":1,\"signature\":\"00\"}", /* to itself */
        "{\"schema\":1,\"transfer\":\"" B_HEX "-7\",\"lender\":\"" A_HEX "\",\"borrower\":\"" B_HEX
        "\",\"account\":\"w1\",\"amount\":0,\"signature\":\"00\"}",
        "{\"schema\":1,\"transfer\":\"" B_HEX "-7\",\"lender\":\"" A_HEX "\",\"borrower\":\"" B_HEX
        "\",\"account\":\"w1\",\"amount\":-5,\"signature\":\"00\"}",
        "{\"schema\":1,\"transfer\":\"" B_HEX "-7\",\"lender\":\"" A_HEX "\",\"borrower\":\"" B_HEX
        "\",\"account\":\"\",\"amount\":1,\"signature\":\"00\"}",
        "{\"schema\":1,\"transfer\":\"" B_HEX "-7\",\"lender\":\"" A_HEX "\",\"borrower\":\"" B_HEX
        "\",\"account\":\"w1\",\"amount\":1,\"signature\":\"0\"}",
        "{\"schema\":1,\"transfer\":\"" B_HEX "-7\",\"lender\":\"" A_HEX "\",\"borrower\":\"" B_HEX
        "\",\"account\":\"w1\",\"amount\":1}",
        "{\"schema\":1,\"transfer\":\"" B_HEX "-7\",\"lender\":\"41\",\"borrower\":\"" B_HEX
        "\",\"account\":\"w1\",\"amount\":1,\"signature\":\"00\"}",
        "[]",
        ""};
    struct vn_error error;
    struct vn_lend_reply reply;
    for (size_t i = 0; i < sizeof gives / sizeof *gives; i++) {
        assert_int_equal(vn_lend_reply_decode(vn_view_str(gives[i]), &reply, &error), VN_INPUT);
    }
    assert_int_equal(vn_lend_reply_decode(vn_view_str("{\"schema\":2}"), &reply, &error), VN_UNSUPPORTED);
}

static void fill_roster(struct vn_roster *roster)
{
    memset(roster, 0, sizeof *roster);
    memcpy(roster->store, "s1", 3);
    roster->number = 3;
    roster->epoch = 1;
    for (unsigned i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        struct vn_roster_till *till = &roster->tills[roster->till_count++];
        memset(till->enrolment.bytes, (int)i + 1, VN_ID_BYTES);
        memcpy(till->till, "till", 5);
        till->place.address_count = VN_PEER_ADDRESSES;
        for (unsigned j = 0; j < VN_PEER_ADDRESSES; j++) {
            memcpy(till->place.addresses[j], "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 46);
        }
        till->place.port = 65535;
        memset(roster->gone[roster->gone_count++].bytes, (int)i + 100, VN_ID_BYTES);
    }
    for (unsigned i = 0; i < VN_ROSTER_OPEN_MAX; i++) {
        struct vn_give *give = &roster->open[roster->open_count++];
        *give = (struct vn_give){.lender = roster->gone[0], .borrower = roster->tills[i].enrolment};
        vn_transfer_number(&give->borrower, VN_NUMBER_MAX, give->transfer);
        memset(give->account, 'w', sizeof give->account - 1);
        give->amount = VN_AMOUNT_MAX;
    }
}

static void test_roster_of_the_largest_store_is_read_as_it_was_signed(void **state)
{
    (void)state;
    static struct vn_roster roster;
    static struct vn_roster again;
    struct keys keys;
    struct keys other;
    struct vn_buf text;
    struct vn_buf message;
    struct vn_buf document;
    struct vn_signature signature;
    struct vn_error error;
    keys_init(&keys);
    keys_init(&other);
    vn_buf_init(&text, VN_ROSTER_BYTES_MAX);
    vn_buf_init(&message, 2 * VN_ROSTER_BYTES_MAX);
    vn_buf_init(&document, 2 * VN_ROSTER_BYTES_MAX);
    fill_roster(&roster);
    assert_int_equal(vn_roster_write(&roster, &text), VN_OK);
    assert_int_equal(vn_roster_signed_text(vn_buf_view(&text), &message), VN_OK);
    assert_int_equal(vn_sign(keys.key, &keys.random, vn_buf_view(&message), signature.bytes, &signature.len),
                     VN_OK);
    assert_int_equal(
        vn_roster_encode(vn_buf_view(&text), vn_view_of(signature.bytes, signature.len), &document), VN_OK);
    assert_int_equal(vn_roster_decode(vn_buf_view(&document), &keys.own, &again, &error), VN_OK);
    assert_memory_equal(&roster, &again, sizeof roster);
    assert_int_equal(vn_roster_decode(vn_buf_view(&document), &other.own, &again, &error), VN_CORRUPT);
    assert_non_null(vn_roster_find(&roster, &roster.tills[9].enrolment));
    assert_true(vn_roster_is_gone(&roster, &roster.gone[9]));
    assert_false(vn_roster_is_gone(&roster, &roster.tills[9].enrolment));
    uint8_t *digit = (uint8_t *)memchr(document.data, '3', document.len); /* its number, forged */
    assert_non_null(digit);
    *digit = '4';
    assert_int_equal(vn_roster_decode(vn_buf_view(&document), &keys.own, &again, &error), VN_CORRUPT);
    vn_buf_deinit(&text);
    vn_buf_deinit(&message);
    vn_buf_deinit(&document);
    vn_key_destroy(keys.key);
    vn_key_destroy(other.key);
}

static void test_roster_refuses_what_can_not_be(void **state)
{
    (void)state;
    static struct vn_roster roster;
    struct vn_error error;
    struct vn_buf text;
    vn_buf_init(&text, VN_ROSTER_BYTES_MAX);
    fill_roster(&roster);
    roster.tills[1].enrolment = roster.tills[0].enrolment; /* whose key counts? */
    assert_int_equal(vn_roster_write(&roster, &text), VN_OK);
    assert_int_equal(vn_roster_read(vn_buf_view(&text), &roster, &error), VN_INPUT);
    vn_buf_clear(&text);
    fill_roster(&roster);
    memcpy(roster.tills[1].place.addresses[0], "evil.example", 13);
    assert_int_equal(vn_roster_write(&roster, &text), VN_OK);
    assert_int_equal(vn_roster_read(vn_buf_view(&text), &roster, &error), VN_INPUT);
    assert_int_equal(vn_roster_read(vn_view_str("{}"), &roster, &error), VN_INPUT);
    vn_buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_numbers_are_their_borrowers),
        cmocka_unit_test(test_give_is_signed_with_all_that_it_says),
        cmocka_unit_test(test_entries_carry_the_give),
        cmocka_unit_test(test_messages_are_read_as_they_were_written),
        cmocka_unit_test(test_messages_refuse_what_can_not_be),
        cmocka_unit_test(test_roster_of_the_largest_store_is_read_as_it_was_signed),
        cmocka_unit_test(test_roster_refuses_what_can_not_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
