/* verno-hub fleet and till show. The fleet comes in pages, which are printed as they come: neither end holds all of it. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/clock.h"
#include "agent/base/limits.h"
#include "sync/hub/cli.h"

#define KEY_MAX 80 /* of a page */

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

/* --- fleet -------------------------------------------------------------------------------------------------- */

static void print_rows(const json_t *page)
{
    size_t i = 0;
    json_t *till = NULL;
    char time[VN_TIME_TEXT_MAX];
    json_array_foreach(json_object_get(page, "tills"), i, till)
    {
        (void)printf("%-8s %-10s %-8s %8lld %8lld %8lld %6lld %8lld  %-24s %s\n", text_of(till, "store"),
                     text_of(till, "till"), text_of(till, "state"), number_of(till, "acked_seq"),
                     number_of(till, "posted_seq"), number_of(till, "durable_seq"),
                     number_of(till, "quarantined"), number_of(till, "ruleset"),
                     time_of(till, "contact_ms", time), text_of(till, "enrolment"));
    }
}

/* One document over all pages. */
static void print_document(const json_t *page, bool first, bool last)
{
    size_t i = 0;
    json_t *till = NULL;
    if (first) {
        (void)printf("{\"epoch\":%lld,\"tills\":[", number_of(page, "epoch"));
    }
    json_array_foreach(json_object_get(page, "tills"), i, till)
    {
        (void)fputs(first && i == 0 ? "" : ",", stdout);
        (void)json_dumpf(till, stdout, JSON_COMPACT);
    }
    (void)fputs(last ? "]}\n" : "", stdout);
}

int vn_cli_fleet(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    char after[KEY_MAX] = "";
    bool first = true;
    do {
        char path[VN_HTTP_TARGET_MAX];
        json_t *page = NULL;
        int len = snprintf(path, sizeof path, "/admin/fleet?after=");
        (void)vn_cli_escape(path + len, sizeof path - (size_t)len, after);
        if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &page, &error) != VN_OK) {
            return vn_cli_failed(&error);
        }
        (void)snprintf(after, sizeof after, "%s", text_of(page, "next"));
        if (cli->json) {
            print_document(page, first, after[0] == '\0');
        } else {
            if (first) {
                (void)printf("%-8s %-10s %-8s %8s %8s %8s %6s %8s  %-24s %s\n", "store", "till", "state",
                             "acked", "posted", "durable", "quar.", "ruleset", "last contact", "enrolment");
            }
            print_rows(page);
        }
        first = false;
        json_decref(page);
    } while (after[0] != '\0');
    return 0;
}

/* --- one till ----------------------------------------------------------------------------------------------- */

static void print_enrolment(const json_t *row)
{
    char time[VN_TIME_TEXT_MAX];
    const char *key = NULL;
    json_t *value = NULL;
    (void)printf("%s of %s: %s\n", text_of(row, "till"), text_of(row, "store"), text_of(row, "state"));
    if (text_of(row, "enrolment")[0] == '\0') {
        return;
    }
    (void)printf("  enrolment     %s\n  last contact  %s\n", text_of(row, "enrolment"),
                 time_of(row, "contact_ms", time));
    (void)printf(
        "  entries       %lld acknowledged, %lld posted, %lld off this machine, %lld in quarantine\n",
        number_of(row, "acked_seq"), number_of(row, "posted_seq"), number_of(row, "durable_seq"),
        number_of(row, "quarantined"));
    json_object_foreach(json_object_get(row, "report"), key, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        (void)printf("  %-13s %s\n", key, text == NULL ? "" : text);
        free(text);
    }
}

int vn_cli_till_show(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_HTTP_TARGET_MAX];
    json_t *out = NULL;
    size_t i = 0;
    json_t *row = NULL;
    int len = snprintf(path, sizeof path, "/admin/fleet?till=");
    (void)vn_cli_escape(path + len, sizeof path - (size_t)len, cli->args[0]);
    if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    json_array_foreach(json_object_get(out, "tills"), i, row)
    {
        print_enrolment(row);
    }
    json_decref(out);
    return 0;
}
