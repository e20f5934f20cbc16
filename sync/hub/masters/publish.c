#include "sync/hub/masters/publish.h"

#include <string.h>

#include "agent/base/json.h"
#include "agent/loyalty/ruleset.h"
#include "sync/hub/storage/ledger.h"

static enum vn_status next_number(struct vn_hub *hub, int64_t *out)
{
    *out = 0;
    enum vn_status status = vn_storage_number(hub->storage, "published", out);
    ++*out;
    return status == VN_ABSENT ? VN_OK : status;
}

/* The text with its header's number replaced; the other lines stay as they are. */
static enum vn_status number_it(struct vn_view text, int64_t number, struct vn_buf *out,
                                struct vn_error *error)
{
    json_t *header = NULL;
    struct vn_view rest = text;
    struct vn_view line;
    if (!vn_wire_next_line(&rest, &line)) {
        return vn_fail(error, VN_INPUT, "line 1: a ruleset starts with its header");
    }
    enum vn_status status = vn_json_parse(line, &header, error);
    if (status == VN_OK && !json_is_object(header)) {
        status = vn_fail(error, VN_INPUT, "line 1: the header is not an object");
    }
    if (status == VN_OK && json_object_set_new(header, "ruleset", json_integer(number)) != 0) {
        status = VN_NOMEM;
    }
    if (status == VN_OK) {
        status = vn_json_dump(header, out);
    }
    if (status == VN_OK) {
        status = vn_buf_append_str(out, "\n");
    }
    if (status == VN_OK) {
        status = vn_buf_append(out, rest);
    }
    json_decref(header);
    return status;
}

static enum vn_status sign_and_store(struct vn_hub *hub, enum vn_feed_kind kind, int64_t number,
                                     struct vn_view text)
{
    struct vn_published_row row = {.kind = kind, .number = number, .at_ms = vn_hub_now_ms(hub)};
    struct vn_buf message;
    vn_buf_init(&message, VN_RULESET_MAX + VN_ID_MAX);
    enum vn_status status = vn_feed_signed_text(kind, number, text, &message);
    if (status == VN_OK) {
        status = vn_sign(hub->keys->publishing, &hub->random, vn_buf_view(&message), row.signature,
                         &row.signature_len);
    }
    vn_buf_deinit(&message);
    if (status == VN_OK) {
        status = vn_storage_published_put(hub->storage, &row, text);
    }
    return status == VN_OK ? vn_storage_number_put(hub->storage, "published", number) : status;
}

static enum vn_status store_ruleset(struct vn_hub *hub, int64_t number, struct vn_view text)
{
    enum vn_status status = sign_and_store(hub, VN_FEED_RULESET, number, text);
    return status == VN_OK ? vn_storage_change(hub->storage, VN_FEED_RULESET, "ruleset") : status;
}

static enum vn_status store_stop(struct vn_hub *hub, const char *promotion, int64_t *number)
{
    enum vn_status status = next_number(hub, number);
    if (status == VN_OK) {
        status = sign_and_store(hub, VN_FEED_STOP, *number, vn_view_str(promotion));
    }
    return status == VN_OK ? vn_storage_change(hub->storage, VN_FEED_STOP, promotion) : status;
}

/* A key with a typing error reads as one of a newer engine, and the promotion would be gone from every till. */
static enum vn_status refuse_skipped(const struct vn_ruleset *ruleset, struct vn_error *error)
{
    const struct vn_error *why = vn_ruleset_skipped(ruleset);
    if (vn_ruleset_skipped_count(ruleset) == 0) {
        return VN_OK;
    }
    (void)vn_fail(error, VN_INPUT,
                  "nothing is published, as tills would skip this promotion (--allow-skipped if it is meant "
                  "for newer ones): %.100s",
                  why->text);
    memcpy(error->pointer, why->pointer, sizeof error->pointer);
    return VN_INPUT;
}

