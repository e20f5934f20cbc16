/* backup and restore: the only verbs that work on the files themselves, since they are for a hub that runs and for one that
 * is gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/json.h"
#include "sync/hub/cli/cli.h"
#include "sync/hub/epoch/backup.h"

/* One line that is written over, for a person who watches. */
static void show(void *ctx, const char *doing, int done, int of)
{
    bool *shown = ctx;
    if (isatty(STDERR_FILENO) == 0) {
        return;
    }
    if (of > 0) {
        (void)fprintf(stderr, "\r\033[K%s: %d %%", doing, (int)((int64_t)done * 100 / of));
    } else {
        (void)fprintf(stderr, "\r\033[K%s", doing);
    }
    (void)fflush(stderr);
    *shown = true;
}

static void wipe(const bool *shown)
{
    if (*shown) {
        (void)fputs("\r\033[K", stderr);
    }
}

static int failed(struct vn_backup *backup, const struct vn_error *error)
{
    json_decref(backup->manifest);
    return vn_cli_failed(error);
}

/* A disk of this machine survives nothing that the machine does not. */
static bool on_the_same_disk(const char *a, const char *b)
{
    struct stat of_a;
    struct stat of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev;
}

/* Tells the hub what outlives it. False: it does not know, and *error says why. */
static bool tell_hub(const struct vn_cli *cli, const struct vn_backup *backup, struct vn_error *error)
{
    json_t *out = NULL;
    json_t *tills = json_object_get(backup->manifest, "tills");
    enum vn_status status = vn_cli_send(cli, "/admin/durable", tills, &out, error);
    json_decref(out);
    return status == VN_OK;
}

int vn_cli_backup(const struct vn_cli *cli)
{
    struct vn_backup backup;
    struct vn_error error = {VN_OK, "", ""};
    bool shown = false;
    if ((cli->to != NULL) + (cli->begin != NULL) + (cli->told != NULL) != 1) {
        return vn_cli_wrong("backup wants --to FOLDER, --begin FILE or --told FILE");
    }
    if (cli->to == NULL) {
        return cli->begin != NULL ? vn_cli_backup_begin(cli) : vn_cli_backup_told(cli);
    }
    if (vn_backup_make(cli->dir, cli->to, vn_clock_system(), show, &shown, &backup, &error) != VN_OK) {
        wipe(&shown);
        int code = failed(&backup, &error);
        if (backup.path[0] != '\0') {
            (void)fprintf(stderr, "verno-hub: what there is of it stays in %s, and is no backup\n",
                          backup.path);
        }
        return code;
    }
    wipe(&shown);
    const char *note = NULL;
    char why[VN_ERROR_TEXT_MAX + 128];
    bool told = false;
    if (cli->off_machine && !(told = tell_hub(cli, &backup, &error))) {
        (void)snprintf(
            why, sizeof why,
            "the backup is good, but tills go on keeping what is in it, because the hub was not told: %s; "
            "back up once more then",
            error.text);
        note = why;
    } else if (cli->off_machine && on_the_same_disk(cli->dir, cli->to)) {
        note = "it is on the same disk as the database: is it really off this machine?";
    }
    if (note != NULL) {
        (void)fprintf(stderr, "verno-hub: %s\n", note);
    }
    if (cli->json) {
        json_t *out = json_pack("{s:s, s:I, s:I, s:I, s:b}", "path", backup.path, "bytes",
                                (json_int_t)backup.bytes, "tills", (json_int_t)backup.tills, "entries",
                                (json_int_t)backup.entries, "told", told ? 1 : 0);
        json_decref(backup.manifest);
        return vn_cli_print_json(out);
    }
    (void)printf("%s: %lld %s, %lld %s, %lld bytes, read and audited\n", backup.path, (long long)backup.tills,
                 backup.tills == 1 ? "till" : "tills", (long long)backup.entries,
                 backup.entries == 1 ? "entry" : "entries", (long long)backup.bytes);
    (void)printf("the keys are not in it: keep a copy of them in another safe place\n");
    json_decref(backup.manifest);
    return 0;
}

int vn_cli_restore(const struct vn_cli *cli)
{
    struct vn_backup backup;
    struct vn_error error = {VN_OK, "", ""};
    bool shown = false;
    if (cli->from == NULL) {
        return vn_cli_wrong("restore wants --from BACKUP");
    }
    json_t *health = NULL;
    enum vn_status status = vn_cli_call(cli, "GET", "/admin/health", VN_VIEW_NONE, &health, &error);
    json_decref(health);
    if (status != VN_GONE) {
        if (status == VN_OK) {
            (void)vn_fail(&error, VN_CONFLICT, "a hub is running in %s: stop it first", cli->dir);
        }
        return vn_cli_failed(&error);
    }
    error = (struct vn_error){VN_OK, "", ""};
    status = vn_backup_restore(cli->from, cli->dir, show, &shown, &backup, &error);
    wipe(&shown);
    if (status != VN_OK) {
        return failed(&backup, &error);
    }
    json_decref(backup.manifest);
    if (cli->json) {
        return vn_cli_print_json(json_pack("{s:s, s:I, s:I}", "path", backup.path, "bytes",
                                           (json_int_t)backup.bytes, "tills", (json_int_t)backup.tills));
    }
    (void)printf("%s: %lld %s, %lld bytes, of %s\n", backup.path, (long long)backup.tills,
                 backup.tills == 1 ? "till" : "tills", (long long)backup.bytes, cli->from);
    (void)printf("start the hub: it opens a new epoch, and tills resend what it lacks\n"
                 "if a later backup was made with --off-machine, restore that one instead:\n"
                 "tills may no longer have what is in it\n"
                 "tills that were revoked or enrolled since this backup are known as that only if the\n"
                 "lost folder's files 'revoked' and 'enrolled' are copied here; else revoke them again,\n"
                 "and enrol them anew\n");
    return 0;
}
