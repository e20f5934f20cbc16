#include "sync/hub/rights/rights.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "agent/loyalty/accounts.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/ledger/ledger.h"

#define GRANT_ROWS_MAX (VN_RIGHTS_MAX * VN_LOTS_MAX)

/* A reply in the making. */
struct telling {
    struct vn_rights_reply *out;
    int64_t accounts[VN_RIGHTS_MAX]; /* of the reply's grants */
    int64_t number;                  /* the grant that is being told, and what there was before it */
    unsigned count;
    unsigned slices[VN_RIGHTS_MAX];
    int64_t granted[VN_RIGHTS_MAX];
    unsigned wanted; /* so many of the grants were asked for */
    bool full;       /* the rest is for another time */
};

/* --- what is told */

/* Its place in the reply; VN_RIGHTS_MAX: there is no room. */
static unsigned place_of(struct telling *telling, int64_t account)
{
    struct vn_rights_reply *out = telling->out;
    unsigned at = 0;
    while (at < out->count && telling->accounts[at] != account) {
        at++;
    }
    if (at == out->count && at < VN_RIGHTS_MAX) {
        telling->accounts[at] = account;
        memset(&out->grants[at], 0, sizeof out->grants[at]);
        telling->slices[at] = 0;
        telling->granted[at] = 0;
        out->count++;
    }
    return at;
}

static void begin_number(struct telling *telling, int64_t number)
{
    telling->number = number;
    telling->count = telling->out->count;
    for (unsigned i = 0; i < telling->count; i++) {
        telling->slices[i] = telling->out->grants[i].slice_count;
        telling->granted[i] = telling->out->grants[i].granted;
    }
}

/* A grant is told whole, or not at all. */
static void leave_out(struct telling *telling)
{
    struct vn_rights_reply *out = telling->out;
    out->count = telling->count;
    for (unsigned i = 0; i < out->count; i++) {
        out->grants[i].slice_count = telling->slices[i];
        out->grants[i].granted = telling->granted[i];
    }
    telling->full = true;
}

static enum vn_status on_grant(void *ctx, const struct vn_grant_row *row)
{
    struct telling *telling = ctx;
    if (telling->full) {
        return VN_OK;
    }
    if (row->number != telling->number) {
        telling->out->number = telling->number;
        begin_number(telling, row->number);
    }
    unsigned at = place_of(telling, row->account);
    struct vn_grant *grant = &telling->out->grants[at < VN_RIGHTS_MAX ? at : 0];
    if (at == VN_RIGHTS_MAX || grant->slice_count == VN_LOTS_MAX) {
        leave_out(telling);
        return VN_OK;
    }
    grant->slices[grant->slice_count++] = row->slice;
    grant->granted = at < telling->wanted ? grant->granted : row->granted;
    return VN_OK;
}

static enum vn_status on_account(void *ctx, const struct vn_account_row *row)
{
    struct telling *telling = ctx;
    unsigned at = place_of(telling, row->id);
    telling->out->grants[at].free = row->places[VN_PLACE_FREE];
    telling->out->grants[at].elsewhere = vn_ledger_at_tills(row);
    return VN_OK;
}

static enum vn_status on_claim(void *ctx, const struct vn_claim_row *row)
{
    struct telling *telling = ctx;
    struct vn_grant *grant = &telling->out->grants[place_of(telling, row->account)];
    grant->elsewhere = vn_ledger_elsewhere(grant->elsewhere, row);
    return VN_OK;
}

