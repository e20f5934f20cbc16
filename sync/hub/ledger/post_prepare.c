/* An entry's bytes, cut to what posting needs: one piece of memory, some 500 bytes for a plain sale, where the outcome that it
 * was read from has 250 KB of room. Pure; runs on any thread that has its own scratch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/returns_json.h"
#include "sync/hub/ledger/post_work.h"
#include "sync/wire/entry_sale.h"

struct vn_preparer {
    struct vn_entry entry;
    struct vn_basket basket;
    struct vn_outcome outcome;
    struct vn_return_item lines[VN_LINES_MAX];
    struct vn_lend_reply transfer;
    struct vn_error error;
};

enum vn_status vn_preparer_create(struct vn_preparer **out)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? VN_NOMEM : VN_OK;
}

void vn_preparer_destroy(struct vn_preparer *preparer)
{
    free(preparer);
}

void vn_prepared_destroy(struct vn_prepared *prepared)
{
    free(prepared);
}

/* What the body of its kind says, into the scratch and `out`. */
static void read_body(struct vn_preparer *scratch, struct vn_prepared *out)
{
    const struct vn_entry *entry = &scratch->entry;
    struct vn_json_in body = vn_json_root(entry->body, &scratch->error);
    uint8_t boot[VN_ID_BYTES];
    size_t count = 0;
    switch (entry->kind) {
    case VN_ENTRY_BOOT: vn_json_hex(&body, "boot", VN_REQUIRED, boot, sizeof boot); break;
    case VN_ENTRY_COMMIT:
        vn_json_str(&body, "fiscal", VN_OPTIONAL, out->fiscal, sizeof out->fiscal);
        vn_json_bool(&body, "late", VN_OPTIONAL, &out->late);
        break;
    case VN_ENTRY_VOID:
        out->whole = true;
        if (entry->body != NULL) {
            vn_json_bool(&body, "elsewhere", VN_OPTIONAL, &out->elsewhere);
        }
        break;
    case VN_ENTRY_RETURN:
        out->whole = entry->body == NULL || !vn_json_has(&body, "lines");
        if (!out->whole) {
            vn_return_items_read(&body, "lines", VN_LINES_MAX, scratch->lines, &count);
        }
        out->line_count = (unsigned)count;
        break;
    case VN_ENTRY_GIVE:
    case VN_ENTRY_TAKE:
    case VN_ENTRY_REFUSE:
    case VN_ENTRY_BACK:
        out->transfer_count = vn_entry_transfer_read(entry, &scratch->transfer.give,
                                                     &scratch->transfer.signature, &scratch->error) == VN_OK;
        break;
    default: break;
    }
    if ((entry->kind == VN_ENTRY_HOLD || entry->kind == VN_ENTRY_COMMIT) && !vn_json_failed(&body)) {
        struct vn_entry_sale said;
        if (vn_entry_sale_read(entry, &scratch->basket, &scratch->outcome, &said, &scratch->error) == VN_OK) {
            out->has_outcome = said.has_outcome;
            out->held_seq = said.held;
        }
    }
}

/* The reason that people will read says where in the entry, too. */
static void say_reason(struct vn_preparer *scratch, enum vn_status status, struct vn_prepared *out)
{
    struct vn_error *error = &scratch->error;
    size_t len = strlen(error->text);
    out->status = status;
    if (len == 0) {
        (void)snprintf(error->text, sizeof error->text, "can't be read");
    } else if (error->pointer[0] != '\0') {
        (void)snprintf(error->text + len, sizeof error->text - len, ", at %s", error->pointer);
    }
    out->has_outcome = false;
    out->line_count = 0;
}

static void take_envelope(const struct vn_entry *entry, struct vn_prepared *out)
{
    out->kind = entry->kind;
    out->kind_name = (unsigned)entry->kind < VN_ENTRY_KINDS ? vn_entry_kind_name(entry->kind) : "?";
    out->wall_ms = entry->wall_ms;
    out->has_sale = entry->has_sale;
    out->sale = entry->sale;
    out->points = entry->points;
    out->right_count = entry->right_count;
    memcpy(out->account, entry->account, sizeof out->account);
    out->has_card = entry->card[0] != '\0' &&
                    vn_hex_decode(vn_view_str(entry->card), out->card.bytes, sizeof out->card.bytes) == VN_OK;
}

