#include "tests/unit/hub_seller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "sync/hub/masters/publish.h"
#include "sync/hub/storage/items.h"
#include "sync/wire/stamp.h"

struct seller *seller_start(struct world *world)
{
    struct seller *seller = calloc(1, sizeof *seller);
    assert_non_null(seller);
    seller->world = world;
    world_start(world, &seller->till);
    assert_int_equal(vn_quote_work_create(&seller->work), VN_OK);
    assert_int_equal(vn_requoter_create(&seller->requoter), VN_OK);
    return seller;
}

void seller_end(struct seller *seller)
{
    world_audit(seller->world);
    vn_requoter_destroy(seller->requoter);
    vn_quote_work_destroy(seller->work);
    vn_ruleset_destroy(seller->ruleset);
    world_till_end(&seller->till);
    free(seller);
}

void seller_publish(struct seller *seller, const char *rules)
{
    struct vn_published published;
    struct vn_buf text;
    struct vn_hub *hub = &seller->world->hub;
    vn_buf_init(&text, VN_RULESET_MAX);
    if (vn_publish_ruleset(hub, vn_view_str(rules), VN_PUBLISH_REFUSE_SKIPPED, &published, &seller->error) !=
        VN_OK) {
        fail_msg("%s at %s of\n%s", seller->error.text, seller->error.pointer, rules);
    }
    seller->cursor = world_publish(seller->world);
    assert_int_equal(vn_storage_ruleset_text(hub->storage, published.number, &text), VN_OK);
    vn_ruleset_destroy(seller->ruleset);
    assert_int_equal(vn_ruleset_parse(vn_buf_view(&text), &seller->ruleset, &seller->error), VN_OK);
    vn_buf_deinit(&text);
}

void seller_import(struct seller *seller, const char *lines)
{
    world_import(seller->world, VN_IMPORT_ITEMS, lines);
    seller->cursor = world_publish(seller->world);
}

void seller_item(struct seller *seller, const char *code, struct vn_item *out)
{
    struct vn_buf document;
    json_t *root = NULL;
    vn_buf_init(&document, 65536);
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_storage_item_get(seller->world->hub.storage, code, &document);
    if (status == VN_OK) {
        assert_int_equal(vn_json_parse(vn_buf_view(&document), &root, &seller->error), VN_OK);
        struct vn_json_in in = vn_json_root(root, &seller->error);
        vn_item_read(&in, out);
        assert_false(vn_json_failed(&in));
        json_decref(root);
    } else {
        (void)snprintf(out->code, sizeof out->code, "%s", code);
    }
    vn_buf_deinit(&document);
}

/* --- a receipt -------------------------------------------------------------------------------------------------- */

void seller_begin(struct seller *seller, const char *receipt)
{
    memset(&seller->basket, 0, sizeof seller->basket);
    memset(&seller->member, 0, sizeof seller->member);
    memset(&seller->choices, 0, sizeof seller->choices);
    (void)snprintf(seller->basket.key.pos, VN_ID_MAX, "1");
    (void)snprintf(seller->basket.key.date, VN_ID_MAX, "2026-11-22");
    (void)snprintf(seller->basket.key.receipt, VN_ID_MAX, "%s", receipt);
    seller->basket.started_ms = seller->world->now_ms;
    seller->input = (struct vn_quote_input){.basket = &seller->basket,
                                            .items = seller->items,
                                            .choices = &seller->choices,
                                            .place = {"s1", "t1"},
                                            .hub_reachable = true,
                                            .risk_allowed = true};
}

void seller_line(struct seller *seller, const char *code, int64_t amount_minor)
{
    struct vn_line *line = &seller->basket.lines[seller->basket.line_count];
    seller_item(seller, code, &seller->items[seller->basket.line_count]);
    seller->basket.line_count++;
    line->id = seller->basket.line_count;
    line->qty_milli = 1000;
    line->amount_minor = line->list_amount_minor = amount_minor;
    (void)snprintf(line->code, sizeof line->code, "%s", code);
}

void seller_member(struct seller *seller, const char *account)
{
    (void)snprintf(seller->member.account, VN_ID_MAX, "%s", account);
    seller->member.known = true;
    seller->input.member = &seller->member;
}

