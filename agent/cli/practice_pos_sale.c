#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/json.h"
#include "agent/cli/practice_pos.h"
#include "agent/loyalty/loyalty_json.h"

void vn_practice_say(struct vn_practice *pos, bool bad, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(pos->message, sizeof pos->message, format, args);
    va_end(args);
    pos->message_bad = bad;
}

void vn_practice_there(struct vn_practice *pos)
{
    if (!pos->agent_there && pos->message_bad) {
        vn_practice_say(pos, false, "%s", ""); /* that it is away */
    }
    pos->agent_there = true;
}

/* --- calls ----------------------------------------------------------------------------------------------- */

json_t *vn_practice_call(struct vn_practice *pos, const char *method, const char *path, json_t *body)
{
    struct vn_error error = {0};
    struct vn_buf text;
    vn_buf_init(&text, VN_POS_BODY_MAX);
    json_t *root = NULL;
    int http = 0;
    enum vn_status status = body ? vn_json_dump(body, &text) : VN_OK;
    int64_t started_ns = vn_clock_mono_ns(&pos->clock);
    if (status == VN_OK) {
        status = vn_client_call(pos->client, method, path, vn_buf_view(&text), VN_PRACTICE_CALL_MS, &http,
                                &pos->reply, &error);
    }
    pos->answer_us = (vn_clock_mono_ns(&pos->clock) - started_ns) / 1000;
    if (status == VN_OK) {
        vn_practice_there(pos);
    }
    if (status != VN_OK) {
        pos->agent_there = false;
        vn_practice_say(pos, true, "No loyalty just now: %s", error.text);
    } else if (http / 100 != 2) {
        vn_client_problem(http, vn_buf_view(&pos->reply), &error);
        vn_practice_say(pos, true, "Refused (%d): %s %s", http, error.text, error.pointer);
    } else if (vn_json_parse(vn_buf_view(&pos->reply), &root, &error) != VN_OK) {
        vn_practice_say(pos, true, "The answer is no JSON: %s", error.text);
    }
    json_decref(body);
    vn_buf_deinit(&text);
    return root;
}

static json_t *with_sale(const struct vn_practice *pos)
{
    return json_pack("{s:o}", "sale", vn_sale_key_write(&pos->basket.key));
}

static void take_outcome(struct vn_practice *pos, const json_t *root)
{
    struct vn_error error = {0};
    struct vn_json_in in = vn_json_root(root, &error);
    struct vn_json_in outcome = vn_json_object(&in, "outcome", VN_OPTIONAL);
    if (outcome.value) {
        vn_outcome_read(&outcome, pos->outcome);
        json_decref(pos->names);
        pos->names = json_incref(json_object_get(outcome.value, "names"));
        pos->quoted = error.status == VN_OK;
        if ((int64_t)pos->outcome->ruleset > pos->ruleset) { /* it was published during the last receipt */
            pos->ruleset = (int64_t)pos->outcome->ruleset;
        }
        if (!pos->quoted) {
            vn_practice_say(pos, true, "The outcome can't be read: %s %s", error.text, error.pointer);
        }
    }
}

static void take_member(struct vn_practice *pos, const json_t *root)
{
    struct vn_error error = {0};
    struct vn_json_in in = vn_json_root(root, &error);
    struct vn_json_in member = vn_json_object(&in, "member", VN_OPTIONAL);
    if (!member.value) {
        return;
    }
    bool known = false;
    char name[VN_TAG_MAX] = "", tier[VN_TAG_MAX] = "";
    int64_t balance = 0;
    pos->points_here = 0;
    vn_json_bool(&member, "known", VN_OPTIONAL, &known);
    vn_json_str(&member, "first_name", VN_OPTIONAL, name, sizeof name);
    vn_json_str(&member, "tier", VN_OPTIONAL, tier, sizeof tier);
    vn_json_int(&member, "balance", VN_OPTIONAL, INT64_MIN, INT64_MAX, &balance);
    vn_json_int(&member, "available_here", VN_OPTIONAL, 0, INT64_MAX, &pos->points_here);
    if (known) {
        char here[32] = "";
        if (vn_json_has(&member, "available_why")) {
            (void)snprintf(here, sizeof here, ", %lld here", (long long)pos->points_here);
        }
        (void)snprintf(pos->member, sizeof pos->member, "%s, %s: %lld p%s", name[0] ? name : "a member",
                       tier[0] ? tier : "no tier", (long long)balance, here);
    } else {
        (void)snprintf(pos->member, sizeof pos->member, "a new card");
    }
}