/* Further wallets get their numbers here, where a ruleset can still be refused: posting can't do without them. */
static enum vn_status number_wallets(struct vn_hub *hub, const struct vn_ruleset *ruleset,
                                     struct vn_error *error)
{
    const struct vn_wallet *wallets = NULL;
    size_t count = vn_ruleset_wallets(ruleset, &wallets);
    enum vn_status status = VN_OK;
    unsigned number = 0;
    for (size_t i = 1; i < count && status == VN_OK; i++) {
        status = vn_storage_wallet_number(hub->storage, wallets[i].id, true, &number);
        if (number > VN_HUB_WALLETS_MAX) {
            return vn_fail(
                error, VN_INPUT,
                "a chain has at most %d further wallets in all its time: use the id of an older one "
                "in place of '%s'",
                VN_HUB_WALLETS_MAX, wallets[i].id);
        }
    }
    return status;
}

/* What is published in one unit. */
struct publishing {
    struct vn_hub *hub;
    struct vn_view text;
    const char *promotion; /* of a stop */
    enum vn_publish_skipped skipped;
    struct vn_published *out;
    struct vn_error *error;
};

static enum vn_status ruleset_unit(void *ctx, struct vn_storage *storage)
{
    const struct publishing *publishing = ctx;
    struct vn_hub *hub = publishing->hub;
    struct vn_view text = publishing->text;
    struct vn_published *out = publishing->out;
    struct vn_error *error = publishing->error;
    struct vn_ruleset *ruleset = NULL;
    struct vn_buf numbered;
    (void)storage; /* it is the hub's */
    *error = (struct vn_error){VN_OK, "", ""};
    memset(out, 0, sizeof *out);
    vn_buf_init(&numbered, VN_RULESET_MAX);
    enum vn_status status = next_number(hub, &out->number);
    if (status == VN_OK) {
        status = number_it(text, out->number, &numbered, error);
    }
    if (status == VN_OK) {
        status = vn_ruleset_parse(vn_buf_view(&numbered), &ruleset, error);
    }
    if (status == VN_OK && publishing->skipped == VN_PUBLISH_REFUSE_SKIPPED) {
        status = refuse_skipped(ruleset, error);
    }
    if (status == VN_OK) {
        status = number_wallets(hub, ruleset, error);
    }
    if (status == VN_OK) {
        out->promotions = (int64_t)vn_ruleset_promotion_count(ruleset);
        out->skipped = (int64_t)vn_ruleset_skipped_count(ruleset);
        status = store_ruleset(hub, out->number, vn_buf_view(&numbered));
    }
    vn_ruleset_destroy(ruleset);
    vn_buf_deinit(&numbered);
    return status;
}

enum vn_status vn_publish_ruleset(struct vn_hub *hub, struct vn_view text, enum vn_publish_skipped skipped,
                                  struct vn_published *out, struct vn_error *error)
{
    struct publishing publishing = {.hub = hub, .text = text, .skipped = skipped, .out = out, .error = error};
    return vn_storage_unit(hub->storage, VN_SQL_WRITE, ruleset_unit, &publishing);
}

enum vn_status vn_publish_warnings(struct vn_hub *hub, struct vn_view text, struct vn_lint *out)
{
    struct vn_ruleset *ruleset = NULL;
    struct vn_error error;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_ruleset_parse(text, &ruleset, &error);
    if (status == VN_OK) {
        const struct vn_lint_input input = {
            .ruleset = ruleset, .now_ms = vn_hub_now_ms(hub), .hub_gaps = true};
        vn_ruleset_lint(&input, out);
    }
    vn_ruleset_destroy(ruleset);
    return status;
}

