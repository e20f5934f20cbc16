#include "agent/loyalty/requote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"

const char *vn_requote_name(enum vn_requote_answer answer)
{
    static const char *const names[] = {"same", "differs", "unknown"};
    return names[answer];
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

static void tell_difference(json_t *was, json_t *now, struct vn_requote_result *out)
{
    char committed[VN_NAME_MAX];
    char reckoned[VN_NAME_MAX];
    while (descend(&was, &now, out)) {
    }
    say_value(was, committed);
    say_value(now, reckoned);
    (void)snprintf(out->text, sizeof out->text, "%.60s was committed, %.60s comes of it", committed,
                   reckoned);
}

static enum vn_status compare(const struct vn_outcome *committed, const struct vn_outcome *reckoned,
                              struct vn_requote_result *out)
{
    json_t *was = vn_outcome_write(committed);
    json_t *now = vn_outcome_write(reckoned);
    enum vn_status status = was == NULL || now == NULL ? VN_NOMEM : VN_OK;
    if (status == VN_OK && !json_equal(was, now)) {
        out->answer = VN_REQUOTE_DIFFERS;
        tell_difference(was, now, out);
    }
    json_decref(was);
    json_decref(now);
    return status;
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

/* Why it can't be judged; NULL: it can. */
static const char *missing(const struct vn_requote_input *input)
{
    const struct vn_outcome *committed = input->committed;
    if (committed->engine == 0) {
        return "the till had no rules yet, or was of the first version";
    }
    if (committed->engine != VN_ENGINE_VERSION) {
        return "another version of the engine reckoned it";
    }
    if (input->ruleset == NULL || vn_ruleset_number(input->ruleset) != committed->ruleset) {
        return "its ruleset is not there";
    }
    if (input->printed_differs) {
        return "what was printed is not what was quoted, and that basket was not kept";
    }
    if (input->with == NULL) {
        return "its entry does not say what it was quoted with";
    }
    return input->items == NULL ? "the goods as they were then are not known" : NULL;
}

enum vn_status vn_requote(struct vn_quote_work *work, const struct vn_requote_input *input,
                          struct vn_outcome *scratch, struct vn_requote_result *out)
{
    struct vn_error error = {VN_OK, "", ""};
    const char *why = missing(input);
    memset(out, 0, sizeof *out);
    if (why != NULL) {
        out->answer = VN_REQUOTE_UNKNOWN;
        (void)snprintf(out->text, sizeof out->text, "%s", why);
        return VN_OK;
    }
    struct vn_quote_input quote = {
        .ruleset = input->ruleset, .basket = input->basket, .items = input->items, .place = input->place};
    vn_with_give(input->with, &quote);
    if (vn_quote(work, &quote, scratch, &error) != VN_OK) {
        out->answer = VN_REQUOTE_DIFFERS;
        (void)snprintf(out->pointer, sizeof out->pointer, "%s", error.pointer);
        (void)snprintf(out->text, sizeof out->text, "nothing comes of the basket: %.120s", error.text);
        return VN_OK;
    }
    drop_unkept(scratch);
    return compare(input->committed, scratch, out);
}
