/* Verbs that change something. Imports read their file once and send it in whole lines, a chunk a request, so
 * that neither end holds all of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/limits.h"
#include "sync/hub/cli/cli.h"

#define CHUNK_BYTES (256 * 1024)
#define LINE_BYTES  (64 * 1024)

int vn_cli_store_add(const struct vn_cli *cli)
{
    json_t *out = NULL;
    const char *name = cli->name == NULL ? "" : cli->name;
    if (vn_cli_post(cli, "/admin/stores", json_pack("{s:s, s:s}", "id", cli->args[0], "name", name), &out) !=
        0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("store %s: %s\n", vn_cli_text(out, "id"), vn_cli_text(out, "name"));
    json_decref(out);
    return 0;
}

int vn_cli_till_code(const struct vn_cli *cli)
{
    json_t *out = NULL;
    if (vn_cli_post(cli, "/admin/codes", json_pack("{s:s, s:s}", "store", cli->args[0], "till", cli->args[1]),
                    &out) != 0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("%s\n", vn_cli_text(out, "code"));
    json_decref(out);
    return 0;
}

int vn_cli_till_revoke(const struct vn_cli *cli)
{
    json_t *out = NULL;
    if (vn_cli_post(cli, "/admin/revoke", json_pack("{s:s}", "till", cli->args[0]), &out) != 0) {
        return 1;
    }
    long long count = vn_cli_number(out, "revoked");
    long long codes = vn_cli_number(out, "codes");
    struct vn_error error = {VN_OK, "", ""};
    const char *unkept = vn_cli_text(out, "unkept");
    int code = 0;
    if (unkept[0] != '\0') {
        (void)vn_fail(&error, VN_IO, "%s", unkept);
        code = vn_cli_failed(&error);
    }
    if (cli->json) {
        int printed = vn_cli_print_json(out);
        return code == 0 ? printed : code;
    }
    (void)printf("till %s: %lld %s revoked, %lld %s taken back\n", cli->args[0], count,
                 count == 1 ? "enrolment" : "enrolments", codes, codes == 1 ? "code" : "codes");
    json_decref(out);
    return code;
}

/* "3 coupons" */
static void say_count(const json_t *out, const char *key, const char *one, const char *many, const char *end)
{
    long long count = vn_cli_number(out, key);
    (void)printf("%lld %s%s", count, count == 1 ? one : many, end);
}

static void say_loss(const json_t *out)
{
    say_count(out, "points", "point", "points", " of ");
    say_count(out, "wallets", "wallet", "wallets", ", ");
    say_count(out, "coupons", "coupon", "coupons", ", ");
    say_count(out, "others", "right of another kind", "rights of other kinds", ", ");
    if (vn_cli_number(out, "risk") > 0) {
        say_count(out, "risk", "point", "points", " of the chain's risk, ");
    }
    (void)printf("of ");
    say_count(out, "enrolments", "enrolment", "enrolments", "\n");
}

/* What the figures do not say. */
static void say_unshown(const json_t *out)
{
    long long unshown = vn_cli_number(out, "unshown");
    if (unshown > 0 && vn_cli_number(out, "enrolments") == 1) {
        (void)printf("since the hub was set back it has not shown what it was granted: it may have more\n");
    } else if (unshown > 0) {
        (void)printf("since the hub was set back %lld of these %s not shown what was granted there: there "
                     "may be more\n",
                     unshown, unshown == 1 ? "has" : "have");
    }
}

/* It ended before, and nothing has come to it since. */
static bool is_gone(const json_t *out)
{
    return vn_cli_number(out, "before") == vn_cli_number(out, "enrolments") &&
           vn_cli_number(out, "points") + vn_cli_number(out, "coupons") + vn_cli_number(out, "others") +
                   vn_cli_number(out, "risk") ==
               0;
}

int vn_cli_post_loss(const struct vn_cli *cli, const char *path, const char *key, json_t **out)
{
    char *end = NULL;
    errno = 0;
    long long loss = cli->loss == NULL ? 0 : strtoll(cli->loss, &end, 10);
    *out = NULL;
    if (cli->loss != NULL && (end == cli->loss || *end != '\0' || errno != 0 || loss < 0)) {
        return vn_cli_wrong("--loss is the number of points that would be lost");
    }
    json_t *body = cli->loss == NULL ? json_pack("{s:s}", key, cli->args[0])
                                     : json_pack("{s:s, s:I}", key, cli->args[0], "loss", (json_int_t)loss);
    return vn_cli_post(cli, path, body, out);
}

