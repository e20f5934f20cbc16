/* How much there is of accounts that have a name and no owner of their own: limits and stamps of members, counts and budgets of
 * promotions, and the chain's allowance for risks.
 *
 * Nobody pays these in. They get what they are to have when the first till asks: the limit of the ruleset in force, less what the
 * member's book has counted before there were rights of it; the stamps that his book has; what the promotion allows in the whole
 * chain; what the chain is ready to lose, less what members owe of it. When that becomes more, the difference is issued with
 * the next request, and pays first what was taken without a right. When it becomes less, what is free goes; what tills have stays
 * theirs.
 *
 * A hub that was set back has forgotten accounts that tills go on using: they owe all of it, until the first sale that used some
 * says whose they are. */
#include <string.h>

#include "agent/base/planted.h"
#include "agent/loyalty/accounts.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/ledger/post_work.h"

#define BP_WHOLE 10000

/* The name is made of these parts: 'n', 's', 'a' or 'b'; 0: of others. */
static char letter_of(const char *name, const struct vn_right_of *of)
{
    char made[VN_ID_MAX];
    char letter = vn_account_is_named(name) ? name[0] : '\0';
    switch (letter) {
    case 'n': vn_account_member_limit(of->member, of->promotion, of->day, made); break;
    case 's': vn_account_stamps(of->member, of->card, made); break;
    case 'a': vn_account_chain_count(of->promotion, made); break;
    case 'b': vn_account_chain_budget(of->promotion, made); break;
    default: return '\0';
    }
    return strcmp(made, name) == 0 ? letter : '\0';
}

/* What the book of the member has counted by that name. */
static enum vn_status counted(const struct vn_turn *turn, const char *member, const char *name, int64_t *out)
{
    struct vn_post *post = turn->post;
    struct vn_book_person person;
    struct vn_post_account *account = NULL;
    int64_t id = 0;
    int64_t next_lot = 1;
    *out = 0;
    if (!vn_account_member(member, &id)) {
        return member[0] == '\0' ? vn_fail(turn->error, VN_INPUT, "it names no member that it is of")
                                 : vn_fail(turn->error, VN_INPUT, "'%s' is no member", member);
    }
    enum vn_status status = vn_post_account(post, vn_account_of_member(id, 0), &account);
    if (status == VN_OK && !account->there) {
        return vn_fail(turn->error, VN_INPUT, "account '%s' is not known", member);
    }
    post->book.counter_count = post->book.given_count = post->book.wallet_count = 0;
    if (status == VN_OK) {
        status = vn_book_open(&post->book, "", "");
    }
    if (status == VN_OK) {
        status = vn_book_unpack(account->row.book, &post->book, 0, &next_lot, &person);
    }
    *out = status == VN_OK ? vn_book_counter(&post->book, name) : 0;
    return status;
}

/* What is lost with a till that is gone may have been used there. */
static int64_t at_hand(const struct vn_account_row *row)
{
    return row->places[VN_PLACE_FREE] + row->places[VN_PLACE_RIGHT] + row->places[VN_PLACE_HELD] +
           row->places[VN_PLACE_SUSPENSE] + row->places[VN_PLACE_LENT] + row->places[VN_PLACE_LOST] +
           row->places[VN_PLACE_DEBT];
}

/* By how much the account has too little; below 0: too much. */
static enum vn_status lacking(const struct vn_turn *turn, char letter, const char *name,
                              const struct vn_right_of *of, const struct vn_account_row *row, int64_t *out)
{
    const struct vn_ruleset *ruleset = NULL;
    struct vn_ruleset_limits limits = {.member = 0};
    int64_t issued =
        VN_PLANTED(BUDGET_ISSUED_AGAIN) ? row->places[VN_PLACE_FREE] : -row->places[VN_PLACE_ISSUED];
    int64_t has = 0;
    enum vn_status status = letter == 'a' || letter == 'b' ? VN_OK : counted(turn, of->member, name, &has);
    *out = 0;
    if (status == VN_OK && letter == 's') {
        *out = has - at_hand(row);
        return VN_OK;
    }
    if (status == VN_OK) {
        status = vn_terms_ruleset(turn->post->terms, turn->post->storage, &ruleset);
    }
    if (status != VN_OK || ruleset == NULL) {
        return status;
    }
    bool of_period = vn_ruleset_limits(ruleset, of->promotion, of->day, &limits);
    int64_t before = has > row->places[VN_PLACE_REDEEMED] ? has - row->places[VN_PLACE_REDEEMED] : 0;
    int64_t most = letter == 'a'   ? limits.count
                   : letter == 'b' ? limits.budget_minor
                                   : limits.member - before;
    bool known = letter != 'n' || (of_period && limits.member > 0);
    *out = known && most > issued ? most - issued : 0;
    return VN_OK;
}

