#include "tests/unit/loyalty_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/loyalty_json.h"

#define HEADER                                                                                               \
    "{\"ruleset\":7,\"engine\":1,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"rs\","  \
    "\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":100,\"spend_step\":50," \
    "\"spend_share_bp\":5000},\"earning\":{\"points\":1,\"per_minor\":10000},\"groups\":["                   \
    "{\"id\":\"first\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"first\"},"                         \
    "{\"id\":\"all\",\"stage\":\"units\",\"base\":\"running\",\"choice\":\"all\"},"                          \
    "{\"id\":\"best\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"best\"},"                           \
    "{\"id\":\"basket\",\"stage\":\"basket\",\"base\":\"running\",\"choice\":\"all\"},"                      \
    "{\"id\":\"coupons\",\"stage\":\"coupons\",\"base\":\"running\",\"choice\":\"all\"},"                    \
    "{\"id\":\"points\",\"stage\":\"earning\",\"choice\":\"all\"}],"                                         \
    "\"cards\":[{\"prefix\":\"2990\",\"length\":13}],\"coupons\":[{\"prefix\":\"2991\",\"length\":13}]}"

struct world *world_create(void)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_int_equal(vn_quote_work_create(&world->work), VN_OK);
    return world;
}

void world_destroy(struct world *world)
{
    vn_ruleset_destroy(world->ruleset);
    vn_quote_work_destroy(world->work);
    free(world);
}

