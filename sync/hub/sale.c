#include "sync/hub/sale.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/hub/sale_apply.h"

int64_t vn_apply_in(const struct vn_apply *apply, unsigned i)
{
    return apply->entry->rights[i].in - apply->known[i].in;
}

int64_t vn_apply_out(const struct vn_apply *apply, unsigned i)
{
    return apply->entry->rights[i].out - apply->known[i].out;
}

/* Loads what the till said last, and checks that counters only grow and that nothing was granted that we did
 * not grant. */
static enum vn_status read_counters(struct vn_apply *apply)
{
    for (unsigned i = 0; i < apply->entry->right_count; i++) {
        const struct vn_counters *said = &apply->entry->rights[i];
        enum vn_status status =
            vn_storage_counters(apply->storage, apply->enrolment->id, said->account, &apply->known[i]);
        if (status != VN_OK) {
            return status;
        }
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(apply->entry->rights[j].account, said->account) == 0) {
                return vn_fail(apply->error, VN_INPUT, "names the right to %s twice", said->account);
            }
        }
        if (vn_apply_in(apply, i) < 0 || vn_apply_out(apply, i) < 0) {
            return vn_fail(apply->error, VN_INPUT, "a counter of %s went back", said->account);
        }
        if (said->granted > apply->known[i].granted) {
            return vn_fail(apply->error, VN_INPUT, "%s: %lld granted, the hub granted %lld", said->account,
                           (long long)said->granted, (long long)apply->known[i].granted);
        }
    }
    return VN_OK;
}

static enum vn_status write_counters(struct vn_apply *apply)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        struct vn_counters next = apply->known[i];
        next.in = vn_apply_in(apply, i) > 0 ? apply->entry->rights[i].in : next.in;
        next.out = vn_apply_out(apply, i) > 0 ? apply->entry->rights[i].out : next.out;
        status = vn_storage_counters_put(apply->storage, apply->enrolment->id, &next);
    }
    return status;
}

static enum vn_status grant(struct vn_apply *apply)
{
    for (unsigned i = 0; i < apply->entry->right_count; i++) {
        const struct vn_counters *said = &apply->entry->rights[i];
        enum vn_status status =
            said->granted == 0
                ? VN_OK
                : vn_storage_grant_known(apply->storage, apply->enrolment->id, said->account, said->granted);
        if (status == VN_ABSENT) {
            return vn_fail(apply->error, VN_INPUT, "%s: no grant brought it to %lld", said->account,
                           (long long)said->granted);
        }
        if (status != VN_OK) {
            return status;
        }
    }
    return VN_OK;
}

static enum vn_status boot(struct vn_apply *apply)
{
    uint8_t id[VN_ID_BYTES];
    struct vn_json_in body = vn_json_root(apply->entry->body, apply->error);
    vn_json_hex(&body, "boot", VN_REQUIRED, id, sizeof id);
    return vn_json_failed(&body)
               ? apply->error->status
               : vn_storage_boot_put(apply->storage, apply->enrolment->id, id, apply->cause.seq);
}

static enum vn_status release(struct vn_apply *apply)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = vn_ledger_release(apply->storage, apply->enrolment->id, apply->entry->rights[i].account,
                                   vn_apply_out(apply, i), &apply->cause, apply->error);
    }
    return status;
}

static enum vn_status finding(struct vn_apply *apply)
{
    (void)apply;
    return VN_OK;
}

static const struct {
    enum vn_status (*run)(struct vn_apply *apply);
    bool may_in, may_out; /* which counters this kind may move */
} kinds[VN_ENTRY_KINDS] = {
    [VN_ENTRY_BOOT] = {boot, false, false},
    [VN_ENTRY_GRANT] = {grant, false, false},
    [VN_ENTRY_HOLD] = {vn_apply_hold, true, true},
    [VN_ENTRY_CANCEL] = {vn_apply_cancel, true, false},
    [VN_ENTRY_COMMIT] = {vn_apply_commit, true, true},
    [VN_ENTRY_USED] = {vn_apply_used, false, true},
    [VN_ENTRY_VOID] = {vn_apply_void, true, false},
    [VN_ENTRY_RETURN] = {vn_apply_return, false, false},
    [VN_ENTRY_RELEASE] = {release, false, true},
    [VN_ENTRY_FINDING] = {finding, false, false},
};

static enum vn_status apply_kind(struct vn_apply *apply)
{
    const struct vn_entry *entry = apply->entry;
    for (unsigned i = 0; i < entry->right_count; i++) {
        if ((vn_apply_in(apply, i) > 0 && !kinds[entry->kind].may_in) ||
            (vn_apply_out(apply, i) > 0 && !kinds[entry->kind].may_out)) {
            return vn_fail(apply->error, VN_INPUT, "'%s' moves the right to %s the wrong way",
                           vn_entry_kind_name(entry->kind), entry->rights[i].account);
        }
    }
    return kinds[entry->kind].run(apply);
}

static struct vn_apply *start(struct vn_storage *storage, const struct vn_enrolment_row *enrolment,
                              int64_t seq, int64_t at_ms, const struct vn_entry *entry)
{
    struct vn_apply *apply = calloc(1, sizeof *apply);
    if (apply != NULL) {
        apply->storage = storage;
        apply->enrolment = enrolment;
        apply->entry = entry;
        apply->cause = (struct vn_cause){vn_entry_kind_name(entry->kind), enrolment->id, seq, at_ms};
    }
    return apply;
}

enum vn_status vn_sale_apply(struct vn_storage *storage, const struct vn_enrolment_row *enrolment,
                             const struct vn_segment *segment, int64_t seq, int64_t at_ms,
                             const struct vn_entry *entry, struct vn_error *error)
{
    struct vn_apply *apply = start(storage, enrolment, seq, at_ms, entry);
    if (apply == NULL) {
        return VN_NOMEM;
    }
    apply->segment = segment;
    *error = (struct vn_error){VN_OK, "", ""};
    apply->error = error;
    enum vn_status status = read_counters(apply);
    if (status == VN_OK) {
        status = apply_kind(apply);
    }
    if (status == VN_OK) {
        status = write_counters(apply);
    }
    free(apply);
    return status;
}

enum vn_status vn_sale_count_only(struct vn_storage *storage, const struct vn_enrolment_row *enrolment,
                                  int64_t seq, int64_t at_ms, const struct vn_entry *entry)
{
    struct vn_apply *apply = start(storage, enrolment, seq, at_ms, entry);
    enum vn_status status = apply == NULL ? VN_NOMEM : VN_OK;
    for (unsigned i = 0; i < entry->right_count && status == VN_OK; i++) {
        const char *account = entry->rights[i].account;
        const struct vn_slot right = {account, VN_PLACE_RIGHT, enrolment->id};
        const struct vn_slot suspense = {account, VN_PLACE_SUSPENSE, enrolment->id};
        status = vn_storage_counters(storage, enrolment->id, account, &apply->known[i]);
        if (status == VN_OK && vn_apply_out(apply, i) > 0) {
            status = vn_storage_move(storage, &right, &suspense, vn_apply_out(apply, i), &apply->cause);
        }
        if (status == VN_OK && vn_apply_in(apply, i) > 0) {
            status = vn_storage_move(storage, &suspense, &right, vn_apply_in(apply, i), &apply->cause);
        }
    }
    if (status == VN_OK) {
        status = write_counters(apply);
    }
    free(apply);
    return status;
}
