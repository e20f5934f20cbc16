#include "sync/hub/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/codes/payment.h"
#include "agent/loyalty/loyalty_json.h"
#include "sync/hub/import_line.h"
#include "sync/hub/import_signup.h"
#include "sync/hub/ledger.h"

#define DOCUMENT_MAX VN_MEMBER_FACTS_MAX
#define DAY_MS       INT64_C(86400000)
#define YEARS_MS     INT64_C(7258118400000) /* 2200-01-01 */

static bool two_digits(const char *text, unsigned max, unsigned *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
        return false;
    }
    *out = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
    return *out >= 1 && *out <= max;
}

/* "MM-DD". */
static void read_birth(const struct vn_json_in *in, struct vn_member *member)
{
    char text[8] = "";
    vn_json_str(in, "birth", VN_OPTIONAL, text, sizeof text);
    if (text[0] != '\0' &&
        (strlen(text) != 5 || text[2] != '-' || !two_digits(text, 12, &member->birth_month) ||
         !two_digits(text + 3, 31, &member->birth_day))) {
        vn_json_fail(in, "birth", "a day as MM-DD");
    }
}

/* "YYYY-MM-DD", in UTC; absent leaves *out. */
static void read_day(const struct vn_json_in *in, const char *key, int64_t add_ms, int64_t *out)
{
    char text[16] = "";
    unsigned month = 0;
    unsigned day = 0;
    vn_json_str(in, key, VN_OPTIONAL, text, sizeof text);
    if (text[0] == '\0') {
        return;
    }
    bool good = strlen(text) == 10 && text[4] == '-' && text[7] == '-' && strspn(text, "0123456789") == 4 &&
                two_digits(text + 5, 12, &month) && two_digits(text + 8, 31, &day);
    if (!good) {
        vn_json_fail(in, key, "a day as YYYY-MM-DD");
        return;
    }
    text[4] = '\0';
    struct tm date = {
        .tm_year = (int)strtol(text, NULL, 10) - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};
    *out = (int64_t)timegm(&date) * 1000 + add_ms;
}

bool vn_import_number(const struct vn_json_in *in, const char *key, char out[VN_CARD_TEXT_MAX])
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
    out[0] = '\0';
    vn_json_str(in, key, VN_REQUIRED, out, VN_CARD_TEXT_MAX);
    if (!vn_json_failed(in) && (out[0] == '\0' || out[strspn(out, allowed)] != '\0')) {
        vn_json_fail(in, key, "a number of digits and letters");
    }
    return !vn_json_failed(in);
}

void vn_import_key_mark(const struct vn_hub *hub, char out[VN_IMPORT_MARK_MAX])
{
    struct vn_hash hash;
    vn_hub_card_hash(hub, "the key's mark", &hash); /* no number has a blank */
    vn_hex_encode(vn_view_of(hash.bytes, (VN_IMPORT_MARK_MAX - 1) / 2), out);
}

bool vn_import_check_key(const struct vn_hub *hub, const struct vn_json_in *in)
{
    char mark[VN_IMPORT_MARK_MAX];
    char own[VN_IMPORT_MARK_MAX];
    mark[0] = '\0';
    vn_json_str(in, "card_key", VN_REQUIRED, mark, sizeof mark);
    vn_import_key_mark(hub, own);
    if (!vn_json_failed(in) && strcmp(mark, own) != 0) {
        vn_json_refuse(in, "card_key", "these hashes were made with another card.key than this hub's");
    }
    return !vn_json_failed(in);
}

enum vn_status vn_import_card(struct vn_hub *hub, int64_t id, const struct vn_hash *hash)
{
    char hex[2 * VN_HASH_SIZE + 1];
    char account[VN_HUB_ACCOUNT_MAX];
    char before[VN_ID_MAX];
    int64_t owner = id;
    vn_hex_encode(vn_view_of(hash->bytes, sizeof hash->bytes), hex);
    (void)snprintf(account, sizeof account, "card:%s", hex);
    enum vn_status status = vn_storage_card_member(hub->storage, hash, &owner);
    if (status == VN_OK && owner == id) {
        return VN_OK;
    }
    if (status == VN_OK) {
        (void)snprintf(before, sizeof before, "w%lld", (long long)owner);
        status = vn_storage_change(hub->storage, VN_FEED_MEMBER, before);
    } else if (status == VN_ABSENT) {
        status = VN_OK;
    }
    if (status == VN_OK) {
        status = vn_storage_card_put(hub->storage, hash, id);
    }
    return status == VN_OK ? vn_ledger_adopt(hub->post, account, id, vn_hub_now_ms(hub)) : status;
}

