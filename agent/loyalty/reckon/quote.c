/* The stages in their order: units, basket, coupons, points as a discount, tenders, earning; then what follows from all of
 * them. Each group judges its promotions in scope and leaves a verdict for each, for the explanation. */
#include "agent/loyalty/quote.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/time_text.h"

enum vn_status vn_quote_work_create(struct vn_quote_work **out)
{
    struct vn_quote_work *work = calloc(1, sizeof *work);
    *out = NULL;
    if (work == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = vn_match_create(&work->match);
    status = status == VN_OK ? vn_best_create(&work->best) : status;
    if (status != VN_OK) {
        vn_quote_work_destroy(work);
        return status;
    }
    *out = work;
    return VN_OK;
}

void vn_quote_work_destroy(struct vn_quote_work *work)
{
    if (work != NULL) {
        vn_match_destroy(work->match);
        vn_best_destroy(work->best);
    }
    free(work);
}

enum vn_status vn_quote_overflow(struct vn_quote_work *work)
{
    return vn_fail(work->error, VN_INPUT, "sums out of range");
}

/* Runs the groups on one side of the points that are spent; *at moves on. */
static enum vn_status run_groups(struct vn_quote_work *work, bool earning, size_t *at)
{
    enum vn_status status = VN_OK;
    while (*at < work->candidate_count && status == VN_OK) {
        unsigned group = vn_work_promotion(work, work->candidates[*at])->group;
        if ((work->ruleset->groups[group].stage == VN_STAGE_EARNING) != earning) {
            break;
        }
        size_t end = *at + 1;
        while (end < work->candidate_count &&
               vn_work_promotion(work, work->candidates[end])->group == group) {
            end++;
        }
        vn_units_begin_group(work);
        status = vn_group_run(work, *at, end);
        *at = end;
    }
    return status;
}

/* The lines as they are before anything is taken off. */
static void open_lines(struct vn_quote_work *work)
{
    work->out->line_count = (unsigned)work->line_count;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        work->out->lines[i] = (struct vn_line_outcome){
            .line_id = at->line->id,
            .qty_milli = at->counts ? at->qty_milli : 0,
            .list_minor = at->counts ? at->list_minor : 0,
        };
    }
}

static void close_lines(struct vn_quote_work *work)
{
    work->out->payable_minor = work->out->total_minor - work->out->discount_minor;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        work->out->lines[i].discount_minor = at->discount_minor;
        work->out->lines[i].payable_minor = at->line->amount_minor - at->discount_minor;
    }
}

static enum vn_status run(struct vn_quote_work *work)
{
    size_t at = 0;
    enum vn_status status = vn_units_expand(work);
    if (status != VN_OK) {
        return status;
    }
    open_lines(work);
    vn_match_begin(work);
    vn_candidates_collect(work);
    status = run_groups(work, false, &at);
    status = status == VN_OK ? vn_points_spend(work) : status;
    status = status == VN_OK ? vn_points_tender(work) : status;
    status = status == VN_OK ? vn_earning_base(work) : status;
    status = status == VN_OK ? run_groups(work, true, &at) : status;
    status = status == VN_OK ? vn_earning_close(work) : status;
    status = status == VN_OK ? vn_funding_split(work) : status;
    if (status == VN_OK) {
        vn_given_close(work);
        close_lines(work);
        vn_explain_all(work);
    }
    return status;
}

static void begin(struct vn_quote_work *work, const struct vn_quote_input *input, struct vn_outcome *out,
                  struct vn_error *error)
{
    work->input = input;
    work->ruleset = input->ruleset;
    work->out = out;
    work->error = error;
    work->applied_count = 0;
    work->looks = 0;
    work->local_minute = vn_time_local_minute(
        input->basket->started_ms,
        vn_ruleset_utc_offset_min(input->ruleset, input->place.store, input->basket->started_ms));
    work->store_groups = vn_store_groups_of(input->ruleset, input->place.store);
    vn_best_begin(work->best);
    vn_outcome_reset(out);
    out->ruleset = vn_ruleset_number(input->ruleset);
    out->engine = VN_ENGINE_VERSION;
    out->optimal = true;
}

static enum vn_status quote(struct vn_quote_work *work, const struct vn_quote_input *input,
                            struct vn_outcome *out, struct vn_error *error)
{
    if (error != NULL) {
        memset(error, 0, sizeof *error);
    }
    begin(work, input, out, error);
    enum vn_status status = run(work);
    if (status != VN_OK) {
        vn_outcome_reset(out);
    }
    return status;
}

enum vn_status vn_quote(struct vn_quote_work *work, const struct vn_quote_input *input,
                        struct vn_outcome *out, struct vn_error *error)
{
    work->unbounded = false;
    return quote(work, input, out, error);
}

enum vn_status vn_quote_unbounded(struct vn_quote_work *work, const struct vn_quote_input *input,
                                  struct vn_outcome *out)
{
    struct vn_error ignored;
    work->unbounded = true;
    return quote(work, input, out, &ignored);
}