/* Without a figure it says what would be lost, and that nothing was done. */
int vn_cli_till_write_off(const struct vn_cli *cli)
{
    json_t *out = NULL;
    int posted = vn_cli_post_loss(cli, "/admin/write-off", "till", &out);
    if (posted != 0) {
        return posted;
    }
    int code = cli->loss == NULL ? 1 : 0;
    if (cli->json) {
        int printed = vn_cli_print_json(out);
        return code == 0 ? printed : code;
    }
    if (is_gone(out)) {
        (void)fprintf(code == 0 ? stdout : stderr, "%s%s was written off before, and holds nothing\n",
                      code == 0 ? "" : "verno-hub: ", cli->args[0]);
        json_decref(out);
        return code;
    }
    (void)printf("till %s %s: ", cli->args[0], code == 0 ? "is written off; lost" : "holds");
    say_loss(out);
    say_unshown(out);
    if (code != 0) {
        (void)fprintf(stderr,
                      "verno-hub: nothing was done: to book this as lost, and end the till,\n"
                      "verno-hub till write-off %s --loss %lld\n",
                      cli->args[0], vn_cli_number(out, "points"));
    }
    json_decref(out);
    return code;
}

int vn_cli_code_revoke(const struct vn_cli *cli)
{
    json_t *out = NULL;
    if (vn_cli_post(cli, "/admin/codes/revoke", json_pack("{s:s}", "till", cli->args[0]), &out) != 0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    long long count = vn_cli_number(out, "revoked");
    (void)printf("till %s: %lld %s taken back\n", cli->args[0], count, count == 1 ? "code" : "codes");
    json_decref(out);
    return 0;
}

int vn_cli_stop(const struct vn_cli *cli)
{
    json_t *out = NULL;
    if (vn_cli_post(cli, "/admin/stop", json_pack("{s:s}", "promotion", cli->args[0]), &out) != 0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("stopped %s, number %lld\n", cli->args[0], vn_cli_number(out, "number"));
    json_decref(out);
    return 0;
}

static int read_all(const char *path, struct vn_buf *out, struct vn_error *error)
{
    char piece[65536];
    size_t len = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)vn_fail(error, VN_ABSENT, "%s: %s", path, strerror(errno));
        return vn_cli_failed(error);
    }
    enum vn_status status = VN_OK;
    do {
        len = fread(piece, 1, sizeof piece, file);
        status = vn_buf_append(out, vn_view_of(piece, len));
    } while (status == VN_OK && len == sizeof piece);
    bool broken = ferror(file) != 0;
    (void)fclose(file);
    if (status != VN_OK || broken) {
        (void)vn_fail(error, VN_FULL, "%s: can't be read, or is larger than %zu bytes", path, out->max);
        return vn_cli_failed(error);
    }
    return 0;
}

/* What is doubtful; it is in force all the same. */
static void print_warnings(const json_t *published)
{
    const json_t *list = json_object_get(published, "warnings");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *at = json_array_get(list, i);
        const char *other = json_string_value(json_object_get(at, "other"));
        (void)fprintf(stderr, "verno-hub: warning: %s%s%s: %s\n", vn_cli_text(at, "promotion"),
                      other == NULL ? "" : " and ", other == NULL ? "" : other, vn_cli_text(at, "text"));
    }
    if (json_is_true(json_object_get(published, "more_warnings"))) {
        (void)fprintf(stderr, "verno-hub: warning: there may be more than what is told here\n");
    }
}

int vn_cli_publish(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf text;
    json_t *out = NULL;
    vn_buf_init(&text, VN_RULESET_MAX);
    int code = read_all(cli->args[0], &text, &error);
    const char *path = cli->allow_skipped ? "/admin/publish?allow_skipped=1" : "/admin/publish";
    if (code == 0 && vn_cli_call(cli, "POST", path, vn_buf_view(&text), &out, &error) != VN_OK) {
        code = vn_cli_failed(&error);
    }
    vn_buf_deinit(&text);
    if (code != 0) {
        return code;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    long long count = vn_cli_number(out, "promotions");
    (void)printf("published ruleset %lld: %lld %s", vn_cli_number(out, "number"), count,
                 count == 1 ? "promotion" : "promotions");
    if (vn_cli_number(out, "skipped") > 0) {
        (void)printf(" and %lld for newer tills", vn_cli_number(out, "skipped"));
    }
    (void)putchar('\n');
    print_warnings(out);
    json_decref(out);
    return 0;
}

struct import {
    const struct vn_cli *cli;
    const char *path;
    const char *kind;
    struct vn_buf chunk;
    long long lines; /* sent and taken in */
    long long chunk_lines;
    int64_t said_ns;
};

/* Sends the chunk. The hub counts lines within it, people within the file. */
static int send_chunk(struct import *import)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_clock clock = vn_clock_system();
    json_t *out = NULL;
    if (import->chunk.len == 0) {
        return 0;
    }
    if (vn_cli_call(import->cli, "POST", import->path, vn_buf_view(&import->chunk), &out, &error) != VN_OK) {
        char text[VN_ERROR_TEXT_MAX];
        char *end = NULL;
        long long line = strncmp(error.text, "line ", 5) == 0 ? strtoll(error.text + 5, &end, 10) : 0;
        if (line > 0 && *end == ':') {
            memcpy(text, end, strlen(end) + 1);
            (void)snprintf(error.text, sizeof error.text, "%s, line %lld%s", import->cli->args[0],
                           import->lines + line, text);
        }
        if (import->lines > 0) {
            (void)fprintf(stderr, "verno-hub: lines before it were taken in: %lld\n", import->lines);
        }
        return vn_cli_failed(&error);
    }
    json_decref(out);
    import->lines += import->chunk_lines;
    import->chunk_lines = 0;
    vn_buf_clear(&import->chunk);
    int64_t now_ns = vn_clock_mono_ns(&clock);
    if (now_ns - import->said_ns > 1000000000) {
        import->said_ns = now_ns;
        (void)fprintf(stderr, "%s: %lld lines\n", import->kind, import->lines);
    }
    return 0;
}