/* The row's "id" is the hub's number; a member's own is a text. */
static void read_member(const struct vn_json_in *in, struct vn_member *out)
{
    struct vn_json_in row = *in;
    json_t *copy = json_deep_copy(in->value);
    (void)json_object_del(copy, "id");
    row.value = copy;
    vn_member_read(&row, out);
    json_decref(copy);
}

/* What is stored of a person beside what tills are told. */
struct person {
    struct vn_member member;
    char last_name[VN_NAME_MAX];
    char joined[VN_TIME_TEXT_MAX];
    bool provisional;
    json_t *consents; /* NULL: none */
};

static void read_person(const struct vn_json_in *in, struct person *out)
{
    char consent[VN_TAG_MAX];
    size_t count = 0;
    read_member(in, &out->member);
    read_birth(in, &out->member);
    vn_json_str(in, "last_name", VN_OPTIONAL, out->last_name, sizeof out->last_name);
    vn_json_str(in, "joined", VN_OPTIONAL, out->joined, sizeof out->joined);
    vn_json_bool(in, "provisional", VN_OPTIONAL, &out->provisional);
    struct vn_json_in consents = vn_json_array(in, "consents", VN_OPTIONAL, VN_CONSENTS_MAX, &count);
    out->consents = vn_json_has(in, "consents") ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&consents, i);
        consent[0] = '\0';
        vn_json_str(&at, NULL, VN_REQUIRED, consent, sizeof consent);
        (void)json_array_append_new(out->consents, json_string(consent));
    }
}

static enum vn_status store_person(struct vn_hub *hub, int64_t id, const struct person *person)
{
    struct vn_buf facts;
    json_t *json = vn_member_write(&person->member);
    vn_buf_init(&facts, DOCUMENT_MAX);
    enum vn_status status =
        json == NULL || json_object_set_new(json, "last_name", json_string(person->last_name)) != 0 ||
                json_object_set_new(json, "joined", json_string(person->joined)) != 0 ||
                (person->provisional && json_object_set_new(json, "provisional", json_true()) != 0) ||
                (person->consents != NULL && json_object_set(json, "consents", person->consents) != 0)
            ? VN_NOMEM
            : vn_json_dump(json, &facts);
    if (status == VN_OK) {
        status = vn_storage_member_put(hub->storage, id, vn_buf_view(&facts));
    }
    json_decref(json);
    vn_buf_deinit(&facts);
    return status;
}

/* What was imported first stays: the sales since then are added to it; so do consents that the row says nothing of. *fresh: there is
 * no such member yet. */
static enum vn_status keep_opening(struct vn_hub *hub, int64_t id, struct person *person, bool *fresh)
{
    struct vn_buf facts;
    struct vn_error error;
    json_t *root = NULL;
    vn_buf_init(&facts, DOCUMENT_MAX);
    enum vn_status status = vn_storage_member_get(hub->storage, id, &facts);
    *fresh = status == VN_ABSENT;
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&facts), &root, &error) == VN_OK ? VN_OK : VN_CORRUPT;
        person->member.lifetime_spend_minor =
            json_integer_value(json_object_get(root, "lifetime_spend_minor"));
        if (person->consents == NULL) {
            person->consents = json_incref(json_object_get(root, "consents"));
        }
    }
    json_decref(root);
    vn_buf_deinit(&facts);
    return *fresh ? VN_OK : status;
}

/* A card of a member who signed up at a till stays his: points and rights are on his account, where tills go on booking. */
static enum vn_status take_card(struct vn_hub *hub, const struct vn_json_in *in, int64_t id,
                                const struct vn_hash *hash)
{
    char sentence[128];
    bool provisional = false;
    int64_t owner = id;
    enum vn_status status = vn_storage_card_member(hub->storage, hash, &owner);
    if (status == VN_OK && owner != id) {
        status = vn_import_is_provisional(hub, owner, &provisional);
    }
    if (provisional) {
        (void)snprintf(sentence, sizeof sentence,
                       "this card's member signed up at a till: import him by his id there, %lld",
                       (long long)owner);
        vn_json_refuse(in, NULL, sentence);
        return VN_INPUT;
    }
    return status == VN_OK || status == VN_ABSENT ? vn_import_card(hub, id, hash) : status;
}

