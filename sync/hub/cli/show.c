/* Verbs that show something: the hub's JSON as it is with --json, tables for people without. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/limits.h"
#include "sync/hub/cli/cli.h"

#define END {NULL, VN_CLI_TEXT, NULL, 0}

static void print_stores(const json_t *document)
{
    static const struct vn_cli_column columns[] = {{"store", VN_CLI_TEXT, "id", 16},
                                                   {"tills", VN_CLI_NUMBER, "tills", 6},
                                                   {"name", VN_CLI_TEXT, "name", 0},
                                                   END};
    vn_cli_table(json_object_get(document, "stores"), columns, VN_CLI_TITLES);
}

int vn_cli_store_list(const struct vn_cli *cli)
{
    return vn_cli_show(cli, "/admin/stores", print_stores);
}

static void print_codes(const json_t *document)
{
    static const struct vn_cli_column columns[] = {{"store", VN_CLI_TEXT, "store", 16},
                                                   {"till", VN_CLI_TEXT, "till", 16},
                                                   {"good until", VN_CLI_TIME, "expires_ms", 0},
                                                   END};
    vn_cli_table(json_object_get(document, "codes"), columns, VN_CLI_TITLES);
}

int vn_cli_code_list(const struct vn_cli *cli)
{
    return vn_cli_show(cli, "/admin/codes", print_codes);
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

/* What an account has, by list; of a list without rows nothing is printed. */
static const struct {
    const char *list;
    struct vn_cli_column columns[9];
} parts[] = {
    {"places",
     {{NULL, VN_CLI_TEXT, "place", 10},
      {NULL, VN_CLI_TEXT, "till", 10},
      {NULL, VN_CLI_NUMBER, "amount", 12},
      {"asked back", VN_CLI_SOME, "asked_back", 0},
      END}},
    {"wallets",
     {{NULL, VN_CLI_WORD, "wallet", 0},
      {NULL, VN_CLI_TEXT, "wallet", 20},
      {NULL, VN_CLI_TEXT, "account", 20},
      {NULL, VN_CLI_NUMBER, "balance", 12},
      END}},
    {"lots",
     {{NULL, VN_CLI_WORD, "lot", 0},
      {NULL, VN_CLI_NUMBER, "lot", 8},
      {NULL, VN_CLI_NUMBER, "amount", 12},
      {NULL, VN_CLI_WORD, "expires", 0},
      {NULL, VN_CLI_TIME, "expires_ms", 0},
      END}},
    {"counters",
     {{NULL, VN_CLI_WORD, "counter", 0},
      {NULL, VN_CLI_TEXT, "account", 20},
      {NULL, VN_CLI_NUMBER, "value", 12},
      END}},
    {"given",
     {{NULL, VN_CLI_TEXT, "kind", 0},
      {NULL, VN_CLI_TEXT, "what", 20},
      {NULL, VN_CLI_NUMBER, "amount", 12},
      END}},
    {"movements",
     {{NULL, VN_CLI_TIME, "at_ms", 24},
      {NULL, VN_CLI_TEXT, "why", 10},
      {NULL, VN_CLI_TEXT, "from", 8},
      {NULL, VN_CLI_WORD, "->", 0},
      {NULL, VN_CLI_TEXT, "to", 8},
      {NULL, VN_CLI_NUMBER, "amount", 12},
      {NULL, VN_CLI_TEXT, "till", 0},
      {NULL, VN_CLI_NUMBER, "seq", 0},
      END}},
};

static void print_account(const json_t *document)
{
    (void)printf("%s %s  balance %lld\n", vn_cli_text(document, "account"),
                 vn_cli_text(json_object_get(document, "member"), "first_name"),
                 vn_cli_number(document, "balance"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        vn_cli_table(json_object_get(document, parts[i].list), parts[i].columns, VN_CLI_INDENTED);
    }
}

static void print_ledger(const json_t *document)
{
    json_t *totals = json_object_get(document, "totals");
    if (totals != NULL) {
        print_totals(totals);
    } else {
        print_account(document);
    }
}

int vn_cli_ledger(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX] = "/admin/ledger";
    if (cli->member != NULL && !vn_cli_is_number(cli->member)) {
        return vn_cli_wrong("a member is named by his number, not '%s'", cli->member);
    }
    vn_cli_query(path, "member", cli->member);
    vn_cli_query(path, "account", cli->member == NULL ? cli->account : NULL);
    return vn_cli_show(cli, path, print_ledger);
}

