/* The verbs of verno-hub that talk to the running hub through its admin socket. */
#ifndef VN_HUB_CLI_H
#define VN_HUB_CLI_H

#include <jansson.h>
#include <stdbool.h>

#include "agent/base/bytes.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/limits.h"

/* What the command line said. */
struct vn_cli {
    const char *dir;
    bool json, allow_skipped, off_machine, decided, differing;
    const char *name, *member, *account, *till, *class_, *why, *to, *begin, *told, *from, *root, *root_dir,
        *loss; /* options; or NULL */
    const char *const *hosts;
    size_t host_count;
    int arg_count;
    const char *const *args; /* what is neither verb nor option */
};

/* One request, answered whole. *out is the JSON document of the answer, owned by the caller. A problem
 * document becomes VN_INPUT with its text and pointer, VN_ABSENT for 404; VN_GONE: no hub is running there. */
VN_MUST_USE enum vn_status vn_cli_call(const struct vn_cli *cli, const char *method, const char *path,
                                       struct vn_view body, json_t **out, struct vn_error *error);

/* Each returns the exit code: 0 done; 1 refused or not found; 2 the command line is wrong: said on stderr. */
int vn_cli_store_add(const struct vn_cli *cli);
int vn_cli_store_list(const struct vn_cli *cli);
int vn_cli_code_list(const struct vn_cli *cli);
int vn_cli_code_revoke(const struct vn_cli *cli);
int vn_cli_till_show(const struct vn_cli *cli);
int vn_cli_till_code(const struct vn_cli *cli);
int vn_cli_till_revoke(const struct vn_cli *cli);
int vn_cli_till_write_off(const struct vn_cli *cli);
int vn_cli_risk_list(const struct vn_cli *cli);
int vn_cli_risk_settle(const struct vn_cli *cli);
int vn_cli_fleet(const struct vn_cli *cli);
int vn_cli_setting_list(const struct vn_cli *cli);
int vn_cli_setting_show(const struct vn_cli *cli);
int vn_cli_setting_set(const struct vn_cli *cli);
int vn_cli_import_catalogue(const struct vn_cli *cli);
int vn_cli_import_members(const struct vn_cli *cli);
int vn_cli_import_coupons(const struct vn_cli *cli);
int vn_cli_import_cards(const struct vn_cli *cli);
int vn_cli_card_block(const struct vn_cli *cli);
int vn_cli_card_unblock(const struct vn_cli *cli);
int vn_cli_import_history(const struct vn_cli *cli);
int vn_cli_export_catalogue(const struct vn_cli *cli);
int vn_cli_export_members(const struct vn_cli *cli);
int vn_cli_export_coupons(const struct vn_cli *cli);
int vn_cli_export_cards(const struct vn_cli *cli);
int vn_cli_member(const struct vn_cli *cli);
int vn_cli_publish(const struct vn_cli *cli);
int vn_cli_stop(const struct vn_cli *cli);
int vn_cli_ruleset(const struct vn_cli *cli);
int vn_cli_rulesets(const struct vn_cli *cli);
int vn_cli_ledger(const struct vn_cli *cli);
int vn_cli_sales(const struct vn_cli *cli);
int vn_cli_entry(const struct vn_cli *cli);
int vn_cli_health(const struct vn_cli *cli);
int vn_cli_audit(const struct vn_cli *cli);
int vn_cli_quarantine_list(const struct vn_cli *cli);
int vn_cli_quarantine_show(const struct vn_cli *cli);
int vn_cli_quarantine_release(const struct vn_cli *cli);
int vn_cli_quarantine_discard(const struct vn_cli *cli);
int vn_cli_branch_list(const struct vn_cli *cli);
int vn_cli_branch_show(const struct vn_cli *cli);
int vn_cli_backup(const struct vn_cli *cli);
int vn_cli_backup_begin(const struct vn_cli *cli);
int vn_cli_backup_told(const struct vn_cli *cli);
int vn_cli_restore(const struct vn_cli *cli);
int vn_cli_clock_show(const struct vn_cli *cli);
int vn_cli_clock_accept(const struct vn_cli *cli);
int vn_cli_ca_show(const struct vn_cli *cli);
int vn_cli_ca_renew(const struct vn_cli *cli);
int vn_cli_ca_server(const struct vn_cli *cli);
int vn_cli_ca_split(const struct vn_cli *cli);
int vn_cli_ca_retire(const struct vn_cli *cli);

