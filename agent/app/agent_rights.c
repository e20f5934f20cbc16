/* What this till may take without asking, counted for people: GET /v1/rights and `verno status`.
 *
 * A till of a large store holds rights to the points of thousands of members. They are counted on the journal's thread, slice by
 * slice, so that a commit that comes meanwhile waits for one slice at most. */
#include <stdlib.h>
#include <string.h>

#include "agent/app/internal.h"
#include "agent/loyalty/accounts.h"

#define SLICE 256

struct sum {
    int64_t accounts, amount;
};

struct counting {
    struct vn_agent *agent;
    void (*done)(void *ctx, json_t *rights);
    void *ctx;
    enum vn_status status;
    bool more;
    char last[VN_ID_MAX]; /* the account that was counted last */
    struct sum points, coupons, others, risk;
    unsigned back_count;
    struct vn_right_back backs[VN_RIGHTS_MAX];
    struct sum owed; /* asked back, and not released yet */
    struct vn_counters rows[SLICE];
};

static void add(struct sum *sum, int64_t amount)
{
    sum->accounts++;
    sum->amount += amount;
}

static struct sum *sum_of(struct counting *mine, const char *account)
{
    return account[0] == 'w'                       ? &mine->points
           : account[0] == 'c'                     ? &mine->coupons
           : strcmp(account, VN_ACCOUNT_RISK) == 0 ? &mine->risk
                                                   : &mine->others;
}

static enum vn_status count_owed(struct counting *mine, struct vn_journal *journal)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < mine->back_count && status == VN_OK; i++) {
        const struct vn_right_back *back = &mine->backs[i];
        int64_t released = 0;
        status = vn_journal_released(journal, back->account, &released);
        released = back->seen > released ? back->seen : released;
        if (status == VN_OK && back->released > released) {
            add(&mine->owed, back->released - released);
        }
    }
    return status;
}

/* On the journal's thread. A slice begins with the account that ended the one before. */
static void count_slice(void *ctx, struct vn_journal *journal)
{
    static const char after_all[] = "\x7f";
    struct counting *mine = ctx;
    size_t count = 0;
    mine->status = vn_journal_available(journal, mine->last, after_all, mine->rows, SLICE, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(mine->rows[i].account, mine->last) != 0) {
            add(sum_of(mine, mine->rows[i].account), vn_counters_available(&mine->rows[i]));
        }
    }
    mine->more = mine->status == VN_OK && count == SLICE;
    if (mine->more) {
        memcpy(mine->last, mine->rows[SLICE - 1].account, sizeof mine->last);
    } else if (mine->status == VN_OK) {
        mine->status = count_owed(mine, journal);
    }
}

static json_t *sum_json(const struct sum *sum)
{
    return json_pack("{s:I, s:I}", "accounts", (json_int_t)sum->accounts, "amount", (json_int_t)sum->amount);
}

static void finish(struct counting *mine)
{
    json_t *json = NULL;
    if (mine->status == VN_OK) {
        json = json_pack("{s:i, s:o, s:o, s:o, s:I, s:o}", "points_exponent",
                         (int)vn_till_session(mine->agent->till)->points_exponent, "points",
                         sum_json(&mine->points), "coupons", sum_json(&mine->coupons), "others",
                         sum_json(&mine->others), "risk", (json_int_t)mine->risk.amount, "asked_back",
                         sum_json(&mine->owed));
    }
    mine->agent->counting = false;
    mine->done(mine->ctx, json);
    free(mine);
}

static void slice_done(void *ctx, const struct vn_journal_head *head)
{
    struct counting *mine = ctx;
    struct vn_agent *agent = mine->agent;
    (void)head;
    if (mine->more && !agent->ending &&
        vn_journal_thread_run(agent->journal, count_slice, slice_done, mine) == VN_OK) {
        return;
    }
    mine->status = mine->more ? VN_AGAIN : mine->status; /* it was not counted to its end */
    finish(mine);
}

enum vn_status agent_rights_count(void *ctx, void (*done)(void *done_ctx, json_t *rights), void *done_ctx)
{
    struct vn_agent *agent = ctx;
    if (agent->counting) { /* one at a time: the journal's queue has room for what must not fail */
        return VN_AGAIN;
    }
    struct counting *mine = calloc(1, sizeof *mine);
    if (mine == NULL) {
        return VN_NOMEM;
    }
    mine->agent = agent;
    mine->done = done;
    mine->ctx = done_ctx;
    const struct vn_right_back *backs = vn_till_asked_back(agent->till, &mine->back_count);
    memcpy(mine->backs, backs, mine->back_count * sizeof *backs);
    enum vn_status status = vn_journal_thread_run(agent->journal, count_slice, slice_done, mine);
    agent->counting = status == VN_OK;
    if (status != VN_OK) {
        free(mine);
    }
    return status;
}