static void print_sales(const json_t *document)
{
    static const struct vn_cli_column columns[] = {{"till", VN_CLI_TEXT, "till", 10},
                                                   {"sale", VN_CLI_KEY, "sale", 0},
                                                   {"kind", VN_CLI_TEXT, "kind", 0},
                                                   {"account", VN_CLI_TEXT, "account", 0},
                                                   {"total", VN_CLI_NUMBER, "total_minor", 8},
                                                   {"discount", VN_CLI_NUMBER, "discount_minor", 0},
                                                   {"earned", VN_CLI_NUMBER, "points_earned", 0},
                                                   {"spent", VN_CLI_NUMBER, "points_spent", 0},
                                                   {"fiscal", VN_CLI_TEXT, "fiscal", 0},
                                                   {"flags", VN_CLI_LIST, "flags", 0},
                                                   END};
    vn_cli_table(json_object_get(document, "sales"), columns, VN_CLI_TITLES);
}

static void print_differing(const json_t *document)
{
    static const struct vn_cli_column columns[] = {{NULL, VN_CLI_TEXT, "till", 10},
                                                   {NULL, VN_CLI_KEY, "sale", 0},
                                                   {NULL, VN_CLI_TIME, "at_ms", 0},
                                                   {NULL, VN_CLI_TEXT, "text", 0},
                                                   END};
    const char *why = NULL;
    json_t *sum = NULL;
    vn_cli_table(json_object_get(document, "differing"), columns, VN_CLI_BARE);
    long long checked = vn_cli_number(document, "checked");
    long long differ = vn_cli_number(document, "differ");
    long long behind = vn_cli_number(document, "behind");
    (void)printf("%lld %s quoted again, %lld %s", checked, checked == 1 ? "receipt" : "receipts", differ,
                 differ == 1 ? "differs" : "differ");
    json_object_foreach(json_object_get(document, "not_judged"), why, sum)
    {
        (void)printf("; not judged (%s): %lld", why, (long long)json_integer_value(sum));
    }
    (void)printf("; %lld %s not looked at yet\n", behind, behind == 1 ? "entry" : "entries");
}

int vn_cli_sales(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX] = "/admin/sales";
    vn_cli_query(path, "till", cli->till);
    vn_cli_query(path, "differing", cli->differing ? "1" : NULL);
    return vn_cli_show(cli, path, cli->differing ? print_differing : print_sales);
}

static bool is_healthy(const json_t *document)
{
    return strcmp(vn_cli_text(document, "status"), "failing") != 0;
}

static void print_health(const json_t *document)
{
    static const struct vn_cli_column columns[] = {{NULL, VN_CLI_TEXT, "text", 0}, END};
    (void)printf("%s\n", vn_cli_text(document, "status"));
    vn_cli_table(json_object_get(document, "sentences"), columns, VN_CLI_INDENTED);
}

int vn_cli_health(const struct vn_cli *cli)
{
    return vn_cli_judge(cli, "/admin/health", is_healthy, print_health);
}

static bool is_consistent(const json_t *document)
{
    return json_array_size(json_object_get(document, "contradictions")) == 0;
}

static void print_audit(const json_t *document)
{
    const json_t *found = json_object_get(document, "contradictions");
    long long entries = vn_cli_number(document, "entries");
    size_t wrong = json_array_size(found);
    for (size_t i = 0; i < wrong; i++) {
        (void)printf("%s\n", json_string_value(json_array_get(found, i)));
    }
    (void)printf("%lld %s verified, %zu %s\n", entries, entries == 1 ? "entry" : "entries", wrong,
                 wrong == 1 ? "contradiction" : "contradictions");
}