void vn_practice_take(struct vn_practice *pos, const json_t *root)
{
    take_outcome(pos, root);
    take_member(pos, root);
}

static void quote(struct vn_practice *pos)
{
    json_t *root = vn_practice_call(pos, "POST", "/v1/quote",
                                    json_pack("{s:o}", "basket", vn_basket_write(&pos->basket)));
    if (root) {
        vn_practice_take(pos, root);
        json_decref(root);
    }
}

/* --- the basket ---------------------------------------------------------------------------------------------- */

static void start_sale(struct vn_practice *pos)
{
    memset(&pos->basket, 0, sizeof pos->basket);
    pos->basket.started_ms = vn_clock_wall_ms(&pos->clock);
    time_t now = (time_t)(pos->basket.started_ms / 1000);
    struct tm day;
    localtime_r(&now, &day);
    struct vn_sale_key *key = &pos->basket.key;
    (void)snprintf(key->pos, sizeof key->pos, "%s", pos->pos);
    (void)strftime(key->date, sizeof key->date, "%Y-%m-%d", &day);
    (void)snprintf(key->receipt, sizeof key->receipt, "%04lld", (long long)pos->next_receipt++);
    (void)snprintf(pos->basket.operator_id, sizeof pos->basket.operator_id, "7");
    pos->phase = VN_PRACTICE_OPEN;
    pos->quoted = false;
    pos->step = 0;
}

static void end_sale(struct vn_practice *pos)
{
    pos->phase = VN_PRACTICE_IDLE;
    pos->basket.line_count = 0;
    pos->quoted = false;
    pos->member[0] = '\0';
}

static void add_item(struct vn_practice *pos, const struct vn_item *item)
{
    struct vn_basket *basket = &pos->basket;
    struct vn_line *line = NULL;
    for (unsigned i = 0; i < basket->line_count && !line; i++) {
        line = strcmp(basket->lines[i].code, item->code) == 0 ? &basket->lines[i] : NULL;
    }
    if (!line && basket->line_count == VN_LINES_MAX) {
        vn_practice_say(pos, true, "The receipt is full");
        return;
    }
    if (!line) {
        line = &basket->lines[basket->line_count++];
        memset(line, 0, sizeof *line);
        line->id = basket->line_count;
        memcpy(line->code, item->code, sizeof line->code);
        memcpy(line->name, item->name, sizeof line->name);
        memcpy(line->tax, item->tax, sizeof line->tax);
        line->unit_price_minor = item->price_minor;
        line->kind = strcmp(item->category, "deposit") == 0 ? VN_LINE_DEPOSIT : VN_LINE_GOODS;
    }
    line->qty_milli += 1000;
    line->amount_minor += item->price_minor;
    line->list_amount_minor = line->amount_minor;
    vn_practice_say(pos, false, "%s", item->name);
}

void vn_practice_scanned(struct vn_practice *pos, const char *code)
{
    const struct vn_item *item = vn_practice_item(&pos->data, code);
    if (!item) {
        vn_practice_say(pos, true, "The POS has no price for %s", code);
        return;
    }
    if (pos->phase == VN_PRACTICE_HELD) {
        vn_practice_say(pos, true, "The total is final: Enter takes the money, x goes back to the sale");
        return;
    }
    if (pos->phase != VN_PRACTICE_OPEN) {
        if (pos->phase == VN_PRACTICE_DONE) {
            pos->basket.line_count = 0;
        }
        start_sale(pos);
    }
    add_item(pos, item);
    quote(pos);
}

/* --- keys: scanning -------------------------------------------------------------------------------------- */

static void send_scan(struct vn_practice *pos, const char *aim, const char *data)
{
    if (pos->phase == VN_PRACTICE_DONE) { /* the next customer: the old receipt leaves the screen */
        end_sale(pos);
    }
    pos->sent_ns = vn_clock_mono_ns(&pos->clock);
    if (vn_practice_scanner_send(&pos->scanner, aim, data) != VN_OK) {
        vn_practice_say(pos, true, "The scanner's cable takes no more: is the agent reading?");
    }
}

