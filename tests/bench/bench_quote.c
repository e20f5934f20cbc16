/* How long a quote takes, what it grows with, and what a ruleset costs to compile and to keep. Prints one JSON object, times
 * in nanoseconds, sizes in bytes; judges no figure.
 *
 * A case is a ruleset of so many promotions, of which so many meet each basket, and 32 baskets of different goods,
 * quantities, prices and customers that are quoted in turn. Every outcome is reckoned a second time by a few lines of
 * plain arithmetic (expect) before anything is timed; a difference ends the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/quote.h"
#include "agent/loyalty/rules/compile.h"
#include "tests/bench/bench.h"

#define ROUNDS    6400
#define WARM      640
#define BASKETS   32
#define COMPILES  9
#define LIST_MAX  1100 /* the dearest piece, in minor units, is below 20 times this */
#define SPENT     100
#define PER_MINOR 100

struct shape {
    const char *name;
    unsigned lines; /* 0: as many as receipts of a supermarket have, 1 to 70 */
    unsigned promotions, matching;
    bool over; /* the others are for any goods, and over, instead of being for goods that nobody bought */
};

struct sale {
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX];
    const struct vn_member *member;
    unsigned set; /* of goods */
};

struct bench {
    struct vn_quote_work *work;
    struct vn_outcome out;
    struct vn_member member;
    struct vn_choices choices;
    struct vn_right right;
    struct sale sales[BASKETS];
    int64_t taken_ns[ROUNDS];
};

/* --- a case --------------------------------------------------------------------------------------------------------- */

/* Baskets share their goods when there are not promotions enough for 32 sets of them. */
static unsigned sets_of(const struct shape *shape)
{
    unsigned sets = shape->matching == 0 ? BASKETS : shape->promotions / shape->matching;
    return sets < BASKETS ? sets : BASKETS;
}

/* Codes of a set are apart from those of another. */
static unsigned code_of(unsigned set, unsigned place)
{
    return set * 1000 + place;
}

static unsigned lines_of(const struct shape *shape, unsigned sale)
{
    static const unsigned usual[] = {1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30};
    return shape->lines > 0 ? shape->lines : usual[sale % 16] + (sale < 16 ? 0 : 40);
}

/* Places of a set that promotions name: those that every basket of the case has. */
static unsigned places_of(const struct shape *shape)
{
    return shape->lines > 0 ? shape->lines : 1;
}

/* The good that promotion n is for; goods that nobody buys are above all sets. */
static unsigned good_of(const struct shape *shape, unsigned n)
{
    unsigned sets = sets_of(shape);
    if (shape->matching == 0 || n >= sets * shape->matching) {
        return 1000000 + n;
    }
    return code_of(n / shape->matching, n % shape->matching % places_of(shape));
}

/* Appends where promotion n applies to. */
static enum vn_status add_target(const struct shape *shape, unsigned n, struct vn_buf *text)
{
    static const char *const keys[] = {"codes", "tags", "brands"};
    static const char *const letters[] = {"", "t", "b"};
    if (shape->over && n >= sets_of(shape) * shape->matching) {
        return vn_buf_append_str(text, "\"when\":{\"to\":\"1970-01-01T00:00\"},\"then\":{");
    }
    return vn_buf_printf(text, "\"then\":{\"selector\":{\"%s\":[\"%s%u\"]},", keys[n % 3], letters[n % 3],
                         good_of(shape, n));
}

static int64_t rate_of(unsigned n)
{
    return 100 + n % 500;
}

static int64_t threshold_of(unsigned n)
{
    return INT64_C(100) * (n % 300 + 1);
}

static int64_t priority_of(unsigned n)
{
    return n % 7;
}

/* Odd ones stack on what is left of the basket, of the even ones a good takes the first. */
static bool stacks(unsigned n)
{
    return n % 2 == 1;
}

