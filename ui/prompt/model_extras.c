/* Everything around the main message: second lines by rank, the choices that are possible now, and the fixed
 * corners. */
#include "ui/prompt/model_parts.h"

#include <stdio.h>
#include <string.h>

#include "ui/prompt/format.h"

struct maker {
    const struct vn_session *session;
    const struct vn_locale *locale;
    enum vn_text main_text;
    struct vn_screen_model *out;
};

/* The next free second line, or NULL when there are enough. */
static char *next_line(const struct maker *m)
{
    return m->out->secondary_count < VN_PROMPT_SECONDARY ? m->out->secondary[m->out->secondary_count++]
                                                         : NULL;
}

static void say(const struct maker *m, enum vn_text text)
{
    char *line = m->main_text == text ? NULL : next_line(m);
    if (line != NULL) {
        vn_format_fill(vn_texts_get(m->locale, text), NULL, 0, line);
    }
}

static void say_counted(const struct maker *m, enum vn_text text, int64_t points, const char *other_name,
                        const char *other, bool may_shorten, char *line)
{
    char number[VN_FORMAT_MAX];
    vn_format_number(m->locale, points, m->session->points_exponent, number);
    const struct vn_format_value values[] = {{"points", number, false}, {other_name, other, may_shorten}};
    vn_format_fill(vn_texts_plural(m->locale, text, points, m->session->points_exponent), values, 2, line);
}

static void hint(const struct maker *m, const struct vn_session_hint *hint)
{
    char *line = next_line(m);
    if (line == NULL) {
        return;
    }
    enum vn_text text = VN_TEXT_HINT_CARD;
    unsigned decimals = 3;
    char missing[VN_FORMAT_MAX] = "";
    switch (hint->kind) {
    case VN_SESSION_MISSING_MONEY:
        text = VN_TEXT_HINT_MONEY;
        vn_format_money(m->locale, hint->missing, m->session->currency_exponent, "", missing);
        break;
    case VN_SESSION_MISSING_PIECES:
        text = hint->missing % 1000 == 0 ? VN_TEXT_HINT_PIECES : VN_TEXT_HINT_QUANTITY;
        vn_format_quantity(m->locale, hint->missing, 3, missing);
        break;
    case VN_SESSION_MISSING_STAMPS:
        text = VN_TEXT_HINT_STAMPS;
        decimals = 0;
        vn_format_number(m->locale, hint->missing, decimals, missing);
        break;
    case VN_SESSION_MISSING_TENDER: text = VN_TEXT_HINT_TENDER; break;
    case VN_SESSION_MISSING_NETWORK: text = VN_TEXT_HINT_NETWORK; break;
    case VN_SESSION_MISSING_CARD: break;
    }
    const struct vn_format_value values[] = {
        {"amount", missing, false}, {"count", missing, false}, {"name", hint->name, true}};
    vn_format_fill(vn_texts_plural(m->locale, text, hint->missing, decimals), values, 3, line);
}

static void benefit(const struct maker *m, const struct vn_session_benefit *benefit)
{
    char *line = benefit->discount_minor == 0 && benefit->points == 0 ? NULL : next_line(m);
    if (line == NULL) {
        return;
    }
    if (benefit->discount_minor == 0) {
        say_counted(m, VN_TEXT_BENEFIT_POINTS, benefit->points, "name", benefit->name, true, line);
        return;
    }
    char amount[VN_FORMAT_MAX];
    vn_format_money(m->locale, benefit->discount_minor, m->session->currency_exponent, "", amount);
    const struct vn_format_value values[] = {{"amount", amount, false}, {"name", benefit->name, true}};
    vn_format_fill(vn_texts_get(m->locale, VN_TEXT_BENEFIT_MONEY), values, 2, line);
}

static void expiring(const struct maker *m)
{
    char *line = m->session->expiring_points > 0 ? next_line(m) : NULL;
    if (line != NULL) {
        char date[VN_FORMAT_MAX];
        vn_format_date(m->locale, m->session->expiring_ms, m->session->utc_offset_min, date);
        say_counted(m, VN_TEXT_EXPIRING, m->session->expiring_points, "date", date, false, line);
    }
}

static void granted(const struct maker *m)
{
    char *line = m->main_text == VN_TEXT_SPEND_GRANTED ? NULL : next_line(m);
    if (line != NULL) {
        char amount[VN_FORMAT_MAX];
        vn_format_money(m->locale, m->session->spend_value_minor, m->session->currency_exponent,
                        m->session->currency, amount);
        say_counted(m, VN_TEXT_SPEND_GRANTED, m->session->spend_points, "amount", amount, false, line);
    }
}

struct limit_text {
    enum vn_text some, none; /* with something to pay here, and without */
    bool counts_elsewhere;   /* {points} is what is at other tills, else what can be paid here */
};

