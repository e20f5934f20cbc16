/* verno-hub fleet and till show. The fleet comes in pages, which are printed as they come: neither end holds all of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/limits.h"
#include "sync/hub/cli/cli.h"

#define KEY_MAX 80 /* of a page */

/* --- fleet -------------------------------------------------------------------------------------------------- */

static const struct vn_cli_column columns[] = {{"store", VN_CLI_TEXT, "store", 8},
                                               {"till", VN_CLI_TEXT, "till", 10},
                                               {"state", VN_CLI_TEXT, "state", 9},
                                               {"acked", VN_CLI_NUMBER, "acked_seq", 8},
                                               {"posted", VN_CLI_NUMBER, "posted_seq", 8},
                                               {"durable", VN_CLI_NUMBER, "durable_seq", 8},
                                               {"shown", VN_CLI_TEXT, "shown", 5},
                                               {"quar.", VN_CLI_NUMBER, "quarantined", 5},
                                               {"back", VN_CLI_NUMBER, "back_elsewhere", 5},
                                               {"ruleset", VN_CLI_NUMBER, "ruleset", 7},
                                               {"last contact", VN_CLI_TIME, "contact_ms", 24},
                                               {"enrolment", VN_CLI_TEXT, "enrolment", 0},
                                               {NULL, VN_CLI_TEXT, NULL, 0}};

static void print_page(json_t *page, bool first)
{
    vn_cli_plain(page);
    if (first) {
        (void)printf("epoch %lld\n", vn_cli_number(page, "epoch"));
    }
    vn_cli_table(json_object_get(page, "tills"), columns, first ? VN_CLI_TITLES : VN_CLI_BARE);
}

/* One document over all pages. */
static bool print_document(const json_t *page, bool first, bool last)
{
    bool written = true;
    size_t i = 0;
    json_t *till = NULL;
    if (first) {
        (void)printf("{\"epoch\":%lld,\"tills\":[", vn_cli_number(page, "epoch"));
    }
    json_array_foreach(json_object_get(page, "tills"), i, till)
    {
        (void)fputs(first && i == 0 ? "" : ",", stdout);
        written = written && vn_cli_write_json(till);
    }
    (void)fputs(last ? "]}\n" : "", stdout);
    return written;
}

int vn_cli_fleet(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    char after[KEY_MAX] = "";
    bool first = true;
    bool written = true;
    do {
        char path[VN_HTTP_TARGET_MAX];
        json_t *page = NULL;
        int len = snprintf(path, sizeof path, "/admin/fleet?after=");
        (void)vn_cli_escape(path + len, sizeof path - (size_t)len, after);
        if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &page, &error) != VN_OK) {
            return vn_cli_failed(&error);
        }
        (void)snprintf(after, sizeof after, "%s", vn_cli_text(page, "next"));
        if (cli->json) {
            written = print_document(page, first, after[0] == '\0');
        } else {
            print_page(page, first);
        }
        first = false;
        json_decref(page);
    } while (after[0] != '\0' && written);
    return written ? 0 : ferror(stdout) != 0 ? vn_cli_unwritten() : 1;
}

/* --- one till ----------------------------------------------------------------------------------------------- */

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text);
    return len > strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* What a till says of itself, but for what is empty, 0 or not known: --json has it. */
static void print_said(const char *key, const json_t *value)
{
    long long number = (long long)json_integer_value(value);
    bool is_time = json_is_integer(value) && (ends_in(key, "_until_ms") || ends_in(key, "_since_ms"));
    bool is_span = json_is_integer(value) && !is_time && ends_in(key, "_ms");
    bool is_list = json_is_array(value) || json_is_object(value);
    if (json_is_null(value) || (json_is_integer(value) && number == 0) || (is_time && number < 0) ||
        (json_is_string(value) && json_string_length(value) == 0) ||
        (is_list && json_array_size(value) + json_object_size(value) == 0)) {
        return;
    }
    int width = (int)strlen(key) - (is_time || is_span ? 3 : 0);
    if (is_time) {
        char time[VN_TIME_TEXT_MAX];
        vn_time_text(number, time);
        (void)printf("  %-13.*s %s\n", width, key, time);
    } else if (is_span) {
        (void)printf("  %-13.*s %lld ms\n", width, key, number);
    } else {
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        (void)printf("  %-13s %s\n", key, text != NULL ? text : json_string_value(value));
        free(text);
    }
}

static void print_enrolment(const json_t *row)
{
    char time[VN_TIME_TEXT_MAX];
    const char *key = NULL;
    json_t *value = NULL;
    (void)printf("%s of %s: %s\n", vn_cli_text(row, "till"), vn_cli_text(row, "store"),
                 vn_cli_text(row, "state"));
    if (vn_cli_text(row, "enrolment")[0] == '\0') {
        return;
    }
    (void)printf("  enrolment     %s\n  last contact  %s\n", vn_cli_text(row, "enrolment"),
                 vn_cli_time(row, "contact_ms", time));
    (void)printf(
        "  entries       %lld acknowledged, %lld posted, %lld off this machine, %lld in quarantine\n",
        vn_cli_number(row, "acked_seq"), vn_cli_number(row, "posted_seq"), vn_cli_number(row, "durable_seq"),
        vn_cli_number(row, "quarantined"));
    (void)printf("  took back     %lld times from receipts of other tills\n",
                 vn_cli_number(row, "back_elsewhere"));
    json_object_foreach(json_object_get(row, "report"), key, value)
    {
        print_said(key, value);
    }
}

static void print_till(const json_t *document)
{
    vn_cli_rows(document, "tills", "none", print_enrolment);
}

int vn_cli_till_show(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX] = "/admin/fleet";
    vn_cli_query(path, "till", cli->args[0]);
    return vn_cli_show(cli, path, print_till);
}
