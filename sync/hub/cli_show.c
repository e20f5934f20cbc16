/* Verbs that show something: the hub's JSON as it is with --json, tables for people without. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/limits.h"
#include "sync/hub/cli.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const char *time_of(const json_t *object, const char *key, char out[VN_TIME_TEXT_MAX])
{
    long long ms = number_of(object, key);
    vn_time_text(ms == 0 ? -1 : ms, out);
    return out;
}

/* *out when it is to be shown as a table; 0 or 1 when there is nothing more to do. */
static int get(const struct vn_cli *cli, const char *path, json_t **out)
{
    struct vn_error error = {VN_OK, "", ""};
    if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        json_t *value = *out;
        *out = NULL;
        return vn_cli_print_json(value);
    }
    return 0;
}

/* "<path>?<key>=<value>", percent-encoded. */
static void with_query(char out[VN_HTTP_TARGET_MAX], const char *path, const char *key, const char *prefix,
                       const char *value)
{
    int len = snprintf(out, VN_HTTP_TARGET_MAX, "%s", path);
    if (value == NULL) {
        return;
    }
    len += snprintf(out + len, (size_t)(VN_HTTP_TARGET_MAX - len), "%c%s=%s",
                    strchr(path, '?') == NULL ? '?' : '&', key, prefix);
    (void)vn_cli_escape(out + len, (size_t)(VN_HTTP_TARGET_MAX - len), value);
}

int vn_cli_store_list(const struct vn_cli *cli)
{
    json_t *out = NULL;
    int code = get(cli, "/admin/stores", &out);
    size_t i = 0;
    json_t *store = NULL;
    if (out == NULL) {
        return code;
    }
    (void)printf("%-16s %6s  %s\n", "store", "tills", "name");
    json_array_foreach(json_object_get(out, "stores"), i, store)
    {
        (void)printf("%-16s %6lld  %s\n", text_of(store, "id"), number_of(store, "tills"),
                     text_of(store, "name"));
    }
    json_decref(out);
    return 0;
}

int vn_cli_code_list(const struct vn_cli *cli)
{
    json_t *out = NULL;
    int code = get(cli, "/admin/codes", &out);
    size_t i = 0;
    json_t *one = NULL;
    char time[VN_TIME_TEXT_MAX];
    if (out == NULL) {
        return code;
    }
    (void)printf("%-16s %-16s %s\n", "store", "till", "good until");
    json_array_foreach(json_object_get(out, "codes"), i, one)
    {
        (void)printf("%-16s %-16s %s\n", text_of(one, "store"), text_of(one, "till"),
                     time_of(one, "expires_ms", time));
    }
    json_decref(out);
    return 0;
}

static void print_totals(json_t *totals)
{
    const char *place = NULL;
    json_t *sum = NULL;
    long long all = 0;
    json_object_foreach(totals, place, sum)
    {
        (void)printf("%-10s %14lld\n", place, (long long)json_integer_value(sum));
        all += (long long)json_integer_value(sum);
    }
    (void)printf("%-10s %14lld\n", "sum", all);
}

static void print_account(const json_t *out)
{
    size_t i = 0;
    json_t *row = NULL;
    char time[VN_TIME_TEXT_MAX];
    const json_t *member = json_object_get(out, "member");
    (void)printf("%s %s  balance %lld\n", text_of(out, "account"), text_of(member, "first_name"),
                 number_of(out, "balance"));
    json_array_foreach(json_object_get(out, "places"), i, row)
    {
        (void)printf("  %-10s %-10s %12lld\n", text_of(row, "place"), text_of(row, "till"),
                     number_of(row, "amount"));
    }
    json_array_foreach(json_object_get(out, "wallets"), i, row)
    {
        (void)printf("  wallet %-20s %-20s %12lld\n", text_of(row, "wallet"), text_of(row, "account"),
                     number_of(row, "balance"));
    }
    json_array_foreach(json_object_get(out, "lots"), i, row)
    {
        (void)printf("  lot %-8lld %12lld  expires %s\n", number_of(row, "lot"), number_of(row, "amount"),
                     time_of(row, "expires_ms", time));
    }
    json_array_foreach(json_object_get(out, "counters"), i, row)
    {
        (void)printf("  counter %-20s %12lld\n", text_of(row, "account"), number_of(row, "value"));
    }
    json_array_foreach(json_object_get(out, "given"), i, row)
    {
        (void)printf("  %s %-20s %12lld\n", text_of(row, "kind"), text_of(row, "what"),
                     number_of(row, "amount"));
    }
    json_array_foreach(json_object_get(out, "movements"), i, row)
    {
        (void)printf("  %-24s %-10s %-8s -> %-8s %12lld  %s %lld\n", time_of(row, "at_ms", time),
                     text_of(row, "why"), text_of(row, "from"), text_of(row, "to"), number_of(row, "amount"),
                     text_of(row, "till"), number_of(row, "seq"));
    }
}

