#include "agent/till/internal.h"

#include <stdlib.h>
#include <string.h>

#include "agent/crypto/hash.h"

#define REPLY_MAX (1024 * 1024)

enum vn_status vn_till_create(const struct vn_till_config *config, const struct vn_till_io *io,
                              struct vn_till **out)
{
    *out = NULL;
    struct vn_till *till = calloc(1, sizeof *till);
    if (till == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = vn_quote_work_create(&till->work);
    if (status != VN_OK) {
        free(till);
        return status;
    }
    till->config = *config;
    till->io = *io;
    vn_buf_init(&till->inspect.reply, REPLY_MAX);
    vn_buf_init(&till->inspect.hold_body, VN_ENTRY_MAX);
    vn_buf_init(&till->inspect.commit_body, VN_ENTRY_MAX);
    vn_buf_init(&till->write.reply, REPLY_MAX);
    session_fill(till);
    *out = till;
    return VN_OK;
}

void vn_till_destroy(struct vn_till *till)
{
    if (till == NULL) {
        return;
    }
    for (unsigned i = 0; i < till->queue_len; i++) {
        free(till->queue[(till->queue_head + i) % VN_TILL_QUEUE_MAX].call.basket);
        free(till->queue[(till->queue_head + i) % VN_TILL_QUEUE_MAX].call.lines);
    }
    free(till->op.call.basket);
    free(till->op.call.lines);
    vn_buf_deinit(&till->inspect.reply);
    vn_buf_deinit(&till->inspect.hold_body);
    vn_buf_deinit(&till->inspect.commit_body);
    vn_buf_deinit(&till->write.reply);
    vn_entry_deinit(&till->write.entry);
    vn_ruleset_destroy(till->ruleset);
    vn_ruleset_destroy(till->next_ruleset);
    vn_quote_work_destroy(till->work);
    free(till);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

void till_answer(struct vn_till *till, uint64_t call, int http_status, json_t *json)
{
    struct vn_buf text;
    vn_buf_init(&text, REPLY_MAX);
    if (json == NULL || vn_json_dump(json, &text) != VN_OK) {
        till_problem(till, call, 500, "Out of memory", "the answer could not be written; try again");
    } else if (call != 0) {
        till->io.answer(till->io.ctx, call, http_status, vn_buf_view(&text));
    }
    vn_buf_deinit(&text);
    json_decref(json);
}

void till_problem(struct vn_till *till, uint64_t call, int http_status, const char *title, const char *detail)
{
    if (call != 0) {
        till->io.problem(till->io.ctx, call, http_status, title, detail, "");
    }
}

void till_changed(struct vn_till *till, enum vn_session_event event)
{
    if (till->lane.spend_fell) {
        till->lane.spend_fell = false;
        event = VN_SESSION_EVENT_SPEND;
    }
    till->event = event;
    if (event == VN_SESSION_EVENT_BASKET || event == VN_SESSION_EVENT_SPEND ||
        event == VN_SESSION_EVENT_PHASE || event == VN_SESSION_EVENT_COUPON) {
        till->notice = VN_SESSION_CARD_NONE; /* a refused card is shown until the next event of the sale */
    }
    session_fill(till);
    till->io.changed(till->io.ctx);
}

/* --- the queue ---------------------------------------------------------------------------------------------------- */

enum vn_status till_enqueue(struct vn_till *till, const struct op *op)
{
    if (till->queue_len == VN_TILL_QUEUE_MAX) {
        return VN_FULL;
    }
    till->queue[(till->queue_head + till->queue_len) % VN_TILL_QUEUE_MAX] = *op;
    till->queue_len++;
    return VN_OK;
}

void till_finish(struct vn_till *till)
{
    free(till->op.call.basket);
    free(till->op.call.lines);
    memset(&till->op, 0, sizeof till->op);
}

void till_unreckonable(struct vn_till *till, uint64_t call, const struct vn_error *error)
{
    if (call != 0) {
        char place[VN_JSON_POINTER_MAX] = ""; /* within the request, if that had a basket */
        if (till->op.call.basket != NULL) {
            (void)snprintf(place, sizeof place, "/basket%s", error->pointer);
        }
        till->io.problem(till->io.ctx, call, 422, "The basket can't be reckoned", error->text, place);
    }
}

void till_tell_outcome(struct vn_till *till)
{
    struct vn_till_event event = {
        .kind = VN_TILL_EVENT_OUTCOME, .sale = &till->lane.basket.key, .outcome = &till->lane.outcome};
    till->io.event(till->io.ctx, &event);
}

static void quote_call(struct vn_till *till)
{
    struct vn_error error;
    uint64_t call = till->op.call.id;
    lane_match_items(till);
    enum vn_status status = lane_quote(till, &error);
    if (status == VN_OK && wants_look_up(till)) {
        return; /* and then once more */
    }
    if (status != VN_OK) {
        lane_revert(till);
        till_unreckonable(till, call, &error);
        till_finish(till);
        till_changed(till, VN_SESSION_EVENT_BASKET);
        return;
    }
    json_t *json = json_pack("{s:o, s:o*}", "outcome", vn_till_outcome_json(till, &till->lane.outcome),
                             "member", lane_member_json(till));
    till_answer(till, call, 200, json);
    till_finish(till);
    wants_ask(till);
    wants_withheld(till);
    till_changed(till, VN_SESSION_EVENT_BASKET);
}

static void begin_quote(struct vn_till *till)
{
    const struct vn_basket *basket = till->op.call.basket;
    if (!lane_try(till)) {
        return;
    }
    if (!lane_adopt(till, basket)) {
        till_problem(till, till->op.call.id, 409, "The sale is held",
                     "it is being paid; commit it, or cancel the hold first");
        till_finish(till);
        return;
    }
    if (!lane_need_items(till, &till->lane.basket)) {
        quote_call(till);
    }
}

static void begin_card(struct vn_till *till)
{
    vn_hmac_sha256(vn_view_of(till->config.card_key, VN_HASH_SIZE), vn_view_str(till->op.number.digits),
                   till->op.kind == OP_CARD ? till->lookup.card.bytes : till->lookup.coupon.bytes);
    till->lookup.want_card = till->op.kind == OP_CARD;
    till->lookup.now_ms = vn_clock_wall_ms(&till->config.clock);
    till->lookup.want_coupon = till->op.kind == OP_COUPON;
    till->lookup.want_risk = till->op.kind == OP_CARD && till->risk_member > 0;
    till->lookup.want_chain = false;
    till->lookup.code_count = 0;
    till->lookup.right_count = 0;
    till->io.lookup(till->io.ctx, &till->lookup);
}

json_t *vn_till_boot_body(const uint8_t boot[VN_ID_BYTES])
{
    char hex[2 * VN_ID_BYTES + 1];
    vn_hex_encode(vn_view_of(boot, VN_ID_BYTES), hex);
    return json_pack("{s:s, s:s, s:i}", "boot", hex, "version", VERNO_VERSION, "engine", VN_ENGINE_VERSION);
}

static void begin_boot(struct vn_till *till)
{
    sale_write(till, VN_ENTRY_BOOT);
    till->io.write(till->io.ctx, &till->write);
}

void till_settle(struct vn_till *till)
{
    struct vn_error error;
    const enum vn_session_event event = till->op.event;
    uint64_t choice = till->op.choice;
    bool open = till->lane.has_basket && till->lane.phase == VN_SESSION_OPEN;
    enum vn_status status = open ? lane_quote(till, &error) : VN_OK;
    if (open && status == VN_OK && wants_look_up(till)) {
        return;
    }
    if (status != VN_OK) {
        vn_log_event(till->config.log, VN_LOG_WARN, "requote_failed", VN_S("why", error.text));
        till_unreckonable(till, choice, &error);
    } else {
        if (open) {
            till_tell_outcome(till);
        }
        choice_answer(till, choice);
    }
    till_finish(till);
    wants_ask(till);
    wants_withheld(till);
    till_changed(till, event);
}

static void forget_card(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    till->notice = VN_SESSION_CARD_NONE;
    if (lane->phase == VN_SESSION_IDLE || lane->phase == VN_SESSION_OPEN) {
        choice_forget(till);
        lane_give_back_one(till, lane->member.account);
        lane->card = VN_SESSION_CARD_NONE;
        lane->risk_known = false;
        here_forget(till);
        memset(&lane->member, 0, sizeof lane->member);
        till->op.event = VN_SESSION_EVENT_CARD;
        till_settle(till);
        return;
    }
    till_finish(till); /* the customer pays already, or has */
    till_changed(till, VN_SESSION_EVENT_CARD);
}

/* After a sale it is the next customer's card, and what the one before bought is not for her. */
static void refused_card(struct vn_till *till)
{
    enum vn_session_card card = till->op.refused;
    enum vn_session_phase phase = till->lane.phase;
    struct vn_till_event event = {.kind = VN_TILL_EVENT_CARD, .card = card};
    if (phase != VN_SESSION_IDLE && phase != VN_SESSION_OPEN && phase != VN_SESSION_HELD) {
        lane_reset(till);
    }
    till->notice = card;
    till_finish(till);
    till_changed(till, VN_SESSION_EVENT_CARD);
    till->io.event(till->io.ctx, &event);
}

static void begin(struct vn_till *till)
{
    switch (till->op.kind) {
    case OP_CALL:
        if (till->op.call.kind == VN_TILL_QUOTE) {
            begin_quote(till);
        } else if (till->op.call.kind == VN_TILL_CHOICE) {
            choice_begin(till);
        } else {
            sale_begin(till);
        }
        return;
    case OP_CARD:
    case OP_COUPON: begin_card(till); return;
    case OP_FORGET: forget_card(till); return;
    case OP_REFUSED_CARD: refused_card(till); return;
    case OP_REQUOTE:
        till->op.event = till->event;
        till_settle(till);
        return;
    case OP_GRANT: rights_grant_begin(till); return;
    case OP_RELEASE: release_begin(till); return;
    case OP_BACK: release_back_begin(till); return;
    case OP_SWEEP: release_sweep_begin(till); return;
    case OP_USED: sale_used_begin(till); return;
    case OP_BOOT: begin_boot(till); return;
    case OP_FINDING: /* becomes one while it runs */
    case OP_NONE: till_finish(till); return;
    }
}

static bool is_between_receipts(const struct vn_till *till)
{
    return till->lane.phase != VN_SESSION_OPEN && till->lane.phase != VN_SESSION_HELD;
}

/* Grants come first: somebody waits for them. What nobody waits for comes last. */
static bool take_next(struct vn_till *till)
{
    if (till->grant_count > 0) {
        till->op.kind = OP_GRANT;
    } else if (till->queue_len > 0) {
        till->op = till->queue[till->queue_head];
        till->queue[till->queue_head].call.basket = NULL;
        till->queue[till->queue_head].call.lines = NULL;
        till->queue_head = (till->queue_head + 1) % VN_TILL_QUEUE_MAX;
        till->queue_len--;
    } else if (till->back_due && till->back_count > 0) {
        till->op.kind = OP_BACK;
    } else if (till->sweep_due && is_between_receipts(till)) {
        till->op.kind = OP_SWEEP;
    }
    return till->op.kind != OP_NONE;
}

/* As long as nothing is under way. */
void till_run(struct vn_till *till)
{
    while (till->op.kind == OP_NONE && take_next(till)) {
        begin(till);
    }
    if (till->op.kind == OP_NONE && till->wants_due && !till->pending.active) {
        till->wants_due = false;
        wants_ask(till);
    }
    if (till->op.kind == OP_NONE) {
        here_ask_nearby(till);
    }
}

/* --- what the outside answers ------------------------------------------------------------------------------------- */

static void card_looked_up(struct vn_till *till)
{
    static const struct vn_member nobody;
    struct lane *lane = &till->lane;
    if (lane->phase == VN_SESSION_HELD) { /* the customer pays already: the outcome is fixed */
        till_finish(till);
        return;
    }
    if (lane->phase != VN_SESSION_IDLE && lane->phase != VN_SESSION_OPEN) {
        lane_reset(till);
    }
    bool found = till->lookup.card_status == VN_OK;
    bool same = lane->card != VN_SESSION_CARD_NONE &&
                memcmp(lane->card_hash.bytes, till->lookup.card.bytes, VN_HASH_SIZE) == 0;
    if (!same) {
        choice_forget(till);
        lane_give_back_one(till, lane->member.account);
    }
    lane->card_hash = till->lookup.card;
    if (till->lookup.want_risk) {
        lane->risk_known = true;
        lane->risked = till->lookup.risked;
        lane_store_right(till, &till->lookup.risk_right);
    }
    here_forget(till); /* after a scan all is offered again, and a choice asks for it */
    lane->member = found ? till->lookup.member_found : nobody;
    lane->member.known = found;
    lane->member.earned_today = till->lookup.member_found.earned_today;
    lane->card = !found                 ? VN_SESSION_CARD_NEW
                 : lane->member.blocked ? VN_SESSION_CARD_BLOCKED
                                        : VN_SESSION_CARD_KNOWN;
    if (found && lane_right(till, lane->member.account) == NULL) {
        lane_store_right(till, &till->lookup.member_right);
    }
    till->notice = VN_SESSION_CARD_NONE;
    struct vn_till_event event = {.kind = VN_TILL_EVENT_CARD, .card = lane->card};
    till->io.event(till->io.ctx, &event);
    till->op.event = VN_SESSION_EVENT_CARD;
    till_settle(till);
}

/* Rights were looked up in the midst of an operation, which goes on where it quotes. */
static void rights_looked_up(struct vn_till *till)
{
    wants_take(till);
    if (till->op.kind == OP_CALL && till->op.call.kind == VN_TILL_QUOTE) {
        quote_call(till);
    } else if (till->op.kind == OP_CALL && till->op.call.kind != VN_TILL_CHOICE) {
        sale_looked_up(till);
    } else {
        till_settle(till);
    }
}

static void looked_up(struct vn_till *till)
{
    const struct vn_till_lookup *lookup = &till->lookup;
    if (till->op.kind == OP_SWEEP) {
        release_swept(till);
        return;
    }
    if (!lookup->want_card && !lookup->want_coupon && lookup->code_count == 0) {
        rights_looked_up(till);
        return;
    }
    switch (till->op.kind) {
    case OP_CARD: card_looked_up(till); break;
    case OP_COUPON: coupon_looked_up(till); break;
    case OP_CALL:
        lane_take_items(till);
        if (till->op.call.kind == VN_TILL_QUOTE) {
            quote_call(till);
        } else {
            sale_looked_up(till);
        }
        break;
    default: break;
    }
}

void vn_till_on_lookup(struct vn_till *till)
{
    looked_up(till);
    till_run(till);
}

void vn_till_on_inspect(struct vn_till *till)
{
    sale_inspected(till);
    till_run(till);
}

void vn_till_on_written(struct vn_till *till)
{
    struct vn_till_write *write = &till->write;
    if (write->status == VN_OK) {
        for (unsigned i = 0; i < write->entry.right_count; i++) {
            lane_update_right(till, &write->entry.rights[i]);
        }
    }
    switch (till->op.kind) {
    case OP_GRANT: rights_grant_written(till); break;
    case OP_RELEASE:
    case OP_BACK: release_written(till); break;
    case OP_CALL: sale_written(till); break;
    default: till_finish(till); break;
    }
    till_run(till);
}

const struct vn_session *vn_till_session(const struct vn_till *till)
{
    return &till->session;
}

int64_t vn_till_ruleset_number(const struct vn_till *till)
{
    return till->ruleset == NULL ? 0 : (int64_t)vn_ruleset_number(till->ruleset);
}

size_t vn_till_promotion_count(const struct vn_till *till)
{
    return till->ruleset == NULL ? 0 : vn_ruleset_promotion_count(till->ruleset);
}
