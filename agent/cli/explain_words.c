/* Sentences are those of ui/prompt/texts, values are formatted as on the screen. Names stand on their own in front, since a
 * screen's sentence is short and a promotion's name is not. */
#include "agent/cli/explain_words.h"

#include <string.h>

#include "agent/loyalty/asks.h"
#include "ui/prompt/format.h"

struct teller {
    FILE *out;
    const struct vn_locale *locale;
    const struct vn_ruleset *ruleset;
    const struct vn_catalogue *catalogue; /* may be NULL */
    const struct vn_outcome *outcome;
};

typedef char sentence[VN_PROMPT_TEXT_MAX];

static void money(const struct teller *teller, int64_t minor, char out[VN_FORMAT_MAX])
{
    vn_format_money(teller->locale, minor, vn_ruleset_currency_exponent(teller->ruleset),
                    vn_ruleset_currency(teller->ruleset), out);
}

/* A text from outside, fit for a terminal, and whole: in pieces, since the screen's sentence is short. */
static void print_text(const struct teller *teller, const char *text)
{
    while (*text != '\0') {
        char piece[VN_PROMPT_TEXT_MAX];
        sentence clean;
        size_t len = 0;
        for (unsigned chars = 0; text[len] != '\0' && len + 1 < sizeof piece; len++) {
            chars += ((unsigned char)text[len] & 0xc0) != 0x80 ? 1 : 0;
            if (chars > VN_PROMPT_CHARS) {
                break;
            }
        }
        (void)snprintf(piece, sizeof piece, "%.*s", (int)len, text);
        const struct vn_format_value value = {"name", piece, false};
        vn_format_fill("{name}", &value, 1, clean);
        (void)fputs(clean, teller->out);
        text += len;
    }
}

static void say_named(const struct teller *teller, enum vn_text text, const char *name, sentence out)
{
    const struct vn_format_value value = {"name", name, true};
    vn_format_fill(vn_texts_get(teller->locale, text), &value, 1, out);
}

static void say_money(const struct teller *teller, enum vn_text text, int64_t minor, sentence out)
{
    char amount[VN_FORMAT_MAX];
    money(teller, minor, amount);
    const struct vn_format_value value = {"amount", amount, false};
    vn_format_fill(vn_texts_get(teller->locale, text), &value, 1, out);
}

/* {points} or {count} in the form for so many, beside a name. */
static void say_count(const struct teller *teller, enum vn_text text, int64_t count, unsigned exponent,
                      const char *name, sentence out)
{
    char number[VN_FORMAT_MAX];
    vn_format_number(teller->locale, count, exponent, number);
    const struct vn_format_value values[] = {
        {"points", number, false}, {"count", number, false}, {"name", name, true}};
    vn_format_fill(vn_texts_plural(teller->locale, text, count, exponent), values,
                   sizeof values / sizeof values[0], out);
}

static void say_points_money(const struct teller *teller, int64_t points, unsigned exponent, int64_t minor,
                             sentence out)
{
    char number[VN_FORMAT_MAX];
    char amount[VN_FORMAT_MAX];
    vn_format_number(teller->locale, points, exponent, number);
    money(teller, minor, amount);
    const struct vn_format_value values[] = {{"points", number, false}, {"amount", amount, false}};
    vn_format_fill(vn_texts_plural(teller->locale, VN_TEXT_TELL_USED, points, exponent), values, 2, out);
}

/* "Coffee week (coffee-20)"; the id alone where it is the name. */
static void print_promotion(const struct teller *teller, const char *promotion)
{
    const char *known = vn_ruleset_promotion_name(teller->ruleset, promotion, teller->locale->name);
    print_text(teller, known);
    if (strcmp(known, promotion) != 0) {
        (void)fprintf(teller->out, " (%s)", promotion);
    }
}

/* A promotion; or `text` where there is none, and the wallet if it is not the first. */
static void print_source(const struct teller *teller, enum vn_text text, const char *promotion,
                         const char *wallet)
{
    if (promotion[0] != '\0') {
        print_promotion(teller, promotion);
        return;
    }
    (void)fprintf(teller->out, wallet[0] == '\0' ? "%s" : "%s (%s)", vn_texts_get(teller->locale, text),
                  wallet);
}

static const struct vn_line *find_line(const struct vn_basket *basket, int64_t id)
{
    for (unsigned i = 0; basket != NULL && i < basket->line_count; i++) {
        if (basket->lines[i].id == id) {
            return &basket->lines[i];
        }
    }
    return NULL;
}

