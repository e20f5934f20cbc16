/* How long a quote takes: 20 lines, 100 promotions of which each meets some line, a member who spends points; and the same
 * under 10,000 promotions of which 9,900 meet nothing. Prints one JSON object, times in nanoseconds; judges nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/quote.h"
#include "tests/bench/bench.h"

#define ROUNDS 5000
#define LINES  20

struct bench {
    struct vn_quote_work *work;
    struct vn_basket basket;
    struct vn_item items[LINES];
    struct vn_member member;
    struct vn_choices choices;
    struct vn_right right;
    struct vn_outcome out;
    int64_t taken_ns[ROUNDS];
};

static enum vn_status add_promotions(struct vn_buf *text, int count)
{
    enum vn_status status = vn_buf_append_str(
        text,
        "{\"ruleset\":1,\"engine\":1,\"currency\":\"EUR\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"
        "\"none\","
        "\"wallet\":{\"worth\":{\"points\":1,\"minor\":1}},\"earning\":{\"points\":1,\"per_minor\":100},"
        "\"groups\":[{\"id\":\"f\",\"stage\":\"units\",\"choice\":\"first\"},"
        "{\"id\":\"a\",\"stage\":\"basket\",\"choice\":\"all\"}]}\n");
    for (int i = 0; i < count && status == VN_OK; i++) {
        int code = i < 100 ? i % LINES : 1000 + i; /* the rest are for goods that nobody bought */
        status = vn_buf_printf(
            text,
            "{\"id\":\"p%d\",\"group\":\"%s\",\"priority\":%d,\"if\":{\"min_spend\":{\"amount_minor\":%d}},"
            "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":%d,\"selector\":{\"codes\":[\"%d\"]}}}\n",
            i, i % 2 == 0 ? "f" : "a", i % 7, 100 * (i % 300 + 1), 100 + i % 500, code);
    }
    return status;
}

static void make_basket(struct bench *bench)
{
    bench->basket.line_count = LINES;
    for (unsigned i = 0; i < LINES; i++) {
        struct vn_line *line = &bench->basket.lines[i];
        *line = (struct vn_line){.id = i + 1, .qty_milli = 1000 * (1 + i % 3), .amount_minor = 199 + 50 * i};
        line->list_amount_minor = line->amount_minor;
        (void)snprintf(line->code, sizeof line->code, "%u", i);
    }
    bench->member = (struct vn_member){.known = true, .account = "w1", .balance = 500};
    bench->choices.spend_points = 100;
    bench->right = (struct vn_right){"w1", 500};
}

static enum vn_status measure(struct bench *bench, const struct vn_ruleset *ruleset, const char *name)
{
    struct vn_error error;
    struct vn_quote_input input = {.ruleset = ruleset,
                                   .basket = &bench->basket,
                                   .items = bench->items,
                                   .member = &bench->member,
                                   .rights = &bench->right,
                                   .right_count = 1,
                                   .choices = &bench->choices};
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = bench_now_ns();
        enum vn_status status = vn_quote(bench->work, &input, &bench->out, &error);
        bench->taken_ns[i] = bench_now_ns() - start;
        if (status != VN_OK) {
            return status;
        }
    }
    bench_print(name, bench->taken_ns, ROUNDS, ",");
    return VN_OK;
}

static enum vn_status run(struct bench *bench, int promotions, const char *name)
{
    struct vn_buf text;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    vn_buf_init(&text, VN_RULESET_MAX);
    enum vn_status status = add_promotions(&text, promotions);
    if (status == VN_OK) {
        status = vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error);
    }
    if (status == VN_OK) {
        status = measure(bench, ruleset, name);
    }
    vn_ruleset_destroy(ruleset);
    vn_buf_deinit(&text);
    return status;
}

int main(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    enum vn_status status = bench == NULL ? VN_NOMEM : vn_quote_work_create(&bench->work);
    if (status == VN_OK) {
        make_basket(bench);
        (void)printf("{");
        status = run(bench, 100, "quote_100");
    }
    if (status == VN_OK) {
        status = run(bench, VN_PROMOTIONS_MAX, "quote_10000");
    }
    if (status == VN_OK) {
        (void)printf("\"applications\":%u}\n", bench->out.application_count);
    }
    if (status != VN_OK) {
        (void)fprintf(stderr, "bench_quote: %s\n", vn_status_name(status));
    }
    if (bench != NULL) {
        vn_quote_work_destroy(bench->work);
    }
    free(bench);
    return status == VN_OK ? 0 : 1;
}