static void take_figures(const struct vn_outcome *outcome, struct vn_prepared *out)
{
    out->ruleset = (int64_t)outcome->ruleset;
    out->total_minor = outcome->total_minor;
    out->discount_minor = outcome->discount_minor;
    out->payable_minor = outcome->payable_minor;
    out->points_earned = outcome->points_earned;
    out->points_spent = outcome->points_spent;
    out->qualifying = outcome->qualifying;
    out->lines_minor = 0;
    for (unsigned i = 0; i < outcome->line_count; i++) {
        out->lines_minor += outcome->lines[i].discount_minor;
    }
    memcpy(out->tier_after, outcome->tier_after, sizeof out->tier_after);
    out->consumption_count = outcome->consumption_count;
    out->wallet_count = outcome->wallet_count;
    out->lot_use_count = outcome->lot_use_count;
    out->given_count = outcome->given_count;
}

/* Copies what is of some length behind the struct; each piece begins where any type may. */
static void *place(unsigned char **at, const void *rows, size_t count, size_t size)
{
    void *out = *at;
    size_t bytes = count * size;
    if (bytes > 0) {
        memcpy(out, rows, bytes);
    }
    *at += (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    return out;
}

static enum vn_status pack(const struct vn_preparer *scratch, const struct vn_prepared *in,
                           struct vn_prepared **out)
{
    const struct vn_outcome *outcome = &scratch->outcome;
    size_t reason = in->status == VN_OK ? 0 : strlen(scratch->error.text) + 1;
    size_t bytes = in->transfer_count * sizeof *in->transfer + in->right_count * sizeof *in->rights +
                   in->line_count * sizeof *in->lines + in->consumption_count * sizeof *in->consumptions +
                   in->wallet_count * sizeof *in->wallets + in->lot_use_count * sizeof *in->lot_uses +
                   in->given_count * sizeof *in->given + reason;
    struct vn_prepared *all = malloc(sizeof *all + bytes + 8 * sizeof(max_align_t));
    *out = all;
    if (all == NULL) {
        return VN_NOMEM;
    }
    unsigned char *at = (unsigned char *)all->room;
    *all = *in;
    all->rights = place(&at, scratch->entry.rights, in->right_count, sizeof *in->rights);
    all->transfer = place(&at, &scratch->transfer, in->transfer_count, sizeof *in->transfer);
    all->lines = place(&at, scratch->lines, in->line_count, sizeof *in->lines);
    all->consumptions = place(&at, outcome->consumptions, in->consumption_count, sizeof *in->consumptions);
    all->wallets = place(&at, outcome->wallets, in->wallet_count, sizeof *in->wallets);
    all->lot_uses = place(&at, outcome->lot_uses, in->lot_use_count, sizeof *in->lot_uses);
    all->given = place(&at, outcome->given, in->given_count, sizeof *in->given);
    all->reason = place(&at, scratch->error.text, reason, 1);
    return VN_OK;
}

enum vn_status vn_prepare(struct vn_preparer *scratch, struct vn_view body, struct vn_prepared **out)
{
    struct vn_prepared prepared = {.kind_name = "?"};
    scratch->error = (struct vn_error){VN_OK, "", ""};
    enum vn_status status = vn_entry_decode(body, &scratch->entry, &scratch->error);
    if (status != VN_NOMEM) {
        take_envelope(&scratch->entry, &prepared);
    }
    if (status == VN_OK) {
        read_body(scratch, &prepared);
        status = scratch->error.status;
    }
    if (status == VN_OK && prepared.has_outcome) {
        take_figures(&scratch->outcome, &prepared);
    } else if (status != VN_OK) {
        say_reason(scratch, status, &prepared);
    }
    vn_entry_deinit(&scratch->entry);
    *out = NULL;
    return status == VN_NOMEM ? VN_NOMEM : pack(scratch, &prepared, out);
}

enum vn_status vn_prepare_branch(struct vn_preparer *scratch, struct vn_view body, struct vn_prepared **out)
{
    enum vn_status status = vn_prepare(scratch, body, out);
    if (status == VN_OK) {
        (*out)->right_count = 0;
    }
    return status;
}