void vn_practice_scan_item(struct vn_practice *pos, const char *name)
{
    if (name) {
        vn_practice_scan_code(pos, name);
        return;
    }
    pos->draw = pos->draw * 6364136223846793005U + 1442695040888963407U;
    send_scan(pos, "]E0", pos->data.items[(pos->draw >> 33) % pos->data.item_count].code);
}

void vn_practice_scan_code(struct vn_practice *pos, const char *name)
{
    const struct vn_practice_code *code = vn_practice_code(&pos->data, name);
    if (code) {
        send_scan(pos, code->aim, code->data);
    } else {
        vn_practice_say(pos, true, "practice.json has no '%s'", name);
    }
}

/* --- keys: the sale ------------------------------------------------------------------------------------------ */

static void hold(struct vn_practice *pos)
{
    json_t *root =
        vn_practice_call(pos, "POST", "/v1/hold",
                         json_pack("{s:o,s:i}", "basket", vn_basket_write(&pos->basket), "step", pos->step));
    if (root) {
        take_outcome(pos, root);
        json_decref(root);
        pos->phase = VN_PRACTICE_HELD;
        vn_practice_say(pos, false, "The total is final and held. Enter: paid. x: back to the sale");
    }
}

static void commit(struct vn_practice *pos)
{
    char fiscal[VN_ID_MAX];
    (void)snprintf(fiscal, sizeof fiscal, "F-%.30s", pos->basket.key.receipt);
    json_t *body = with_sale(pos);
    json_object_set_new(body, "fiscal", json_string(fiscal));
    json_t *root = vn_practice_call(pos, "POST", "/v1/commit", body);
    if (!root) {
        return;
    }
    struct vn_error error = {0};
    struct vn_json_in in = vn_json_root(root, &error);
    int64_t earned = 0, spent = 0, balance = -1;
    vn_json_int(&in, "points_earned", VN_OPTIONAL, 0, INT64_MAX, &earned);
    vn_json_int(&in, "points_spent", VN_OPTIONAL, 0, INT64_MAX, &spent);
    vn_json_int(&in, "balance", VN_OPTIONAL, INT64_MIN, INT64_MAX, &balance);
    json_decref(root);
    pos->last = pos->basket.key;
    pos->phase = VN_PRACTICE_DONE;
    if (balance >= 0) {
        vn_practice_say(pos, false, "Paid, receipt %s: %lld points earned, %lld paid, %lld now",
                        pos->last.receipt, (long long)earned, (long long)spent, (long long)balance);
    } else {
        vn_practice_say(pos, false, "Paid, receipt %s: %lld points earned", pos->last.receipt,
                        (long long)earned);
    }
}

void vn_practice_total(struct vn_practice *pos)
{
    if (pos->phase == VN_PRACTICE_OPEN) {
        hold(pos);
    } else if (pos->phase == VN_PRACTICE_HELD) {
        commit(pos);
    } else {
        vn_practice_say(pos, true, "Nothing to pay: scan something first (i, c, m, y)");
    }
}

void vn_practice_cancel(struct vn_practice *pos)
{
    if (pos->phase == VN_PRACTICE_OPEN) {
        end_sale(pos);
        vn_practice_say(pos, false, "The basket was emptied; its receipt number is skipped");
        return;
    }
    if (pos->phase != VN_PRACTICE_HELD) {
        vn_practice_say(pos, true, "Nothing to cancel; v gives back the last sale");
        return;
    }
    json_t *body = with_sale(pos);
    json_object_set_new(body, "step", json_integer(pos->step));
    json_t *root = vn_practice_call(pos, "POST", "/v1/cancel", body);
    if (root) {
        json_decref(root);
        pos->step++;
        pos->phase = VN_PRACTICE_OPEN;
        vn_practice_say(pos, false, "The hold is given back; the sale goes on");
        quote(pos);
    }
}

/* As many as rules, basket, balance and this till's rights allow, down to a whole step. */
static int64_t most_points(const struct vn_practice *pos)
{
    const struct vn_outcome *o = pos->outcome;
    int64_t step = o->spend_step_points > 0 ? o->spend_step_points : 1;
    int64_t most = o->spend_max_points < pos->points_here ? o->spend_max_points : pos->points_here;
    most -= most % step;
    return most >= o->spend_min_points ? most : 0;
}