/* What the catalogue calls it; else its code. */
static const char *name_of(const struct teller *teller, const char *code)
{
    const struct vn_item *item =
        teller->catalogue == NULL ? NULL : vn_catalogue_find(teller->catalogue, code);
    return item == NULL || item->name[0] == '\0' ? code : item->name;
}

/* What came off a line and why. */
static void print_reasons(const struct teller *teller, int64_t line)
{
    for (unsigned i = 0; i < teller->outcome->application_count; i++) {
        const struct vn_application *at = &teller->outcome->applications[i];
        char amount[VN_FORMAT_MAX];
        if (at->line_id != line || at->discount_minor == 0) {
            continue;
        }
        money(teller, -at->discount_minor, amount);
        (void)fprintf(teller->out, "  %s  ", amount);
        print_source(teller, VN_TEXT_TELL_BY_POINTS, at->promotion, at->wallet);
        (void)fputc('\n', teller->out);
    }
}

static void print_lines(const struct teller *teller, const struct vn_basket *basket)
{
    for (unsigned i = 0; i < teller->outcome->line_count; i++) {
        const struct vn_line_outcome *at = &teller->outcome->lines[i];
        const struct vn_line *line = find_line(basket, at->line_id);
        char amount[VN_FORMAT_MAX];
        sentence number;
        if (line == NULL) {
            say_count(teller, VN_TEXT_TELL_LINE, at->line_id, 0, "", number);
            (void)fputs(number, teller->out);
        } else {
            print_text(teller, line->name[0] == '\0' ? name_of(teller, line->code) : line->name);
        }
        money(teller, at->payable_minor, amount);
        (void)fprintf(teller->out, ": %s\n", amount);
        print_reasons(teller, at->line_id);
    }
}

static void print_sentence(const struct teller *teller, const char *text)
{
    (void)fprintf(teller->out, "%s\n", text);
}

static void print_paid(const struct teller *teller)
{
    const struct vn_outcome *outcome = teller->outcome;
    sentence text;
    if (outcome->discount_minor > 0) {
        say_money(teller, VN_TEXT_TELL_OFF, outcome->discount_minor, text);
        print_sentence(teller, text);
    }
    if (outcome->points_spent > 0) {
        say_points_money(teller, outcome->points_spent, vn_ruleset_points_exponent(teller->ruleset, ""),
                         outcome->points_value_minor, text);
        print_sentence(teller, text);
    }
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        const struct vn_wallet_outcome *wallet = &outcome->wallets[i];
        if (wallet->spent > 0) {
            say_points_money(teller, wallet->spent,
                             vn_ruleset_points_exponent(teller->ruleset, wallet->wallet), wallet->value_minor,
                             text);
            (void)fprintf(teller->out, "%s: %s\n", wallet->wallet, text);
        }
    }
    say_money(teller, VN_TEXT_TELL_PAY, outcome->payable_minor - outcome->tender_minor, text);
    print_sentence(teller, text);
}

/* Points by what gave them. */
static void print_points(const struct teller *teller)
{
    const struct vn_outcome *outcome = teller->outcome;
    sentence text;
    if (outcome->points_earned > 0) {
        say_count(teller, VN_TEXT_TELL_EARNED, outcome->points_earned,
                  vn_ruleset_points_exponent(teller->ruleset, ""), "", text);
        print_sentence(teller, text);
    }
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        const struct vn_wallet_outcome *wallet = &outcome->wallets[i];
        if (wallet->earned > 0) {
            say_count(teller, VN_TEXT_TELL_EARNED, wallet->earned,
                      vn_ruleset_points_exponent(teller->ruleset, wallet->wallet), "", text);
            (void)fprintf(teller->out, "%s: %s\n", wallet->wallet, text);
        }
    }
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const struct vn_application *at = &outcome->applications[i];
        char number[VN_FORMAT_MAX];
        if (at->points == 0) {
            continue;
        }
        vn_format_number(teller->locale, at->points, vn_ruleset_points_exponent(teller->ruleset, at->wallet),
                         number);
        (void)fprintf(teller->out, "  +%s  ", number);
        print_source(teller, VN_TEXT_TELL_BASE, at->promotion, at->wallet);
        (void)fputc('\n', teller->out);
    }
    if (outcome->provisional) {
        print_sentence(teller, vn_texts_get(teller->locale, VN_TEXT_TELL_PROVISIONAL));
    }
    if (outcome->tier_after[0] != '\0') {
        say_named(teller, VN_TEXT_TELL_TIER, outcome->tier_after, text);
        print_sentence(teller, text);
    }
}

