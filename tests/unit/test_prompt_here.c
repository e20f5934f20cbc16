/* What the cashier reads when less than the balance can be paid at her till, and what she is offered then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ui/prompt/model.h"

/* 1,240 points, up to 1,000 of them for this basket, and 300 at this till. */
static struct vn_session cut_off(enum vn_session_limit limit, int64_t here)
{
    struct vn_session s = {
        .phase = VN_SESSION_OPEN,
        .event = VN_SESSION_EVENT_BASKET,
        .currency = "RSD",
        .currency_exponent = 2,
        .card = VN_SESSION_CARD_KNOWN,
        .first_name = "Milica",
        .balance = 1240,
        .available_here = here,
        .limit = limit,
        .elsewhere = 500,
        .spend_min = 100,
        .spend_max = 1000,
        .spend_step = 50,
        .line_count = 3,
        .payable_minor = 123450,
    };
    s.online = limit < VN_SESSION_LIMIT_STORE;
    s.quarantined = limit == VN_SESSION_LIMIT_REFUSED;
    return s;
}

static struct vn_screen_model make(const struct vn_session *s)
{
    struct vn_screen_model model;
    vn_screen_model_make(s, "en", &model);
    return model;
}

static void test_each_reason_gets_one_sentence_that_says_what_to_do(void **state)
{
    (void)state;
    static const struct {
        enum vn_session_limit limit;
        const char *some, *none;
    } cases[] = {
        {VN_SESSION_LIMIT_ELSEWHERE, "500 points are at another till - scan the card again.",
         "500 points are at another till - scan the card again."},
        {VN_SESSION_LIMIT_LATER, "Offer up to 300 points - the rest has to wait.",
         "Points can't be used just now - try again later."},
        {VN_SESSION_LIMIT_HUB_WAITS, "Offer up to 300 points - the rest has to wait.",
         "Points can't be used just now - try again later."},
        {VN_SESSION_LIMIT_STORE, "Offline: this store can take 300 points, offer them.",
         "Points can be used when online again."},
        {VN_SESSION_LIMIT_ALONE, "Offline: offer up to 300 points, more when online.",
         "Points can be used when online again."},
        {VN_SESSION_LIMIT_RISK, "Offline: offer up to 300 points, the chain allows it.",
         "Points can be used when online again."},
        {VN_SESSION_LIMIT_REFUSED, "Points can't be used at this till - call support.",
         "Points can't be used at this till - call support."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vn_session s = cut_off(cases[i].limit, 300);
        struct vn_screen_model model = make(&s);
        assert_int_equal(model.secondary_count, 1);
        assert_string_equal(model.secondary[0], cases[i].some);
        assert_string_equal(model.points, "1,240 points");
        assert_string_equal(model.here, "300 usable here");
        s.available_here = 0;
        assert_string_equal(make(&s).secondary[0], cases[i].none);
        s.available_here = 60; /* the chain takes 100 at least */
        assert_string_equal(make(&s).secondary[0], cases[i].none);
        assert_string_equal(make(&s).here, "0 usable here");
        s.phase = VN_SESSION_IDLE; /* before the first item nobody knows that */
        assert_string_equal(make(&s).here, "60 usable here");
    }
}

static void test_offers_never_exceed_what_is_here(void **state)
{
    (void)state;
    struct vn_session s = cut_off(VN_SESSION_LIMIT_ALONE, 355);
    struct vn_screen_model model = make(&s);
    assert_int_equal(model.action_count, 3);
    assert_string_equal(model.actions[0].label, "Use 350 points");
    assert_string_equal(model.actions[1].label, "Use 150 points");
    s.available_here = 120;
    model = make(&s);
    assert_string_equal(model.actions[0].label, "Use 100 points"); /* half of it is below the least */
    assert_int_equal(model.actions[1].action, VN_ACTION_FORGET_CARD);
    s.available_here = 99;
    assert_int_equal(make(&s).actions[0].action, VN_ACTION_FORGET_CARD);
    s.available_here = -5;
    assert_int_equal(vn_session_spend_all(&s), 0);
    s = cut_off(VN_SESSION_LIMIT_HUB_WAITS, 0); /* online makes no difference */
    assert_int_equal(vn_session_spend_all(&s), 0);
    assert_int_equal(vn_session_spend_half(&s), 0);
}

static void test_nothing_is_said_when_it_makes_no_difference(void **state)
{
    (void)state;
    struct vn_session s = cut_off(VN_SESSION_LIMIT_ALONE, 300);
    s.spend_max = 200; /* this basket takes no more anyhow */
    struct vn_screen_model model = make(&s);
    assert_int_equal(model.secondary_count, 0);
    assert_string_equal(model.here, "300 usable here");
    assert_string_equal(model.actions[0].label, "Use 200 points");
    s.limit = VN_SESSION_LIMIT_NONE;
    s.available_here = s.balance;
    assert_string_equal(make(&s).here, "");
    s = cut_off(VN_SESSION_LIMIT_ALONE, 300);
    s.phase = VN_SESSION_HELD;
    assert_int_equal(make(&s).secondary_count, 0);
    assert_string_equal(make(&s).here, "");
    s = cut_off(VN_SESSION_LIMIT_ALONE, 300);
    s.spend = VN_SESSION_SPEND_GRANTED;
    s.spend_points = 300;
    s.spend_value_minor = 30000;
    model = make(&s);
    assert_int_equal(model.secondary_count, 1);
    assert_string_equal(model.secondary[0], "300 points take 300.00\u00a0RSD off. Go on.");
}

static void test_a_refused_choice_says_what_is_possible(void **state)
{
    (void)state;
    static const struct {
        enum vn_session_limit limit;
        enum vn_session_spend spend;
        int64_t here;
        const char *text;
    } cases[] = {
        {VN_SESSION_LIMIT_ALONE, VN_SESSION_SPEND_NEEDS_HUB, 300,
         "Only 300 points can be used here - choose again."},
        {VN_SESSION_LIMIT_ALONE, VN_SESSION_SPEND_NEEDS_HUB, 0,
         "Points need the network - offer them when online again."},
        {VN_SESSION_LIMIT_STORE, VN_SESSION_SPEND_SHORT, 150,
         "Only 150 points can be used here - choose again."},
        {VN_SESSION_LIMIT_STORE, VN_SESSION_SPEND_SHORT, 0,
         "No points can be used here now - take another payment."},
        {VN_SESSION_LIMIT_ELSEWHERE, VN_SESSION_SPEND_SHORT, 0,
         "No points can be used here now - take another payment."},
        {VN_SESSION_LIMIT_HUB_WAITS, VN_SESSION_SPEND_NEEDS_HUB, 0,
         "Points can't be used just now - try again later."},
        {VN_SESSION_LIMIT_LATER, VN_SESSION_SPEND_SHORT, 0,
         "Points can't be used just now - try again later."},
        {VN_SESSION_LIMIT_ALONE, VN_SESSION_SPEND_GONE, 100,
         "Those points are no longer here - choose again."},
        {VN_SESSION_LIMIT_ALONE, VN_SESSION_SPEND_GONE, 0,
         "No points can be used here now - take another payment."},
        {VN_SESSION_LIMIT_REFUSED, VN_SESSION_SPEND_GONE, 0,
         "Points can't be used at this till - call support."},
        {VN_SESSION_LIMIT_REFUSED, VN_SESSION_SPEND_NEEDS_HUB, 0,
         "Points can't be used at this till - call support."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vn_session s = cut_off(cases[i].limit, cases[i].here);
        s.event = VN_SESSION_EVENT_SPEND;
        s.spend = cases[i].spend;
        struct vn_screen_model model = make(&s);
        assert_string_equal(model.main, cases[i].text);
        assert_int_equal(model.tone, VN_TONE_WARN);
        for (unsigned k = 0; k < model.secondary_count; k++) {
            assert_string_not_equal(model.secondary[k], model.main);
        }
    }
}

static void test_amounts_are_written_as_each_country_does(void **state)
{
    (void)state;
    static const struct {
        const char *locale, *here, *line;
    } cases[] = {
        {"en", "1,234.50 usable here", "Offline: offer up to 1,234.50 points, more when online."},
        {"sr", "овде највише 1.234,50", "Ван мреже: понудите до 1.234,50 поена, остале касније."},
        {"sr@latin", "ovde najviše 1.234,50", "Van mreže: ponudite do 1.234,50 poena, ostale kasnije."},
        {"pl", "tu najwyżej 1\u00a0234,50", "Offline: zaproponuj do 1\u00a0234,50 punktów, resztę później."},
        {"ru", "здесь до 1\u00a0234,50", "Нет связи: предложите до 1\u00a0234,50 баллов, больше — потом."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vn_session s = cut_off(VN_SESSION_LIMIT_ALONE, 123450);
        struct vn_screen_model model;
        s.points_exponent = 2;
        s.balance = 500000;
        s.spend_max = 500000;
        vn_screen_model_make(&s, cases[i].locale, &model);
        assert_string_equal(model.here, cases[i].here);
        assert_string_equal(model.secondary[0], cases[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_reason_gets_one_sentence_that_says_what_to_do),
        cmocka_unit_test(test_offers_never_exceed_what_is_here),
        cmocka_unit_test(test_nothing_is_said_when_it_makes_no_difference),
        cmocka_unit_test(test_a_refused_choice_says_what_is_possible),
        cmocka_unit_test(test_amounts_are_written_as_each_country_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