int vn_cli_ledger(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX];
    json_t *out = NULL;
    if (cli->member != NULL && !vn_cli_is_number(cli->member)) {
        return vn_cli_wrong("a member is named by his number, not '%s'", cli->member);
    }
    if (cli->member != NULL) {
        with_query(path, "/admin/ledger", "account", "w", cli->member);
    } else {
        with_query(path, "/admin/ledger", "account", "", cli->account);
    }
    int code = get(cli, path, &out);
    if (out == NULL) {
        return code;
    }
    json_t *totals = json_object_get(out, "totals");
    if (totals != NULL) {
        print_totals(totals);
    } else {
        print_account(out);
    }
    json_decref(out);
    return 0;
}

/* The last column: "late,capped", or "-". */
static void print_words(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)printf("%s%s", i == 0 ? "" : ",", json_string_value(json_array_get(list, i)));
    }
    (void)printf("%s\n", json_array_size(list) == 0 ? "-" : "");
}

static void sale_key(const json_t *sale, char out[4 * VN_ID_MAX])
{
    const json_t *parts = json_object_get(sale, "sale");
    (void)snprintf(out, 4 * VN_ID_MAX, "%s/%s/%s", json_string_value(json_array_get(parts, 0)),
                   json_string_value(json_array_get(parts, 1)), json_string_value(json_array_get(parts, 2)));
}

static void print_sales(const json_t *out)
{
    char key[4 * VN_ID_MAX];
    size_t i = 0;
    json_t *sale = NULL;
    (void)printf("%-10s %-28s %-10s %-10s %12s %12s %8s %8s  %-12s %s\n", "till", "sale", "kind", "account",
                 "total", "discount", "earned", "spent", "fiscal", "flags");
    json_array_foreach(json_object_get(out, "sales"), i, sale)
    {
        sale_key(sale, key);
        (void)printf("%-10s %-28s %-10s %-10.10s %12lld %12lld %8lld %8lld  %-12s ", text_of(sale, "till"),
                     key, text_of(sale, "kind"), text_of(sale, "account"), number_of(sale, "total_minor"),
                     number_of(sale, "discount_minor"), number_of(sale, "points_earned"),
                     number_of(sale, "points_spent"), text_of(sale, "fiscal"));
        print_words(json_object_get(sale, "flags"));
    }
}

static void print_differing(const json_t *out)
{
    char key[4 * VN_ID_MAX];
    char time[VN_TIME_TEXT_MAX];
    size_t i = 0;
    json_t *sale = NULL;
    const char *why = NULL;
    json_t *sum = NULL;
    json_array_foreach(json_object_get(out, "differing"), i, sale)
    {
        sale_key(sale, key);
        (void)printf("%-10s %-28s %-24s  %s\n", text_of(sale, "till"), key, time_of(sale, "at_ms", time),
                     text_of(sale, "text"));
    }
    (void)printf("%lld receipts quoted again, %lld differ", number_of(out, "checked"),
                 number_of(out, "differ"));
    json_object_foreach(json_object_get(out, "not_judged"), why, sum)
    {
        (void)printf("; not judged (%s): %lld", why, (long long)json_integer_value(sum));
    }
    (void)printf("; %lld entries not looked at yet\n", number_of(out, "behind"));
}

int vn_cli_sales(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX];
    json_t *out = NULL;
    with_query(path, cli->differing ? "/admin/sales?differing=1" : "/admin/sales", "till", "", cli->till);
    int code = get(cli, path, &out);
    if (out == NULL) {
        return code;
    }
    if (cli->differing) {
        print_differing(out);
    } else {
        print_sales(out);
    }
    json_decref(out);
    return 0;
}

