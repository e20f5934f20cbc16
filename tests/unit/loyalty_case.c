#include "tests/unit/loyalty_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/loyalty_json.h"

static const char *word(const json_t *of, const char *key)
{
    const char *text = json_string_value(json_object_get(of, key));
    assert_non_null(text);
    return text;
}

static void add_right(json_t *document, const char *account, json_t *amount)
{
    if (json_object_get(document, "rights") == NULL) {
        assert_int_equal(json_object_set_new(document, "rights", json_object()), 0);
    }
    assert_int_equal(json_object_set(json_object_get(document, "rights"), account, amount), 0);
}

static void add_counter(json_t *document, const char *account, json_t *value)
{
    json_t *member = json_object_get(document, "member");
    if (json_object_get(member, "counters") == NULL) {
        assert_int_equal(json_object_set_new(member, "counters", json_array()), 0);
    }
    json_t *counter = json_pack("{s:s,s:O}", "account", account, "value", value);
    assert_int_equal(json_array_append_new(json_object_get(member, "counters"), counter), 0);
}

static void add_accounts(json_t *document)
{
    char account[VN_ID_MAX];
    const json_t *limit = json_object_get(document, "limit");
    if (limit != NULL) {
        vn_account_member_limit(word(limit, "member"), word(limit, "promotion"),
                                json_integer_value(json_object_get(limit, "day")), account);
        add_right(document, account, json_object_get(limit, "available"));
    }
    const json_t *stamps = json_object_get(document, "stamps");
    if (stamps != NULL) {
        vn_account_stamps(word(stamps, "member"), word(stamps, "card"), account);
        add_right(document, account, json_object_get(stamps, "value"));
        add_counter(document, account, json_object_get(stamps, "value"));
    }
    const json_t *count = json_object_get(document, "count");
    if (count != NULL) {
        vn_account_chain_count(word(count, "promotion"), account);
        add_right(document, account, json_object_get(count, "available"));
    }
    const json_t *budget = json_object_get(document, "budget");
    if (budget != NULL) {
        vn_account_chain_budget(word(budget, "promotion"), account);
        add_right(document, account, json_object_get(budget, "available"));
    }
}

static bool is_left_out(const json_t *expected)
{
    return json_is_null(expected) || (json_is_integer(expected) && json_integer_value(expected) == 0) ||
           (json_is_array(expected) && json_array_size(expected) == 0);
}

static bool holds(const json_t *expected, const json_t *found, bool exact);

static bool object_holds(const json_t *expected, const json_t *found, bool exact)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)expected, key, value)
    {
        if (!holds(value, json_object_get(found, key), exact)) {
            return false;
        }
    }
    return !exact || json_object_size(expected) == json_object_size(found);
}

static bool holds(const json_t *expected, const json_t *found, bool exact)
{
    if (found == NULL) {
        return is_left_out(expected);
    }
    if (json_is_object(expected) && json_is_object(found)) {
        return object_holds(expected, found, exact);
    }
    if (json_is_array(expected) && json_is_array(found)) {
        bool same = json_array_size(expected) == json_array_size(found);
        for (size_t i = 0; i < json_array_size(expected) && same; i++) {
            same = holds(json_array_get(expected, i), json_array_get(found, i), exact);
        }
        return same;
    }
    return json_equal(expected, found);
}

void case_check(const char *name, const json_t *expect, const json_t *found, bool exact)
{
    assert_true(json_object_size(expect) > 0);
    const char *key = NULL;
    json_t *expected = NULL;
    json_object_foreach((json_t *)(uintptr_t)expect, key, expected)
    {
        if (!holds(expected, json_object_get(found, key), exact)) {
            char *whole = json_dumps(found, JSON_COMPACT);
            fail_msg("%s: %s differs: %s", name, key, whole);
        }
    }
}

void case_run(struct world *world, const char *name, json_t *document, bool exact)
{
    add_accounts(document);
    world_quote_json(world, document);
    if (world->status != VN_OK) {
        fail_msg("%s: %s at %s", name, world->error.text, world->error.pointer);
    }
    world_check_sums(world);
    json_t *outcome = vn_outcome_write(&world->out);
    assert_non_null(outcome);
    case_check(name, json_object_get(document, "expect"), outcome, exact);
    json_decref(outcome);
}