/* Whether a line of the ruleset is the promotion of that id. */
static bool has_promotion(struct vn_view text, const char *promotion)
{
    struct vn_view rest = text;
    struct vn_view line;
    bool found = false;
    bool first = true;
    while (!found && vn_wire_next_line(&rest, &line)) {
        json_t *root = NULL;
        struct vn_error ignored;
        if (!first && vn_json_parse(line, &root, &ignored) == VN_OK) {
            const char *id = json_string_value(json_object_get(root, "id"));
            found = id != NULL && strcmp(id, promotion) == 0;
            json_decref(root);
        }
        first = false;
    }
    return found;
}

static enum vn_status stop_unit(void *ctx, struct vn_storage *storage)
{
    const struct publishing *publishing = ctx;
    struct vn_hub *hub = publishing->hub;
    const char *promotion = publishing->promotion;
    int64_t *number = &publishing->out->number;
    (void)storage; /* it is the hub's */
    *publishing->error = (struct vn_error){VN_OK, "", ""};
    struct vn_published_row row;
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    enum vn_status status = vn_storage_published_last(hub->storage, NULL, &row, &text);
    if (status == VN_OK && !has_promotion(vn_buf_view(&text), promotion)) {
        status = VN_ABSENT;
    }
    vn_buf_deinit(&text);
    if (status == VN_ABSENT) {
        return vn_fail(publishing->error, status, "the ruleset in force has no promotion '%s'", promotion);
    }
    return status == VN_OK ? store_stop(hub, promotion, number) : status;
}

enum vn_status vn_publish_stop(struct vn_hub *hub, const char *promotion, int64_t *number,
                               struct vn_error *error)
{
    struct vn_published out = {0};
    struct publishing publishing = {.hub = hub, .promotion = promotion, .out = &out, .error = error};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, stop_unit, &publishing);
    *number = out.number;
    return status;
}

/* Promotions, each with the NUL behind it. */
static enum vn_status note_stop(void *ctx, const char *promotion)
{
    return vn_buf_append(ctx, vn_view_of(promotion, strlen(promotion) + 1));
}

static enum vn_status stop_again(struct vn_hub *hub, struct vn_view stopped)
{
    enum vn_status status = VN_OK;
    while (stopped.len > 0 && status == VN_OK) {
        const char *promotion = (const char *)stopped.data;
        int64_t number = 0;
        size_t len = strlen(promotion) + 1;
        status = store_stop(hub, promotion, &number);
        stopped = vn_view_of(stopped.data + len, stopped.len - len);
    }
    return status;
}

/* As it is: what was good enough to be in force needs no second look, which a newer version might not pass. */
static enum vn_status ruleset_again(struct vn_hub *hub, struct vn_view text)
{
    struct vn_buf numbered;
    struct vn_error error = {VN_OK, "", ""};
    int64_t number = 0;
    vn_buf_init(&numbered, VN_RULESET_MAX);
    enum vn_status status = next_number(hub, &number);
    if (status == VN_OK) {
        status = number_it(text, number, &numbered, &error);
    }
    if (status == VN_OK) {
        status = store_ruleset(hub, number, vn_buf_view(&numbered));
    }
    vn_buf_deinit(&numbered);
    return status;
}

enum vn_status vn_publish_again(struct vn_hub *hub)
{
    struct vn_published_row row;
    struct vn_buf text;
    struct vn_buf stopped;
    vn_buf_init(&text, VN_RULESET_MAX);
    vn_buf_init(&stopped, VN_PROMOTIONS_MAX * VN_ID_MAX);
    enum vn_status status = vn_storage_published_last(hub->storage, NULL, &row, &text);
    if (status == VN_OK) {
        status = vn_storage_stopped(hub->storage, note_stop, &stopped);
    }
    if (status == VN_OK) {
        status = ruleset_again(hub, vn_buf_view(&text));
    }
    if (status == VN_OK) {
        status = stop_again(hub, vn_buf_view(&stopped));
    }
    vn_buf_deinit(&stopped);
    vn_buf_deinit(&text);
    return status == VN_ABSENT ? VN_OK : status;
}