int vn_cli_audit(const struct vn_cli *cli)
{
    if (isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "verno-hub: reading everything; of a large chain that takes minutes\n");
    }
    return vn_cli_judge(cli, "/admin/audit", is_consistent, print_audit);
}

/* *out when it is to be shown byte for byte; else the exit code. */
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

/* What is no text was sent in hex, and comes out as the bytes that it is. */
static void print_hex(const char *hex)
{
    uint8_t byte = 0;
    for (; hex[0] != '\0' && vn_hex_decode(vn_view_of(hex, 2), &byte, 1) == VN_OK; hex += 2) {
        (void)putchar(byte);
    }
}

/* A terminal would do what a till's bytes say; a file or another program gets them as they came. */
static void print_body(json_t *document)
{
    if (isatty(STDOUT_FILENO) != 0) {
        vn_cli_plain(document);
        const char *hex = vn_cli_text(document, "body_hex");
        (void)printf("%s%s%s\n", vn_cli_text(document, "body"),
                     hex[0] == '\0' ? "" : "no text; in hex: ", hex);
        return;
    }
    (void)fputs(vn_cli_text(document, "body"), stdout);
    print_hex(vn_cli_text(document, "body_hex"));
    (void)putchar('\n');
}

int vn_cli_entry(const struct vn_cli *cli)
{
    json_t *out = NULL;
    char path[VN_HTTP_TARGET_MAX] = "/admin/entry";
    if (!vn_cli_is_number(cli->args[1])) {
        return vn_cli_wrong("an entry is named by its number, not '%s'", cli->args[1]);
    }
    vn_cli_query(path, "till", cli->args[0]);
    vn_cli_query(path, "seq", cli->args[1]);
    int code = get(cli, path, &out);
    if (out == NULL) {
        return code;
    }
    print_body(out);
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
    (void)fprintf(stderr, "ruleset %lld, published %s\n", vn_cli_number(out, "number"),
                  vn_cli_time(out, "published_ms", time));
    json_array_foreach(json_object_get(out, "stopped"), i, stopped)
    {
        (void)fprintf(stderr, "stopped: %s\n", json_string_value(stopped));
    }
    (void)fputs(vn_cli_text(out, "text"), stdout);
    json_decref(out);
    return 0;
}

static void print_member(const json_t *document)
{
    (void)printf("member %lld: %s %s%s\n", vn_cli_number(document, "id"), vn_cli_text(document, "first_name"),
                 vn_cli_text(document, "last_name"),
                 json_is_true(json_object_get(document, "blocked")) ? " (blocked)" : "");
    (void)printf("  balance        %lld\n", vn_cli_number(document, "balance"));
    (void)printf("  spent          %lld\n", vn_cli_number(document, "lifetime_spend_minor"));
    (void)printf("  tier           %s\n", vn_cli_text(document, "tier"));
    (void)printf("  cards          %zu\n", json_array_size(json_object_get(document, "card_hashes")));
}

int vn_cli_member(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX] = "/admin/member";
    if (!vn_cli_is_number(cli->args[0])) {
        return vn_cli_wrong("a member is named by his number, not '%s'", cli->args[0]);
    }
    vn_cli_query(path, "id", cli->args[0]);
    return vn_cli_show(cli, path, print_member);
}

static void print_rulesets(const json_t *document)
{
    static const struct vn_cli_column columns[] = {{"number", VN_CLI_NUMBER, "number", 8},
                                                   {"published", VN_CLI_TIME, "at_ms", 0},
                                                   {"what", VN_CLI_TEXT, "kind", 0},
                                                   {"", VN_CLI_TEXT, "promotion", 0},
                                                   END};
    vn_cli_table(json_object_get(document, "published"), columns, VN_CLI_TITLES);
}

int vn_cli_rulesets(const struct vn_cli *cli)
{
    return vn_cli_show(cli, "/admin/rulesets", print_rulesets);
}
