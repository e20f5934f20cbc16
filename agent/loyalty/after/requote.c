#include "agent/loyalty/requote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"

static const struct {
    const char *name;
    const char *sentence;
} whys[VN_REQUOTE_WHYS] = {
    [VN_REQUOTE_JUDGED] = {"judged", ""},
    [VN_REQUOTE_NO_RULES] = {"no-rules", "the till had no rules yet, or was of the first version"},
    [VN_REQUOTE_ENGINE] = {"engine", "another version of the engine reckoned it"},
    [VN_REQUOTE_RULESET] = {"ruleset", "its ruleset is not there"},
    [VN_REQUOTE_PRINTED] = {"printed",
                            "what was printed is not what was quoted, and that basket was not kept"},
    [VN_REQUOTE_WITH] = {"with", "its entry does not say what it was quoted with"},
    [VN_REQUOTE_GOODS] = {"goods", "the goods as they were then are not known"},
    [VN_REQUOTE_MOVED] = {"goods-moved",
                          "its goods changed about then, and as which the till had them is not known"}};

const char *vn_requote_why_name(enum vn_requote_why why)
{
    return whys[why].name;
}

/* What is for the lane alone, and in no journal (journal_json.h). */
static void drop_unkept(struct vn_outcome *outcome)
{
    outcome->explanation_count = 0;
    outcome->near_miss_count = 0;
    outcome->spend_min_points = 0;
    outcome->spend_max_points = 0;
    outcome->spend_step_points = 0;
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        outcome->wallets[i].spend_min = 0;
        outcome->wallets[i].spend_max = 0;
        outcome->wallets[i].spend_step = 0;
    }
}

/* --- the first difference of two documents ------------------------------------------------------------------------ */

/* A key whose value is another in `b`; NULL: none. */
static const char *other_key(json_t *a, json_t *b)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(a, key, value)
    {
        if (!json_equal(value, json_object_get(b, key))) {
            return key;
        }
    }
    return NULL;
}

/* One step down to what differs, its name behind the pointer. False: these two themselves do. */
static bool descend(json_t **was, json_t **now, struct vn_requote_result *out)
{
    size_t len = strlen(out->pointer);
    if (json_is_object(*was) && json_is_object(*now)) {
        const char *key = other_key(*was, *now);
        key = key == NULL ? other_key(*now, *was) : key;
        (void)snprintf(out->pointer + len, sizeof out->pointer - len, "/%s", key);
        *was = json_object_get(*was, key);
        *now = json_object_get(*now, key);
        return true;
    }
    if (json_is_array(*was) && json_is_array(*now)) {
        size_t at = 0;
        while (json_equal(json_array_get(*was, at), json_array_get(*now, at))) {
            at++;
        }
        (void)snprintf(out->pointer + len, sizeof out->pointer - len, "/%zu", at);
        *was = json_array_get(*was, at);
        *now = json_array_get(*now, at);
        return true;
    }
    return false;
}

static void say_value(const json_t *value, char out[VN_NAME_MAX])
{
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    (void)snprintf(out, VN_NAME_MAX, "%s", text == NULL ? "nothing" : text);
    free(text);
}

/* Where the first difference is, and what when no sum says it. */
static void tell_place(json_t *was, json_t *now, struct vn_requote_result *out)
{
    char committed[VN_NAME_MAX];
    char reckoned[VN_NAME_MAX];
    while (descend(&was, &now, out)) {
    }
    if (out->text[0] == '\0') {
        say_value(was, committed);
        say_value(now, reckoned);
        (void)snprintf(out->text, sizeof out->text, "%.60s was committed, %.60s comes of it", committed,
                       reckoned);
    }
}

/* "points earned 99, not 35"; nothing when they are equal. */
static void say_figure(struct vn_requote_result *out, const char *name, int64_t committed, int64_t reckoned)
{
    size_t len = strlen(out->text);
    if (committed != reckoned) {
        (void)snprintf(out->text + len, sizeof out->text - len, "%s%s %lld, not %lld", len == 0 ? "" : "; ",
                       name, (long long)committed, (long long)reckoned);
    }
}