static const struct limit_text limit_texts[VN_SESSION_LIMITS] = {
    [VN_SESSION_LIMIT_ELSEWHERE] = {VN_TEXT_HERE_ELSEWHERE, VN_TEXT_HERE_ELSEWHERE, true},
    [VN_SESSION_LIMIT_LATER] = {VN_TEXT_HERE_WAIT, VN_TEXT_HERE_WAIT_NONE, false},
    [VN_SESSION_LIMIT_HUB_WAITS] = {VN_TEXT_HERE_WAIT, VN_TEXT_HERE_WAIT_NONE, false},
    [VN_SESSION_LIMIT_STORE] = {VN_TEXT_HERE_STORE, VN_TEXT_SPEND_OFFLINE, false},
    [VN_SESSION_LIMIT_ALONE] = {VN_TEXT_HERE_ALONE, VN_TEXT_SPEND_OFFLINE, false},
    [VN_SESSION_LIMIT_RISK] = {VN_TEXT_HERE_RISK, VN_TEXT_SPEND_OFFLINE, false},
    [VN_SESSION_LIMIT_REFUSED] = {VN_TEXT_HERE_REFUSED, VN_TEXT_HERE_REFUSED, false},
};

/* Less than the balance can be paid here, and it matters to this sale: another one may ask for less than there is. */
static bool is_limited(const struct vn_session *s)
{
    bool selling = s->phase == VN_SESSION_IDLE || s->phase == VN_SESSION_OPEN;
    bool answered = s->spend != VN_SESSION_SPEND_GRANTED && s->spend != VN_SESSION_SPEND_ASKING;
    return selling && answered && s->card == VN_SESSION_CARD_KNOWN && s->limit > VN_SESSION_LIMIT_NONE &&
           s->limit < VN_SESSION_LIMITS && (s->phase == VN_SESSION_IDLE || s->available_here < s->spend_max);
}

/* What the cashier may offer of it: before the first item nobody knows the least that the chain takes. */
static int64_t usable(const struct vn_session *s)
{
    bool enough = s->phase == VN_SESSION_IDLE || s->available_here >= s->spend_min;
    return enough && s->available_here > 0 ? s->available_here : 0;
}

static void limit(const struct maker *m)
{
    const struct vn_session *s = m->session;
    const struct limit_text *texts = &limit_texts[s->limit];
    enum vn_text text = usable(s) > 0 ? texts->some : texts->none;
    char *line = m->main_text == text ? NULL : next_line(m);
    if (line != NULL) {
        say_counted(m, text, texts->counts_elsewhere ? s->elsewhere : s->available_here, "", "", false, line);
    }
}

static void birthday(const struct maker *m)
{
    if (m->main_text == VN_TEXT_CARD_BIRTHDAY || m->main_text == VN_TEXT_CARD_BIRTHDAY_PLAIN) {
        return;
    }
    char *line = next_line(m);
    if (line != NULL) {
        const char *name = m->session->first_name;
        const struct vn_format_value values[] = {{"name", name, true}};
        enum vn_text text = name[0] == '\0' ? VN_TEXT_CARD_BIRTHDAY_PLAIN : VN_TEXT_CARD_BIRTHDAY;
        vn_format_fill(vn_texts_get(m->locale, text), values, 1, line);
    }
}

/* By rank: what needs hands, the best hint, what to say to this customer, then the rest. */
static void secondary(const struct maker *m)
{
    const struct vn_session *s = m->session;
    bool selling = s->phase == VN_SESSION_OPEN || s->phase == VN_SESSION_IDLE;
    bool known = s->card == VN_SESSION_CARD_KNOWN;
    unsigned hints = s->phase != VN_SESSION_OPEN          ? 0
                     : s->hint_count > VN_NEAR_MISSES_MAX ? VN_NEAR_MISSES_MAX
                                                          : s->hint_count;
    bool counted = s->phase == VN_SESSION_OPEN || s->phase == VN_SESSION_HELD || s->phase == VN_SESSION_DONE;
    unsigned benefits = !counted                                     ? 0
                        : s->benefit_count > VN_SESSION_BENEFITS_MAX ? VN_SESSION_BENEFITS_MAX
                                                                     : s->benefit_count;
    if (s->device_lost) {
        say(m, VN_TEXT_DEVICE_LOST);
    }
    bool limited = is_limited(s);
    if (s->quarantined && !(limited && s->limit == VN_SESSION_LIMIT_REFUSED)) { /* which says it, too */
        say(m, VN_TEXT_QUARANTINED);
    }
    if (s->spend == VN_SESSION_SPEND_GRANTED &&
        (s->phase == VN_SESSION_OPEN || s->phase == VN_SESSION_HELD)) {
        granted(m);
    }
    if (limited && m->main_text != VN_TEXT_SPEND_NEEDS_HUB) {
        limit(m);
    }
    if (hints > 0) {
        hint(m, &s->hints[0]);
    }
    if (known && s->birthday && selling) {
        birthday(m);
    }
    if (known && (selling || s->phase == VN_SESSION_DONE)) {
        expiring(m);
    }
    for (unsigned i = 0; i < VN_SESSION_BENEFITS_MAX; i++) {
        if (i < benefits) {
            benefit(m, &s->benefits[i]);
        }
        if (i + 1 < hints) {
            hint(m, &s->hints[i + 1]);
        }
    }
}

