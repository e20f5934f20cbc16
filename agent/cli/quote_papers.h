/* What the verbs about promotions read: files, a catalogue, and requests for a quote; and the desk on which a request is
 * reckoned. */
#ifndef VN_CLI_QUOTE_PAPERS_H
#define VN_CLI_QUOTE_PAPERS_H

#include <jansson.h>
#include <stdio.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "agent/base/json.h"
#include "agent/loyalty/quote.h"

#define VN_CATALOGUE_BYTES_MAX (256 * 1024 * 1024)
#define VN_DESK_STOPS_MAX      64
#define VN_DESK_RIGHTS_MAX     128

/* The number at the beginning of "line 5: sentence", and the sentence; 0, and the whole text, when there is none. */
long long vn_papers_line(const struct vn_error *error, const char **sentence);

/* Says "verno VERB: FILE: line 5: /pointer: sentence" on standard error, of which line and pointer may be missing; returns
 * 1. `path` may be NULL. */
int vn_papers_failed(const char *verb, const char *path, const struct vn_error *error);
/* "standard input" for "-". */
const char *vn_papers_name(const char *path);

/* What opening or reading a file ended with: VN_ABSENT, VN_DENIED, VN_IO and the sentence. */
enum vn_status vn_papers_fail_file(int os_error, struct vn_error *error);
/* A line of nothing but blanks, which no reader of lines looks at. */
bool vn_papers_is_blank(struct vn_view line);
/* VN_INPUT for a text that begins with a byte order mark, as some editors write it. */
VN_MUST_USE enum vn_status vn_papers_check_mark(struct vn_view text, struct vn_error *error);

/* All of a file, or of standard input for "-"; a NUL behind it is not counted. VN_ABSENT, VN_DENIED, VN_IO, VN_FULL beyond
 * `max`, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_papers_read(const char *path, size_t max, struct vn_buf *out,
                                          struct vn_error *error);
/* The same as one JSON document, owned by the caller. */
VN_MUST_USE enum vn_status vn_papers_read_json(const char *path, size_t max, json_t **out,
                                               struct vn_error *error);
/* The same as a ruleset, owned by the caller. */
VN_MUST_USE enum vn_status vn_papers_read_ruleset(const char *path, struct vn_ruleset **out,
                                                  struct vn_error *error);

/* Goods as the hub imports them: one JSON document a line; a later line of a code replaces an earlier one, and
 * {"code":...,"gone":true} takes it out. An alias leads to the last line that names it. */
struct vn_catalogue_alias {
    char code[VN_CODE_MAX];
    size_t item;
};
struct vn_catalogue {
    struct vn_item *items; /* by code */
    size_t count;
    struct vn_catalogue_alias *aliases; /* by code */
    size_t alias_count;
};

VN_MUST_USE enum vn_status vn_catalogue_read(const char *path, struct vn_catalogue *out,
                                             struct vn_error *error);
void vn_catalogue_deinit(struct vn_catalogue *catalogue);
/* By the item's own code, or an alias. NULL when it is not there. */
const struct vn_item *vn_catalogue_find(const struct vn_catalogue *catalogue, const char *code);

/* For vn_options_wrong, about the word that is no moment. */
#define VN_PAPERS_AT_WRONG "--at wants a time as 2026-11-22T14:05 or milliseconds since 1970, not"
/* A moment as people and programs write it: milliseconds since 1970, or the local time of a store ("" for one that no zone
 * names) as 2026-11-22T14:05. False for anything else. Without a ruleset (NULL) local time is UTC. */
VN_MUST_USE bool vn_papers_moment(const struct vn_ruleset *ruleset, const char *store, const char *text,
                                  int64_t *out);

/* "STORE/TILL" or "STORE"; false for anything else. */
VN_MUST_USE bool vn_papers_place(const char *text, struct vn_place *out);

/* Room for one request and its outcome. Create with calloc; nothing in it is owned but `work`. */
struct vn_desk {
    const struct vn_ruleset *ruleset;
    const struct vn_catalogue *catalogue;
    struct vn_place place; /* where a request says none */
    bool offline;          /* and whether the hub is away */
    struct vn_quote_work *work;
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX];
    struct vn_member member;
    struct vn_choices choices;
    struct vn_right rights[VN_DESK_RIGHTS_MAX];
    char stopped[VN_DESK_STOPS_MAX][VN_ID_MAX];
    struct vn_quote_input input;
    struct vn_outcome outcome;
};

VN_MUST_USE enum vn_status vn_desk_create(const struct vn_ruleset *ruleset,
                                          const struct vn_catalogue *catalogue, struct vn_desk **out);
void vn_desk_destroy(struct vn_desk *desk);

/* quote_rights.c: reads "rights" of a request whose basket, member, place and time are read. */
void vn_desk_read_rights(const struct vn_json_in *in, json_t *request, struct vn_desk *desk);

/* Reckons one request: {"basket", "member", "choices", "at", "place", "rights", "stopped", "offline", "risk"}, of which the
 * basket alone is needed; another key is refused. "at" is milliseconds since 1970 or the store's local time ("2026-11-22T14:05"),
 * and stands in for the basket's started_ms; "place" is "STORE/TILL"; "rights" names accounts (quote_rights.c) and what may be
 * consumed of each. VN_INPUT with the place in *error. */
VN_MUST_USE enum vn_status vn_desk_quote(struct vn_desk *desk, json_t *request, struct vn_error *error);

#endif