static void print_given(const struct teller *teller)
{
    const struct vn_outcome *outcome = teller->outcome;
    if (outcome->given_count > 0) {
        print_sentence(teller, vn_texts_get(teller->locale, VN_TEXT_TELL_GIVEN));
    }
    for (unsigned i = 0; i < outcome->given_count; i++) {
        const struct vn_given *at = &outcome->given[i];
        sentence text;
        const char *said = "";
        switch (at->kind) {
        case VN_GIVEN_COUPON: say_named(teller, VN_TEXT_TELL_GIVEN_COUPON, at->what, text); break;
        case VN_GIVEN_TAG: say_named(teller, VN_TEXT_TELL_GIVEN_TAG, at->what, text); break;
        case VN_GIVEN_STAMP:
            say_count(teller, VN_TEXT_TELL_GIVEN_STAMP, at->amount, 0, at->what, text);
            break;
        case VN_GIVEN_GIFT:
            say_count(teller, VN_TEXT_TELL_GIVEN_GIFT, at->amount, 0, name_of(teller, at->what), text);
            break;
        case VN_GIVEN_SAY:
            said = vn_ruleset_said(teller->ruleset, at->promotion, at->reward, teller->locale->name);
            said = said == NULL ? at->what : said;
            say_named(teller, VN_TEXT_TELL_GIVEN_SAY, "", text); /* whose name comes last */
            break;
        }
        (void)fputs("  ", teller->out);
        print_promotion(teller, at->promotion);
        (void)fprintf(teller->out, ": %s", text);
        print_text(teller, said);
        (void)fputc('\n', teller->out);
    }
}

/* --- what did not apply */

/* Reasons that are a sentence without values. */
static const struct {
    enum vn_reason reason;
    enum vn_text text;
} plain[] = {
    {VN_REASON_NEEDS_MEMBER, VN_TEXT_TELL_NEEDS_MEMBER},
    {VN_REASON_NEEDS_COUPON, VN_TEXT_TELL_NEEDS_COUPON},
    {VN_REASON_COUPON_SPENT, VN_TEXT_TELL_COUPON_SPENT},
    {VN_REASON_COUPON_EXPIRED, VN_TEXT_TELL_COUPON_EXPIRED},
    {VN_REASON_NEEDS_HUB, VN_TEXT_TELL_NEEDS_HUB},
    {VN_REASON_NOT_NOW, VN_TEXT_TELL_NOT_NOW},
    {VN_REASON_NOT_HERE, VN_TEXT_TELL_NOT_HERE},
    {VN_REASON_NOTHING_MATCHES, VN_TEXT_TELL_NOTHING},
    {VN_REASON_LAW, VN_TEXT_TELL_LAW},
    {VN_REASON_OUTBID, VN_TEXT_TELL_OUTBID},
    {VN_REASON_CAPPED, VN_TEXT_TELL_CAPPED},
    {VN_REASON_STOPPED, VN_TEXT_TELL_STOPPED},
    {VN_REASON_BLOCKED, VN_TEXT_TELL_BLOCKED},
    {VN_REASON_HELD_OUT, VN_TEXT_TELL_HELD_OUT},
    {VN_REASON_NEEDS_OCCASION, VN_TEXT_TELL_NEEDS_OCCASION},
    {VN_REASON_NEEDS_PROOF, VN_TEXT_TELL_NEEDS_PROOF},
    {VN_REASON_TOO_OLD, VN_TEXT_TELL_TOO_OLD},
};

static void say_plain(const struct teller *teller, enum vn_reason reason, sentence out)
{
    const char *text = vn_reason_name(reason);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (plain[i].reason == reason) {
            text = vn_texts_get(teller->locale, plain[i].text);
        }
    }
    vn_format_fill(text, NULL, 0, out);
}

/* Pieces are whole; what has a fraction was weighed. */
static void say_quantity(const struct teller *teller, int64_t missing_milli, sentence out)
{
    char quantity[VN_FORMAT_MAX];
    if (missing_milli % 1000 == 0) {
        say_count(teller, VN_TEXT_TELL_PIECES_SHORT, missing_milli / 1000, 0, "", out);
        return;
    }
    vn_format_quantity(teller->locale, missing_milli, 3, quantity);
    const struct vn_format_value value = {"count", quantity, false};
    vn_format_fill(vn_texts_get(teller->locale, VN_TEXT_TELL_QUANTITY_SHORT), &value, 1, out);
}

static void say_limit(const struct teller *teller, const char *promotion, sentence out)
{
    static const enum vn_text texts[] = {
        [VN_LIMIT_OTHER] = VN_TEXT_TELL_LIMIT,     [VN_LIMIT_DAY] = VN_TEXT_TELL_LIMIT_DAY,
        [VN_LIMIT_WEEK] = VN_TEXT_TELL_LIMIT_WEEK, [VN_LIMIT_MONTH] = VN_TEXT_TELL_LIMIT_MONTH,
        [VN_LIMIT_YEAR] = VN_TEXT_TELL_LIMIT_YEAR,
    };
    vn_format_fill(vn_texts_get(teller->locale, texts[vn_ruleset_limit_span(teller->ruleset, promotion)]),
                   NULL, 0, out);
}

