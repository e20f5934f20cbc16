#include "sync/hub/masters/import_signup.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/json.h"
#include "agent/codes/payment.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/masters/import.h"

#define ID_BYTES 8

/* The facts of a member as they are stored. VN_ABSENT. */
static enum vn_status read_facts(struct vn_hub *hub, int64_t id, json_t **out)
{
    struct vn_buf facts;
    struct vn_error error;
    vn_buf_init(&facts, VN_MEMBER_FACTS_MAX);
    *out = NULL;
    enum vn_status status = vn_storage_member_get(hub->storage, id, &facts);
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&facts), out, &error);
        status = status == VN_INPUT ? VN_CORRUPT : status;
    }
    vn_buf_deinit(&facts);
    return status;
}

enum vn_status vn_import_is_provisional(struct vn_hub *hub, int64_t member, bool *out)
{
    json_t *facts = NULL;
    enum vn_status status = read_facts(hub, member, &facts);
    *out = json_is_true(json_object_get(facts, "provisional"));
    json_decref(facts);
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status check_known(struct vn_hub *hub, int64_t member, struct vn_error *error)
{
    json_t *facts = NULL;
    enum vn_status status = read_facts(hub, member, &facts);
    if (status == VN_OK && json_is_true(json_object_get(facts, "blocked"))) {
        status = vn_fail(error, VN_CONFLICT,
                         "this card's member is blocked; give another card, or ask the office");
    }
    json_decref(facts);
    return status;
}

static enum vn_status check_card(struct vn_hub *hub, const struct vn_hash *card, struct vn_error *error)
{
    struct vn_blocked_row blocked;
    char account[VN_ID_MAX];
    vn_account_of_blocked(card, account);
    enum vn_status status = vn_storage_blocked_get(hub->storage, account, &blocked);
    if (status == VN_OK) {
        return vn_fail(error, VN_CONFLICT, "this card is blocked; give another card, or ask the office");
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status check_text(const char *text, const char *pointer, struct vn_error *error)
{
    if (!vn_payment_find(vn_view_str(text), NULL, NULL)) {
        return VN_OK;
    }
    enum vn_status status = vn_fail(error, VN_INPUT, VN_PAYMENT_REFUSED "; take it out");
    (void)snprintf(error->pointer, sizeof error->pointer, "%s", pointer);
    return status;
}

static enum vn_status check_texts(const struct vn_signup *signup, struct vn_error *error)
{
    enum vn_status status = check_text(signup->first_name, "/first_name", error);
    for (unsigned i = 0; i < signup->consent_count && status == VN_OK; i++) {
        status = check_text(signup->consents[i], "/consents", error);
    }
    return status;
}

/* A number that the card leads to and nobody has. */
static enum vn_status find_id(struct vn_hub *hub, const struct vn_hash *card, int64_t *out)
{
    uint64_t number = 0;
    for (int i = 0; i < ID_BYTES; i++) {
        number = number << 8 | card->bytes[i];
    }
    int64_t id = (int64_t)(number & (uint64_t)(VN_SIGNUP_FIRST - 1)) | VN_SIGNUP_FIRST;
    enum vn_status status = vn_storage_member_get(hub->storage, id, NULL);
    while (status == VN_OK) {
        id = id == VN_NUMBER_MAX ? VN_SIGNUP_FIRST : id + 1;
        status = vn_storage_member_get(hub->storage, id, NULL);
    }
    *out = id;
    return status == VN_ABSENT ? VN_OK : status;
}

/* NULL without memory: a consent that is left out was never given. */
static json_t *facts_of(const struct vn_hub *hub, const struct vn_signup *signup)
{
    struct tm date;
    char joined[16] = "";
    time_t seconds = (time_t)(vn_hub_now_ms(hub) / 1000);
    json_t *consents = json_array();
    for (unsigned i = 0; i < signup->consent_count; i++) {
        if (json_array_append_new(consents, json_string(signup->consents[i])) != 0) {
            json_decref(consents);
            return NULL;
        }
    }
    if (gmtime_r(&seconds, &date) != NULL) {
        (void)strftime(joined, sizeof joined, "%Y-%m-%d", &date);
    }
    return json_pack("{s:b, s:s, s:s, s:b, s:o}", "known", true, "first_name", signup->first_name, "joined",
                     joined, "provisional", true, "consents", consents);
}

static enum vn_status store(struct vn_hub *hub, int64_t id, const struct vn_signup *signup)
{
    struct vn_buf facts;
    char account[VN_ID_MAX];
    json_t *json = facts_of(hub, signup);
    vn_buf_init(&facts, VN_MEMBER_FACTS_MAX);
    (void)snprintf(account, sizeof account, "w%lld", (long long)id);
    enum vn_status status = json == NULL ? VN_NOMEM : vn_json_dump(json, &facts);
    if (status == VN_OK) {
        status = vn_storage_member_put(hub->storage, id, vn_buf_view(&facts));
    }
    if (status == VN_OK) {
        status = vn_ledger_open_member(hub->post, id, 0, vn_hub_now_ms(hub));
    }
    if (status == VN_OK) {
        status = vn_import_card(hub, id, &signup->card);
    }
    json_decref(json);
    vn_buf_deinit(&facts);
    return status == VN_OK ? vn_storage_change(hub->storage, VN_FEED_MEMBER, account) : status;
}

enum vn_status vn_import_signup(struct vn_hub *hub, const struct vn_signup *signup, int64_t *member,
                                bool *fresh, struct vn_error *error)
{
    *fresh = false;
    enum vn_status status = check_card(hub, &signup->card, error);
    if (status != VN_OK) {
        return status;
    }
    status = vn_storage_card_member(hub->storage, &signup->card, member);
    if (status == VN_OK) {
        return check_known(hub, *member, error);
    }
    if (status == VN_ABSENT) {
        status = check_texts(signup, error);
    }
    if (status == VN_OK) {
        status = find_id(hub, &signup->card, member);
    }
    *fresh = status == VN_OK;
    return status == VN_OK ? store(hub, *member, signup) : status;
}
