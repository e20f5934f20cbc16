/* Members with their cards and opening balances. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/loyalty/loyalty_json.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/masters/import_line.h"
#include "sync/hub/masters/import_signup.h"

#define DOCUMENT_MAX VN_MEMBER_FACTS_MAX

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
    if (copy == NULL) {
        (void)vn_fail(in->error, VN_NOMEM, "out of memory");
        return;
    }
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
    vn_import_birth(in, &out->member);
    vn_json_str(in, "last_name", VN_OPTIONAL, out->last_name, sizeof out->last_name);
    vn_json_str(in, "joined", VN_OPTIONAL, out->joined, sizeof out->joined);
    vn_json_bool(in, "provisional", VN_OPTIONAL, &out->provisional);
    struct vn_json_in consents = vn_json_array(in, "consents", VN_OPTIONAL, VN_CONSENTS_MAX, &count);
    out->consents = vn_json_has(in, "consents") ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&consents, i);
        consent[0] = '\0';
        vn_json_str(&at, NULL, VN_REQUIRED, consent, sizeof consent);
        if (json_array_append_new(out->consents, json_string(consent)) != 0) {
            (void)vn_fail(in->error, VN_NOMEM, "out of memory");
        }
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

/* What was imported first stays: the sales since then are added to it; so do consents that the row says nothing of. *fresh: there
 * is no such member yet. */
static enum vn_status keep_opening(struct vn_hub *hub, int64_t id, struct person *person, bool *fresh)
{
    struct vn_buf facts;
    struct vn_error error;
    json_t *root = NULL;
    vn_buf_init(&facts, DOCUMENT_MAX);
    enum vn_status status = vn_storage_member_get(hub->storage, id, &facts);
    *fresh = status == VN_ABSENT;
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&facts), &root, &error);
        status = status == VN_INPUT ? VN_CORRUPT : status;
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

enum vn_status vn_import_member(struct vn_hub *hub, const struct vn_json_in *in, bool gone)
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
