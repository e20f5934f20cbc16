/* The main message, as a table. Many things are true at once at a checkout - a card was scanned, a coupon is
 * spent, the network just left - and the cashier gets one sentence. What happened last decides: the event
 * picks the upper rows, and when it has nothing to say, the phase of the sale picks the lower ones. The first
 * row whose every column fits the session is said. A new message is a row here and a text in texts/. */
#include "ui/prompt/model_parts.h"

#include "ui/prompt/format.h"

/* Sets of enum values; 0 in a row means that the column does not matter. */
#define E(name) (1U << VN_SESSION_EVENT_##name)
#define P(name) (1U << VN_SESSION_##name)
#define C(name) (1U << VN_SESSION_CARD_##name)
#define K(name) (1U << VN_SESSION_COUPON_##name)
#define S(name) (1U << VN_SESSION_SPEND_##name)

#define SELLING  (P(IDLE) | P(OPEN))
#define REFUSALS (S(NEEDS_HUB) | S(SHORT) | S(GONE))

/* What {points} is in the sentence. It also chooses the plural form, except that {earned} does where it
 * occurs. */
enum count { NO_COUNT, BALANCE, CHOSEN, FREE_HERE, EARNED, EARNED_AND_BALANCE };

struct rule {
    unsigned events, phases, cards, coupons, spends;
    enum vn_tone tone;
    bool (*when)(const struct vn_session *session); /* NULL: always */
    enum vn_text text;
    enum count count;
};

static bool named(const struct vn_session *s)
{
    return s->first_name[0] != '\0';
}

static bool birthday(const struct vn_session *s)
{
    return s->birthday;
}

static bool birthday_named(const struct vn_session *s)
{
    return s->birthday && named(s);
}

static bool device_lost(const struct vn_session *s)
{
    return s->device_lost;
}

static bool online(const struct vn_session *s)
{
    return s->online;
}

static bool quarantined(const struct vn_session *s)
{
    return s->quarantined;
}

static bool earned(const struct vn_session *s)
{
    return s->points_earned > 0;
}

static bool earned_named(const struct vn_session *s)
{
    return earned(s) && named(s);
}

static bool nothing_to_pay(const struct vn_session *s)
{
    return s->payable_minor <= 0;
}

static bool refused(const struct vn_session *s)
{
    return s->limit == VN_SESSION_LIMIT_REFUSED;
}

static bool some(const struct vn_session *s)
{
    return vn_session_spend_all(s) > 0;
}

/* The hub can be asked, says nothing against it, and did not answer in time. */
static bool unanswered(const struct vn_session *s)
{
    return s->online && s->limit == VN_SESSION_LIMIT_NONE;
}

static bool postponed(const struct vn_session *s)
{
    return s->online && !some(s) &&
           (s->limit == VN_SESSION_LIMIT_HUB_WAITS || s->limit == VN_SESSION_LIMIT_LATER);
}

