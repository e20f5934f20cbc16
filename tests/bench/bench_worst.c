/* The worst baskets that the limits allow: 500 lines, 4,000 pieces, and 10,000 promotions of one kind that mean all of them; and
 * fewer pieces in as many groups as there may be, where searches for the best set go furthest.
 * Prints one JSON object, times in nanoseconds of the processor; judges no figure.
 *
 *     bench_worst [CASE]
 *
 * Every promotion has a selector of its own, so that no answer about goods serves twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/loyalty/quote.h"
#include "agent/loyalty/ruleset.h"
#include "tests/bench/bench.h"

#define ROUNDS 3
#define PARTS  9 /* eight rewards, and what is around them */
#define PIECES (VN_UNITS_MAX / VN_LINES_MAX)

/* A kind of promotion: its JSON before and after the selectors, of which it has one or two. */
struct kind {
    const char *name;
    const char *stage;
    const char *parts[PARTS + 1]; /* a selector stands between two of them */
    const char *rest;             /* further keys of the promotion */
    unsigned lines;               /* 0: as many as there may be */
    unsigned groups;              /* 0: one */
    const char *odd[PARTS + 1];   /* instead of `parts`, of every second promotion; none: all are alike */
};

struct bench {
    struct vn_quote_work *work;
    struct vn_outcome out;
    struct vn_member member;
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX];
    struct vn_choices choices; /* coupons for the first promotions, for those that ask for one */
};

static unsigned groups_of(const struct kind *kind)
{
    return kind->groups == 0 ? 1 : kind->groups;
}

static void add(struct vn_buf *text, const char *more)
{
    if (vn_buf_append_str(text, more) != VN_OK) {
        bench_die("ruleset", "out of memory");
    }
}

/* All goods have the tag "all", none has the other. */
static void add_selector(struct vn_buf *text, unsigned promotion, size_t part)
{
    char selector[64];
    (void)snprintf(selector, sizeof selector, "{\"tags\":[\"all\",\"t%u-%zu\"]}", promotion, part);
    add(text, selector);
}

static void add_header(const struct kind *kind, const char *choice, struct vn_buf *text)
{
    char words[128];
    add(text, "{\"ruleset\":1,\"engine\":2,\"currency\":\"EUR\",\"exponent\":2,\"utc_offset_min\":60,"
              "\"law\":\"none\",\"wallet\":{\"worth\":{\"points\":1,\"minor\":1}},"
              "\"earning\":{\"points\":1,\"per_minor\":100},\"groups\":[");
    for (unsigned i = 0; i < groups_of(kind); i++) {
        (void)snprintf(words, sizeof words,
                       "%s{\"id\":\"g%u\",\"stage\":\"%s\",\"base\":\"running\",\"choice\":\"%s\"}",
                       i == 0 ? "" : ",", i, kind->stage, choice);
        add(text, words);
    }
    add(text, "]}\n");
}

static void add_promotions(const struct kind *kind, struct vn_buf *text)
{
    char words[512];
    for (unsigned n = 0; n < VN_PROMOTIONS_MAX; n++) {
        (void)snprintf(words, sizeof words, "{\"id\":\"p%05u\",\"group\":\"g%u\",%s\"then\":", n,
                       n % groups_of(kind), kind->rest);
        add(text, words);
        const char *const *parts = n % 2 == 1 && kind->odd[0] != NULL ? kind->odd : kind->parts;
        for (size_t part = 0; parts[part] != NULL; part++) {
            if (part > 0) {
                add_selector(text, n, part);
            }
            add(text, parts[part]);
        }
        add(text, "}\n");
    }
}

