/* A ruleset's text: lines of JSON, the header first, then promotions and rows of price tables in any order.
 *
 * One bad promotion must not take a chain's other promotions down, and a promotion that is only half understood must not
 * apply. So there are two answers: what uses something that this engine does not know is skipped and counted; what
 * claims this engine and is malformed refuses the file, because then somebody's tool is broken and what it published
 * can't be trusted. */
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/rules/price_table.h"
#include "agent/loyalty/rules/readers.h"

#define FIRST_PROMOTIONS 16
#define MARK             "\xef\xbb\xbf"
#define NO_HEADER        "no header: the first line must be {\"ruleset\":1,\"engine\":2,...}"

/* By a quarter each time: what is too much until compiling gives it back stays small beside what is there. */
static bool make_room(struct vn_ruleset *ruleset)
{
    if (ruleset->promotion_count < ruleset->promotion_room) {
        return true;
    }
    size_t room = FIRST_PROMOTIONS + ruleset->promotion_room + ruleset->promotion_room / 4;
    struct vn_promotion *grown = realloc(ruleset->promotions, room * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    ruleset->promotions = grown;
    ruleset->promotion_room = room;
    return true;
}

static void read_promotion(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    struct vn_promotion promotion;
    if (vn_promotion_read(in, ruleset, &promotion) != VN_OK) {
        return;
    }
    if (ruleset->promotion_count == VN_PROMOTIONS_MAX) {
        (void)vn_fail(in->error, VN_FULL, "more than %d promotions", VN_PROMOTIONS_MAX);
        return;
    }
    if (!make_room(ruleset)) {
        vn_read_nomem(in);
        return;
    }
    promotion.line = ruleset->line;
    ruleset->promotions[ruleset->promotion_count++] = promotion;
}

/* One document is in memory at a time. What a skipped promotion named is forgotten. */
static enum vn_status parse_line(struct vn_view line, bool header, struct vn_ruleset *ruleset,
                                 struct vn_error *error)
{
    json_t *root = NULL;
    enum vn_status status = vn_json_parse(line, &root, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    size_t table_users = ruleset->table_user_count;
    bool other = json_object_get(root, "id") != NULL || json_object_get(root, "table") != NULL;
    if (header && other && json_object_get(root, "ruleset") == NULL) {
        vn_json_refuse(&in, NULL, NO_HEADER ", and this is a promotion or a price");
    } else if (header) {
        vn_header_read(&in, ruleset);
    } else if (json_object_get(root, "table") != NULL) {
        vn_price_row_read(&in, ruleset);
    } else {
        read_promotion(&in, ruleset);
    }
    json_decref(root);
    if (error->status != VN_OK) {
        ruleset->table_user_count = table_users;
    }
    return error->status;
}

static struct vn_view take_line(struct vn_view *text)
{
    const uint8_t *end = text->len == 0 ? NULL : memchr(text->data, '\n', text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->data);
    struct vn_view line = vn_view_of(text->data, len);
    size_t skip = end == NULL ? len : len + 1;
    *text = vn_view_of(text->len == 0 ? NULL : text->data + skip, text->len - skip);
    return line;
}

static bool is_blank(struct vn_view line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

/* Puts the line's number before the text; the pointer stays. */
static enum vn_status fail_at_line(struct vn_error *error, size_t number)
{
    struct vn_error inner = *error;
    (void)vn_fail(error, inner.status, "line %zu: %.*s", number, VN_ERROR_TEXT_MAX - 32, inner.text);
    memcpy(error->pointer, inner.pointer, sizeof error->pointer);
    return inner.status;
}

static void count_skipped(struct vn_ruleset *ruleset, struct vn_error *why, size_t number)
{
    if (ruleset->skipped_count++ == 0) {
        (void)fail_at_line(why, number);
        ruleset->skipped = *why;
    }
    memset(why, 0, sizeof *why);
}

static enum vn_status parse_lines(struct vn_view text, struct vn_ruleset *ruleset, struct vn_error *error)
{
    bool header = true;
    for (size_t number = 1; text.len > 0; number++) {
        struct vn_view line = take_line(&text);
        if (is_blank(line)) {
            continue;
        }
        error->status = VN_OK;
        ruleset->line = (uint32_t)number;
        enum vn_status status = parse_line(line, header, ruleset, error);
        if (status == VN_UNSUPPORTED && !header) {
            count_skipped(ruleset, error, number);
        } else if (status != VN_OK) {
            return fail_at_line(error, number);
        }
        header = false;
    }
    return header ? vn_fail(error, VN_INPUT, "%s", NO_HEADER) : VN_OK;
}

enum vn_status vn_ruleset_parse(struct vn_view text, struct vn_ruleset **out, struct vn_error *error)
{
    struct vn_error own;
    struct vn_error *failure = error == NULL ? &own : error;
    *out = NULL;
    memset(failure, 0, sizeof *failure);
    if (text.len > VN_RULESET_MAX) {
        return vn_fail(failure, VN_FULL, "a ruleset of more than %d bytes", VN_RULESET_MAX);
    }
    if (text.len >= sizeof MARK - 1 && memcmp(text.data, MARK, sizeof MARK - 1) == 0) {
        return vn_fail(failure, VN_INPUT,
                       "line 1: a byte order mark comes first: save the file as UTF-8 without it");
    }
    struct vn_ruleset *ruleset = calloc(1, sizeof *ruleset);
    if (ruleset == NULL) {
        return vn_fail(failure, VN_NOMEM, "out of memory");
    }
    vn_arena_init(&ruleset->arena);
    vn_symbols_init(&ruleset->symbols);
    enum vn_status status = parse_lines(text, ruleset, failure);
    if (status == VN_OK) {
        status = vn_price_tables_close(ruleset, failure);
    }
    if (status == VN_OK) {
        status = vn_selectors_resolve(ruleset, failure);
    }
    if (status == VN_OK) {
        status = vn_ruleset_compile(ruleset, failure);
    }
    if (status != VN_OK) {
        vn_ruleset_destroy(ruleset);
        return status;
    }
    *out = ruleset;
    return VN_OK;
}
