/* The ledger for support: one account with its wallets, lots, places and movements; and the sums over all. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/api/report.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/storage/book.h"

#define TILLS_KNOWN 64

struct names {
    int64_t enrolment;
    char till[VN_ID_MAX];
};

struct ledger {
    struct vn_hub *hub;
    struct vn_ledger_view *view;
    int64_t account;
    json_t *out; /* the document */
    json_t *list;
    struct names tills[TILLS_KNOWN]; /* by the enrolment's number */
};

static enum vn_status put(json_t *into, const char *key, json_t *value)
{
    return json_object_set_new(into, key, value) == 0 ? VN_OK : VN_NOMEM;
}

/* The name of an enrolment's till; an account meets a few tills again and again. */
static const char *till_of(struct ledger *self, int64_t enrolment)
{
    struct vn_enrolment_row row;
    struct names *known = &self->tills[(uint64_t)enrolment % TILLS_KNOWN];
    if (known->enrolment != enrolment) {
        known->enrolment = enrolment;
        known->till[0] = '\0';
        if (vn_storage_enrolment_by_number(self->hub->storage, enrolment, &row) == VN_OK) {
            memcpy(known->till, row.till, sizeof known->till);
        }
    }
    return known->till;
}

static enum vn_status add_place(struct ledger *self, enum vn_ledger_place place, int64_t enrolment,
                                int64_t amount)
{
    return amount == 0 ||
                   json_array_append_new(
                       self->list, json_pack("{s:s, s:s, s:I}", "place", vn_ledger_place_name(place), "till",
                                             till_of(self, enrolment), "amount", (json_int_t)amount)) == 0
               ? VN_OK
               : VN_NOMEM;
}

/* What the till shall give back of its right, and has not yet. */
static enum vn_status add_asked(struct ledger *self, const struct vn_claim_row *row)
{
    json_t *right = json_array_get(self->list, json_array_size(self->list) - 1);
    int64_t asked = row->asked - row->released < row->right ? row->asked - row->released : row->right;
    return asked > 0 ? put(right, "asked_back", json_integer(asked)) : VN_OK;
}

static enum vn_status add_claim(void *ctx, const struct vn_claim_row *row)
{
    struct ledger *self = ctx;
    enum vn_status status = add_place(self, VN_PLACE_RIGHT, row->enrolment, row->right);
    if (status == VN_OK) {
        status = add_asked(self, row);
    }
    if (status == VN_OK) {
        status = add_place(self, VN_PLACE_HELD, row->enrolment, row->held);
    }
    if (status == VN_OK) {
        status = add_place(self, VN_PLACE_SUSPENSE, row->enrolment, row->suspense);
    }
    return status == VN_OK ? add_place(self, VN_PLACE_LENT, row->enrolment, row->lent) : status;
}

static enum vn_status put_places(struct ledger *self)
{
    const struct vn_account_row *row = vn_ledger_view_row(self->view);
    enum vn_status status = VN_OK;
    self->list = json_array();
    for (int place = 0; place < VN_PLACES && status == VN_OK; place++) {
        bool of_tills = place == VN_PLACE_RIGHT || place == VN_PLACE_HELD || place == VN_PLACE_SUSPENSE ||
                        place == VN_PLACE_LENT;
        status = of_tills ? VN_OK : add_place(self, (enum vn_ledger_place)place, 0, row->places[place]);
    }
    if (status == VN_OK) {
        status = vn_storage_claims(self->hub->storage, self->account, add_claim, self);
    }
    return put(self->out, "places", self->list) == VN_OK ? status : VN_NOMEM;
}

static json_t *lots_json(const struct vn_book_wallet *wallet)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "lot", (json_int_t)lot->id, "amount",
                      (json_int_t)lot->amount + (json_int_t)lot->granted, "out", (json_int_t)lot->granted,
                      "spent", (json_int_t)lot->spent, "expired", (json_int_t)lot->expired, "sale",
                      (json_int_t)lot->sale, "earned_ms", (json_int_t)lot->earned_ms, "matures_ms",
                      (json_int_t)lot->matures_ms, "expires_ms", (json_int_t)lot->expires_ms));
    }
    return list;
}

static json_t *counters_json(const struct vn_book *book)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < book->counter_count; i++) {
        (void)json_array_append_new(list, json_pack("{s:s, s:I}", "account", book->counters[i].account,
                                                    "value", (json_int_t)book->counters[i].value));
    }
    return list;
}

static json_t *given_json(const struct vn_book *book)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < book->given_count; i++) {
        const struct vn_book_given *given = &book->given[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "kind", vn_given_names[given->kind], "what",
                            given->what, "amount", (json_int_t)given->amount, "sale", (json_int_t)given->sale,
                            "valid_from_ms", (json_int_t)given->valid_from_ms, "valid_until_ms",
                            (json_int_t)given->valid_until_ms));
    }
    return list;
}

