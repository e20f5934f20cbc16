#include "sync/hub/masters/import.h"

#include <string.h>

#include "agent/codes/payment.h"
#include "sync/hub/masters/import_line.h"

static const struct {
    const char *name;
    enum vn_status (*line)(struct vn_hub *hub, const struct vn_json_in *in, bool gone);
} kinds[VN_IMPORTS] = {
    [VN_IMPORT_ITEMS] = {"catalogue", vn_import_item},    [VN_IMPORT_MEMBERS] = {"members", vn_import_member},
    [VN_IMPORT_COUPONS] = {"coupons", vn_import_coupon},  [VN_IMPORT_CARDS] = {"cards", vn_import_block},
    [VN_IMPORT_HISTORY] = {"history", vn_import_receipt},
};

enum vn_import_kind vn_import_kind_of(const char *name)
{
    int kind = 0;
    while (kind < VN_IMPORTS && strcmp(kinds[kind].name, name) != 0) {
        kind++;
    }
    return (enum vn_import_kind)kind;
}

static void refuse_payment_card(const struct vn_json_in *in, const char *key, const json_t *text)
{
    if (json_is_string(text) &&
        vn_payment_find(vn_view_of(json_string_value(text), json_string_length(text)), NULL, NULL)) {
        vn_json_refuse(in, key, VN_PAYMENT_REFUSED "; take it out");
    }
}

/* In all texts that are stored as they are: numbers of cards and coupons are hashed, and codes of goods may add up. */
static void refuse_payment_cards(const struct vn_json_in *in, json_t *root)
{
    static const char *const others[] = {"code",        "aliases",     "number",    "cards",
                                         "number_hash", "card_hashes", "card_hash", "card_key"};
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(root, key, value)
    {
        bool other = false;
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            other = other || strcmp(key, others[i]) == 0;
        }
        refuse_payment_card(in, key, other ? NULL : value);
        for (size_t i = 0; !other && i < json_array_size(value); i++) {
            refuse_payment_card(in, key, json_array_get(value, i));
        }
    }
}

static enum vn_status import_line(struct vn_hub *hub, enum vn_import_kind kind, struct vn_view line,
                                  struct vn_error *error)
{
    json_t *root = NULL;
    bool gone = false;
    enum vn_status status = vn_json_parse(line, &root, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    if (!json_is_object(root)) {
        vn_json_fail(&in, NULL, "an object");
    }
    refuse_payment_cards(&in, root);
    vn_json_bool(&in, "gone", VN_OPTIONAL, &gone);
    status = vn_json_failed(&in) ? VN_INPUT : kinds[kind].line(hub, &in, gone);
    json_decref(root);
    return status;
}

struct importing {
    struct vn_hub *hub;
    enum vn_import_kind kind;
    struct vn_view text;
    int64_t number; /* of the line */
    int64_t count;  /* of lines that say something */
    bool read;      /* to the end: what fails then is not a line's fault */
    struct vn_error why;
};

static enum vn_status import_unit(void *ctx, struct vn_storage *storage)
{
    struct importing *importing = ctx;
    struct vn_view rest = importing->text;
    struct vn_view line;
    enum vn_status status = VN_OK;
    (void)storage; /* it is the hub's */
    importing->number = 0;
    importing->count = 0;
    importing->why = (struct vn_error){VN_OK, "", ""};
    while (status == VN_OK && vn_wire_next_line(&rest, &line)) {
        importing->number++;
        if (line.len > 0) {
            importing->count++;
            status = import_line(importing->hub, importing->kind, line, &importing->why);
        }
    }
    importing->read = status == VN_OK;
    return status;
}

enum vn_status vn_import(struct vn_hub *hub, enum vn_import_kind kind, struct vn_view text, int64_t *count,
                         struct vn_error *error)
{
    struct importing importing = {.hub = hub, .kind = kind, .text = text};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, import_unit, &importing);
    *count = importing.count;
    const struct vn_error *why = &importing.why;
    if (status == VN_OK || importing.read || importing.number == 0 || why->text[0] == '\0') {
        return status; /* not a line's fault but the store's, which *error says nothing of */
    }
    (void)vn_fail(error, status, "line %lld: %s", (long long)importing.number, why->text);
    memcpy(error->pointer, why->pointer, sizeof error->pointer);
    return status;
}
