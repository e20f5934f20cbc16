#include "sync/wire/entry_sale.h"

#include "agent/loyalty/loyalty_json.h"

/* Takes the value; NULL is VN_NOMEM. */
static enum vn_status put(struct vn_entry *entry, const char *key, json_t *value)
{
    if (entry->body == NULL) {
        entry->body = json_object();
    }
    return json_object_set_new(entry->body, key, value) == 0 ? VN_OK : VN_NOMEM;
}

enum vn_status vn_entry_sale_write(struct vn_entry *entry, const struct vn_basket *basket,
                                   const struct vn_item *items, const struct vn_outcome *outcome,
                                   const struct vn_with *with)
{
    bool lean = entry->version >= VN_ENTRY_LEAN;
    enum vn_status status =
        put(entry, "basket",
            lean ? vn_basket_write_journal(basket, items, entry->wall_ms) : vn_basket_write(basket));
    if (status != VN_OK) {
        return status;
    }
    status =
        put(entry, "outcome", lean ? vn_outcome_write_journal(outcome, basket) : vn_outcome_write(outcome));
    return status == VN_OK && with != NULL ? put(entry, "with", vn_with_write(with, entry->account)) : status;
}

enum vn_status vn_entry_held_write(struct vn_entry *entry, int64_t seq)
{
    return put(entry, "held", json_integer(seq));
}

static void read_basket(const struct vn_entry *entry, const struct vn_json_in *in, struct vn_basket *out)
{
    if (entry->version >= VN_ENTRY_LEAN) {
        vn_basket_read_journal(in, &entry->sale, entry->wall_ms, out);
    } else {
        vn_basket_read(in, out);
    }
}

static void read_outcome(const struct vn_entry *entry, const struct vn_json_in *in,
                         const struct vn_basket *basket, struct vn_outcome *out)
{
    if (entry->version >= VN_ENTRY_LEAN) {
        vn_outcome_read_journal(in, basket, out);
    } else {
        vn_outcome_read(in, out);
    }
}

enum vn_status vn_entry_sale_read(const struct vn_entry *entry, struct vn_basket *basket,
                                  struct vn_outcome *outcome, struct vn_entry_sale *out,
                                  struct vn_error *error)
{
    struct vn_json_in body = vn_json_root(entry->body, error);
    *out = (struct vn_entry_sale){0};
    if (entry->body == NULL) {
        return VN_OK;
    }
    vn_json_int(&body, "held", VN_OPTIONAL, 1, VN_NUMBER_MAX, &out->held);
    out->has_basket = vn_json_has(&body, "basket");
    out->has_outcome = vn_json_has(&body, "outcome");
    if (out->held > 0 && (out->has_basket || out->has_outcome)) {
        vn_json_fail(&body, "held", "no basket and no outcome beside it");
    }
    if (out->has_basket && !vn_json_failed(&body)) {
        struct vn_json_in in = vn_json_object(&body, "basket", VN_REQUIRED);
        read_basket(entry, &in, basket);
    }
    if (out->has_outcome && !vn_json_failed(&body)) {
        struct vn_json_in in = vn_json_object(&body, "outcome", VN_REQUIRED);
        read_outcome(entry, &in, out->has_basket ? basket : NULL, outcome);
    }
    return error->status;
}

enum vn_status vn_entry_with_read(const struct vn_entry *entry, struct vn_with *out, struct vn_error *error)
{
    struct vn_json_in body = vn_json_root(entry->body, error);
    if (entry->body == NULL || !vn_json_has(&body, "with")) {
        return VN_ABSENT;
    }
    struct vn_json_in in = vn_json_object(&body, "with", VN_REQUIRED);
    vn_with_read(&in, entry->account, out);
    return error->status;
}

enum vn_status vn_entry_hold_read(const struct vn_entry *commit, struct vn_view hold,
                                  struct vn_basket *basket, struct vn_outcome *outcome,
                                  struct vn_entry_sale *out, struct vn_error *error)
{
    struct vn_entry entry;
    enum vn_status status = vn_entry_decode(hold, &entry, error);
    if (status == VN_OK &&
        (entry.kind != VN_ENTRY_HOLD || !entry.has_sale || !vn_sale_key_equal(&entry.sale, &commit->sale))) {
        status = vn_fail(error, VN_INPUT, "what it says is held is no hold of this sale");
    }
    if (status == VN_OK) {
        status = vn_entry_sale_read(&entry, basket, outcome, out, error);
    }
    if (status == VN_OK && !out->has_outcome) {
        status = vn_fail(error, VN_INPUT, "the hold that it names has no outcome");
    }
    vn_entry_deinit(&entry);
    return status == VN_UNSUPPORTED ? VN_INPUT : status;
}