/* Numbers, or the hashes of an export. */
static enum vn_status take_cards(struct vn_hub *hub, const struct vn_json_in *in, int64_t id)
{
    struct vn_hash hash;
    char number[VN_CARD_TEXT_MAX];
    size_t numbers = 0;
    size_t hashes = 0;
    enum vn_status status = VN_OK;
    struct vn_json_in cards = vn_json_array(in, "cards", VN_OPTIONAL, VN_FEED_CARDS_MAX, &numbers);
    struct vn_json_in hashed = vn_json_array(in, "card_hashes", VN_OPTIONAL, VN_FEED_CARDS_MAX, &hashes);
    for (size_t i = 0; i < numbers && status == VN_OK; i++) {
        struct vn_json_in at = vn_json_at(&cards, i);
        if (!vn_import_number(&at, NULL, number)) {
            return VN_INPUT;
        }
        vn_hub_card_hash(hub, number, &hash);
        status = take_card(hub, &at, id, &hash);
    }
    for (size_t i = 0; i < hashes && status == VN_OK; i++) {
        struct vn_json_in at = vn_json_at(&hashed, i);
        vn_json_hex(&at, NULL, VN_REQUIRED, hash.bytes, sizeof hash.bytes);
        status =
            vn_json_failed(in) || !vn_import_check_key(hub, in) ? VN_INPUT : take_card(hub, &at, id, &hash);
    }
    return status == VN_OK && vn_json_failed(in) ? VN_INPUT : status;
}

static enum vn_status write_member(struct vn_hub *hub, const struct vn_json_in *in, int64_t id)
{
    struct person *person = calloc(1, sizeof *person);
    bool fresh = false;
    if (person == NULL) {
        return VN_NOMEM;
    }
    read_person(in, person);
    int64_t points = person->member.balance;
    if (points < 0) {
        vn_json_fail(in, "balance", "points, not below 0");
    }
    if (!vn_json_has(in, "cards") && !vn_json_has(in, "card_hashes")) {
        vn_json_fail(in, "cards", "numbers of cards");
    }
    person->member.known = true;
    person->member.balance = 0;
    person->member.lot_count = 0;
    person->member.account[0] = '\0';
    enum vn_status status = keep_opening(hub, id, person, &fresh);
    if (status == VN_OK) {
        status = vn_json_failed(in) ? VN_INPUT : store_person(hub, id, person);
    }
    if (status == VN_OK) {
        status = vn_ledger_open_member(hub->post, id, fresh ? points : 0, vn_hub_now_ms(hub));
    }
    json_decref(person->consents);
    free(person);
    return status == VN_OK ? take_cards(hub, in, id) : status;
}

static enum vn_status import_member(struct vn_hub *hub, const struct vn_json_in *in, bool gone)
{
    char wallet[VN_ID_MAX];
    int64_t id = 0;
    vn_json_int(in, "id", VN_REQUIRED, 1, VN_NUMBER_MAX, &id);
    if (vn_json_failed(in)) {
        return VN_INPUT;
    }
    (void)snprintf(wallet, sizeof wallet, "w%lld", (long long)id);
    enum vn_status status = gone ? vn_storage_member_drop(hub->storage, id) : write_member(hub, in, id);
    if (status == VN_OK && gone) {
        status = vn_ledger_close(hub->post, vn_account_of_member(id, 0));
    }
    return status == VN_OK ? vn_storage_change(hub->storage, VN_FEED_MEMBER, wallet) : status;
}

static void coupon_account(int64_t id, char out[VN_ID_MAX])
{
    (void)snprintf(out, VN_ID_MAX, "c%lld", (long long)id);
}

/* `spent`: it was used up where it comes from, and nothing is issued. */
static enum vn_status write_coupon(struct vn_hub *hub, struct vn_coupon_row *row, bool spent)
{
    char account[VN_ID_MAX];
    bool fresh = false;
    enum vn_status status = vn_storage_coupon_put(hub->storage, row, &fresh);
    coupon_account(row->id, account);
    if (status == VN_OK && fresh && row->coupon.single_use && !spent) {
        status = vn_ledger_open_coupon(hub->post, row->id, row->coupon.valid_from_ms,
                                       row->coupon.valid_until_ms, vn_hub_now_ms(hub));
    }
    return status == VN_OK ? vn_storage_change(hub->storage, VN_FEED_COUPON, account) : status;
}