static void say_asked(const struct teller *teller, const struct vn_explanation *at, enum vn_text text,
                      sentence out)
{
    char names[VN_NAME_MAX];
    vn_ruleset_asked(teller->ruleset, at->promotion, at->reason, names);
    /* for staff, for households, or for all but some */
    if (names[0] == '\0' && at->reason == VN_REASON_NEEDS_SEGMENT) {
        text = VN_TEXT_TELL_NOT_FOR_YOU;
    }
    say_named(teller, text, names[0] == '\0' ? "..." : names, out);
}

static void say_reason(const struct teller *teller, const struct vn_explanation *at, sentence out)
{
    switch (at->reason) {
    case VN_REASON_SPEND_SHORT: say_money(teller, VN_TEXT_TELL_SPEND_SHORT, at->missing, out); break;
    case VN_REASON_QUANTITY_SHORT: say_quantity(teller, at->missing, out); break;
    case VN_REASON_BALANCE_SHORT:
        say_count(teller, VN_TEXT_TELL_POINTS_SHORT, at->missing,
                  vn_ruleset_points_exponent(teller->ruleset, at->wallet), "", out);
        break;
    case VN_REASON_STAMPS_SHORT: say_count(teller, VN_TEXT_TELL_STAMPS_SHORT, at->missing, 0, "", out); break;
    case VN_REASON_NEEDS_TIER: say_asked(teller, at, VN_TEXT_TELL_NEEDS_TIER, out); break;
    case VN_REASON_NEEDS_SEGMENT: say_asked(teller, at, VN_TEXT_TELL_NEEDS_SEGMENT, out); break;
    case VN_REASON_NEEDS_CLUB: say_asked(teller, at, VN_TEXT_TELL_NEEDS_CLUB, out); break;
    case VN_REASON_NEEDS_TENDER: say_asked(teller, at, VN_TEXT_TELL_NEEDS_TENDER, out); break;
    case VN_REASON_LIMIT_USED: say_limit(teller, at->promotion, out); break;
    default: say_plain(teller, at->reason, out); break;
    }
}

static void print_explanation(const struct teller *teller, const struct vn_explanation *at)
{
    sentence text;
    (void)fputs("  ", teller->out);
    print_source(teller, VN_TEXT_TELL_BY_POINTS, at->promotion, at->wallet);
    say_reason(teller, at, text);
    (void)fprintf(teller->out, ": %s", text);
    if (at->worth_minor > 0) {
        say_money(teller, VN_TEXT_TELL_WORTH, at->worth_minor, text);
        (void)fprintf(teller->out, "; %s", text);
    }
    (void)fputc('\n', teller->out);
}

static bool is_near(const struct vn_outcome *outcome, unsigned explanation)
{
    for (unsigned i = 0; i < outcome->near_miss_count; i++) {
        if (outcome->near_misses[i] == explanation) {
            return true;
        }
    }
    return false;
}

static void print_missing(const struct teller *teller)
{
    const struct vn_outcome *outcome = teller->outcome;
    bool headline = false;
    if (outcome->near_miss_count > 0) {
        print_sentence(teller, vn_texts_get(teller->locale, VN_TEXT_TELL_NEAR));
    }
    for (unsigned i = 0; i < outcome->near_miss_count; i++) {
        print_explanation(teller, &outcome->explanations[outcome->near_misses[i]]);
    }
    for (unsigned i = 0; i < outcome->explanation_count; i++) {
        const struct vn_explanation *at = &outcome->explanations[i];
        if (at->reason == VN_REASON_APPLIED || is_near(outcome, i)) {
            continue;
        }
        if (!headline) {
            print_sentence(teller, vn_texts_get(teller->locale, VN_TEXT_TELL_OTHERS));
            headline = true;
        }
        print_explanation(teller, at);
    }
}

void vn_explain_print(FILE *out, const struct vn_locale *locale, const struct vn_explain_names *names,
                      const struct vn_outcome *outcome)
{
    const struct teller teller = {out, locale, names->ruleset, names->catalogue, outcome};
    print_lines(&teller, names->basket);
    print_paid(&teller);
    print_points(&teller);
    print_given(&teller);
    print_missing(&teller);
    if (!outcome->optimal) {
        print_sentence(&teller, vn_texts_get(locale, VN_TEXT_TELL_NOT_BEST));
    }
}