static enum vn_status add_movement(void *ctx, const struct vn_movement_row *row)
{
    struct ledger *self = ctx;
    int64_t of = row->from_enrolment != 0 ? row->from_enrolment : row->to_enrolment;
    json_t *one =
        json_pack("{s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:I}", "movement", (json_int_t)row->id,
                  "at_ms", (json_int_t)row->at_ms, "why", row->why, "from", vn_ledger_place_name(row->from),
                  "to", vn_ledger_place_name(row->to), "amount", (json_int_t)row->amount, "lot",
                  (json_int_t)row->lot, "sale", (json_int_t)row->sale, "at", till_of(self, of), "till",
                  till_of(self, row->enrolment), "seq", (json_int_t)row->seq);
    return json_array_insert_new(self->list, 0, one) == 0 ? VN_OK : VN_NOMEM;
}

static enum vn_status put_movements(struct ledger *self)
{
    self->list = json_array();
    enum vn_status status = vn_storage_movements(
        self->hub->storage, vn_ledger_view_row(self->view)->last_movement, add_movement, self);
    return put(self->out, "movements", self->list) == VN_OK ? status : VN_NOMEM;
}

/* A wallet's member, with what he has beside this account: his further wallets by their names. */
static enum vn_status put_member(struct ledger *self)
{
    struct vn_member *member = calloc(1, sizeof *member);
    int64_t id = vn_account_owner(self->account);
    json_t *wallets = json_array();
    if (member == NULL) {
        json_decref(wallets);
        return VN_NOMEM;
    }
    enum vn_status status = vn_feed_member(self->hub, id, member);
    if (status == VN_OK) {
        status = put(self->out, "member",
                     json_pack("{s:I, s:s, s:s, s:I, s:I, s:I}", "id", (json_int_t)id, "first_name",
                               member->first_name, "tier", member->tier, "lifetime_spend_minor",
                               (json_int_t)member->lifetime_spend_minor, "qualifying",
                               (json_int_t)member->qualifying, "visits", (json_int_t)member->visits));
    }
    for (unsigned i = 0; i < member->wallet_count && status == VN_OK; i++) {
        (void)json_array_append_new(wallets, json_pack("{s:s, s:s, s:I}", "wallet", member->wallets[i].id,
                                                       "account", member->wallets[i].account, "balance",
                                                       (json_int_t)member->wallets[i].balance));
    }
    if (status == VN_OK) {
        status = put(self->out, "wallets", json_incref(wallets));
    }
    json_decref(wallets);
    free(member);
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status put_account(struct ledger *self, const char *name)
{
    const struct vn_book *book = vn_ledger_view_book(self->view);
    enum vn_status status = put(self->out, "account", json_string(name));
    if (status == VN_OK) {
        status = put(self->out, "balance", json_integer(vn_ledger_owned(vn_ledger_view_row(self->view))));
    }
    if (status == VN_OK) {
        status = put(self->out, "lots", lots_json(&book->wallets[0]));
    }
    if (status == VN_OK) {
        status = put(self->out, "counters", counters_json(book));
    }
    if (status == VN_OK) {
        status = put(self->out, "given", given_json(book));
    }
    if (status == VN_OK) {
        status = put_places(self);
    }
    if (status == VN_OK) {
        status = put_movements(self);
    }
    return status == VN_OK && vn_account_kind(self->account) == VN_ACCOUNT_MEMBER ? put_member(self) : status;
}

static enum vn_status totals(struct vn_hub *hub, json_t **out)
{
    int64_t sums[VN_PLACES];
    json_t *all = json_object();
    enum vn_status status = vn_storage_totals(hub->storage, sums);
    for (int place = 0; place < VN_PLACES && status == VN_OK; place++) {
        status = put(all, vn_ledger_place_name((enum vn_ledger_place)place), json_integer(sums[place]));
    }
    *out = status == VN_OK ? json_pack("{s:O}", "totals", all) : NULL;
    json_decref(all);
    return status == VN_OK && *out == NULL ? VN_NOMEM : status;
}

static enum vn_status on_name(void *ctx, const char *name, int64_t id)
{
    (void)name;
    *(int64_t *)ctx = id;
    return VN_OK;
}

/* The number of an account, whatever kind it is. VN_ABSENT. */
static enum vn_status find_account(struct vn_hub *hub, const char *name, int64_t *id)
{
    *id = 0;
    if (vn_account_id(name, id)) {
        return VN_OK;
    }
    enum vn_status status = vn_storage_names_load(hub->storage, &name, 1, on_name, id);
    return status == VN_OK && *id == 0 ? VN_ABSENT : status;
}

enum vn_status vn_report_ledger(struct vn_hub *hub, const char *account, json_t **out)
{
    struct ledger self = {.hub = hub, .view = hub->view, .out = json_object()};
    *out = NULL;
    if (account[0] == '\0') {
        json_decref(self.out);
        return totals(hub, out);
    }
    enum vn_status status = find_account(hub, account, &self.account);
    if (status == VN_OK) {
        status = vn_ledger_view_read(self.view, hub->storage, self.account);
    }
    if (status == VN_OK) {
        status = put_account(&self, account);
    }
    if (status == VN_OK) {
        *out = self.out;
        return VN_OK;
    }
    json_decref(self.out);
    return status;
}
