/* What tests of the till do to their world, and what they ask it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/crypto/hash.h"
#include "tests/unit/till_world.h"

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* --- what comes in ------------------------------------------------------------------------------------------------ */

void world_card(struct world *world, int which)
{
    char number[16];
    world_number(number, "2990", which);
    must(vn_till_scan(world->till, "]E0", vn_view_str(number)) == VN_CODE_CARD);
    world_pump(world);
}

void world_coupon(struct world *world, int which)
{
    char number[16];
    world_number(number, "2991", which);
    must(vn_till_scan(world->till, "]E0", vn_view_str(number)) == VN_CODE_COUPON);
    world_pump(world);
}

struct vn_sale_key world_key(const char *receipt)
{
    struct vn_sale_key key = {"1", "2026-11-22", ""};
    (void)snprintf(key.receipt, sizeof key.receipt, "%s", receipt);
    return key;
}

struct vn_basket *world_basket(const char *receipt, int milk, int other)
{
    struct vn_basket *basket = calloc(1, sizeof *basket);
    must(basket != NULL && milk + other <= VN_LINES_MAX);
    basket->key = world_key(receipt);
    basket->line_count = (unsigned)(milk + other);
    for (int i = 0; i < milk + other; i++) {
        struct vn_line *line = &basket->lines[i];
        line->id = i + 1;
        (void)snprintf(line->code, sizeof line->code, "%s%d", i < milk ? "milk" : "other", i);
        (void)snprintf(line->name, sizeof line->name, "Goods");
        line->qty_milli = 1000;
        line->amount_minor = line->unit_price_minor = line->list_amount_minor = 10000;
    }
    return basket;
}

static void digest_of(const struct vn_till_call *call, const char *content, uint8_t out[VN_HASH_SIZE])
{
    struct vn_sha256 hash;
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, vn_view_of(&call->kind, sizeof call->kind));
    vn_sha256_add(&hash, vn_view_str(call->sale.receipt));
    vn_sha256_add(&hash, vn_view_str(content));
    if (call->basket != NULL) {
        vn_sha256_add(&hash, vn_view_of(call->basket, sizeof *call->basket));
    }
    vn_sha256_finish(&hash, out);
}

uint64_t world_call_async(struct world *world, enum vn_till_call_kind kind, const char *receipt, int step,
                          struct vn_basket *basket, const char *content)
{
    struct vn_till_call call = {.id = ++world->last_call, .kind = kind, .step = step, .basket = basket};
    call.sale = world_key(receipt);
    (void)snprintf(call.fiscal, sizeof call.fiscal, "F-%s", receipt);
    digest_of(&call, content, call.digest);
    vn_till_call(world->till, &call);
    return call.id;
}

uint64_t world_quote(struct world *world, const char *receipt, int milk, int other)
{
    uint64_t id = world_call_async(world, VN_TILL_QUOTE, receipt, 0, world_basket(receipt, milk, other), "");
    world_pump(world);
    return id;
}

uint64_t world_hold(struct world *world, const char *receipt, int step, int milk, int other)
{
    uint64_t id =
        world_call_async(world, VN_TILL_HOLD, receipt, step, world_basket(receipt, milk, other), "");
    world_pump(world);
    return id;
}

uint64_t world_step(struct world *world, enum vn_till_call_kind kind, const char *receipt, int step)
{
    uint64_t id = world_call_async(world, kind, receipt, step, NULL, "");
    world_pump(world);
    return id;
}

uint64_t world_choose(struct world *world, const char *receipt, int64_t points)
{
    struct vn_till_call call = {.id = ++world->last_call, .kind = VN_TILL_CHOICE, .spend_points = points};
    call.sale = world_key(receipt);
    vn_till_call(world->till, &call);
    world_pump(world);
    return call.id;
}

uint64_t world_return(struct world *world, const char *receipt, const char *of, const char *content)
{
    struct vn_till_call call = {.id = ++world->last_call, .kind = VN_TILL_RETURN};
    call.sale = world_key(receipt);
    call.of = world_key(of);
    digest_of(&call, content, call.digest);
    vn_till_call(world->till, &call);
    world_pump(world);
    return call.id;
}

/* --- what came of it ---------------------------------------------------------------------------------------------- */

int world_http(const struct world *world, uint64_t call)
{
    return world->answers[call].http;
}

const char *world_body(const struct world *world, uint64_t call)
{
    return world->answers[call].body == NULL ? "" : world->answers[call].body;
}

int64_t world_field(const struct world *world, uint64_t call, const char *name)
{
    json_t *root = NULL;
    struct vn_error error;
    int64_t value = -1;
    if (vn_json_parse(vn_view_str(world_body(world, call)), &root, &error) == VN_OK) {
        const json_t *field = json_object_get(root, name);
        field = field != NULL ? field : json_object_get(json_object_get(root, "outcome"), name);
        field = field != NULL ? field : json_object_get(json_object_get(root, "reversal"), name);
        value = field == NULL ? -1 : json_is_true(field) ? 1 : json_integer_value(field);
    }
    json_decref(root);
    return value;
}

struct vn_counters world_counters(struct world *world, const char *account)
{
    struct vn_counters counters;
    must(vn_journal_counters(world->journal, account, &counters) == VN_OK);
    return counters;
}

int64_t world_points(struct world *world, const char *account)
{
    int64_t points = 0;
    must(vn_journal_points_since(world->journal, account, 0, &points) == VN_OK);
    return points;
}

struct counting {
    enum vn_entry_kind kind;
    unsigned count;
};

static bool count_entry(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    struct counting *counting = ctx;
    struct vn_entry entry;
    struct vn_error error;
    (void)seq;
    (void)hash;
    vn_entry_init(&entry, VN_ENTRY_BOOT);
    must(vn_entry_decode(body, &entry, &error) == VN_OK);
    counting->count += entry.kind == counting->kind;
    vn_entry_deinit(&entry);
    return true;
}

unsigned world_entries(struct world *world, enum vn_entry_kind kind)
{
    struct counting counting = {kind, 0};
    must(vn_journal_each(world->journal, 1, count_entry, &counting) == VN_OK);
    return counting.count;
}
