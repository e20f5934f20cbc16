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
    lane_fill_session(till);
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
    }
    free(till->op.call.basket);
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
    till->event = event;
    lane_fill_session(till);
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
    memset(&till->op, 0, sizeof till->op);
}

static void quote_call(struct vn_till *till)
{
    struct vn_error error;
    uint64_t call = till->op.call.id;
    if (lane_quote(till, &error) != VN_OK) {
        till->io.problem(till->io.ctx, call, 422, "The basket can't be reckoned", error.text, error.pointer);
        till_finish(till);
        return;
    }
    json_t *json = json_pack("{s:o*, s:o*}", "outcome", vn_outcome_write(&till->lane.outcome), "member",
                             lane_member_json(till));
    till_answer(till, call, 200, json);
    till_finish(till);
    till_changed(till, VN_SESSION_EVENT_BASKET);
}

static void begin_quote(struct vn_till *till)
{
    const struct vn_basket *basket = till->op.call.basket;
    if (!lane_adopt(till, basket)) {
        till_problem(till, till->op.call.id, 409, "The sale is held",
                     "this sale, or another one, is being paid; commit or cancel it first");
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
    till->lookup.want_coupon = till->op.kind == OP_COUPON;
    till->lookup.code_count = 0;
    till->io.lookup(till->io.ctx, &till->lookup);
}

static void begin_boot(struct vn_till *till)
{
    char boot[2 * VN_ID_BYTES + 1];
    vn_hex_encode(vn_view_of(till->op.boot, VN_ID_BYTES), boot);
    sale_write(till, VN_ENTRY_BOOT);
    till->write.entry.body =
        json_pack("{s:s, s:s, s:i}", "boot", boot, "version", VERNO_VERSION, "engine", VN_ENGINE_VERSION);
    till->io.write(till->io.ctx, &till->write);
}

static void requote(struct vn_till *till)
{
    struct vn_error error;
    if (till->lane.has_basket && till->lane.phase == VN_SESSION_OPEN) {
        enum vn_status status = lane_quote(till, &error);
        if (status == VN_OK) {
            struct vn_till_event event = {.kind = VN_TILL_EVENT_OUTCOME,
                                          .sale = &till->lane.basket.key,
                                          .outcome = &till->lane.outcome};
            till->io.event(till->io.ctx, &event);
        } else {
            vn_log_event(till->config.log, VN_LOG_WARN, "requote_failed", VN_S("why", error.text));
        }
    }
    till_finish(till);
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
    case OP_REQUOTE: requote(till); return;
    case OP_GRANT: choice_grant_begin(till); return;
    case OP_RELEASE: choice_release_begin(till); return;
    case OP_USED: sale_used_begin(till); return;
    case OP_BOOT: begin_boot(till); return;
    case OP_NONE: till_finish(till); return;
    }
}

/* Starts what waits, as long as nothing is under way. */
static void run(struct vn_till *till)
{
    while (till->op.kind == OP_NONE && till->queue_len > 0) {
        till->op = till->queue[till->queue_head];
        till->queue[till->queue_head].call.basket = NULL;
        till->queue_head = (till->queue_head + 1) % VN_TILL_QUEUE_MAX;
        till->queue_len--;
        begin(till);
    }
}

/* --- what comes in ------------------------------------------------------------------------------------------------ */

void vn_till_boot(struct vn_till *till, const uint8_t boot[VN_ID_BYTES], const struct vn_counters *left_over,
                  size_t count)
{
    struct op op = {.kind = OP_BOOT};
    memcpy(op.boot, boot, VN_ID_BYTES);
    op.right_count = (unsigned)(count < VN_RIGHTS_MAX ? count : VN_RIGHTS_MAX);
    memcpy(op.rights, left_over, op.right_count * sizeof op.rights[0]);
    enum vn_status status = till_enqueue(till, &op);
    if (status == VN_OK) {
        run(till);
    }
}

void vn_till_call(struct vn_till *till, const struct vn_till_call *call)
{
    struct op op = {.kind = OP_CALL, .call = *call};
    if (till_enqueue(till, &op) != VN_OK) {
        till_problem(till, call->id, 503, "The till is busy", "too many requests wait; try again");
        free(call->basket);
        return;
    }
    run(till);
}

