/* Books as they are packed: what was written before lots that paid a debt were noted is read, and written in the same way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/hub/storage/book.h"

#define EARNED_MS INT64_C(1796284800000)
#define DAY_MS    INT64_C(86400000)

struct packed {
    struct vn_book book, again;
    struct vn_buf text;
    int64_t next_lot;
};

static int set_up(void **state)
{
    struct packed *packed = calloc(1, sizeof *packed);
    *state = packed;
    if (packed == NULL || vn_book_open(&packed->book, "", "w1") != VN_OK) {
        return -1;
    }
    vn_buf_init(&packed->text, VN_BOOK_PACKED_MAX);
    packed->book.wallets[0].lot_count = 2;
    for (int i = 0; i < 2; i++) {
        packed->book.wallets[0].lots[i] = (struct vn_book_lot){.id = 5 + i,
                                                               .amount = 40,
                                                               .spent = 3,
                                                               .granted = 2,
                                                               .expired = 1,
                                                               .earned_ms = EARNED_MS + i,
                                                               .matures_ms = EARNED_MS + i,
                                                               .expires_ms = EARNED_MS + i + 30 * DAY_MS,
                                                               .sale = 9};
    }
    return 0;
}

static int tear_down(void **state)
{
    struct packed *packed = *state;
    vn_buf_deinit(&packed->text);
    free(packed);
    return 0;
}

/* Packed, and read again. */
static void check_again(struct packed *packed)
{
    struct vn_book_person person;
    packed->again.wallet_count = 0;
    assert_int_equal(vn_book_pack(&packed->book, 0, 7, NULL, &packed->text), VN_OK);
    assert_int_equal(vn_book_open(&packed->again, "", "w1"), VN_OK);
    assert_int_equal(
        vn_book_unpack(vn_buf_view(&packed->text), &packed->again, 0, &packed->next_lot, &person), VN_OK);
    assert_int_equal(packed->next_lot, 7);
    assert_memory_equal(&packed->again.wallets[0], &packed->book.wallets[0], sizeof packed->book.wallets[0]);
}

/* As hubs wrote it that knew no other. */
static void test_lots_that_paid_nothing_are_of_the_first_version(void **state)
{
    /* version, next lot, how many; then each lot: of the second one what it differs by */
    static const uint8_t first[] = {0x02, 0x0e, 0x04, 0x0a, 0x50, 0x06, 0x04, 0x02, 0x00, 0x80,
                                    0xf0, 0xd6, 0xae, 0xc7, 0x68, 0x02, 0x78, 0x12, 0x02, 0x50,
                                    0x06, 0x04, 0x02, 0x00, 0x02, 0x02, 0x78, 0x12, 0x00};
    struct packed *packed = *state;
    check_again(packed);
    assert_int_equal(vn_buf_view(&packed->text).len, sizeof first);
    assert_memory_equal(vn_buf_view(&packed->text).data, first, sizeof first);
}

static void test_what_paid_is_read_again(void **state)
{
    struct packed *packed = *state;
    struct vn_book_person person;
    packed->book.wallets[0].lots[1].paid = 17;
    check_again(packed);
    assert_int_equal(vn_buf_view(&packed->text).data[0], 0x04);
    /* and nothing of a version that is not known yet */
    uint8_t later[256];
    size_t len = vn_buf_view(&packed->text).len;
    assert_true(len <= sizeof later);
    memcpy(later, vn_buf_view(&packed->text).data, len);
    later[0] = 0x06;
    assert_int_equal(vn_book_unpack(vn_view_of(later, len), &packed->again, 0, &packed->next_lot, &person),
                     VN_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lots_that_paid_nothing_are_of_the_first_version, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_paid_is_read_again, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