static void add_promotions(const struct shape *shape, struct vn_buf *text)
{
    enum vn_status status = vn_buf_printf(
        text,
        "{\"ruleset\":1,\"engine\":2,\"currency\":\"EUR\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"
        "\"none\","
        "\"wallet\":{\"worth\":{\"points\":1,\"minor\":1}},\"earning\":{\"points\":1,\"per_minor\":%d},"
        "\"groups\":[{\"id\":\"f\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"first\"},"
        "{\"id\":\"a\",\"stage\":\"basket\",\"base\":\"running\",\"choice\":\"all\"}]}\n",
        PER_MINOR);
    for (unsigned n = 0; n < shape->promotions && status == VN_OK; n++) {
        status =
            vn_buf_printf(text,
                          "{\"id\":\"p%05u\",\"group\":\"%s\",\"priority\":%lld,\"if\":{\"min_spend\":{"
                          "\"amount_minor\":%lld}},",
                          n, stacks(n) ? "a" : "f", (long long)priority_of(n), (long long)threshold_of(n));
        status = status == VN_OK ? add_target(shape, n, text) : status;
        status = status == VN_OK ? vn_buf_printf(text, "\"kind\":\"percent_off\",\"rate_bp\":%lld}}\n",
                                                 (long long)rate_of(n))
                                 : status;
    }
    if (status != VN_OK) {
        bench_die("ruleset", vn_status_name(status));
    }
}

static void make_line(struct sale *sale, unsigned at, unsigned salt)
{
    unsigned code = code_of(sale->set, at);
    struct vn_line *line = &sale->basket.lines[at];
    struct vn_item *item = &sale->items[at];
    *line = (struct vn_line){.id = at + 1, .qty_milli = 1000 * (1 + (at + salt) % 3)};
    line->amount_minor = line->list_amount_minor = 199 + (50 * at + 37 * salt) % LIST_MAX * 20;
    *item = (struct vn_item){.known = true, .tag_count = 2};
    (void)snprintf(line->code, sizeof line->code, "%u", code);
    (void)snprintf(item->code, sizeof item->code, "%u", code);
    (void)snprintf(item->brand, sizeof item->brand, "b%u", code);
    (void)snprintf(item->tags[0], sizeof item->tags[0], "t%u", code);
    (void)snprintf(item->tags[1], sizeof item->tags[1], "fresh");
    (void)snprintf(item->category, sizeof item->category, "food/shelf-%u/row-%u", code % 20, code % 7);
    (void)snprintf(item->legal_class, sizeof item->legal_class, "general");
}

/* Every third customer has no card. */
static void make_sales(struct bench *bench, const struct shape *shape)
{
    bench->member = (struct vn_member){.known = true, .account = "w1", .balance = 500, .segment_count = 2};
    (void)snprintf(bench->member.segments[0], VN_TAG_MAX, "coffee");
    (void)snprintf(bench->member.segments[1], VN_TAG_MAX, "families");
    bench->choices.spend_points = SPENT;
    bench->right = (struct vn_right){"w1", 500};
    for (unsigned i = 0; i < BASKETS; i++) {
        struct sale *sale = &bench->sales[i];
        sale->set = i % sets_of(shape);
        sale->member = i % 3 == 2 ? NULL : &bench->member;
        sale->basket.line_count = lines_of(shape, i);
        for (unsigned at = 0; at < sale->basket.line_count; at++) {
            make_line(sale, at, i);
        }
    }
}

/* --- the reckoning that quotes are held against --------------------------------------------------------------------- */

static int64_t percent(int64_t amount, int64_t rate_bp)
{
    return (amount * rate_bp * 2 + 10000) / 20000; /* half away from zero */
}

/* The applicable promotion of a good that comes next in the order of priority and id after `last` (-1: the first). */
static int next_of(const struct shape *shape, unsigned good, bool stacking, int64_t total, int last)
{
    int best = -1;
    for (unsigned n = 0; n < shape->promotions; n++) {
        bool after = last < 0 || priority_of(n) < priority_of((unsigned)last) ||
                     (priority_of(n) == priority_of((unsigned)last) && (int)n > last);
        bool better = best < 0 || priority_of(n) > priority_of((unsigned)best);
        if (stacks(n) == stacking && after && better && total >= threshold_of(n) &&
            good_of(shape, n) == good) {
            best = (int)n;
        }
    }
    return best;
}