int vn_cli_health(const struct vn_cli *cli)
{
    json_t *out = NULL;
    struct vn_error error = {VN_OK, "", ""};
    if (vn_cli_call(cli, "GET", "/admin/health", VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    int code = strcmp(text_of(out, "status"), "failing") == 0 ? 1 : 0;
    if (cli->json) {
        (void)vn_cli_print_json(out);
        return code;
    }
    size_t i = 0;
    json_t *sentence = NULL;
    (void)printf("%s\n", text_of(out, "status"));
    json_array_foreach(json_object_get(out, "sentences"), i, sentence)
    {
        (void)printf("  %s\n", text_of(sentence, "text"));
    }
    json_decref(out);
    return code;
}

int vn_cli_audit(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = NULL;
    size_t i = 0;
    json_t *sentence = NULL;
    if (vn_cli_call(cli, "GET", "/admin/audit", VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    json_t *found = json_object_get(out, "contradictions");
    int code = json_array_size(found) == 0 ? 0 : 1;
    if (cli->json) {
        (void)vn_cli_print_json(out);
        return code;
    }
    json_array_foreach(found, i, sentence)
    {
        (void)printf("%s\n", json_string_value(sentence));
    }
    long long entries = number_of(out, "entries");
    size_t wrong = json_array_size(found);
    (void)printf("%lld %s verified, %zu %s\n", entries, entries == 1 ? "entry" : "entries", wrong,
                 wrong == 1 ? "contradiction" : "contradictions");
    json_decref(out);
    return code;
}

/* What is no text was sent in hex, and comes out as the bytes that it is. */
static void print_hex(const char *hex)
{
    uint8_t byte = 0;
    for (; hex[0] != '\0' && vn_hex_decode(vn_view_of(hex, 2), &byte, 1) == VN_OK; hex += 2) {
        (void)putchar(byte);
    }
}

int vn_cli_entry(const struct vn_cli *cli)
{
    json_t *out = NULL;
    char path[VN_HTTP_TARGET_MAX];
    if (!vn_cli_is_number(cli->args[1])) {
        return vn_cli_wrong("an entry is named by its number, not '%s'", cli->args[1]);
    }
    with_query(path, "/admin/entry", "till", "", cli->args[0]);
    vn_cli_query(path, "seq", cli->args[1]);
    int code = get(cli, path, &out);
    if (out == NULL) {
        return code;
    }
    (void)fputs(text_of(out, "body"), stdout);
    print_hex(text_of(out, "body_hex"));
    (void)putchar('\n');
    json_decref(out);
    return 0;
}

int vn_cli_ruleset(const struct vn_cli *cli)
{
    json_t *out = NULL;
    size_t i = 0;
    json_t *stopped = NULL;
    char time[VN_TIME_TEXT_MAX];
    int code = get(cli, "/admin/ruleset", &out);
    if (out == NULL) {
        return code;
    }
    (void)fprintf(stderr, "ruleset %lld, published %s\n", number_of(out, "number"),
                  time_of(out, "published_ms", time));
    json_array_foreach(json_object_get(out, "stopped"), i, stopped)
    {
        (void)fprintf(stderr, "stopped: %s\n", json_string_value(stopped));
    }
    (void)fputs(text_of(out, "text"), stdout);
    json_decref(out);
    return 0;
}

int vn_cli_member(const struct vn_cli *cli)
{
    json_t *out = NULL;
    char path[VN_HTTP_TARGET_MAX];
    if (!vn_cli_is_number(cli->args[0])) {
        return vn_cli_wrong("a member is named by his number, not '%s'", cli->args[0]);
    }
    with_query(path, "/admin/member", "id", "", cli->args[0]);
    int code = get(cli, path, &out);
    if (out == NULL) {
        return code;
    }
    (void)printf("member %lld: %s %s%s\n", number_of(out, "id"), text_of(out, "first_name"),
                 text_of(out, "last_name"),
                 json_is_true(json_object_get(out, "blocked")) ? " (blocked)" : "");
    (void)printf("  balance        %lld\n", number_of(out, "balance"));
    (void)printf("  spent          %lld\n", number_of(out, "lifetime_spend_minor"));
    (void)printf("  tier           %s\n", text_of(out, "tier"));
    (void)printf("  cards          %zu\n", json_array_size(json_object_get(out, "card_hashes")));
    json_decref(out);
    return 0;
}

int vn_cli_rulesets(const struct vn_cli *cli)
{
    json_t *out = NULL;
    int code = get(cli, "/admin/rulesets", &out);
    size_t i = 0;
    json_t *row = NULL;
    char time[VN_TIME_TEXT_MAX];
    if (out == NULL) {
        return code;
    }
    (void)printf("%8s  %-24s  %-8s %s\n", "number", "published", "what", "");
    json_array_foreach(json_object_get(out, "published"), i, row)
    {
        (void)printf("%8lld  %-24s  %-8s %s\n", number_of(row, "number"), time_of(row, "at_ms", time),
                     text_of(row, "kind"), text_of(row, "promotion"));
    }
    json_decref(out);
    return 0;
}
