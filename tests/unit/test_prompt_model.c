/* Session in, screen model out: what the cashier reads and what she can tap, state by state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "agent/base/random.h"
#include "ui/prompt/format.h"
#include "ui/prompt/model.h"

/* A member in the midst of a sale, online. */
static struct vn_session member(void)
{
    struct vn_session s = {
        .phase = VN_SESSION_OPEN,
        .event = VN_SESSION_EVENT_BASKET,
        .online = true,
        .currency = "RSD",
        .currency_exponent = 2,
        .utc_offset_min = 60,
        .card = VN_SESSION_CARD_KNOWN,
        .first_name = "Milica",
        .tier = "Gold",
        .balance = 1240,
        .available_here = 1240,
        .spend_min = 100,
        .spend_max = 1000,
        .spend_step = 100,
        .line_count = 3,
        .total_minor = 135450,
        .discount_minor = 12000,
        .payable_minor = 123450,
        .points_earned = 12,
    };
    return s;
}

static struct vn_screen_model make(const struct vn_session *s)
{
    struct vn_screen_model model;
    vn_screen_model_make(s, "en", &model);
    return model;
}

static bool offers(const struct vn_screen_model *model, enum vn_action action)
{
    for (unsigned i = 0; i < model->action_count; i++) {
        if (model->actions[i].action == action) {
            return true;
        }
    }
    return false;
}

static bool says(const struct vn_screen_model *model, const char *line)
{
    for (unsigned i = 0; i < model->secondary_count; i++) {
        if (strcmp(model->secondary[i], line) == 0) {
            return true;
        }
    }
    return false;
}

static bool offers_in(const struct vn_session *s, enum vn_action action)
{
    struct vn_screen_model model = make(s);
    return offers(&model, action);
}