/* Its number and the last characters of that, or what an export says of them. */
static bool read_coupon_number(const struct vn_hub *hub, const struct vn_json_in *in,
                               struct vn_coupon_row *out)
{
    char number[VN_CARD_TEXT_MAX];
    if (vn_json_has(in, "number_hash")) {
        vn_json_hex(in, "number_hash", VN_REQUIRED, out->number.bytes, sizeof out->number.bytes);
        vn_json_str(in, "label", VN_OPTIONAL, out->coupon.label, sizeof out->coupon.label);
        return !vn_json_failed(in) && vn_import_check_key(hub, in);
    }
    if (vn_import_number(in, "number", number)) {
        size_t len = strlen(number);
        vn_hub_card_hash(hub, number, &out->number);
        (void)snprintf(out->coupon.label, sizeof out->coupon.label, "%s", number + (len > 4 ? len - 4 : 0));
    }
    return !vn_json_failed(in);
}

static enum vn_status import_coupon(struct vn_hub *hub, const struct vn_json_in *in, bool gone)
{
    struct vn_coupon_row row;
    char account[VN_ID_MAX];
    bool spent = false;
    memset(&row, 0, sizeof row);
    if (!read_coupon_number(hub, in, &row)) {
        return VN_INPUT;
    }
    if (gone) {
        enum vn_status status = vn_storage_coupon_drop(hub->storage, &row.number, &row.id);
        coupon_account(row.id, account);
        if (status == VN_OK) {
            status = vn_ledger_close(hub->post, vn_account_of_coupon(row.id));
        }
        return status == VN_ABSENT ? VN_OK
               : status == VN_OK   ? vn_storage_change(hub->storage, VN_FEED_COUPON, account)
                                   : status;
    }
    vn_json_str(in, "promotion", VN_REQUIRED, row.coupon.promotion, sizeof row.coupon.promotion);
    vn_json_bool(in, "single_use", VN_OPTIONAL, &row.coupon.single_use);
    vn_json_bool(in, "spent", VN_OPTIONAL, &spent);
    vn_json_int(in, "member", VN_OPTIONAL, 1, INT64_MAX, &row.member);
    read_day(in, "valid_from", 0, &row.coupon.valid_from_ms);
    read_day(in, "valid_until", DAY_MS - 1, &row.coupon.valid_until_ms);
    return vn_json_failed(in) ? VN_INPUT : write_coupon(hub, &row, spent);
}

/* A receipt of before: its points are in the member's balance, so they go from "issued" to "past". */
static enum vn_status import_receipt(struct vn_hub *hub, const struct vn_json_in *in, bool gone)
{
    char store[VN_ID_MAX] = "";
    int64_t member = 0;
    int64_t at_ms = 0;
    int64_t total_minor = 0;
    int64_t points = 0;
    (void)gone;
    vn_json_int(in, "member", VN_REQUIRED, 1, VN_NUMBER_MAX, &member);
    vn_json_int(in, "at_ms", VN_REQUIRED, 0, YEARS_MS, &at_ms);
    vn_json_str(in, "store", VN_REQUIRED, store, sizeof store);
    vn_json_int(in, "total_minor", VN_REQUIRED, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &total_minor);
    vn_json_int(in, "points", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &points);
    if (vn_json_failed(in)) {
        return VN_INPUT;
    }
    enum vn_status status = vn_storage_member_get(hub->storage, member, NULL);
    if (status == VN_ABSENT) {
        vn_json_fail(in, "member", "a member that was imported before");
        return VN_INPUT;
    }
    if (status == VN_OK) {
        status = vn_storage_receipt_put(hub->storage, member, at_ms, store, total_minor, points);
    }
    if (status != VN_OK || points == 0) {
        return status == VN_CONFLICT ? VN_OK : status;
    }
    return vn_ledger_past(hub->post, member, points, at_ms);
}

static const struct {
    const char *name;
    enum vn_status (*line)(struct vn_hub *hub, const struct vn_json_in *in, bool gone);
} kinds[VN_IMPORTS] = {
    [VN_IMPORT_ITEMS] = {"catalogue", vn_import_item}, [VN_IMPORT_MEMBERS] = {"members", import_member},
    [VN_IMPORT_COUPONS] = {"coupons", import_coupon},  [VN_IMPORT_CARDS] = {"cards", vn_import_block},
    [VN_IMPORT_HISTORY] = {"history", import_receipt},
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
    if (status == VN_OK) {
        return VN_OK;
    }
    if (importing.read || importing.number == 0) {
        return vn_fail(error, status, "the import can't be stored");
    }
    const struct vn_error *why = &importing.why;
    (void)vn_fail(error, status, "line %lld: %s", (long long)importing.number,
                  why->text[0] == '\0' ? vn_status_name(status) : why->text);
    memcpy(error->pointer, why->pointer, sizeof error->pointer);
    return status;
}