static void say_line(struct vn_requote_result *out, const struct vn_outcome *committed,
                     const struct vn_outcome *reckoned)
{
    char name[64];
    for (unsigned i = 0; i < committed->line_count && i < reckoned->line_count; i++) {
        const struct vn_line_outcome *was = &committed->lines[i];
        const struct vn_line_outcome *now = &reckoned->lines[i];
        if (was->discount_minor != now->discount_minor || was->payable_minor != now->payable_minor) {
            (void)snprintf(name, sizeof name, "line %lld: discount", (long long)was->line_id);
            say_figure(out, name, was->discount_minor, now->discount_minor);
            (void)snprintf(name, sizeof name, "line %lld: to pay", (long long)was->line_id);
            say_figure(out, name, was->payable_minor, now->payable_minor);
            return;
        }
    }
}

/* What people ask first. */
static void tell_figures(const struct vn_outcome *committed, const struct vn_outcome *reckoned,
                         struct vn_requote_result *out)
{
    say_figure(out, "points earned", committed->points_earned, reckoned->points_earned);
    say_figure(out, "points spent", committed->points_spent, reckoned->points_spent);
    say_figure(out, "discount", committed->discount_minor, reckoned->discount_minor);
    say_figure(out, "to pay", committed->payable_minor, reckoned->payable_minor);
    say_line(out, committed, reckoned);
}

static enum vn_status compare(const struct vn_outcome *committed, const struct vn_outcome *reckoned,
                              struct vn_requote_result *out)
{
    json_t *was = vn_outcome_write(committed);
    json_t *now = vn_outcome_write(reckoned);
    enum vn_status status = was == NULL || now == NULL ? VN_NOMEM : VN_OK;
    if (status == VN_OK && !json_equal(was, now)) {
        out->answer = VN_REQUOTE_DIFFERS;
        tell_figures(committed, reckoned, out);
        tell_place(was, now, out);
    }
    json_decref(was);
    json_decref(now);
    return status;
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

static enum vn_requote_why missing(const struct vn_requote_input *input)
{
    const struct vn_outcome *committed = input->committed;
    if (committed->engine == 0) {
        return VN_REQUOTE_NO_RULES;
    }
    if (committed->engine != VN_ENGINE_VERSION) {
        return VN_REQUOTE_ENGINE;
    }
    if (input->ruleset == NULL || vn_ruleset_number(input->ruleset) != committed->ruleset) {
        return VN_REQUOTE_RULESET;
    }
    if (input->printed_differs) {
        return VN_REQUOTE_PRINTED;
    }
    if (input->with == NULL) {
        return VN_REQUOTE_WITH;
    }
    return input->items == NULL ? VN_REQUOTE_GOODS : VN_REQUOTE_JUDGED;
}

static void not_judged(struct vn_requote_result *out, enum vn_requote_why why)
{
    memset(out, 0, sizeof *out);
    out->answer = VN_REQUOTE_UNKNOWN;
    out->why = why;
    (void)snprintf(out->text, sizeof out->text, "%s", whys[why].sentence);
}

enum vn_status vn_requote(struct vn_quote_work *work, const struct vn_requote_input *input,
                          struct vn_outcome *scratch, struct vn_requote_result *out)
{
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = VN_OK;
    enum vn_requote_why why = missing(input);
    if (why != VN_REQUOTE_JUDGED) {
        not_judged(out, why);
        return VN_OK;
    }
    struct vn_quote_input quote = {
        .ruleset = input->ruleset, .basket = input->basket, .items = input->items, .place = input->place};
    memset(out, 0, sizeof *out);
    vn_with_give(input->with, &quote);
    if (vn_quote(work, &quote, scratch, &error) == VN_OK) {
        drop_unkept(scratch);
        status = compare(input->committed, scratch, out);
    } else {
        out->answer = VN_REQUOTE_DIFFERS;
        (void)snprintf(out->pointer, sizeof out->pointer, "%s", error.pointer);
        (void)snprintf(out->text, sizeof out->text, "nothing comes of the basket: %.120s", error.text);
    }
    if (out->answer == VN_REQUOTE_DIFFERS && input->items_moved) {
        not_judged(out, VN_REQUOTE_MOVED);
    }
    return status;
}
