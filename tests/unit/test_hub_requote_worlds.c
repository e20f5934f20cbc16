/* Random receipts of random rulesets (loyalty_worlds.h) go through a till's journal and the hub: each that is posted comes out
 * the same when it is quoted again. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "tests/unit/hub_seller.h"
#include "tests/unit/loyalty_worlds.h"

#define RULESETS 12

static struct seller *seller;
static char published[RANDOM_TEXT_MAX];

static int open_shop(void **state)
{
    int failed = world_setup(state);
    seller = failed == 0 ? seller_start(*state) : NULL;
    published[0] = '\0';
    return failed;
}

static int close_shop(void **state)
{
    seller_end(seller);
    (void)worlds_say_seed(state);
    return world_teardown(state);
}

static void import_goods(const struct random_world *random)
{
    for (unsigned i = 0; i < random->sale.basket.line_count; i++) {
        const struct vn_item *item = &random->sale.items[i];
        json_t *json = vn_item_write(item);
        char *text = json_dumps(json, JSON_COMPACT);
        assert_non_null(text);
        if (item->known) {
            world_import(seller->world, VN_IMPORT_ITEMS, text);
        } else {
            (void)snprintf(text, strlen(text) + 1, "{\"code\":\"%s\",\"gone\":true}", item->code);
            world_import(seller->world, VN_IMPORT_ITEMS, text);
        }
        free(text);
        json_decref(json);
    }
    seller->cursor = world_publish(seller->world);
}

static void sell(struct random_world *random)
{
    char receipt[VN_ID_MAX];
    if (seller->till.head_seq + 1 == WORLD_ENTRIES_MAX) {
        return; /* of a long run this is all that a till here has room for */
    }
    if (strcmp(published, random->rules.text) != 0) {
        memcpy(published, random->rules.text, sizeof published);
        seller_publish(seller, published);
    }
    seller->world->now_ms += 1000;
    import_goods(random);
    (void)snprintf(receipt, sizeof receipt, "%lld", (long long)seller->till.head_seq + 1);
    seller_begin(seller, receipt);
    const struct vn_sale_key key = seller->basket.key;
    const struct vn_place place = seller->input.place;
    seller->basket = random->sale.basket;
    seller->basket.key = key;
    seller->member = random->sale.member;
    seller->input = random->sale.input;
    seller->input.basket = &seller->basket;
    seller->input.items = seller->items;
    seller->input.place = place;
    seller->input.member = random->sale.input.member == NULL ? NULL : &seller->member;
    for (unsigned i = 0; i < seller->basket.line_count; i++) {
        seller_item(seller, seller->basket.lines[i].code, &seller->items[i]);
    }
    if (seller_quote(seller) == VN_OK) {
        seller_write(seller, VN_ENTRY_COMMIT);
    }
}

static void test_requote_random_receipts_come_out_the_same(void **state)
{
    (void)state;
    worlds_each(RULESETS, NULL, sell, NULL);
    int64_t quarantined = world_sync(&seller->till);
    seller_requote(seller, 7);
    seller_check(seller, seller->till.head_seq - quarantined, NULL);
    assert_true(quarantined < seller->till.head_seq);
    worlds_assert_seen((unsigned)(seller->till.head_seq - quarantined), RULESETS * 3);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_requote_random_receipts_come_out_the_same, open_shop,
                                        close_shop),
    };
    worlds_words(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
