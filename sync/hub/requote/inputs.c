#include "sync/hub/requote/inputs.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "sync/wire/stamp.h"

#define RULESETS_MAX 4   /* tills change within a day */
#define GOODS_SLOTS  512 /* a power of two */
#define DOCUMENT_MAX 65536

struct kept_ruleset {
    int64_t number; /* 0: none */
    uint64_t used;
    struct vn_ruleset *ruleset;
};

/* An item as a till that followed the feed up to `number` had it. */
struct kept_item {
    int64_t number;         /* 0: none */
    char code[VN_CODE_MAX]; /* that was scanned: the item's own, or an alias */
    int64_t next_ms;
    struct vn_item item;
};

struct vn_requote_inputs {
    struct kept_ruleset rulesets[RULESETS_MAX];
    uint64_t uses;
    struct kept_item goods[GOODS_SLOTS];
    int64_t states_from; /* -1: not looked up */
};

enum vn_status vn_requote_inputs_create(struct vn_requote_inputs **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return VN_NOMEM;
    }
    vn_requote_inputs_begin(*out);
    return VN_OK;
}

void vn_requote_inputs_destroy(struct vn_requote_inputs *inputs)
{
    for (size_t i = 0; inputs != NULL && i < RULESETS_MAX; i++) {
        vn_ruleset_destroy(inputs->rulesets[i].ruleset);
    }
    free(inputs);
}

void vn_requote_inputs_begin(struct vn_requote_inputs *inputs)
{
    memset(inputs->goods, 0, sizeof inputs->goods);
    inputs->states_from = -1;
}

/* --- rulesets --------------------------------------------------------------------------------------------------- */

static enum vn_status load(struct vn_storage *storage, int64_t number, struct vn_ruleset **out)
{
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    enum vn_status status = vn_storage_ruleset_text(storage, number, &text);
    if (status == VN_OK) {
        status = vn_ruleset_parse(vn_buf_view(&text), out, NULL);
    }
    vn_buf_deinit(&text);
    return status;
}

static struct kept_ruleset *least_used(struct vn_requote_inputs *inputs)
{
    struct kept_ruleset *found = &inputs->rulesets[0];
    for (size_t i = 1; i < RULESETS_MAX; i++) {
        found = inputs->rulesets[i].used < found->used ? &inputs->rulesets[i] : found;
    }
    return found;
}

enum vn_status vn_requote_ruleset(struct vn_requote_inputs *inputs, struct vn_storage *storage,
                                  int64_t number, const struct vn_ruleset **out)
{
    struct vn_ruleset *fresh = NULL;
    *out = NULL;
    for (size_t i = 0; i < RULESETS_MAX && number > 0; i++) {
        if (inputs->rulesets[i].number == number) {
            inputs->rulesets[i].used = ++inputs->uses;
            *out = inputs->rulesets[i].ruleset;
            return VN_OK;
        }
    }
    enum vn_status status = number > 0 ? load(storage, number, &fresh) : VN_ABSENT;
    if (status == VN_OK) {
        struct kept_ruleset *place = least_used(inputs);
        vn_ruleset_destroy(place->ruleset);
        *place = (struct kept_ruleset){number, ++inputs->uses, fresh};
        *out = fresh;
    }
    return status == VN_ABSENT || status == VN_INPUT || status == VN_UNSUPPORTED ? VN_OK : status;
}

/* --- goods ------------------------------------------------------------------------------------------------------ */

static struct kept_item *slot_of(struct vn_requote_inputs *inputs, const char *code, int64_t number)
{
    uint64_t hash = 1469598103934665603u ^ (uint64_t)number;
    for (const char *at = code; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    }
    return &inputs->goods[(hash ^ (hash >> 32)) & (GOODS_SLOTS - 1)];
}