char *world_read_file(const char *path)
{
    char full[VN_PATH_MAX];
    (void)snprintf(full, sizeof full, "%s/%s", VERNO_SOURCE, path);
    FILE *file = fopen(full, "rb");
    if (file == NULL) {
        fail_msg("can't open %s", full);
        return NULL;
    }
    static const size_t room = 1 << 20;
    char *text = calloc(1, room);
    assert_non_null(text);
    size_t len = fread(text, 1, room - 1, file);
    assert_true(len > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

void world_ruleset(struct world *world, const char *text)
{
    vn_ruleset_destroy(world->ruleset);
    world->ruleset = NULL;
    if (vn_ruleset_parse(vn_view_str(text), &world->ruleset, &world->error) != VN_OK) {
        fail_msg("ruleset: %s at %s", world->error.text, world->error.pointer);
    }
}

static void build_ruleset(struct world *world, const json_t *document)
{
    json_t *header = json_loads(HEADER, 0, NULL);
    assert_non_null(header);
    json_t *changes = json_object_get(document, "header");
    assert_int_equal(changes == NULL ? 0 : json_object_update(header, changes), 0);
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    assert_int_equal(vn_json_dump(header, &text), VN_OK);
    size_t at = 0;
    json_t *promotion = NULL;
    json_array_foreach(json_object_get(document, "promotions"), at, promotion)
    {
        assert_int_equal(vn_buf_append_str(&text, "\n"), VN_OK);
        assert_int_equal(vn_json_dump(promotion, &text), VN_OK);
    }
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_ruleset(world, (const char *)text.data);
    vn_buf_deinit(&text);
    json_decref(header);
}

static void must(struct world *world, const struct vn_json_in *in)
{
    if (vn_json_failed(in)) {
        fail_msg("scenario: %s at %s", world->error.text, world->error.pointer);
    }
}

static void build_basket(struct world *world, const json_t *document)
{
    json_t *basket = json_incref(json_object_get(document, "basket"));
    if (basket == NULL) {
        basket = json_pack("{s:{s:s,s:s,s:s},s:O}", "sale", "pos", "1", "date", "2026-11-22", "receipt", "1",
                           "lines", json_object_get(document, "lines"));
        static const char *const keys[] = {"started_ms", "lane", "proof", "tenders"};
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            json_t *value = json_object_get(document, keys[i]);
            assert_int_equal(value == NULL ? 0 : json_object_set(basket, keys[i], value), 0);
        }
    }
    struct vn_json_in in = vn_json_root(basket, &world->error);
    vn_basket_read(&in, &world->basket);
    must(world, &in);
    json_decref(basket);
    for (unsigned i = 0; i < world->basket.line_count; i++) {
        struct vn_item *item = &world->items[i];
        memset(item, 0, sizeof *item);
        const json_t *known =
            json_object_get(json_object_get(document, "items"), world->basket.lines[i].code);
        if (known != NULL) {
            json_t *whole = json_copy((json_t *)(uintptr_t)known);
            assert_int_equal(json_object_set_new(whole, "code", json_string(world->basket.lines[i].code)), 0);
            struct vn_json_in at = vn_json_root(whole, &world->error);
            vn_item_read(&at, item);
            must(world, &at);
            item->known = true;
            json_decref(whole);
        }
    }
}

static void build_customer(struct world *world, const json_t *document)
{
    const json_t *member = json_object_get(document, "member");
    world->input.member = NULL;
    if (member != NULL) {
        struct vn_json_in row = vn_json_root(member, &world->error);
        vn_member_read(&row, &world->member);
        must(world, &row);
        world->input.member = &world->member;
    }
    /* choices of its own, or the document's keys themselves */
    const json_t *choices = json_object_get(document, "choices");
    struct vn_json_in in = vn_json_root(choices == NULL ? document : choices, &world->error);
    vn_choices_read(&in, &world->choices);
    must(world, &in);
    const char *account = NULL;
    json_t *available = NULL;
    world->input.right_count = 0;
    json_object_foreach(json_object_get(document, "rights"), account, available)
    {
        struct vn_right *right = &world->rights[world->input.right_count++];
        (void)snprintf(right->account, sizeof right->account, "%s", account);
        right->available = json_integer_value(available);
    }
}

void world_again(struct world *world)
{
    memset(&world->out, 0xaa, sizeof world->out);
    world->status = vn_quote(world->work, &world->input, &world->out, &world->error);
}

void world_quote_json(struct world *world, const json_t *document)
{
    const char *file = json_string_value(json_object_get(document, "ruleset"));
    if (file != NULL) {
        char path[VN_PATH_MAX];
        (void)snprintf(path, sizeof path, "fixtures/rulesets/%s", file);
        char *text = world_read_file(path);
        world_ruleset(world, text);
        free(text);
    } else {
        build_ruleset(world, document);
    }
    build_basket(world, document);
    build_customer(world, document);
    struct vn_quote_input *input = &world->input;
    input->ruleset = world->ruleset;
    input->basket = &world->basket;
    input->items = world->items;
    input->rights = world->rights;
    input->choices = &world->choices;
    input->hub_reachable = json_is_true(json_object_get(document, "hub"));
    input->risk_allowed = !json_is_false(json_object_get(document, "risk"));
    input->risk_points = json_integer_value(json_object_get(document, "risk_points"));
    const char *store = json_string_value(json_object_get(document, "store"));
    const char *till = json_string_value(json_object_get(document, "till"));
    (void)snprintf(input->place.store, sizeof input->place.store, "%s", store == NULL ? "s1" : store);
    (void)snprintf(input->place.till, sizeof input->place.till, "%s", till == NULL ? "" : till);
    size_t at = 0;
    json_t *stop = NULL;
    input->stopped = world->stopped;
    input->stopped_count = 0;
    json_array_foreach(json_object_get(document, "stopped"), at, stop)
    {
        (void)snprintf(world->stopped[input->stopped_count++], VN_ID_MAX, "%s", json_string_value(stop));
    }
    world_again(world);
}

void world_quote(struct world *world, const char *document)
{
    char *text = strdup(document);
    assert_non_null(text);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_error_t where;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        fail_msg("scenario: %s at %d", where.text, where.position);
    }
    world_quote_json(world, root);
    json_decref(root);
    free(text);
    if (world->status == VN_OK) {
        world_check_sums(world);
    }
}

void world_outcome(struct world *world, const char *document)
{
    world_quote(world, document);
    if (world->status != VN_OK) {
        fail_msg("%s at %s", world->error.text, world->error.pointer);
    }
}