/* Prices differ from line to line. */
static void make_basket(struct bench *bench, const struct kind *kind)
{
    bench->member = (struct vn_member){.known = true, .account = "w1", .balance = 500};
    bench->choices.coupon_count = VN_COUPONS_MAX;
    for (unsigned i = 0; i < VN_COUPONS_MAX; i++) {
        (void)snprintf(bench->choices.coupons[i].promotion, sizeof bench->choices.coupons[i].promotion,
                       "p%05u", i);
    }
    bench->basket.line_count = kind->lines == 0 ? VN_LINES_MAX : kind->lines;
    for (unsigned i = 0; i < bench->basket.line_count; i++) {
        struct vn_line *line = &bench->basket.lines[i];
        struct vn_item *item = &bench->items[i];
        *line = (struct vn_line){.id = i + 1, .qty_milli = INT64_C(1000) * PIECES};
        line->amount_minor = line->list_amount_minor = INT64_C(1) * PIECES * (100 + i * 7919 % 900);
        *item = (struct vn_item){.known = true, .tag_count = 1};
        (void)snprintf(line->code, sizeof line->code, "%u", i);
        (void)snprintf(item->code, sizeof item->code, "%u", i);
        (void)snprintf(item->tags[0], sizeof item->tags[0], "all");
        (void)snprintf(item->legal_class, sizeof item->legal_class, "general");
    }
}

static int64_t processor_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void measure(struct bench *bench, const struct kind *kind, const char *choice, int64_t times[ROUNDS])
{
    struct vn_buf text;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    vn_buf_init(&text, VN_RULESET_MAX);
    add_header(kind, choice, &text);
    add_promotions(kind, &text);
    if (vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error) != VN_OK) {
        bench_die(kind->name, error.text);
    }
    vn_buf_deinit(&text);
    struct vn_quote_input input = {.ruleset = ruleset,
                                   .basket = &bench->basket,
                                   .items = bench->items,
                                   .member = &bench->member,
                                   .choices = &bench->choices};
    (void)snprintf(input.place.store, sizeof input.place.store, "s1");
    (void)snprintf(input.place.till, sizeof input.place.till, "t1");
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = processor_ns();
        if (vn_quote(bench->work, &input, &bench->out, &error) != VN_OK) {
            bench_die(kind->name, error.text);
        }
        times[i] = processor_ns() - start;
    }
    vn_ruleset_destroy(ruleset);
}