/* Of accounts that nobody asked for now: their names, and what there is of them. */
static enum vn_status describe(struct vn_hub *hub, int64_t enrolment, struct telling *telling)
{
    struct vn_rights_reply *out = telling->out;
    struct vn_claim_key keys[VN_RIGHTS_MAX];
    unsigned count = out->count - telling->wanted;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < count && status == VN_OK; i++) {
        char name[VN_HUB_ACCOUNT_MAX];
        unsigned at = telling->wanted + i;
        keys[i] = (struct vn_claim_key){enrolment, telling->accounts[at]};
        status = vn_storage_name(hub->storage, telling->accounts[at], name);
        if (status == VN_OK) {
            status =
                vn_view_copy_str(vn_view_str(name), out->grants[at].account, sizeof out->grants[at].account);
        }
    }
    if (status == VN_OK && count > 0) {
        status = vn_storage_accounts_load(hub->storage, telling->accounts + telling->wanted, count,
                                          on_account, telling);
    }
    return status == VN_OK && count > 0 ? vn_storage_claims_load(hub->storage, keys, count, on_claim, telling)
                                        : status;
}

struct backs {
    struct vn_hub *hub;
    struct vn_rights_reply *out;
    bool more;
};

static enum vn_status on_asked(void *ctx, const struct vn_claim_row *row)
{
    struct backs *backs = ctx;
    char name[VN_HUB_ACCOUNT_MAX];
    backs->more = backs->out->back_count == VN_RIGHTS_MAX;
    if (backs->more) {
        return VN_OK;
    }
    struct vn_right_back *back = &backs->out->back[backs->out->back_count++];
    enum vn_status status = vn_storage_name(backs->hub->storage, row->account, name);
    back->released = row->asked;
    back->seen = row->released;
    return status == VN_OK ? vn_view_copy_str(vn_view_str(name), back->account, sizeof back->account)
                           : status;
}

static enum vn_status on_older(void *ctx, const struct vn_enrolment_row *row, const char *report,
                               int64_t report_ms)
{
    int64_t *older = ctx;
    (void)report;
    (void)report_ms;
    *older = row->state != VN_ENROLMENT_ACTIVE && row->id > *older ? row->id : *older;
    return VN_OK;
}

/* Whose grants the till is told: its own. */
static enum vn_status grants_of(struct vn_hub *hub, const struct vn_enrolment_row *row, int64_t after,
                                int64_t *out)
{
    *out = row->id;
    if (!VN_PLANTED(OLD_GRANTS_GIVEN) || after > 0) {
        return VN_OK;
    }
    *out = 0;
    enum vn_status status = vn_storage_enrolments_of(hub->storage, row->till, on_older, out);
    *out = *out == 0 ? row->id : *out;
    return status;
}

/* All grants that the till has not journaled, and all that is asked back of it, as far as there is room. */
static enum vn_status tell(struct vn_hub *hub, const struct vn_enrolment_row *row, int64_t after,
                           struct telling *telling)
{
    struct backs backs = {hub, telling->out, false};
    telling->wanted = telling->out->count;
    begin_number(telling, 0);
    int64_t whose = 0;
    enum vn_status status = grants_of(hub, row, after, &whose);
    if (status == VN_OK) {
        status = vn_storage_grants(hub->storage, whose, after, GRANT_ROWS_MAX, on_grant, telling);
    }
    if (status == VN_OK && telling->full && telling->out->number == 0 && telling->wanted > 0) {
        /* What was wanted is no help as long as the till can't be told of what is before it. */
        telling->out->count = 0;
        telling->full = false;
        return tell(hub, row, after, telling);
    }
    if (!telling->full) {
        telling->out->number = telling->number;
    }
    if (status == VN_OK) {
        status = describe(hub, row->id, telling);
    }
    if (status == VN_OK) {
        status = vn_storage_claims_asked(hub->storage, row->id, VN_RIGHTS_MAX + 1, on_asked, &backs);
    }
    telling->out->asked = backs.more ? row->asked - 1 : row->asked;
    return status;
}

/* --- what is wanted */