void vn_till_forget_call(struct vn_till *till, uint64_t call)
{
    for (unsigned i = 0; i < till->queue_len; i++) {
        struct op *op = &till->queue[(till->queue_head + i) % VN_TILL_QUEUE_MAX];
        op->call.id = op->call.id == call ? 0 : op->call.id;
    }
    till->op.call.id = till->op.call.id == call ? 0 : till->op.call.id;
    till->pending.call = till->pending.call == call ? 0 : till->pending.call;
}

static void refuse_card(struct vn_till *till, enum vn_session_card card)
{
    struct vn_till_event event = {.kind = VN_TILL_EVENT_CARD, .card = card};
    till->notice = card;
    till_changed(till, VN_SESSION_EVENT_CARD);
    till->io.event(till->io.ctx, &event);
}

enum vn_code_kind vn_till_scan(struct vn_till *till, const char *aim, struct vn_view payload)
{
    struct vn_code_range ranges[VN_CARD_RANGES_MAX];
    size_t range_count = 0;
    if (till->ruleset != NULL) {
        const struct vn_card_range *of_chain = NULL;
        size_t count = vn_ruleset_card_ranges(till->ruleset, &of_chain);
        for (; range_count < count && range_count < VN_CARD_RANGES_MAX; range_count++) {
            ranges[range_count] = (struct vn_code_range){
                of_chain[range_count].prefix, of_chain[range_count].length, of_chain[range_count].coupon};
        }
    }
    struct vn_code code;
    vn_code_decode(aim, payload, ranges, range_count, &code);
    struct op op = {.kind = OP_CARD, .number = code.number};
    struct vn_till_event event = {.kind = VN_TILL_EVENT_SCAN};
    char text[VN_CODE_MAX];
    switch (code.kind) {
    case VN_CODE_COUPON: op.kind = OP_COUPON; __attribute__((fallthrough));
    case VN_CODE_CARD:
        if (till_enqueue(till, &op) == VN_OK) {
            run(till);
        }
        break;
    case VN_CODE_PAYMENT: refuse_card(till, VN_SESSION_CARD_PAYMENT); break;
    case VN_CODE_FOREIGN: refuse_card(till, VN_SESSION_CARD_FOREIGN); break;
    case VN_CODE_DAMAGED: refuse_card(till, VN_SESSION_CARD_DAMAGED); break;
    case VN_CODE_PRODUCT:
        event.code = code.product;
        till->io.event(till->io.ctx, &event);
        break;
    case VN_CODE_OTHER:
        if (vn_view_copy_str(payload, text, sizeof text) == VN_OK) {
            event.code = text;
            till->io.event(till->io.ctx, &event);
        }
        break;
    }
    return code.kind;
}

void vn_till_unreadable(struct vn_till *till)
{
    refuse_card(till, VN_SESSION_CARD_UNREADABLE);
}

static int64_t half_of(const struct vn_outcome *outcome)
{
    int64_t step = outcome->spend_step_points > 0 ? outcome->spend_step_points : 1;
    int64_t half = outcome->spend_max_points / 2 / step * step;
    return half < outcome->spend_min_points ? outcome->spend_min_points : half;
}

void vn_till_tap(struct vn_till *till, enum vn_action action)
{
    struct op op = {.kind = OP_CALL};
    op.call.kind = VN_TILL_CHOICE;
    op.call.sale = till->lane.basket.key;
    switch (action) {
    case VN_ACTION_SPEND_ALL: op.call.spend_points = till->lane.outcome.spend_max_points; break;
    case VN_ACTION_SPEND_HALF: op.call.spend_points = half_of(&till->lane.outcome); break;
    case VN_ACTION_SPEND_UNDO: op.call.spend_points = 0; break;
    case VN_ACTION_FORGET_CARD:
        if (till->lane.phase == VN_SESSION_HELD) {
            return;
        }
        till->notice = VN_SESSION_CARD_NONE;
        till->lane.card = VN_SESSION_CARD_NONE;
        memset(&till->lane.member, 0, sizeof till->lane.member);
        till->lane.choices.spend_points = 0;
        till->lane.spend = VN_SESSION_SPEND_NONE;
        op.kind = OP_REQUOTE;
        if (till_enqueue(till, &op) == VN_OK) {
            run(till);
        }
        till_changed(till, VN_SESSION_EVENT_CARD);
        return;
    case VN_ACTION_DISMISS:
        till->notice = VN_SESSION_CARD_NONE;
        till->lane.coupon = VN_SESSION_COUPON_NONE;
        till_changed(till, VN_SESSION_EVENT_NONE);
        return;
    default: return;
    }
    if (till->lane.has_outcome && till_enqueue(till, &op) == VN_OK) {
        run(till);
    }
}

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
        lane->choices.spend_points = 0;
        lane->spend = VN_SESSION_SPEND_NONE;
    }
    lane->card_hash = till->lookup.card;
    lane->member = found ? till->lookup.member_found : nobody;
    lane->member.known = found;
    lane->card = !found                 ? VN_SESSION_CARD_NEW
                 : lane->member.blocked ? VN_SESSION_CARD_BLOCKED
                                        : VN_SESSION_CARD_KNOWN;
    if (found && !same) {
        lane_store_right(till, &till->lookup.member_right);
    }
    till->notice = VN_SESSION_CARD_NONE;
    struct vn_till_event event = {.kind = VN_TILL_EVENT_CARD, .card = lane->card};
    till->io.event(till->io.ctx, &event);
    requote(till);
    till_changed(till, VN_SESSION_EVENT_CARD);
}

