/* Verbs for entries in quarantine. */
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

static void print_entry(const json_t *entry)
{
    char time[VN_TIME_TEXT_MAX];
    vn_time_text(number_of(entry, "arrived_ms"), time);
    (void)printf("%s  %s entry %lld (%s, %s): %s\n", time, text_of(entry, "till"), number_of(entry, "seq"),
                 text_of(entry, "kind"), text_of(entry, "class"), text_of(entry, "reason"));
}

int vn_cli_quarantine_list(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_HTTP_TARGET_MAX];
    json_t *out = NULL;
    size_t i = 0;
    json_t *entry = NULL;
    int len = snprintf(path, sizeof path, "/admin/quarantine?till=");
    len += vn_cli_escape(path + len, sizeof path - (size_t)len, cli->till);
    len += snprintf(path + len, sizeof path - (size_t)len, "&class=");
    (void)vn_cli_escape(path + len, sizeof path - (size_t)len, cli->class_);
    if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    json_array_foreach(json_object_get(out, "quarantine"), i, entry)
    {
        print_entry(entry);
    }
    json_decref(out);
    return 0;
}

int vn_cli_quarantine_show(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_HTTP_TARGET_MAX];
    json_t *out = NULL;
    int len = snprintf(path, sizeof path, "/admin/quarantine/entry?till=");
    len += vn_cli_escape(path + len, sizeof path - (size_t)len, cli->args[0]);
    len += snprintf(path + len, sizeof path - (size_t)len, "&seq=");
    (void)vn_cli_escape(path + len, sizeof path - (size_t)len, cli->args[1]);
    if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    print_entry(out);
    (void)printf("attempts: %lld\n%s\n", number_of(out, "attempts"), text_of(out, "body"));
    json_decref(out);
    return 0;
}

/* The entry that the arguments name; NULL: what should be a number is none. */
static json_t *entry_of(const struct vn_cli *cli)
{
    char *end = NULL;
    long long seq = strtoll(cli->args[1], &end, 10);
    if (end == cli->args[1] || *end != '\0') {
        return NULL;
    }
    return json_pack("{s:s, s:I, s:s}", "till", cli->args[0], "seq", (json_int_t)seq, "why",
                     cli->why == NULL ? "" : cli->why);
}

static int decide(const struct vn_cli *cli, const char *path, json_t *body, json_t **out)
{
    struct vn_error error = {VN_OK, "", ""};
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (text == NULL) {
        (void)vn_fail(&error, VN_INPUT, "a till and the number of one of its entries are wanted, in UTF-8");
        return vn_cli_failed(&error);
    }
    enum vn_status status = vn_cli_call(cli, "POST", path, vn_view_str(text), out, &error);
    free(text);
    return status == VN_OK ? 0 : vn_cli_failed(&error);
}

int vn_cli_quarantine_release(const struct vn_cli *cli)
{
    json_t *out = NULL;
    bool by_class = cli->class_ != NULL;
    if (by_class ? cli->arg_count != 0 : cli->arg_count != 2) {
        (void)fputs("verno-hub: an entry is TILL SEQ; else give --class CLASS alone\n", stderr);
        return 2;
    }
    json_t *body = by_class ? json_pack("{s:s}", "class", cli->class_) : entry_of(cli);
    if (decide(cli, "/admin/quarantine/release", body, &out) != 0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("released: %lld, still in quarantine: %lld\n", number_of(out, "released"),
                 number_of(out, "left"));
    json_decref(out);
    return 0;
}

int vn_cli_quarantine_discard(const struct vn_cli *cli)
{
    json_t *out = NULL;
    if (decide(cli, "/admin/quarantine/discard", entry_of(cli), &out) != 0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("discarded entry %s of %s\n", cli->args[1], cli->args[0]);
    json_decref(out);
    return 0;
}