static char *next_action(const struct maker *m, enum vn_action action)
{
    if (m->out->action_count == VN_PROMPT_ACTIONS) {
        return NULL;
    }
    struct vn_prompt_action *next = &m->out->actions[m->out->action_count++];
    next->action = action;
    return next->label;
}

static void act(const struct maker *m, enum vn_action action, enum vn_text text)
{
    char *label = next_action(m, action);
    if (label != NULL) {
        vn_format_fill(vn_texts_get(m->locale, text), NULL, 0, label);
    }
}

static void act_spend(const struct maker *m, enum vn_action action, int64_t points)
{
    char *label = points > 0 ? next_action(m, action) : NULL;
    if (label != NULL) {
        say_counted(m, VN_TEXT_ACTION_SPEND, points, "", "", false, label);
    }
}

/* A message that stays until the next event can be put away; one that states where the sale is can't. */
static bool dismissable(const struct vn_session *s)
{
    bool card = s->event == VN_SESSION_EVENT_CARD && s->card >= VN_SESSION_CARD_BLOCKED;
    bool coupon = s->event == VN_SESSION_EVENT_COUPON && s->coupon >= VN_SESSION_COUPON_NO_EFFECT;
    bool spend = s->event == VN_SESSION_EVENT_SPEND && s->phase == VN_SESSION_OPEN &&
                 s->spend >= VN_SESSION_SPEND_NEEDS_HUB;
    bool over = s->phase == VN_SESSION_DONE || s->phase == VN_SESSION_VOIDED ||
                s->phase == VN_SESSION_RETURNED || s->phase == VN_SESSION_REQUESTED;
    return card || coupon || spend || over;
}

static void actions(const struct maker *m)
{
    const struct vn_session *s = m->session;
    act_spend(m, VN_ACTION_SPEND_ALL, vn_session_spend_all(s));
    act_spend(m, VN_ACTION_SPEND_HALF, vn_session_spend_half(s));
    if (vn_session_spend_undoable(s)) {
        act(m, VN_ACTION_SPEND_UNDO, VN_TEXT_ACTION_UNDO);
    }
    if (vn_session_card_forgettable(s)) {
        act(m, VN_ACTION_FORGET_CARD, VN_TEXT_ACTION_FORGET);
    }
    if (dismissable(s)) {
        act(m, VN_ACTION_DISMISS, VN_TEXT_ACTION_DISMISS);
    }
}

static void network(const struct maker *m)
{
    const struct vn_session *s = m->session;
    char time[VN_FORMAT_MAX] = "";
    enum vn_text text = s->online                  ? VN_TEXT_NETWORK_ONLINE
                        : s->offline_since_ms == 0 ? VN_TEXT_NETWORK_OFFLINE
                                                   : VN_TEXT_NETWORK_OFFLINE_SINCE;
    vn_format_time(s->offline_since_ms, s->utc_offset_min, time);
    const struct vn_format_value values[] = {{"time", time, false}};
    vn_format_fill(vn_texts_get(m->locale, text), values, 1, m->out->network);
    m->out->online = s->online;
}

static void corners(const struct maker *m)
{
    const struct vn_session *s = m->session;
    if (s->card == VN_SESSION_CARD_NEW) {
        vn_format_fill(vn_texts_get(m->locale, VN_TEXT_WHO_NEW), NULL, 0, m->out->who);
    } else if (s->card == VN_SESSION_CARD_KNOWN) {
        const char *name =
            s->first_name[0] != '\0' ? s->first_name : vn_texts_get(m->locale, VN_TEXT_WHO_MEMBER);
        const struct vn_format_value values[] = {{"name", name, true}, {"tier", s->tier, true}};
        vn_format_fill(s->tier[0] != '\0' ? "{name} \u00b7 {tier}" : "{name}", values, 2, m->out->who);
        say_counted(m, VN_TEXT_POINTS_COUNT, s->balance, "", "", false, m->out->points);
        bool selling = s->phase == VN_SESSION_IDLE || s->phase == VN_SESSION_OPEN;
        if (selling && s->limit != VN_SESSION_LIMIT_NONE) {
            say_counted(m, VN_TEXT_POINTS_HERE, usable(s), "", "", false, m->out->here);
        }
    }
    bool priced = s->phase == VN_SESSION_OPEN || s->phase == VN_SESSION_HELD || s->phase == VN_SESSION_DONE;
    char amount[VN_FORMAT_MAX];
    const struct vn_format_value values[] = {{"amount", amount, false}};
    if (priced && s->line_count > 0) {
        vn_format_money(m->locale, s->payable_minor, s->currency_exponent, s->currency, amount);
        vn_format_fill("{amount}", values, 1, m->out->payable);
    }
    if (priced && s->discount_minor > 0) {
        vn_format_money(m->locale, s->discount_minor, s->currency_exponent, "", amount);
        vn_format_fill(vn_texts_get(m->locale, VN_TEXT_SAVED), values, 1, m->out->saved);
    }
    network(m);
}

void vn_model_extras(const struct vn_session *session, const struct vn_locale *locale, enum vn_text main_text,
                     struct vn_screen_model *out)
{
    const struct maker m = {session, locale, main_text, out};
    secondary(&m);
    actions(&m);
    corners(&m);
}