/* clang-format off */
static const struct rule rules[] = {
    /* a card came, or went */
    {E(CARD), 0, C(PAYMENT), 0, 0, VN_TONE_WARN, NULL, VN_TEXT_CARD_PAYMENT, NO_COUNT},
    {E(CARD), 0, C(BLOCKED), 0, 0, VN_TONE_WARN, NULL, VN_TEXT_CARD_BLOCKED, NO_COUNT},
    {E(CARD), 0, C(FOREIGN), 0, 0, VN_TONE_WARN, NULL, VN_TEXT_CARD_FOREIGN, NO_COUNT},
    {E(CARD), 0, C(DAMAGED), 0, 0, VN_TONE_WARN, NULL, VN_TEXT_CARD_DAMAGED, NO_COUNT},
    {E(CARD), 0, C(UNREADABLE), 0, 0, VN_TONE_WARN, NULL, VN_TEXT_CARD_UNREADABLE, NO_COUNT},
    {E(CARD), 0, C(NEW), 0, 0, VN_TONE_CALM, NULL, VN_TEXT_UNKNOWN_CARD, NO_COUNT},
    {E(CARD), 0, C(KNOWN), 0, 0, VN_TONE_GOOD, birthday_named, VN_TEXT_CARD_BIRTHDAY, NO_COUNT},
    {E(CARD), 0, C(KNOWN), 0, 0, VN_TONE_GOOD, birthday, VN_TEXT_CARD_BIRTHDAY_PLAIN, NO_COUNT},
    {E(CARD), 0, C(KNOWN), 0, 0, VN_TONE_GOOD, named, VN_TEXT_CARD_GREETING, BALANCE},
    {E(CARD), 0, C(KNOWN), 0, 0, VN_TONE_GOOD, NULL, VN_TEXT_CARD_GREETING_PLAIN, BALANCE},
    {E(CARD), SELLING, C(NONE), 0, 0, VN_TONE_CALM, NULL, VN_TEXT_CARD_FORGOTTEN, NO_COUNT},
    /* a coupon came */
    {E(COUPON), 0, 0, K(ACCEPTED), 0, VN_TONE_GOOD, NULL, VN_TEXT_COUPON_ACCEPTED, NO_COUNT},
    {E(COUPON), 0, 0, K(NO_EFFECT), 0, VN_TONE_CALM, NULL, VN_TEXT_COUPON_NO_EFFECT, NO_COUNT},
    {E(COUPON), 0, 0, K(UNKNOWN), 0, VN_TONE_WARN, NULL, VN_TEXT_COUPON_UNKNOWN, NO_COUNT},
    {E(COUPON), 0, 0, K(SPENT), 0, VN_TONE_WARN, NULL, VN_TEXT_COUPON_SPENT, NO_COUNT},
    {E(COUPON), 0, 0, K(EXPIRED), 0, VN_TONE_WARN, NULL, VN_TEXT_COUPON_EXPIRED, NO_COUNT},
    {E(COUPON), 0, 0, K(ELSEWHERE), 0, VN_TONE_WARN, NULL, VN_TEXT_COUPON_ELSEWHERE, NO_COUNT},
    {E(COUPON), 0, 0, K(NEEDS_HUB), 0, VN_TONE_WARN, quarantined, VN_TEXT_COUPON_REFUSED, NO_COUNT},
    {E(COUPON), 0, 0, K(NEEDS_HUB), 0, VN_TONE_WARN, online, VN_TEXT_COUPON_LATER, NO_COUNT},
    {E(COUPON), 0, 0, K(NEEDS_HUB), 0, VN_TONE_WARN, NULL, VN_TEXT_COUPON_NEEDS_HUB, NO_COUNT},
    /* points were chosen */
    {E(SPEND), P(OPEN), 0, 0, S(ASKING), VN_TONE_ASK, NULL, VN_TEXT_SPEND_ASKING, CHOSEN},
    {E(SPEND), P(OPEN), 0, 0, S(GRANTED), VN_TONE_GOOD, NULL, VN_TEXT_SPEND_GRANTED, CHOSEN},
    {E(SPEND), P(OPEN), 0, 0, REFUSALS, VN_TONE_WARN, refused, VN_TEXT_HERE_REFUSED, NO_COUNT},
    {E(SPEND), P(OPEN), 0, 0, REFUSALS, VN_TONE_WARN, postponed, VN_TEXT_HERE_WAIT_NONE, NO_COUNT},
    {E(SPEND), P(OPEN), 0, 0, S(NEEDS_HUB), VN_TONE_WARN, unanswered, VN_TEXT_SPEND_NO_ANSWER, NO_COUNT},
    {E(SPEND), P(OPEN), 0, 0, S(GONE), VN_TONE_WARN, some, VN_TEXT_SPEND_GONE, NO_COUNT},
    {E(SPEND), P(OPEN), 0, 0, REFUSALS, VN_TONE_WARN, some, VN_TEXT_SPEND_SHORT, FREE_HERE},
    {E(SPEND), P(OPEN), 0, 0, S(NEEDS_HUB), VN_TONE_WARN, NULL, VN_TEXT_SPEND_NEEDS_HUB, NO_COUNT},
    {E(SPEND), P(OPEN), 0, 0, REFUSALS, VN_TONE_WARN, NULL, VN_TEXT_SPEND_NONE, NO_COUNT},
    {E(SPEND), P(OPEN), 0, 0, S(NONE), VN_TONE_CALM, NULL, VN_TEXT_SPEND_UNDONE, NO_COUNT},
    /* the till's own news */
    {E(DEVICE), 0, 0, 0, 0, VN_TONE_WARN, device_lost, VN_TEXT_DEVICE_LOST, NO_COUNT},
    {E(DEVICE), SELLING, 0, 0, 0, VN_TONE_CALM, NULL, VN_TEXT_DEVICE_BACK, NO_COUNT},
    {E(RULES), SELLING, 0, 0, 0, VN_TONE_CALM, NULL, VN_TEXT_NEW_RULES, NO_COUNT},
    {E(NETWORK), SELLING, 0, 0, 0, VN_TONE_CALM, online, VN_TEXT_ONLINE_AGAIN, NO_COUNT},
    {E(NETWORK), SELLING, 0, 0, 0, VN_TONE_CALM, NULL, VN_TEXT_WENT_OFFLINE, NO_COUNT},
    /* where the sale stands */
    {0, P(HELD), 0, 0, 0, VN_TONE_ASK, nothing_to_pay, VN_TEXT_HELD_NOTHING, NO_COUNT},
    {0, P(HELD), 0, 0, 0, VN_TONE_ASK, NULL, VN_TEXT_HELD, NO_COUNT},
    {0, P(DONE), C(KNOWN), 0, 0, VN_TONE_GOOD, earned, VN_TEXT_DONE_MEMBER, EARNED_AND_BALANCE},
    {0, P(DONE), C(NEW), 0, 0, VN_TONE_GOOD, earned, VN_TEXT_DONE_CARD, EARNED},
    {0, P(DONE), 0, 0, 0, VN_TONE_GOOD, NULL, VN_TEXT_DONE, NO_COUNT},
    {0, P(VOIDED), 0, 0, 0, VN_TONE_CALM, NULL, VN_TEXT_VOIDED, NO_COUNT},
    {0, P(RETURNED), 0, 0, 0, VN_TONE_CALM, NULL, VN_TEXT_RETURNED, NO_COUNT},
    {0, P(REQUESTED), 0, 0, 0, VN_TONE_CALM, NULL, VN_TEXT_REQUESTED, NO_COUNT},
    {0, P(OPEN), 0, 0, S(ASKING), VN_TONE_ASK, NULL, VN_TEXT_SPEND_ASKING, CHOSEN},
    {0, P(IDLE), 0, 0, 0, VN_TONE_WARN, quarantined, VN_TEXT_QUARANTINED, NO_COUNT},
    {0, P(IDLE), 0, 0, 0, VN_TONE_WARN, device_lost, VN_TEXT_DEVICE_LOST, NO_COUNT},
    {0, SELLING, C(KNOWN), 0, 0, VN_TONE_GOOD, earned_named, VN_TEXT_OPEN_MEMBER, EARNED},
    {0, SELLING, C(KNOWN) | C(NEW), 0, 0, VN_TONE_GOOD, earned, VN_TEXT_OPEN_CARD, EARNED},
    {0, SELLING, C(KNOWN), 0, 0, VN_TONE_GOOD, named, VN_TEXT_OPEN_MEMBER_PLAIN, NO_COUNT},
    {0, SELLING, C(KNOWN) | C(NEW), 0, 0, VN_TONE_GOOD, NULL, VN_TEXT_OPEN_CARD_PLAIN, NO_COUNT},
    {0, P(OPEN), 0, 0, 0, VN_TONE_ASK, NULL, VN_TEXT_OPEN_NO_CARD, NO_COUNT},
    {0, 0, 0, 0, 0, VN_TONE_CALM, NULL, VN_TEXT_IDLE, NO_COUNT},
};
/* clang-format on */