/* A hub that was set back does not know what it has granted since, so it grants nothing more until all have shown theirs. */
static enum vn_status look_back(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                struct vn_rights_reply *out)
{
    int64_t unshown = 0;
    enum vn_status status = vn_storage_unshown(hub->storage, &unshown);
    if (status != VN_OK || hub->epoch == 1 || VN_PLANTED(SET_BACK_GRANTS)) {
        return status;
    }
    if (unshown > 0) { /* this one may have shown its own just now */
        status = vn_storage_enrolment_put(hub->storage, row);
    }
    if (status == VN_OK && unshown > 0) {
        status = vn_storage_unshown(hub->storage, &unshown);
    }
    if (status == VN_OK && unshown == 0) {
        status = vn_storage_all_shown(hub->storage, hub->epoch);
    }
    if (unshown > 0) {
        (void)snprintf(out->reason, sizeof out->reason,
                       "the hub was set back, and %lld %s not shown yet what was granted there",
                       (long long)unshown, unshown == 1 ? "enrolment has" : "enrolments have");
    }
    return status;
}

static enum vn_status grant_one(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                const struct vn_right_want *want, struct telling *telling, bool *given,
                                struct vn_error *error)
{
    bool fine = telling->out->reason[0] == '\0';
    const struct vn_ledger_want wanted = {.enrolment = row->id,
                                          .number = row->grant + 1,
                                          .account = want->account,
                                          .of = want->has_of ? &want->of : NULL,
                                          .granted = fine ? want->granted : 0,
                                          .at_ms = vn_hub_now_ms(hub)};
    struct vn_grant *out = &telling->out->grants[telling->out->count];
    memset(out, 0, sizeof *out);
    memcpy(out->account, want->account, sizeof out->account);
    enum vn_status status =
        vn_ledger_grant(hub->post, &wanted, out, &telling->accounts[telling->out->count], error);
    *given = *given || out->slice_count > 0;
    out->slice_count = 0; /* they are told with all others */
    telling->out->count++;
    return status;
}

/* The chance to take risks goes ahead to who fetches, whatever he wants. */
static enum vn_status grant_risk(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                 const struct vn_rights_request *request, bool *given)
{
    const struct vn_ledger_want want = {.enrolment = row->id,
                                        .number = row->grant + 1,
                                        .account = VN_ACCOUNT_RISK,
                                        .at_ms = vn_hub_now_ms(hub)};
    for (unsigned i = 0; i < request->count; i++) {
        if (strcmp(request->wants[i].account, VN_ACCOUNT_RISK) == 0) {
            return VN_OK;
        }
    }
    return vn_setting(hub->settings, VN_SETTING_RISK_TILL) > 0 ? vn_ledger_grant_risk(hub->post, &want, given)
                                                               : VN_OK;
}

enum vn_status vn_rights_grant(struct vn_hub *hub, struct vn_enrolment_row *row,
                               const struct vn_rights_request *request, int64_t after,
                               struct vn_rights_reply *out, struct vn_error *error)
{
    struct telling telling = {.out = out};
    bool given = false;
    enum vn_status status = VN_OK;
    memset(out, 0, sizeof *out);
    out->has_enrolment = true;
    out->enrolment = row->enrolment;
    if (row->state != VN_ENROLMENT_ACTIVE) {
        return vn_fail(error, VN_DENIED, "this enrolment has ended; the till must enrol anew");
    }
    out->risk_member = vn_setting(hub->settings, VN_SETTING_RISK_MEMBER);
    status = look_back(hub, row, out);
    for (unsigned i = 0; i < request->count && status == VN_OK; i++) {
        status = grant_one(hub, row, &request->wants[i], &telling, &given, error);
        if (status == VN_INPUT) {
            (void)snprintf(error->pointer, sizeof error->pointer, "/wants/%u/account", i);
        }
    }
    bool ahead = row->ahead || request->count == 0;
    if (status == VN_OK && ahead && out->reason[0] == '\0') {
        status = grant_risk(hub, row, request, &given);
    }
    if (status == VN_OK && (given || ahead != row->ahead)) {
        row->grant += given ? 1 : 0;
        row->ahead = ahead;
        status = vn_storage_enrolment_put(hub->storage, row);
    }
    return status == VN_OK ? tell(hub, row, after, &telling) : status;
}