int world_setup(void **state)
{
    *state = world_create();
    return 0;
}

int world_teardown(void **state)
{
    world_destroy(*state);
    return 0;
}

int world_reason(const struct world *world, const char *promotion, int64_t *missing)
{
    for (unsigned i = 0; i < world->out.explanation_count; i++) {
        if (strcmp(world->out.explanations[i].promotion, promotion) == 0) {
            if (missing != NULL) {
                *missing = world->out.explanations[i].missing;
            }
            return (int)world->out.explanations[i].reason;
        }
    }
    return -1;
}

int64_t world_discount(const struct world *world, const char *promotion)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < world->out.application_count; i++) {
        const struct vn_application *at = &world->out.applications[i];
        sum += strcmp(at->promotion, promotion) == 0 ? at->discount_minor : 0;
    }
    return sum;
}

int64_t world_line_discount(const struct world *world, int64_t id)
{
    for (unsigned i = 0; i < world->out.line_count; i++) {
        if (world->out.lines[i].line_id == id) {
            return world->out.lines[i].discount_minor;
        }
    }
    fail_msg("no line %lld", (long long)id);
    return -1;
}

int64_t world_points(const struct world *world, const char *promotion)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < world->out.application_count; i++) {
        const struct vn_application *at = &world->out.applications[i];
        sum += strcmp(at->promotion, promotion) == 0 ? at->points : 0;
    }
    return sum;
}

int64_t world_consumed(const struct world *world, const char *account)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < world->out.consumption_count; i++) {
        const struct vn_consumption *row = &world->out.consumptions[i];
        sum += strcmp(row->account, account) == 0 ? row->amount : 0;
    }
    return sum;
}

static int64_t line_amount(const struct vn_basket *basket, int64_t id)
{
    for (unsigned i = 0; i < basket->line_count; i++) {
        if (basket->lines[i].id == id) {
            return basket->lines[i].amount_minor;
        }
    }
    fail_msg("a line that is not in the basket");
    return 0;
}

void world_check_outcome(const struct vn_basket *basket, const struct vn_outcome *out)
{
    int64_t discount = 0;
    int64_t payable = 0;
    int64_t points = 0;
    assert_int_equal(out->engine, VN_ENGINE_VERSION);
    assert_int_equal(out->line_count, basket->line_count);
    for (unsigned i = 0; i < out->line_count; i++) {
        const struct vn_line_outcome *line = &out->lines[i];
        int64_t of_line = 0;
        for (unsigned a = 0; a < out->application_count; a++) {
            of_line +=
                out->applications[a].line_id == line->line_id ? out->applications[a].discount_minor : 0;
        }
        assert_int_equal(of_line, line->discount_minor);
        assert_int_equal(line_amount(basket, line->line_id) - line->discount_minor, line->payable_minor);
        assert_true(line->discount_minor >= 0);
        assert_true(line->discount_minor == 0 || line->payable_minor >= 0);
        discount += line->discount_minor;
        payable += line->payable_minor;
    }
    for (unsigned a = 0; a < out->application_count; a++) {
        assert_true(out->applications[a].discount_minor >= 0 && out->applications[a].points >= 0);
        points += out->applications[a].wallet[0] == '\0' ? out->applications[a].points : 0;
    }
    for (unsigned w = 0; w < out->wallet_count; w++) {
        int64_t earned = 0;
        for (unsigned a = 0; a < out->application_count; a++) {
            bool same = strcmp(out->applications[a].wallet, out->wallets[w].wallet) == 0;
            earned += same ? out->applications[a].points : 0;
        }
        assert_int_equal(earned, out->wallets[w].earned);
    }
    assert_int_equal(discount, out->discount_minor);
    assert_int_equal(payable, out->payable_minor);
    assert_int_equal(points, out->points_earned);
    assert_int_equal(out->total_minor, vn_basket_total_minor(basket));
}

void world_check_sums(const struct world *world)
{
    world_check_outcome(&world->basket, &world->out);
}