/* VN_DENIED, with a sentence: by what the hub knows, the machine's clock can't be right, so nothing should be dated by it.
 * VN_IO. */
VN_MUST_USE enum vn_status vn_cli_clock_check(const struct vn_cli *cli, struct vn_error *error);
/* Says what to do with the root's key that was just made. */
void vn_cli_say_root(const char *root_dir);

/* Sends a document, which is taken over; *out is the reply. 0, or 1 after a sentence. */
int vn_cli_post(const struct vn_cli *cli, const char *path, json_t *body, json_t **out);
/* The same, of a value that stays the caller's, with a sentence instead of 1. */
VN_MUST_USE enum vn_status vn_cli_send(const struct vn_cli *cli, const char *path, const json_t *body,
                                       json_t **out, struct vn_error *error);
/* write.c: the same of {key: the first argument, "loss": --loss}, which may be missing and else is a number (2: it is none). */
int vn_cli_post_loss(const struct vn_cli *cli, const char *path, const char *key, json_t **out);
/* Appends a value of a query, percent-encoded; NULL is none. Returns the bytes that were written. */
int vn_cli_escape(char *out, size_t size, const char *value);
/* Says a failure on stderr; returns 1. */
int vn_cli_failed(const struct vn_error *error);
/* Says on stderr what is wrong with the command line; returns 2. */
int vn_cli_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A whole number from 1 on. */
bool vn_cli_is_number(const char *text);
/* Says that what was printed could not be written, by errno; 1. */
int vn_cli_unwritten(void);
/* Prints the document on one line and lets it go. 0; 1: not all of it, for want of memory or room, which is said. */
int vn_cli_print_json(json_t *value);
/* Writes the value as compact JSON. False: for want of memory, which is said, or of room, which the caller says. */
bool vn_cli_write_json(const json_t *value);

/* --- what verbs that show something share (cli/table.c) */

/* A field of a row: "" and 0 when it is not there. */
const char *vn_cli_text(const json_t *object, const char *key);
long long vn_cli_number(const json_t *object, const char *key);
const char *vn_cli_time(const json_t *object, const char *key, char out[VN_TIME_TEXT_MAX]); /* 0: "-" */
/* Appends a parameter to the path, percent-encoded; a value NULL is none. */
void vn_cli_query(char path[VN_HTTP_TARGET_MAX], const char *key, const char *value);
/* Control characters of all texts in it become \x1b and the like: a terminal would do what they say. */
void vn_cli_plain(json_t *value);
/* Asks the hub; prints the document as it is with --json, else by `print`, made plain. Returns the exit code. */
int vn_cli_show(const struct vn_cli *cli, const char *path, void (*print)(const json_t *document));
/* The same; the exit code is 1 when the document is not good. */
int vn_cli_judge(const struct vn_cli *cli, const char *path, bool (*good)(const json_t *document),
                 void (*print)(const json_t *document));
/* Prints each row of the document's list; `none` is said when there is none. */
void vn_cli_rows(const json_t *document, const char *key, const char *none, void (*row)(const json_t *row));

/* A column of a table: what stands in it of each row. */
struct vn_cli_column {
    const char *title; /* NULL in a table without titles */
    enum {
        VN_CLI_TEXT,
        VN_CLI_NUMBER, /* stands to the right */
        VN_CLI_SOME,   /* a number and the title, where it is above 0 */
        VN_CLI_TIME,
        VN_CLI_WORD, /* `key` itself, in every row */
        VN_CLI_KEY,  /* a list of texts: a/b/c */
        VN_CLI_LIST, /* a,b,c, or - */
    } kind;
    const char *key; /* NULL ends the columns */
    size_t width;    /* at least */
};
enum vn_cli_head { VN_CLI_TITLES, VN_CLI_BARE, VN_CLI_INDENTED };
/* Prints the rows, as wide as they need it. */
void vn_cli_table(const json_t *rows, const struct vn_cli_column *columns, enum vn_cli_head head);

#endif