static enum vn_status lacking_risk(const struct vn_turn *turn, const struct vn_account_row *row, int64_t *out)
{
    int64_t owed = 0;
    enum vn_status status = vn_storage_risk(turn->post->storage, &owed);
    *out = vn_setting(turn->post->settings, VN_SETTING_RISK_TOTAL) - owed - at_hand(row);
    return status;
}

enum vn_status vn_capacity_open(const struct vn_turn *turn, const char *name, const struct vn_right_of *of,
                                int64_t *account)
{
    bool risk = strcmp(name, VN_ACCOUNT_RISK) == 0;
    struct vn_post_account *row = NULL;
    int64_t more = 0;
    char letter = of == NULL ? '\0' : letter_of(name, of);
    if (!risk && of != NULL && letter == '\0') {
        return vn_fail(turn->error, VN_INPUT, "'%s' is not made of what it is said to be of", name);
    }
    enum vn_status status = risk || of != NULL ? vn_post_open_name(turn->post, name, account)
                                               : vn_post_account_id(turn->post, name, account);
    if (status == VN_ABSENT) {
        return vn_fail(turn->error, VN_INPUT, "there is no account '%s'", name);
    }
    if (status == VN_OK) {
        status = vn_post_account(turn->post, *account, &row);
    }
    if (status == VN_OK && (risk || of != NULL)) {
        status =
            risk ? lacking_risk(turn, &row->row, &more) : lacking(turn, letter, name, of, &row->row, &more);
    }
    if (status == VN_OK && more > 0) {
        const struct vn_book_lot lot = {.amount = more, .earned_ms = turn->at_ms, .matures_ms = turn->at_ms};
        return vn_post_issue(turn, *account, &lot);
    }
    return status == VN_OK && more < 0 ? vn_post_take_free(turn, *account, -more) : status;
}

static enum vn_status recall(const struct vn_turn *turn, const char *name, const char *member)
{
    const struct vn_ruleset *ruleset = NULL;
    const char *promotion = NULL;
    struct vn_right_of of = {.day = 0};
    int64_t account = 0;
    enum vn_status status = vn_terms_ruleset(turn->post->terms, turn->post->storage, &ruleset);
    if (status != VN_OK || ruleset == NULL ||
        !vn_ruleset_limited(ruleset, member, name, vn_post_day(ruleset, turn->at_ms), &promotion, &of.day)) {
        return status;
    }
    status = vn_view_copy_str(vn_view_str(promotion), of.promotion, sizeof of.promotion);
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_view_str(member), of.member, sizeof of.member);
    }
    return status == VN_OK ? vn_capacity_open(turn, name, &of, &account) : status;
}

enum vn_status vn_capacity_recall(const struct vn_turn *turn, int64_t of,
                                  const struct vn_consumption *consumptions, unsigned count)
{
    struct vn_post_account *member = NULL;
    bool known = of != 0 && vn_account_kind(of) == VN_ACCOUNT_MEMBER;
    enum vn_status status = known ? vn_post_account(turn->post, of, &member) : VN_OK;
    for (unsigned i = 0; i < count && status == VN_OK; i++) {
        struct vn_post_account *account = NULL;
        int64_t id = 0;
        if (!vn_account_is_named(consumptions[i].account)) {
            continue;
        }
        status = vn_post_account_id(turn->post, consumptions[i].account, &id);
        if (status == VN_OK) {
            status = vn_post_account(turn->post, id, &account);
        }
        if (status == VN_OK && account->row.places[VN_PLACE_DEBT] < 0) {
            status = recall(turn, consumptions[i].account, member == NULL ? "" : member->text);
        }
    }
    return status;
}

/* One till never has more than half of what there is of a promotion, and of risks what one till may take. */
static int64_t most_of(const struct vn_post *post, const char *name, const struct vn_account_row *account)
{
    return name[0] == VN_ACCOUNT_RISK[0] ? vn_setting(post->settings, VN_SETTING_RISK_TILL)
                                         : (1 - account->places[VN_PLACE_ISSUED]) / 2;
}

int64_t vn_capacity_portion(const struct vn_post *post, const char *name,
                            const struct vn_account_row *account, const struct vn_claim_row *claim,
                            int64_t more)
{
    if (more == 0 || strchr("ab" VN_ACCOUNT_RISK, name[0]) == NULL) {
        return more;
    }
    int64_t part = vn_setting(post->settings, VN_SETTING_RIGHTS_PORTION_BP);
    int64_t portion = account->places[VN_PLACE_FREE] / BP_WHOLE * part +
                      account->places[VN_PLACE_FREE] % BP_WHOLE * part / BP_WHOLE - claim->right;
    int64_t most = most_of(post, name, account) - claim->right - claim->held;
    more = more < portion ? portion : more;
    more = more > most ? most : more;
    return more > 0 ? more : 0;
}