/* What is left to pay of a line. */
static int64_t expect_line(const struct shape *shape, const struct vn_line *line, unsigned good,
                           int64_t total)
{
    int64_t pieces = line->qty_milli / 1000;
    int64_t left = line->amount_minor;
    int first = next_of(shape, good, false, total, -1);
    for (int64_t piece = 0; first >= 0 && piece < pieces; piece++) {
        int64_t price = line->amount_minor / pieces + (piece < line->amount_minor % pieces ? 1 : 0);
        left -= percent(price, rate_of((unsigned)first));
    }
    for (int n = next_of(shape, good, true, total, -1); n >= 0; n = next_of(shape, good, true, total, n)) {
        left -= percent(left, rate_of((unsigned)n));
    }
    return left;
}

static void expect(const struct bench *bench, const struct shape *shape, const struct sale *sale)
{
    int64_t total = vn_basket_total_minor(&sale->basket);
    int64_t left = 0;
    for (unsigned i = 0; i < sale->basket.line_count; i++) {
        left += expect_line(shape, &sale->basket.lines[i], code_of(sale->set, i), total);
    }
    int64_t spent = sale->member == NULL ? 0 : left < SPENT ? left : SPENT;
    int64_t points = sale->member == NULL ? 0 : (left - spent) / PER_MINOR;
    const struct vn_outcome *out = &bench->out;
    if (out->payable_minor != left - spent || out->discount_minor != total - left + spent ||
        out->points_spent != spent || out->points_earned != points) {
        (void)fprintf(stderr, "%s: %lld to pay and %lld points, expected %lld and %lld\n", shape->name,
                      (long long)out->payable_minor, (long long)out->points_earned, (long long)(left - spent),
                      (long long)points);
        bench_die("quote", "an outcome is wrong");
    }
}

/* --- measuring ------------------------------------------------------------------------------------------------------ */

static void quote(struct bench *bench, const struct vn_ruleset *ruleset, const struct sale *sale)
{
    struct vn_error error;
    struct vn_quote_input input = {.ruleset = ruleset,
                                   .basket = &sale->basket,
                                   .items = sale->items,
                                   .member = sale->member,
                                   .rights = &bench->right,
                                   .right_count = 1,
                                   .choices = &bench->choices};
    if (vn_quote(bench->work, &input, &bench->out, &error) != VN_OK) {
        bench_die("quote", error.text);
    }
}

static struct vn_ruleset *make_ruleset(const struct shape *shape, int64_t *parsed_ns)
{
    struct vn_buf text;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    vn_buf_init(&text, VN_RULESET_MAX);
    add_promotions(shape, &text);
    int64_t start = bench_now_ns();
    if (vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error) != VN_OK) {
        bench_die("ruleset", error.text);
    }
    *parsed_ns = bench_now_ns() - start;
    vn_buf_deinit(&text);
    return ruleset;
}

/* Leaves the times in taken_ns. */
static void measure(struct bench *bench, const struct shape *shape)
{
    int64_t parsed_ns = 0;
    struct vn_ruleset *ruleset = make_ruleset(shape, &parsed_ns);
    make_sales(bench, shape);
    for (unsigned i = 0; i < BASKETS; i++) {
        quote(bench, ruleset, &bench->sales[i]);
        expect(bench, shape, &bench->sales[i]);
    }
    for (unsigned i = 0; i < WARM; i++) {
        quote(bench, ruleset, &bench->sales[i % BASKETS]);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        int64_t start = bench_now_ns();
        quote(bench, ruleset, &bench->sales[i % BASKETS]);
        bench->taken_ns[i] = bench_now_ns() - start;
    }
    vn_ruleset_destroy(ruleset);
}