/* A value that is no member of its enum is in no set. */
static bool in(unsigned set, unsigned value)
{
    return set == 0 || (value < 32 && (set >> value & 1U) != 0);
}

static const struct rule *choose(const struct vn_session *s)
{
    const struct rule *rule = rules;
    for (; rule->text != VN_TEXT_IDLE; rule++) {
        if (in(rule->events, s->event) && in(rule->phases, s->phase) && in(rule->cards, s->card) &&
            in(rule->coupons, s->coupon) && in(rule->spends, s->spend) &&
            (rule->when == NULL || rule->when(s))) {
            break;
        }
    }
    return rule;
}

enum vn_text vn_model_main(const struct vn_session *session, const struct vn_locale *locale,
                           struct vn_screen_model *out)
{
    const struct rule *rule = choose(session);
    const int64_t counts[] = {
        [NO_COUNT] = 0,
        [BALANCE] = session->balance,
        [CHOSEN] = session->spend_points,
        [FREE_HERE] = session->available_here,
        [EARNED] = session->points_earned,
        [EARNED_AND_BALANCE] = session->points_earned,
    };
    int64_t counted = counts[rule->count];
    int64_t amount_minor =
        rule->text == VN_TEXT_SPEND_GRANTED ? session->spend_value_minor : session->payable_minor;

    char points[VN_FORMAT_MAX];
    char earned_text[VN_FORMAT_MAX];
    char amount[VN_FORMAT_MAX];
    vn_format_number(locale, rule->count == EARNED_AND_BALANCE ? session->balance : counted,
                     session->points_exponent, points);
    vn_format_number(locale, session->points_earned, session->points_exponent, earned_text);
    vn_format_money(locale, amount_minor, session->currency_exponent, session->currency, amount);
    bool coupon = rule->coupons != 0;
    const char *coupon_name = session->coupon_name[0] != '\0' ? session->coupon_name : session->coupon_label;
    const struct vn_format_value values[] = {
        {"name", coupon ? coupon_name : session->first_name, true},
        {"points", points, false},
        {"earned", earned_text, false},
        {"amount", amount, false},
    };
    vn_format_fill(vn_texts_plural(locale, rule->text, counted, session->points_exponent), values,
                   sizeof values / sizeof *values, out->main);
    out->tone = rule->tone;
    return rule->text;
}
