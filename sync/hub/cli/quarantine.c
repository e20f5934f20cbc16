/* Verbs for entries in quarantine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/limits.h"
#include "sync/hub/cli/cli.h"
#include "sync/hub/storage/ledger.h"

/* 0, or the exit code after a sentence. */
static int judge_number(const struct vn_cli *cli)
{
    return vn_cli_is_number(cli->args[1])
               ? 0
               : vn_cli_wrong("an entry is named by its till and its number, not '%s'", cli->args[1]);
}

static int judge_class(const char *name)
{
    for (int at = 0; name != NULL && at < VN_QUARANTINE_CLASSES; at++) {
        if (strcmp(name, vn_quarantine_class_name((enum vn_quarantine_class)at)) == 0) {
            return 0;
        }
    }
    return name == NULL ? 0
                        : vn_cli_wrong("a class is waits-for-sale, waits-for-account, waits-for-tills, "
                                       "unsupported, broken or refused, not '%s'",
                                       name);
}

static void print_entry(const json_t *entry)
{
    char time[VN_TIME_TEXT_MAX];
    const json_t *decision = json_object_get(entry, "decision");
    (void)printf("%s  %s entry %lld (%s, %s): %s\n", vn_cli_time(entry, "arrived_ms", time),
                 vn_cli_text(entry, "till"), vn_cli_number(entry, "seq"), vn_cli_text(entry, "kind"),
                 vn_cli_text(entry, "class"), vn_cli_text(entry, "reason"));
    if (decision != NULL) {
        const char *by = vn_cli_text(decision, "by");
        const char *why = vn_cli_text(decision, "why");
        (void)printf("  %s %s%s%s%s%s\n", vn_cli_text(decision, "what"), vn_cli_time(decision, "at_ms", time),
                     by[0] == '\0' ? "" : " by ", by, why[0] == '\0' ? "" : ": ", why);
    }
}

/* What is to be done about an entry of the class. */
static const char *const todo[VN_QUARANTINE_CLASSES] = {
    [VN_QUARANTINE_WAITS] =
        "goes on by itself when the sale is posted: see that the till that sold comes back; "
        "when none ever had the sale, discard it",
    [VN_QUARANTINE_WAITS_ACCOUNT] =
        "goes on by itself when it is known: import the member or the coupon; when there is none, discard it",
    [VN_QUARANTINE_WAITS_TILLS] =
        "goes on by itself when the other tills have told what they have: start those that fleet has as not "
        "shown, or write off what is gone; decide first on entries of its own till that came before it",
    [VN_QUARANTINE_UNSUPPORTED] = "goes on by itself at the first start of a newer hub: upgrade the hub",
    [VN_QUARANTINE_BROKEN] = "can't be read, here or by a newer hub: look at the till's disk; keep what show "
                             "prints, and discard it",
    [VN_QUARANTINE_REFUSED] = "ask at the till what happened, show has the entry: release it when what it "
                              "contradicts was put right; write off a till that makes things up; "
                              "or else discard it"};

static bool is_open(const json_t *entry, const char *class_)
{
    return json_object_get(entry, "decision") == NULL && strcmp(vn_cli_text(entry, "class"), class_) == 0;
}

/* Once for each class that the list has. */
static void print_todo(const json_t *document)
{
    const json_t *list = json_object_get(document, "quarantine");
    for (int at = 0; at < VN_QUARANTINE_CLASSES; at++) {
        const char *name = vn_quarantine_class_name((enum vn_quarantine_class)at);
        size_t i = 0;
        while (i < json_array_size(list) && !is_open(json_array_get(list, i), name)) {
            i++;
        }
        if (i < json_array_size(list)) {
            (void)printf("%s: %s\n", name, todo[at]);
        }
    }
}

static void print_list(const json_t *document)
{
    vn_cli_rows(document, "quarantine", "no entry is in quarantine", print_entry);
    print_todo(document);
}

static void print_some(const json_t *document)
{
    vn_cli_rows(document, "quarantine", "no such entry", print_entry);
    print_todo(document);
}

int vn_cli_quarantine_list(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX] = "/admin/quarantine";
    int code = judge_class(cli->class_);
    if (code != 0) {
        return code;
    }
    vn_cli_query(path, "till", cli->till);
    vn_cli_query(path, "class", cli->class_);
    vn_cli_query(path, "decided", cli->decided ? "1" : NULL);
    bool all = cli->till == NULL && cli->class_ == NULL && !cli->decided;
    return vn_cli_show(cli, path, all ? print_list : print_some);
}

static void print_whole(const json_t *entry)
{
    const char *hex = vn_cli_text(entry, "body_hex");
    print_entry(entry);
    for (int at = 0; at < VN_QUARANTINE_CLASSES; at++) {
        if (is_open(entry, vn_quarantine_class_name((enum vn_quarantine_class)at))) {
            (void)printf("%s\n", todo[at]);
        }
    }
    (void)printf("attempts: %lld\n%s%s%s\n", vn_cli_number(entry, "attempts"), vn_cli_text(entry, "body"),
                 hex[0] == '\0' ? "" : "no text; in hex: ", hex);
}

int vn_cli_quarantine_show(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX] = "/admin/quarantine/entry";
    int code = judge_number(cli);
    if (code != 0) {
        return code;
    }
    vn_cli_query(path, "till", cli->args[0]);
    vn_cli_query(path, "seq", cli->args[1]);
    return vn_cli_show(cli, path, print_whole);
}

static json_t *entry_of(const struct vn_cli *cli)
{
    return json_pack("{s:s, s:I, s:s}", "till", cli->args[0], "seq",
                     (json_int_t)strtoll(cli->args[1], NULL, 10), "why", cli->why == NULL ? "" : cli->why);
}

int vn_cli_quarantine_release(const struct vn_cli *cli)
{
    json_t *out = NULL;
    bool by_class = cli->class_ != NULL;
    if (by_class ? cli->arg_count != 0 : cli->arg_count != 2) {
        return vn_cli_wrong("an entry is TILL SEQ; else give --class CLASS alone");
    }
    int code = by_class ? judge_class(cli->class_) : judge_number(cli);
    if (code != 0) {
        return code;
    }
    json_t *body = by_class ? json_pack("{s:s}", "class", cli->class_) : entry_of(cli);
    if (vn_cli_post(cli, "/admin/quarantine/release", body, &out) != 0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("released: %lld, still in quarantine: %lld\n", vn_cli_number(out, "released"),
                 vn_cli_number(out, "left"));
    json_decref(out);
    return 0;
}

int vn_cli_quarantine_discard(const struct vn_cli *cli)
{
    json_t *out = NULL;
    int code = judge_number(cli);
    if (code == 0 && cli->why == NULL) {
        code = vn_cli_wrong("giving an entry up needs a reason that is kept: --why TEXT");
    }
    if (code != 0) {
        return code;
    }
    if (vn_cli_post(cli, "/admin/quarantine/discard", entry_of(cli), &out) != 0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("discarded entry %s of %s\n", cli->args[1], cli->args[0]);
    json_decref(out);
    return 0;
}