static enum vn_status read_item(struct vn_view text, struct vn_item *out)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *root = NULL;
    enum vn_status status = vn_json_parse(text, &root, &error);
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &error);
        vn_item_read(&in, out);
        status = vn_json_failed(&in) ? VN_CORRUPT : VN_OK;
    }
    json_decref(root);
    return status == VN_INPUT ? VN_CORRUPT : status;
}

static enum vn_status find(struct vn_requote_inputs *inputs, struct vn_storage *storage, const char *code,
                           int64_t number, const struct kept_item **out)
{
    struct vn_buf document;
    struct kept_item *kept = slot_of(inputs, code, number);
    *out = kept;
    if (kept->number == number && strcmp(kept->code, code) == 0) {
        return VN_OK;
    }
    vn_buf_init(&document, DOCUMENT_MAX);
    memset(kept, 0, sizeof *kept);
    enum vn_status status = vn_storage_item_state(storage, code, number, &document, &kept->next_ms);
    if (status == VN_OK) {
        status = read_item(vn_buf_view(&document), &kept->item);
    } else if (status == VN_ABSENT) {
        status = VN_OK;
        memcpy(kept->item.code, code, strlen(code) + 1);
    }
    if (status == VN_OK) {
        kept->number = number;
        memcpy(kept->code, code, strlen(code) + 1);
    }
    vn_buf_deinit(&document);
    return status;
}

/* Whether the states of all items are known where a till stood. */
static enum vn_status is_known(struct vn_requote_inputs *inputs, struct vn_storage *storage,
                               const struct vn_cursor *cursor, bool *out)
{
    int64_t branch = INT64_MAX;
    enum vn_status status = VN_OK;
    if (inputs->states_from < 0) {
        status = vn_storage_item_states_from(storage, &inputs->states_from);
    }
    if (status == VN_OK) {
        status = vn_storage_epoch_branch(storage, cursor->epoch, &branch);
    }
    *out = cursor->number > 0 && cursor->number >= inputs->states_from && cursor->number <= branch;
    return status;
}

/* One state, or the first and the last when the catalogue went on while the basket was scanned. */
static enum vn_status read_states(struct vn_requote_inputs *inputs, struct vn_storage *storage,
                                  const struct vn_with *with, struct vn_cursor *since, struct vn_cursor *at,
                                  bool *known)
{
    const char *first = with->items_since[0] != '\0' ? with->items_since : with->items;
    *known = false;
    if (vn_cursor_read(vn_view_str(with->items), at) != VN_OK ||
        vn_cursor_read(vn_view_str(first), since) != VN_OK) {
        return VN_OK;
    }
    enum vn_status status = is_known(inputs, storage, at, known);
    return status == VN_OK && *known ? is_known(inputs, storage, since, known) : status;
}

enum vn_status vn_requote_goods(struct vn_requote_inputs *inputs, struct vn_storage *storage,
                                const struct vn_with *with, const struct vn_basket *basket, int64_t until_ms,
                                struct vn_requote_goods *out)
{
    struct vn_cursor since = {0, 0};
    struct vn_cursor at = {0, 0};
    const struct kept_item *kept = NULL;
    out->moved = false;
    enum vn_status status = read_states(inputs, storage, with, &since, &at, &out->known);
    for (unsigned i = 0; i < basket->line_count && out->known && status == VN_OK; i++) {
        const char *code = basket->lines[i].code;
        memset(&out->items[i], 0, sizeof out->items[i]);
        if (code[0] == '\0') {
            continue;
        }
        status = find(inputs, storage, code, since.number, &kept);
        out->moved = out->moved || (status == VN_OK && kept->next_ms > 0 && kept->next_ms <= until_ms);
        if (status == VN_OK && since.number != at.number) {
            status = find(inputs, storage, code, at.number, &kept);
        }
        if (status == VN_OK) {
            out->items[i] = kept->item;
        }
    }
    if (status == VN_CORRUPT) { /* a damaged row: others go on */
        out->known = false;
        status = VN_OK;
    }
    return status;
}
