/* Cards that are blocked by themselves: lost, or taken away. The member keeps his points and his other cards; the card leads to
 * nobody from the next checkpoint on, at every till. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger/ledger.h"
#include "sync/hub/masters/import_line.h"

static bool read_card(const struct vn_hub *hub, const struct vn_json_in *in, struct vn_hash *out)
{
    char number[VN_CARD_TEXT_MAX];
    if (vn_json_has(in, "card_hash")) {
        vn_json_hex(in, "card_hash", VN_REQUIRED, out->bytes, sizeof out->bytes);
        return !vn_json_failed(in) && vn_import_check_key(hub, in);
    }
    if (vn_import_number(in, "number", number)) {
        vn_hub_card_hash(hub, number, out);
    }
    return !vn_json_failed(in);
}

/* The member whose card it is has one card more or less. */
static enum vn_status tell_owner(struct vn_hub *hub, const struct vn_hash *card)
{
    char account[VN_ID_MAX];
    int64_t owner = 0;
    enum vn_status status = vn_storage_card_member(hub->storage, card, &owner);
    if (status == VN_OK) {
        (void)snprintf(account, sizeof account, "w%lld", (long long)owner);
        status = vn_storage_change(hub->storage, VN_FEED_MEMBER, account);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_import_block(struct vn_hub *hub, const struct vn_json_in *in, bool gone)
{
    struct vn_blocked_row row = {.since_ms = vn_hub_now_ms(hub)};
    char account[VN_ID_MAX];
    if (!read_card(hub, in, &row.card)) {
        return VN_INPUT;
    }
    vn_json_int(in, "since_ms", VN_OPTIONAL, 0, row.since_ms, &row.since_ms);
    vn_json_str(in, "reason", VN_OPTIONAL, row.reason, sizeof row.reason);
    if (vn_json_failed(in)) {
        return VN_INPUT;
    }
    vn_account_of_blocked(&row.card, account);
    enum vn_status status =
        gone ? vn_storage_blocked_drop(hub->storage, &row.card) : vn_storage_blocked_put(hub->storage, &row);
    if (status == VN_OK) {
        status = vn_storage_change(hub->storage, VN_FEED_MEMBER, account);
    }
    return status == VN_OK ? tell_owner(hub, &row.card) : status;
}
