/* backup --begin and --told: for a backup that something else makes, pg_basebackup or a snapshot of the disk. What the hub had
 * before it began is in it, and that is what tills are told when it is safe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "sync/hub/cli/cli.h"
#include "sync/hub/epoch/backup.h"

/* The next page of the fleet; *out is owned by the caller. */
static enum vn_status get_page(const struct vn_cli *cli, const char *after, json_t **out,
                               struct vn_error *error)
{
    char path[VN_HTTP_TARGET_MAX] = "/admin/fleet";
    vn_cli_query(path, "after", after);
    return vn_cli_call(cli, "GET", path, VN_VIEW_NONE, out, error);
}

static enum vn_status add_tills(const json_t *page, json_t *tills)
{
    size_t i = 0;
    json_t *till = NULL;
    json_array_foreach(json_object_get(page, "tills"), i, till)
    {
        const char *enrolment = vn_cli_text(till, "enrolment");
        if (enrolment[0] != '\0' &&
            json_array_append_new(tills, json_pack("{s:s, s:I}", "enrolment", enrolment, "seq",
                                                   (json_int_t)vn_cli_number(till, "acked_seq"))) != 0) {
            return VN_NOMEM;
        }
    }
    return VN_OK;
}

/* {"schema","epoch","tills":[{"enrolment","seq"}]} */
static enum vn_status collect(const struct vn_cli *cli, json_t *out, struct vn_error *error)
{
    char after[VN_ID_MAX + 64] = "";
    json_t *tills = json_array();
    enum vn_status status = json_object_set_new(out, "schema", json_integer(VN_BACKUP_SCHEMA)) == 0 &&
                                    json_object_set_new(out, "tills", tills) == 0
                                ? VN_OK
                                : VN_NOMEM;
    do {
        json_t *page = NULL;
        if (status == VN_OK) {
            status = get_page(cli, after, &page, error);
        }
        if (status == VN_OK) {
            status = add_tills(page, tills);
            (void)json_object_set(out, "epoch", json_object_get(page, "epoch"));
            (void)snprintf(after, sizeof after, "%s", vn_cli_text(page, "next"));
        }
        json_decref(page);
    } while (status == VN_OK && after[0] != '\0');
    return status == VN_NOMEM ? vn_fail(error, status, "out of memory") : status;
}

int vn_cli_backup_begin(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = json_object();
    enum vn_status status = collect(cli, out, &error);
    struct vn_buf text;
    vn_buf_init(&text, VN_HTTP_REPLY_MAX);
    if (status == VN_OK && vn_json_dump(out, &text) != VN_OK) {
        status = vn_fail(&error, VN_NOMEM, "out of memory");
    }
    if (status == VN_OK) {
        status = vn_file_create(cli->begin, vn_buf_view(&text), &error);
    }
    size_t count = json_array_size(json_object_get(out, "tills"));
    vn_buf_deinit(&text);
    json_decref(out);
    if (status != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(json_pack("{s:s, s:I}", "path", cli->begin, "tills", (json_int_t)count));
    }
    (void)printf("%s: how far %zu %s; make the backup now, and when it is off this machine:\n"
                 "verno-hub backup --told %s\n",
                 cli->begin, count, count == 1 ? "till is" : "tills are", cli->begin);
    return 0;
}

/* Numbers of another epoch may mean other entries. */
static enum vn_status check_epoch(const struct vn_cli *cli, const json_t *begun, struct vn_error *error)
{
    json_t *page = NULL;
    enum vn_status status = get_page(cli, "", &page, error);
    if (status == VN_OK && vn_cli_number(page, "epoch") != vn_cli_number(begun, "epoch")) {
        status = vn_fail(error, VN_CONFLICT,
                         "the hub was set back since %s was written: begin another backup", cli->told);
    }
    json_decref(page);
    return status;
}

int vn_cli_backup_told(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    json_error_t why;
    json_t *out = NULL;
    json_t *begun = json_load_file(cli->told, JSON_REJECT_DUPLICATES, &why);
    json_t *tills = json_object_get(begun, "tills");
    enum vn_status status = tills == NULL
                                ? vn_fail(&error, VN_INPUT, "%s is not what backup --begin wrote%s%s",
                                          cli->told, begun == NULL ? ": " : "", begun == NULL ? why.text : "")
                                : check_epoch(cli, begun, &error);
    if (status == VN_OK) {
        status = vn_cli_send(cli, "/admin/durable", tills, &out, &error);
    }
    json_decref(begun);
    if (status != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("%lld %s told\n", vn_cli_number(out, "enrolments"),
                 vn_cli_number(out, "enrolments") == 1 ? "enrolment is" : "enrolments are");
    json_decref(out);
    return 0;
}