static const struct kind kinds[] = {
    {.name = "percent",
     .stage = "units",
     .parts = {"{\"kind\":\"percent_off\",\"rate_bp\":1000,\"selector\":", "}", NULL},
     .rest = ""},
    {.name = "percent_limited",
     .stage = "units",
     .parts = {"{\"kind\":\"percent_off\",\"rate_bp\":1000,\"selector\":", "}", NULL},
     .rest = "\"limits\":{\"per_receipt\":3},"},
    {.name = "if_quantity",
     .stage = "units",
     .parts = {"{\"kind\":\"percent_off\",\"rate_bp\":1000,\"selector\":", "}", NULL},
     .rest = "\"if\":{\"quantity\":{\"qty_milli\":2000}},"},
    {.name = "nth_free",
     .stage = "units",
     .parts = {"{\"kind\":\"nth_free\",\"n\":3,\"free\":1,\"selector\":", "}", NULL},
     .rest = ""},
    {.name = "buy_get",
     .stage = "units",
     .parts = {"{\"kind\":\"buy_get\",\"buy\":{\"n\":2,\"selector\":", "},\"get\":{\"n\":1,\"selector\":",
               "}}", NULL},
     .rest = ""},
    {.name = "bundle",
     .stage = "units",
     .parts = {"{\"kind\":\"bundle\",\"price_minor\":500,\"parts\":[{\"n\":1,\"selector\":",
               "},{\"n\":1,\"selector\":", "}]}", NULL},
     .rest = ""},
    {.name = "dear_bundle",
     .stage = "units",
     .parts = {"{\"kind\":\"bundle\",\"price_minor\":1950,\"parts\":[{\"n\":1,\"selector\":",
               "},{\"n\":1,\"selector\":", "}]}", NULL},
     .rest = ""},
    {.name = "basket_percent",
     .stage = "basket",
     .parts = {"{\"kind\":\"percent_off\",\"rate_bp\":1000,\"selector\":", "}", NULL},
     .rest = ""},
    {.name = "basket_eight",
     .stage = "basket",
     .parts = {"[{\"kind\":\"percent_off\",\"rate_bp\":100,\"selector\":",
               "},{\"kind\":\"percent_off\",\"rate_bp\":101,\"selector\":",
               "},{\"kind\":\"percent_off\",\"rate_bp\":102,\"selector\":",
               "},{\"kind\":\"percent_off\",\"rate_bp\":103,\"selector\":",
               "},{\"kind\":\"percent_off\",\"rate_bp\":104,\"selector\":",
               "},{\"kind\":\"percent_off\",\"rate_bp\":105,\"selector\":",
               "},{\"kind\":\"percent_off\",\"rate_bp\":106,\"selector\":",
               "},{\"kind\":\"percent_off\",\"rate_bp\":107,\"selector\":", "}]", NULL},
     .rest = ""},
    {.name = "ladder",
     .stage = "basket",
     .parts = {"{\"kind\":\"ladder\",\"steps\":[{\"from_minor\":1000,\"rate_bp\":500}],\"selector\":", "}",
               NULL},
     .rest = ""},
    {.name = "points",
     .stage = "earning",
     .parts = {"{\"kind\":\"points_multiplier\",\"times_bp\":20000,\"selector\":", "}", NULL},
     .rest = ""},
    {.name = "points_per_unit",
     .stage = "earning",
     .parts = {"{\"kind\":\"points_per_unit\",\"points\":5,\"selector\":", "}", NULL},
     .rest = ""},
    {.name = "nth_free_in_16_groups",
     .stage = "units",
     .parts = {"{\"kind\":\"nth_free\",\"n\":3,\"free\":1,\"selector\":", "}", NULL},
     .rest = "",
     .lines = 8,
     .groups = 16},
    {.name = "buy_get_in_16_groups",
     .stage = "units",
     .parts = {"{\"kind\":\"buy_get\",\"buy\":{\"n\":2,\"selector\":", "},\"get\":{\"n\":1,\"selector\":",
               "}}", NULL},
     .rest = "",
     .lines = 8,
     .groups = 16},
    {.name = "buy_get_of_500",
     .stage = "units",
     .parts = {"{\"kind\":\"buy_get\",\"buy\":{\"n\":2,\"selector\":", "},\"get\":{\"n\":1,\"selector\":",
               "}}", NULL},
     .rest = "",
     .lines = 62,
     .groups = 16},
    {.name = "basket_in_16_groups",
     .stage = "basket",
     .parts = {"{\"kind\":\"percent_off\",\"rate_bp\":1000,\"selector\":", "}", NULL},
     .rest = "\"if\":{\"quantity\":{\"qty_milli\":2000}},",
     .groups = 16},
    {.name = "coupons_of_both_kinds",
     .stage = "coupons",
     .parts = {"{\"kind\":\"nth_free\",\"n\":3,\"free\":1,\"selector\":", "}", NULL},
     .rest = "\"if\":{\"coupon\":true},",
     .odd = {"{\"kind\":\"amount_off\",\"amount_minor\":500,\"selector\":", "}", NULL}},
};

static void measure_kind(struct bench *bench, const struct kind *kind, const char *wanted)
{
    static const char *const choices[] = {"first", "all", "best"};
    for (size_t c = 0; c < sizeof choices / sizeof choices[0]; c++) {
        char name[64];
        int64_t times[ROUNDS];
        (void)snprintf(name, sizeof name, "%s_%s", kind->name, choices[c]);
        if (wanted != NULL && strcmp(wanted, name) != 0) {
            continue;
        }
        make_basket(bench, kind);
        measure(bench, kind, choices[c], times);
        bench_print(name, times, ROUNDS, ",\n");
        (void)printf("\"%s_optimal\":%s,\n", name, bench->out.optimal ? "true" : "false");
    }
}

int main(int argc, char **argv)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL || vn_quote_work_create(&bench->work) != VN_OK) {
        bench_die("start", "out of memory");
    }
    (void)printf("{");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        measure_kind(bench, &kinds[i], argc > 1 ? argv[1] : NULL);
    }
    (void)printf("\"promotions\":%d}\n", VN_PROMOTIONS_MAX);
    vn_quote_work_destroy(bench->work);
    free(bench);
    return 0;
}
