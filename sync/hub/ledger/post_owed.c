/* What tills have and the hub wants back.
 *
 * What is owed while tills have points of it: what a return or void took back was more than what was free, or a sale used
 * what its till had no right to. As much is asked back of tills, and pays the debt when it arrives (vn_post_settle). Further what
 * has expired, which it does when it is here again, and all of a member who was not there for so long as points are granted
 * ahead.
 *
 * Asked after the rows are stored, in their transaction. What is asked back already, for whatever reason, is not asked again, so
 * an account that owes for long costs one look when it is posted to. */
#include "agent/base/number.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/ledger/post_work.h"

#define DAY_MS INT64_C(86400000)

struct owing {
    struct vn_post *post;
    int64_t missing;
    unsigned count;
    struct vn_holder_row rows[VN_RIGHTS_HOLDERS_MAX];
};

static enum vn_status on_holder(void *ctx, const struct vn_holder_row *row)
{
    struct owing *self = ctx;
    int64_t pending = row->asked > row->released ? vn_least(row->asked - row->released, row->right) : 0;
    self->missing -= pending;
    if (pending < row->right && self->count < VN_RIGHTS_HOLDERS_MAX) {
        self->rows[self->count] = *row;
        self->rows[self->count++].right -= pending;
    }
    return VN_OK;
}

static enum vn_status ask(struct owing *self, const struct vn_post_account *account)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < self->count && self->missing > 0 && status == VN_OK; i++) {
        const struct vn_holder_row *holder = &self->rows[i];
        int64_t part = vn_least(holder->right, self->missing);
        status = vn_storage_claim_ask(self->post->storage, holder->id, account->row.id, part);
        self->missing -= part;
        vn_post_note_store(self->post, holder->store);
        vn_log_event(self->post->log, VN_LOG_NOTICE, "owed_asked_back",
                     VN_S("account", vn_post_called(self->post, account)), VN_S("store", holder->store),
                     VN_I("points", part));
    }
    return status;
}

int64_t vn_post_idle_ms(const struct vn_post *post, const struct vn_post_books *books)
{
    int64_t days = vn_setting(post->settings, VN_SETTING_RIGHTS_AHEAD_DAYS);
    bool out = books->has_person && books->person.last_visit_ms > 0 &&
               books->accounts[0]->row.places[VN_PLACE_RIGHT] > 0;
    return out ? (books->person.last_visit_ms / DAY_MS + days + 1) * DAY_MS : 0;
}

void vn_post_ask_idle(const struct vn_turn *turn, const struct vn_post_books *books)
{
    const struct vn_book_wallet *wallet = &turn->post->book.wallets[0];
    struct vn_post_account *account = books->accounts[0];
    int64_t idle_ms = vn_post_idle_ms(turn->post, books);
    bool idle = idle_ms > 0 && idle_ms <= turn->at_ms;
    int64_t expired = 0;
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        bool over = wallet->lots[i].expires_ms > 0 && wallet->lots[i].expires_ms <= turn->at_ms;
        expired += over ? wallet->lots[i].granted : 0;
    }
    account->wanted = idle ? account->row.places[VN_PLACE_RIGHT] : expired;
}

enum vn_status vn_post_ask_owed(struct vn_post *post, struct vn_post_account *const *rows, size_t count)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        const int64_t *places = rows[i]->row.places;
        struct owing owing = {.post = post, .missing = rows[i]->wanted - places[VN_PLACE_DEBT]};
        if (owing.missing <= 0 || places[VN_PLACE_RIGHT] <= 0) {
            continue;
        }
        status =
            vn_storage_holders(post->storage, rows[i]->row.id, 0, VN_RIGHTS_HOLDERS_MAX, on_holder, &owing);
        if (status == VN_OK) {
            status = ask(&owing, rows[i]);
        }
    }
    return status;
}