void vn_practice_points(struct vn_practice *pos)
{
    if (pos->phase != VN_PRACTICE_OPEN || !pos->quoted) {
        vn_practice_say(pos, true, "Points are paid in an open sale: scan a card and goods first");
        return;
    }
    quote(pos); /* what can be paid here changes with the network */
    bool undo = pos->outcome->points_spent > 0;
    int64_t points = undo ? 0 : most_points(pos);
    if (!undo && points == 0) {
        vn_practice_say(pos, true,
                        "No points can be paid here now (no card, too few, or the till is cut off)");
        return;
    }
    json_t *body = with_sale(pos);
    json_object_set_new(body, "spend_points", json_integer(points));
    json_t *root = vn_practice_call(pos, "POST", "/v1/choice", body);
    if (!root) {
        return;
    }
    char spend[VN_TAG_MAX] = "";
    struct vn_error error = {0};
    struct vn_json_in in = vn_json_root(root, &error);
    vn_json_str(&in, "spend", VN_OPTIONAL, spend, sizeof spend);
    take_outcome(pos, root);
    json_decref(root);
    if (undo) {
        vn_practice_say(pos, false, "No points are paid");
    } else if (strcmp(spend, "granted") == 0) {
        vn_practice_say(pos, false, "%lld points are taken off", (long long)pos->outcome->points_spent);
    } else {
        vn_practice_say(pos, true, "No points now: %s",
                        strcmp(spend, "needs_hub") == 0 ? "that needs the hub, and the hub is away" : spend);
    }
}

/* The till lacks the receipt; the hub settles it. */
static bool is_requested(const json_t *root)
{
    return json_is_true(json_object_get(root, "accepted"));
}

void vn_practice_void(struct vn_practice *pos)
{
    if (pos->last.receipt[0] == '\0') {
        vn_practice_say(pos, true, "There is no sale to void yet");
        return;
    }
    json_t *root =
        vn_practice_call(pos, "POST", "/v1/void", json_pack("{s:o}", "sale", vn_sale_key_write(&pos->last)));
    if (root) {
        const char *what = is_requested(root) ? "is taken down as void: the hub gives points and coupons back"
                                              : "is void: points and coupons went back";
        json_decref(root);
        vn_practice_say(pos, false, "Receipt %s %s", pos->last.receipt, what);
        pos->last.receipt[0] = '\0';
        if (pos->phase == VN_PRACTICE_DONE) {
            end_sale(pos);
        }
    }
}

void vn_practice_return(struct vn_practice *pos)
{
    if (pos->last.receipt[0] == '\0') {
        vn_practice_say(pos, true, "There is no receipt to return yet");
        return;
    }
    struct vn_sale_key key = pos->last;
    (void)snprintf(key.receipt, sizeof key.receipt, "%04lld", (long long)pos->next_receipt);
    json_t *root = vn_practice_call(
        pos, "POST", "/v1/return",
        json_pack("{s:o,s:o}", "sale", vn_sale_key_write(&key), "of", vn_sale_key_write(&pos->last)));
    if (!root) {
        return;
    }
    bool requested = is_requested(root);
    struct vn_error error = {0};
    struct vn_json_in in = vn_json_root(root, &error);
    struct vn_json_in reversal = vn_json_object(&in, "reversal", VN_OPTIONAL);
    int64_t refund = 0, taken = 0, given = 0;
    vn_json_int(&reversal, "refund_minor", VN_OPTIONAL, INT64_MIN, INT64_MAX, &refund);
    vn_json_int(&reversal, "points_taken_back", VN_OPTIONAL, 0, INT64_MAX, &taken);
    vn_json_int(&reversal, "points_given_back", VN_OPTIONAL, 0, INT64_MAX, &given);
    json_decref(root);
    pos->next_receipt++;
    if (requested) {
        vn_practice_say(pos, false, "Receipt %s is taken down as returned: the hub settles its points",
                        pos->last.receipt);
    } else {
        vn_practice_say(pos, false,
                        "Receipt %s returned: %lld.%02lld back, %lld points taken, %lld given back",
                        pos->last.receipt, (long long)(refund / 100), (long long)(refund % 100),
                        (long long)taken, (long long)given);
    }
    pos->last.receipt[0] = '\0';
    if (pos->phase == VN_PRACTICE_DONE) {
        end_sale(pos);
    }
}