/* A list of cases under one name: how the cost grows. */
static void measure_growth(struct bench *bench, const char *name, const struct shape *shapes, size_t count)
{
    (void)printf("\"%s\":{", name);
    for (size_t i = 0; i < count; i++) {
        measure(bench, &shapes[i]);
        bench_print(shapes[i].name, bench->taken_ns, ROUNDS, i + 1 < count ? "," : "},");
    }
}

/* Compiles what was compiled once more: forgets the index, and gives everything its names again. */
static int64_t compile_again(struct vn_ruleset *ruleset)
{
    struct vn_error error;
    free(ruleset->by_id);
    free(ruleset->always);
    free(ruleset->spans);
    free(ruleset->posting_starts);
    free(ruleset->postings);
    ruleset->by_id = ruleset->postings = NULL;
    ruleset->posting_starts = NULL;
    ruleset->always = NULL;
    ruleset->spans = NULL;
    ruleset->selector_count = 0;
    vn_symbols_deinit(&ruleset->symbols);
    int64_t start = bench_now_ns();
    if (vn_ruleset_compile(ruleset, &error) != VN_OK) {
        bench_die("compile", error.text);
    }
    return bench_now_ns() - start;
}

static void measure_compiling(void)
{
    static const struct shape whole = {"compile", 100, VN_PROMOTIONS_MAX, 50, false};
    int64_t parsed[COMPILES];
    int64_t compiled[COMPILES];
    size_t bytes = 0;
    for (int i = 0; i < COMPILES; i++) {
        struct vn_ruleset *ruleset = make_ruleset(&whole, &parsed[i]);
        bytes = vn_ruleset_size_bytes(ruleset);
        compiled[i] = compile_again(ruleset);
        vn_ruleset_destroy(ruleset);
    }
    bench_print("parse_and_compile_10000", parsed, COMPILES, ",");
    bench_print("compile_10000", compiled, COMPILES, ",");
    (void)printf("\"ruleset_10000_bytes\":%zu,", bytes);
}

int main(void)
{
    static const struct shape cases[] = {
        {"quote_100", 20, 100, 100, false},
        {"quote_10000", 20, VN_PROMOTIONS_MAX, 100, false},
        {"quote_10_of_1000", 20, 1000, 10, false},
        {"quote_100_lines_50_of_10000", 100, VN_PROMOTIONS_MAX, 50, false},
        {"quote_usual_receipts", 0, 1000, 10, false},
        {"quote_10_with_9680_over", 20, VN_PROMOTIONS_MAX, 10, true},
    };
    static const struct shape lines[] = {{"1", 1, 1000, 10, false},
                                         {"5", 5, 1000, 10, false},
                                         {"20", 20, 1000, 10, false},
                                         {"100", 100, 1000, 10, false},
                                         {"500", 500, 1000, 10, false}};
    static const struct shape matching[] = {{"0", 20, 1000, 0, false},
                                            {"10", 20, 1000, 10, false},
                                            {"50", 20, 1000, 50, false},
                                            {"100", 20, 1000, 100, false},
                                            {"200", 20, 1000, 200, false}};
    static const struct shape others[] = {{"0", 20, 10, 10, false},
                                          {"90", 20, 100, 10, false},
                                          {"990", 20, 1000, 10, false},
                                          {"9990", 20, VN_PROMOTIONS_MAX, 10, false}};
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL || vn_quote_work_create(&bench->work) != VN_OK) {
        bench_die("start", "out of memory");
    }
    (void)printf("{");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        measure(bench, &cases[i]);
        bench_print(cases[i].name, bench->taken_ns, ROUNDS, ",");
        if (i == 0) {
            (void)printf("\"applications\":%u,", bench->out.application_count);
        }
    }
    measure_growth(bench, "by_lines", lines, sizeof lines / sizeof lines[0]);
    measure_growth(bench, "by_matching", matching, sizeof matching / sizeof matching[0]);
    measure_growth(bench, "by_not_matching", others, sizeof others / sizeof others[0]);
    measure_compiling();
    (void)printf("\"baskets\":%d}\n", BASKETS);
    vn_quote_work_destroy(bench->work);
    free(bench);
    return 0;
}