static void test_each_card_gets_one_sentence(void **state)
{
    (void)state;
    static const struct {
        enum vn_session_card card;
        enum vn_tone tone;
        const char *text;
    } cases[] = {
        {VN_SESSION_CARD_NONE, VN_TONE_CALM, "Card removed. Scan another one or go on."},
        {VN_SESSION_CARD_KNOWN, VN_TONE_GOOD, "Say hello to Milica - 1,240 points."},
        {VN_SESSION_CARD_NEW, VN_TONE_CALM, "Card not known here - it still earns. Go on."},
        {VN_SESSION_CARD_BLOCKED, VN_TONE_WARN, "Card blocked - ask for another or go on."},
        {VN_SESSION_CARD_FOREIGN, VN_TONE_WARN, "Another chain's card - ask for ours or go on."},
        {VN_SESSION_CARD_DAMAGED, VN_TONE_WARN, "Card unreadable - type its number or go on."},
        {VN_SESSION_CARD_PAYMENT, VN_TONE_WARN, "That is a payment card. Use the payment terminal."},
        {VN_SESSION_CARD_UNREADABLE, VN_TONE_WARN, "Scan not read - scan the card once more."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vn_session s = member();
        s.event = VN_SESSION_EVENT_CARD;
        s.card = cases[i].card;
        struct vn_screen_model model = make(&s);
        assert_string_equal(model.main, cases[i].text);
        assert_int_equal(model.tone, cases[i].tone);
    }
}

static void test_birthday_comes_before_the_greeting(void **state)
{
    (void)state;
    struct vn_session s = member();
    s.event = VN_SESSION_EVENT_CARD;
    s.birthday = true;
    assert_string_equal(make(&s).main, "Birthday these days - congratulate Milica.");
    struct vn_screen_model greeting = make(&s);
    assert_false(says(&greeting, "Birthday these days - congratulate Milica."));
    s.event = VN_SESSION_EVENT_BASKET; /* the next item: still there, as a second line */
    struct vn_screen_model model = make(&s);
    assert_string_equal(model.main, "Go on - 12 points so far for Milica.");
    assert_true(says(&model, "Birthday these days - congratulate Milica."));
    s.event = VN_SESSION_EVENT_CARD;
    s.first_name[0] = '\0';
    assert_string_equal(make(&s).main, "Birthday these days - congratulate the customer.");
    s.birthday = false;
    assert_string_equal(make(&s).main, "Card read - 1,240 points on it. Go on.");
}

static void test_each_coupon_gets_one_sentence(void **state)
{
    (void)state;
    static const struct {
        enum vn_session_coupon coupon;
        const char *text;
    } cases[] = {
        {VN_SESSION_COUPON_ACCEPTED, "Coupon accepted: Coffee day. Go on."},
        {VN_SESSION_COUPON_NO_EFFECT, "No goods for this coupon yet: Coffee day. Go on."},
        {VN_SESSION_COUPON_UNKNOWN, "Coupon not known - give it back and go on."},
        {VN_SESSION_COUPON_SPENT, "Coupon already used - give it back and go on."},
        {VN_SESSION_COUPON_EXPIRED, "Coupon has expired - give it back and go on."},
        {VN_SESSION_COUPON_NEEDS_HUB, "Coupon can't be used just now - try again later."},
        {VN_SESSION_COUPON_ELSEWHERE, "Coupon is held at another till - try again later."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vn_session s = member();
        s.event = VN_SESSION_EVENT_COUPON;
        s.coupon = cases[i].coupon;
        (void)snprintf(s.coupon_name, sizeof s.coupon_name, "Coffee day");
        struct vn_screen_model model = make(&s);
        assert_string_equal(model.main, cases[i].text);
        assert_int_equal(offers(&model, VN_ACTION_DISMISS), cases[i].coupon != VN_SESSION_COUPON_ACCEPTED);
    }
    struct vn_session s = member();
    s.event = VN_SESSION_EVENT_COUPON;
    s.coupon = VN_SESSION_COUPON_ACCEPTED;
    (void)snprintf(s.coupon_label, sizeof s.coupon_label, "NOV-77");
    assert_string_equal(make(&s).main, "Coupon accepted: NOV-77. Go on.");
    s.coupon = VN_SESSION_COUPON_NEEDS_HUB;
    s.online = false;
    assert_string_equal(make(&s).main, "Coupon needs the network - try again when online.");
    s.quarantined = true;
    assert_string_equal(make(&s).main, "Coupons can't be used at this till - call support.");
}

static void test_each_spending_state_gets_one_sentence(void **state)
{
    (void)state;
    static const struct {
        enum vn_session_spend spend;
        const char *text;
    } cases[] = {
        {VN_SESSION_SPEND_NONE, "No points are used. Go on."},
        {VN_SESSION_SPEND_ASKING, "Asking for 500 points - wait a moment."},
        {VN_SESSION_SPEND_GRANTED, "500 points take 50.00\u00a0RSD off. Go on."},
        {VN_SESSION_SPEND_NEEDS_HUB, "No answer in time - choose the points again."},
        {VN_SESSION_SPEND_SHORT, "Only 1,240 points can be used here - choose again."},
        {VN_SESSION_SPEND_GONE, "Those points are no longer here - choose again."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vn_session s = member();
        s.event = VN_SESSION_EVENT_SPEND;
        s.spend = cases[i].spend;
        s.spend_points = 500;
        s.spend_value_minor = 5000;
        assert_string_equal(make(&s).main, cases[i].text);
    }
}

static void test_each_phase_gets_one_sentence(void **state)
{
    (void)state;
    struct vn_session s = member();
    s.event = VN_SESSION_EVENT_PHASE;
    s.phase = VN_SESSION_HELD;
    assert_string_equal(make(&s).main, "Take the payment: 1,234.50\u00a0RSD.");
    s.phase = VN_SESSION_DONE;
    s.balance = 1252;
    assert_string_equal(make(&s).main, "Done: 12 points earned, balance 1,252.");
    s.card = VN_SESSION_CARD_NEW;
    assert_string_equal(make(&s).main, "Done: 12 points earned on this card.");
    s.card = VN_SESSION_CARD_NONE;
    assert_string_equal(make(&s).main, "Sale done. Next customer, please.");
    s.phase = VN_SESSION_VOIDED;
    assert_string_equal(make(&s).main, "Sale voided, points and coupons are back. Go on.");
    s.phase = VN_SESSION_RETURNED;
    assert_string_equal(make(&s).main, "Return booked, points are corrected. Go on.");
    s.phase = VN_SESSION_IDLE;
    assert_string_equal(make(&s).main, "Ready. Scan a card or the first item.");
    s.phase = VN_SESSION_OPEN;
    assert_string_equal(make(&s).main, "Ask for the loyalty card or go on.");
    s.phase = VN_SESSION_HELD;
    s.payable_minor = 0;
    assert_string_equal(make(&s).main, "Nothing to pay - finish the sale.");
}

static void test_a_lost_scanner_is_said_until_it_is_back(void **state)
{
    (void)state;
    struct vn_session s = member();
    s.device_lost = true;
    s.event = VN_SESSION_EVENT_DEVICE;
    struct vn_screen_model model = make(&s);
    assert_string_equal(model.main, "Scanner not found - plug it in again.");
    assert_int_equal(model.tone, VN_TONE_WARN);
    assert_false(says(&model, model.main)); /* not twice */
    s.event = VN_SESSION_EVENT_BASKET;
    model = make(&s);
    assert_string_equal(model.secondary[0], "Scanner not found - plug it in again.");
    s.event = VN_SESSION_EVENT_DEVICE;
    s.device_lost = false;
    assert_string_equal(make(&s).main, "Scanner is back. Go on.");
}

static void test_offline_never_blocks_and_never_warns(void **state)
{
    (void)state;
    struct vn_session s = member();
    s.online = false;
    s.offline_since_ms = INT64_C(1795784700000);
    s.event = VN_SESSION_EVENT_NETWORK;
    struct vn_screen_model model = make(&s);
    assert_string_equal(model.main, "Offline - go on selling, cards still earn.");
    assert_int_equal(model.tone, VN_TONE_CALM);
    assert_string_equal(model.network, "offline since 14:05");
    assert_false(model.online);
    s.event = VN_SESSION_EVENT_BASKET;
    assert_string_equal(make(&s).main, "Go on - 12 points so far for Milica.");
    s.offline_since_ms = 0;
    assert_string_equal(make(&s).network, "offline");
    s.online = true;
    s.event = VN_SESSION_EVENT_NETWORK;
    model = make(&s);
    assert_string_equal(model.main, "Online again. Go on.");
    assert_string_equal(model.network, "online");
}

static void test_new_promotions_and_support_are_told(void **state)
{
    (void)state;
    struct vn_session s = member();
    s.event = VN_SESSION_EVENT_RULES;
    assert_string_equal(make(&s).main, "New promotions are in force. Go on.");
    s.quarantined = true;
    struct vn_screen_model model = make(&s);
    assert_string_equal(model.secondary[0], "Call support - the hub refuses this till's records.");
    s.phase = VN_SESSION_IDLE;
    s.event = VN_SESSION_EVENT_NONE;
    s.card = VN_SESSION_CARD_NONE;
    assert_string_equal(make(&s).main, "Call support - the hub refuses this till's records.");
}

static void test_second_lines_are_ranked(void **state)
{
    (void)state;
    struct vn_session s = member();
    s.hint_count = 2;
    s.hints[0] = (struct vn_session_hint){"3 for 2 coffee", VN_SESSION_MISSING_PIECES, 1000, 20000};
    s.hints[1] = (struct vn_session_hint){"Free delivery", VN_SESSION_MISSING_MONEY, 120, 10000};
    s.expiring_points = 40;
    s.expiring_ms = INT64_C(1795784700000);
    s.benefit_count = 1;
    s.benefits[0] = (struct vn_session_benefit){"Gold 5 %", 12000, 0};
    struct vn_screen_model model = make(&s);
    assert_int_equal(model.secondary_count, 3);
    assert_string_equal(model.secondary[0], "1 more piece for: 3 for 2 coffee");
    assert_string_equal(model.secondary[1], "40 points expire on 27\u00a0Nov - tell the customer.");
    assert_string_equal(model.secondary[2], "Gold 5 %: 120.00 off");
    s.expiring_points = 0;
    model = make(&s);
    assert_string_equal(model.secondary[2], "1.20 short of: Free delivery");
    s.phase = VN_SESSION_HELD; /* too late for hints */
    model = make(&s);
    assert_int_equal(model.secondary_count, 1);
    s.phase = VN_SESSION_OPEN;
    s.hints[0] = (struct vn_session_hint){"Apples", VN_SESSION_MISSING_PIECES, 1500, 1};
    s.hints[1] = (struct vn_session_hint){"Bank day", VN_SESSION_MISSING_TENDER, 0, 1};
    s.benefits[0] = (struct vn_session_benefit){"Double points", 0, 12};
    model = make(&s);
    assert_string_equal(model.secondary[0], "1.5 more for: Apples");
    assert_string_equal(model.secondary[1], "Double points: +12 points");
    assert_string_equal(model.secondary[2], "Paid another way: Bank day");
    s.benefit_count = 0;
    s.hint_count = 3;
    s.hints[0] = (struct vn_session_hint){"Coffee card", VN_SESSION_MISSING_STAMPS, 2, 1};
    s.hints[1] = (struct vn_session_hint){"Club week", VN_SESSION_MISSING_CARD, 0, 1};
    s.hints[2] = (struct vn_session_hint){"Bank day", VN_SESSION_MISSING_TENDER, 0, 1};
    model = make(&s);
    assert_string_equal(model.secondary[0], "2 more stamps for: Coffee card");
    assert_string_equal(model.secondary[1], "With a card: Club week");
    assert_string_equal(model.secondary[2], "Paid another way: Bank day");
    s.hints[0] = (struct vn_session_hint){"Coffee card", VN_SESSION_MISSING_NETWORK, 0, 1};
    model = make(&s);
    assert_string_equal(model.secondary[0], "Not now - needs the network: Coffee card");
}

static void test_choices_are_offered_only_when_possible(void **state)
{
    (void)state;
    struct vn_session s = member();
    struct vn_screen_model model = make(&s);
    assert_int_equal(model.action_count, 3);
    assert_string_equal(model.actions[0].label, "Use 1,000 points");
    assert_string_equal(model.actions[1].label, "Use 500 points");
    assert_true(offers(&model, VN_ACTION_FORGET_CARD));
    s.spend = VN_SESSION_SPEND_ASKING; /* only the way back */
    model = make(&s);
    assert_int_equal(model.action_count, 1);
    assert_true(offers(&model, VN_ACTION_SPEND_UNDO));
    s.spend = VN_SESSION_SPEND_GRANTED;
    s.spend_points = 1000;
    model = make(&s);
    assert_false(offers(&model, VN_ACTION_SPEND_ALL));
    assert_true(offers(&model, VN_ACTION_SPEND_HALF));
    assert_true(offers(&model, VN_ACTION_SPEND_UNDO));
    s.phase = VN_SESSION_HELD; /* the customer pays */
    assert_int_equal(make(&s).action_count, 0);
    s = member();
    s.spend_step = 600; /* half is below a step */
    assert_false(offers_in(&s, VN_ACTION_SPEND_HALF));
    s.spend_step = 100;
    s.spend_min = 700;
    assert_false(offers_in(&s, VN_ACTION_SPEND_HALF));
    s.spend_max = 0;
    assert_false(offers_in(&s, VN_ACTION_SPEND_ALL));
}

static void test_corners_say_who_and_how_much(void **state)
{
    (void)state;
    struct vn_session s = member();
    struct vn_screen_model model = make(&s);
    assert_string_equal(model.who, "Milica · Gold");
    assert_string_equal(model.points, "1,240 points");
    assert_string_equal(model.payable, "1,234.50\u00a0RSD");
    assert_string_equal(model.saved, "saved 120.00");
    s.first_name[0] = '\0';
    s.tier[0] = '\0';
    assert_string_equal(make(&s).who, "member");
    s.card = VN_SESSION_CARD_NEW;
    assert_string_equal(make(&s).who, "new card");
    assert_string_equal(make(&s).points, "");
    s.card = VN_SESSION_CARD_BLOCKED;
    assert_string_equal(make(&s).who, "");
    s.phase = VN_SESSION_IDLE;
    assert_string_equal(make(&s).payable, "");
    assert_string_equal(make(&s).saved, "");
}

static void test_all_languages_speak_their_own(void **state)
{
    (void)state;
    struct vn_session s = member();
    s.event = VN_SESSION_EVENT_CARD;
    struct vn_screen_model model;
    vn_screen_model_make(&s, "sr", &model);
    assert_string_equal(model.main, "Поздравите по имену: Milica, 1.240 поена.");
    assert_string_equal(model.locale, "sr");
    vn_screen_model_make(&s, "sr@latin", &model);
    assert_string_equal(model.main, "Pozdravite po imenu: Milica, 1.240 poena.");
    vn_screen_model_make(&s, "pl", &model);
    assert_string_equal(model.main, "Powitaj po imieniu: Milica, 1\u00a0240 punktów.");
    vn_screen_model_make(&s, "ru", &model);
    assert_string_equal(model.main, "Обратитесь по имени: Milica, 1\u00a0240 баллов.");
    vn_screen_model_make(&s, "tlh", &model);
    assert_string_equal(model.locale, "en");
}

static void test_a_screen_without_agent_says_so(void **state)
{
    (void)state;
    struct vn_screen_model model;
    vn_screen_model_absent("en", &model);
    assert_string_equal(model.main, "Loyalty is not running - sell on without it.");
    assert_int_equal(model.tone, VN_TONE_WARN);
    assert_int_equal(model.action_count, 0);
    assert_false(model.online);
}

static uint32_t draw(const struct vn_random *random)
{
    uint32_t value = 0;
    assert_int_equal(vn_random_fill(random, (uint8_t *)&value, sizeof value), VN_OK);
    return value;
}

static void draw_text(const struct vn_random *random, char *out, size_t size)
{
    assert_int_equal(vn_random_fill(random, (uint8_t *)out, size), VN_OK);
    out[draw(random) % size] = '\0';
    out[size - 1] = '\0';
}

/* Bytes at random in every field, and now and then plausible enums, so that deep states are met. */
static void random_session(const struct vn_random *random, struct vn_session *s)
{
    assert_int_equal(vn_random_fill(random, (uint8_t *)s, sizeof *s), VN_OK);
    s->phase = (enum vn_session_phase)(draw(random) % 7);
    s->event = (enum vn_session_event)(draw(random) % 10);
    s->card = (enum vn_session_card)(draw(random) % 9);
    s->coupon = (enum vn_session_coupon)(draw(random) % 9);
    s->spend = (enum vn_session_spend)(draw(random) % 7);
    s->limit = (enum vn_session_limit)(draw(random) % (VN_SESSION_LIMITS + 2));
    bool *const flags[] = {&s->online, &s->quarantined, &s->device_lost, &s->birthday};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        bool flag = draw(random) % 2 == 0;
        memcpy(flags[i], &flag, sizeof flag);
    }
    if (draw(random) % 2 == 0) {
        s->spend_max = draw(random) % 1000;
        s->spend_min = draw(random) % 500;
        s->spend_step = draw(random) % 200;
        s->available_here = draw(random) % 1000;
        s->spend_points = draw(random) % 4 == 0 ? s->spend_max : draw(random) % 1000;
    }
    draw_text(random, s->device, sizeof s->device);
    draw_text(random, s->currency, sizeof s->currency);
    draw_text(random, s->first_name, sizeof s->first_name);
    draw_text(random, s->tier, sizeof s->tier);
    draw_text(random, s->coupon_label, sizeof s->coupon_label);
    draw_text(random, s->coupon_name, sizeof s->coupon_name);
    for (unsigned i = 0; i < VN_NEAR_MISSES_MAX; i++) {
        draw_text(random, s->hints[i].name, sizeof s->hints[i].name);
        s->hints[i].kind = (enum vn_session_missing)(draw(random) % 7);
    }
    for (unsigned i = 0; i < VN_SESSION_BENEFITS_MAX; i++) {
        draw_text(random, s->benefits[i].name, sizeof s->benefits[i].name);
    }
}

static void check_actions(const struct vn_session *s, const struct vn_screen_model *m)
{
    bool open = s->phase == VN_SESSION_OPEN;
    bool asking = s->spend == VN_SESSION_SPEND_ASKING;
    for (unsigned i = 0; i < m->action_count; i++) {
        assert_true(m->actions[i].label[0] != '\0');
        switch (m->actions[i].action) {
        case VN_ACTION_SPEND_ALL:
        case VN_ACTION_SPEND_HALF: {
            int64_t points = m->actions[i].action == VN_ACTION_SPEND_ALL ? vn_session_spend_all(s)
                                                                         : vn_session_spend_half(s);
            assert_true(open && !asking && s->card == VN_SESSION_CARD_KNOWN);
            assert_true(points > 0 && points >= s->spend_min && points <= s->spend_max);
            assert_true(points <= s->available_here);
            break;
        }
        case VN_ACTION_SPEND_UNDO:
            assert_true(open && (asking || s->spend == VN_SESSION_SPEND_GRANTED));
            break;
        case VN_ACTION_FORGET_CARD:
            assert_true(s->card != VN_SESSION_CARD_NONE && s->card != VN_SESSION_CARD_PAYMENT && !asking);
            assert_true(open || s->phase == VN_SESSION_IDLE);
            break;
        case VN_ACTION_DISMISS: break;
        case VN_ACTION_NONE:
        case VN_ACTION_COUNT: fail();
        }
        for (unsigned k = 0; k < i; k++) {
            assert_int_not_equal(m->actions[i].action, m->actions[k].action);
        }
    }
}

static void test_ten_thousand_random_sessions_give_a_sound_screen(void **state)
{
    (void)state;
    static const char *const locales[] = {"en", "sr", "sr@latin", "pl", "ru"};
    uint64_t seed = 8;
    struct vn_random random = vn_random_seeded(&seed);
    for (unsigned i = 0; i < 10000; i++) {
        struct vn_session s;
        random_session(&random, &s);
        struct vn_screen_model m;
        vn_screen_model_make(&s, locales[i % 5], &m);
        assert_true(m.main[0] != '\0' && vn_format_chars(m.main) <= VN_PROMPT_CHARS);
        assert_true(m.secondary_count <= VN_PROMPT_SECONDARY && m.action_count <= VN_PROMPT_ACTIONS);
        for (unsigned k = 0; k < m.secondary_count; k++) {
            assert_true(m.secondary[k][0] != '\0' && vn_format_chars(m.secondary[k]) <= VN_PROMPT_CHARS);
            assert_string_not_equal(m.secondary[k], m.main);
        }
        check_actions(&s, &m);
        struct vn_screen_model again;
        vn_screen_model_make(&s, locales[i % 5], &again);
        assert_true(vn_screen_model_equal(&m, &again));
    }
}

static void test_models_differ_in_any_field(void **state)
{
    (void)state;
    struct vn_session s = member();
    struct vn_screen_model a = make(&s);
    struct vn_screen_model b = a;
    assert_true(vn_screen_model_equal(&a, &b));
    b.network[0] = 'X';
    assert_false(vn_screen_model_equal(&a, &b));
    b = a;
    b.actions[1].label[0] = 'X';
    assert_false(vn_screen_model_equal(&a, &b));
    b = a;
    b.action_count--;
    assert_false(vn_screen_model_equal(&a, &b));
    b = a;
    b.tone = VN_TONE_WARN;
    assert_false(vn_screen_model_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_card_gets_one_sentence),
        cmocka_unit_test(test_birthday_comes_before_the_greeting),
        cmocka_unit_test(test_each_coupon_gets_one_sentence),
        cmocka_unit_test(test_each_spending_state_gets_one_sentence),
        cmocka_unit_test(test_each_phase_gets_one_sentence),
        cmocka_unit_test(test_a_lost_scanner_is_said_until_it_is_back),
        cmocka_unit_test(test_offline_never_blocks_and_never_warns),
        cmocka_unit_test(test_new_promotions_and_support_are_told),
        cmocka_unit_test(test_second_lines_are_ranked),
        cmocka_unit_test(test_choices_are_offered_only_when_possible),
        cmocka_unit_test(test_corners_say_who_and_how_much),
        cmocka_unit_test(test_all_languages_speak_their_own),
        cmocka_unit_test(test_a_screen_without_agent_says_so),
        cmocka_unit_test(test_ten_thousand_random_sessions_give_a_sound_screen),
        cmocka_unit_test(test_models_differ_in_any_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