static int send_file(struct import *import, FILE *file)
{
    char *line = malloc(LINE_BYTES);
    int code = line == NULL ? 1 : 0;
    while (code == 0 && fgets(line, LINE_BYTES, file) != NULL) {
        size_t len = strlen(line);
        if (len == LINE_BYTES - 1 && line[len - 1] != '\n') {
            (void)fprintf(stderr, "verno-hub: %s, line %lld: longer than %d bytes\n", import->cli->args[0],
                          import->lines + import->chunk_lines + 1, LINE_BYTES - 2);
            code = 1;
            break;
        }
        if (import->chunk.len + len + 1 > CHUNK_BYTES) {
            code = send_chunk(import);
        }
        if (code == 0 && (vn_buf_append(&import->chunk, vn_view_of(line, len)) != VN_OK ||
                          (line[len - 1] != '\n' && vn_buf_append_str(&import->chunk, "\n") != VN_OK))) {
            code = 1;
        }
        import->chunk_lines++;
    }
    free(line);
    if (code == 0 && ferror(file) != 0) { /* a folder opens, too */
        (void)fprintf(stderr, "verno-hub: %s: %s\n", import->cli->args[0], strerror(errno));
        return 1;
    }
    return code == 0 ? send_chunk(import) : code;
}

static int import_file(const struct vn_cli *cli, const char *kind, const char *path)
{
    struct vn_clock clock = vn_clock_system();
    struct import import = {.cli = cli, .path = path, .kind = kind, .said_ns = vn_clock_mono_ns(&clock)};
    FILE *file = fopen(cli->args[0], "re");
    if (file == NULL) {
        (void)fprintf(stderr, "verno-hub: %s: %s\n", cli->args[0], strerror(errno));
        return 1;
    }
    vn_buf_init(&import.chunk, CHUNK_BYTES + LINE_BYTES);
    int code = send_file(&import, file);
    vn_buf_deinit(&import.chunk);
    (void)fclose(file);
    if (code == 0 && cli->json) {
        return vn_cli_print_json(json_pack("{s:I}", "lines", (json_int_t)import.lines));
    }
    if (code == 0) {
        (void)printf("%s: %lld line%s\n", kind, import.lines, import.lines == 1 ? "" : "s");
    }
    return code;
}

int vn_cli_import_catalogue(const struct vn_cli *cli)
{
    return import_file(cli, "catalogue", "/admin/import/catalogue");
}

int vn_cli_import_members(const struct vn_cli *cli)
{
    return import_file(cli, "members", "/admin/import/members");
}

int vn_cli_import_coupons(const struct vn_cli *cli)
{
    return import_file(cli, "coupons", "/admin/import/coupons");
}

int vn_cli_import_cards(const struct vn_cli *cli)
{
    return import_file(cli, "cards", "/admin/import/cards");
}

/* The number on the command line, or the first line of stdin: that stands in no history and no list of processes. */
static bool read_number(const struct vn_cli *cli, char out[VN_CARD_TEXT_MAX])
{
    if (strcmp(cli->args[0], "-") != 0) {
        return vn_view_copy_str(vn_view_str(cli->args[0]), out, VN_CARD_TEXT_MAX) == VN_OK;
    }
    if (fgets(out, VN_CARD_TEXT_MAX, stdin) == NULL) {
        out[0] = '\0';
    }
    out[strcspn(out, "\r\n")] = '\0';
    return out[0] != '\0';
}

static int block(const struct vn_cli *cli, bool gone)
{
    struct vn_error error = {VN_OK, "", ""};
    char number[VN_CARD_TEXT_MAX];
    json_t *out = NULL;
    if (!read_number(cli, number)) {
        (void)vn_fail(&error, VN_INPUT, "a card's number is 1 to %d digits and letters",
                      VN_CARD_TEXT_MAX - 1);
        return vn_cli_failed(&error);
    }
    json_t *line = json_pack("{s:s, s:b, s:s}", "number", number, "gone", gone, "reason",
                             cli->why == NULL ? "" : cli->why);
    if (vn_cli_post(cli, "/admin/import/cards", line, &out) != 0) {
        return 1;
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    (void)printf("the card is %s\n", gone ? "good again" : "blocked");
    json_decref(out);
    return 0;
}

int vn_cli_card_block(const struct vn_cli *cli)
{
    return block(cli, false);
}

int vn_cli_card_unblock(const struct vn_cli *cli)
{
    return block(cli, true);
}

int vn_cli_import_history(const struct vn_cli *cli)
{
    return import_file(cli, "history", "/admin/import/history");
}