enum vn_status seller_quote(struct seller *seller)
{
    seller->input.ruleset = seller->ruleset;
    vn_with_take(&seller->input, &seller->with);
    return vn_quote(seller->work, &seller->input, &seller->outcome, &seller->error);
}

static void append(struct seller *seller, struct vn_entry *entry)
{
    char text[65536];
    struct vn_buf body;
    vn_buf_init(&body, sizeof text - 1);
    assert_int_equal(vn_entry_encode(entry, &body), VN_OK);
    assert_int_equal(vn_view_copy_str(vn_buf_view(&body), text, sizeof text), VN_OK);
    world_append_raw(&seller->till, text);
    vn_buf_deinit(&body);
    vn_entry_deinit(entry);
}

static void begin_entry(const struct seller *seller, enum vn_entry_kind kind, struct vn_entry *out)
{
    vn_entry_init(out, kind);
    out->wall_ms = seller->world->now_ms;
    out->has_sale = true;
    out->sale = seller->basket.key;
    if (seller->input.member != NULL) {
        memcpy(out->account, seller->member.account, sizeof out->account);
    }
    out->points = kind == VN_ENTRY_COMMIT ? seller->outcome.points_earned - seller->outcome.points_spent : 0;
}

static void write_cursor(int64_t number, char out[VN_ID_MAX])
{
    const struct vn_cursor cursor = {1, number};
    vn_cursor_write(&cursor, out);
}

void seller_write(struct seller *seller, enum vn_entry_kind kind)
{
    struct vn_entry entry;
    begin_entry(seller, kind, &entry);
    vn_with_narrow(&seller->with, seller->ruleset, &seller->basket);
    write_cursor(seller->cursor, seller->with.items);
    seller->with.items_since[0] = '\0';
    if (seller->since > 0) {
        write_cursor(seller->since, seller->with.items_since);
    }
    assert_int_equal(vn_entry_sale_write(&entry, &seller->basket, seller->items, &seller->outcome,
                                         seller->silent ? NULL : &seller->with),
                     VN_OK);
    if (seller->printed_differs) {
        assert_int_equal(json_object_set_new(entry.body, "differs", json_true()), 0);
    }
    append(seller, &entry);
}

void seller_write_held(struct seller *seller, int64_t seq)
{
    struct vn_entry entry;
    begin_entry(seller, VN_ENTRY_COMMIT, &entry);
    assert_int_equal(vn_entry_held_write(&entry, seq), VN_OK);
    append(seller, &entry);
}

void seller_sell(struct seller *seller)
{
    assert_int_equal(seller_quote(seller), VN_OK);
    seller_write(seller, VN_ENTRY_COMMIT);
}

/* --- looking at it ---------------------------------------------------------------------------------------------- */

void seller_requote(struct seller *seller, unsigned receipts)
{
    const struct vn_requote_budget budget = {.receipts = receipts, .ms = 60000};
    struct vn_hub *hub = &seller->world->hub;
    bool held = false;
    unsigned slices = 0;
    do {
        assert_int_equal(vn_requote_look(seller->requoter, hub, &budget, &seller->slice), VN_OK);
        assert_int_equal(vn_requote_note(hub, &seller->slice, &held), VN_OK);
        assert_true(held);
        assert_true(++slices < 1000);
    } while (seller->slice.full);
    assert_int_equal(vn_requote_totals(hub, &seller->totals), VN_OK);
    assert_int_equal(seller->totals.lag, 0);
}

void seller_check(struct seller *seller, int64_t same, ...)
{
    int64_t expected[VN_REQUOTED_SUMS] = {[VN_REQUOTED_SAME] = same};
    va_list args;
    va_start(args, same);
    for (const char *name = va_arg(args, const char *); name != NULL; name = va_arg(args, const char *)) {
        unsigned sum = 0;
        while (sum < VN_REQUOTED_SUMS && strcmp(vn_requoted_name(sum), name) != 0) {
            sum++;
        }
        assert_true(sum < VN_REQUOTED_SUMS);
        expected[sum] = va_arg(args, int);
    }
    va_end(args);
    for (unsigned sum = 0; sum < VN_REQUOTED_SUMS; sum++) {
        if (seller->totals.sums[sum] != expected[sum]) {
            fail_msg("%s: %lld, not %lld", vn_requoted_name(sum), (long long)seller->totals.sums[sum],
                     (long long)expected[sum]);
        }
    }
}