void vn_till_on_lookup(struct vn_till *till)
{
    switch (till->op.kind) {
    case OP_CARD: card_looked_up(till); break;
    case OP_COUPON: choice_coupon_looked_up(till); break;
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
    run(till);
}

void vn_till_on_inspect(struct vn_till *till)
{
    sale_inspected(till);
    run(till);
}

void vn_till_on_written(struct vn_till *till)
{
    struct vn_till_write *write = &till->write;
    if (write->status == VN_OK) {
        for (unsigned i = 0; i < write->entry.right_count; i++) {
            lane_store_right(till, &write->entry.rights[i]);
        }
    }
    switch (till->op.kind) {
    case OP_GRANT: choice_grant_written(till); break;
    case OP_BOOT:
        if (till->op.right_count > 0 && write->entry.kind == VN_ENTRY_BOOT) {
            choice_release_begin(till);
            break;
        }
        till_finish(till);
        break;
    case OP_CALL: sale_written(till); break;
    default: till_finish(till); break;
    }
    run(till);
}

void vn_till_on_rights(struct vn_till *till, const struct vn_rights_reply *reply)
{
    if (!till->pending.active) {
        return;
    }
    struct op op = {.kind = OP_GRANT};
    if (reply != NULL && reply->count > 0) {
        till->granted = *reply;
        if (till_enqueue(till, &op) == VN_OK) {
            run(till);
            return;
        }
    }
    choice_refused(till);
    run(till);
}

void vn_till_ruleset(struct vn_till *till, struct vn_ruleset *ruleset)
{
    vn_ruleset_destroy(till->next_ruleset);
    till->next_ruleset = ruleset;
    if (till->lane.phase != VN_SESSION_OPEN && till->lane.phase != VN_SESSION_HELD) {
        lane_swap_ruleset(till);
        till_changed(till, VN_SESSION_EVENT_RULES);
    }
}

void vn_till_stops(struct vn_till *till, const char (*stops)[VN_ID_MAX], size_t count)
{
    if (count > VN_TILL_STOPS_MAX) {
        vn_log_event(till->config.log, VN_LOG_ERROR, "too_many_stops", VN_I("count", count));
        count = VN_TILL_STOPS_MAX;
    }
    till->stop_count = count;
    if (count > 0) {
        memcpy(till->stops, stops, count * sizeof till->stops[0]);
    }
    struct op op = {.kind = OP_REQUOTE};
    if (till_enqueue(till, &op) == VN_OK) {
        run(till);
    }
}

void vn_till_network(struct vn_till *till, bool online, int64_t offline_since_ms, bool quarantined)
{
    if (till->online == online && till->quarantined == quarantined) {
        return;
    }
    till->online = online;
    till->offline_since_ms = offline_since_ms;
    till->quarantined = quarantined;
    till_changed(till, VN_SESSION_EVENT_NETWORK);
}

void vn_till_device(struct vn_till *till, const char *device, bool lost)
{
    till->device_lost = lost;
    size_t len = strnlen(device, sizeof till->device - 1);
    memcpy(till->device, device, len);
    till->device[len] = '\0';
    till_changed(till, VN_SESSION_EVENT_DEVICE);
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
