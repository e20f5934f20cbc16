/* What was imported, as lines that the imports take back, a page by key at a time. Numbers of cards and coupons are nowhere
 * but as keyed hashes: a line has those, and the mark of the key that they were made with (vn_import_key_mark). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/json.h"
#include "sync/hub/api/report.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/masters/import.h"
#include "sync/hub/storage/lists.h"

#define PAGE_ROWS  500
#define PAGE_BYTES (256 * 1024) /* a page ends with the row that passes this */

struct page {
    struct vn_hub *hub;
    json_t *rows;
    struct vn_member *member; /* scratch */
    size_t bytes;
    bool full;
    char mark[VN_IMPORT_MARK_MAX];
    char next[VN_EXPORT_KEY_MAX];
};

static enum vn_status put(json_t *row, const char *key, json_t *value)
{
    return json_object_set_new(row, key, value) == 0 ? VN_OK : VN_NOMEM;
}

static enum vn_status put_unless_zero(json_t *row, const char *key, int64_t value)
{
    return value == 0 ? VN_OK : put(row, key, json_integer(value));
}

/* Takes the row. VN_FULL with page->full: it is the page's last. */
static enum vn_status add(struct page *page, enum vn_status status, json_t *row)
{
    page->bytes += status == VN_OK ? json_dumpb(row, NULL, 0, JSON_COMPACT) : 0;
    if (json_array_append_new(page->rows, row) != 0 && status == VN_OK) {
        status = VN_NOMEM;
    }
    page->full = status == VN_OK && page->bytes > PAGE_BYTES;
    return page->full ? VN_FULL : status;
}

static json_t *hash_json(const struct vn_hash *hash)
{
    char hex[2 * VN_HASH_SIZE + 1];
    vn_hex_encode(vn_view_of(hash->bytes, sizeof hash->bytes), hex);
    return json_string(hex);
}

static enum vn_status put_day(json_t *row, const char *key, int64_t ms)
{
    struct tm date;
    char text[24];
    time_t seconds = (time_t)(ms / 1000);
    if (ms == 0) {
        return VN_OK;
    }
    return gmtime_r(&seconds, &date) != NULL && strftime(text, sizeof text, "%Y-%m-%d", &date) > 0
               ? put(row, key, json_string(text))
               : VN_CORRUPT;
}

static enum vn_status parse(struct vn_view text, json_t **out)
{
    struct vn_error error;
    return vn_json_parse(text, out, &error) == VN_OK ? VN_OK : VN_CORRUPT;
}

static enum vn_status put_cards(struct page *page, json_t *row, int64_t id)
{
    struct vn_hash cards[VN_FEED_CARDS_MAX];
    unsigned count = 0;
    json_t *list = json_array();
    enum vn_status status = vn_storage_cards(page->hub->storage, id, cards, &count);
    for (unsigned i = 0; i < count && status == VN_OK; i++) {
        status = json_array_append_new(list, hash_json(&cards[i])) == 0 ? VN_OK : VN_NOMEM;
    }
    if (status == VN_OK && count > 0) {
        status = put(row, "card_key", json_string(page->mark));
    }
    return status == VN_OK ? put(row, "card_hashes", list) : (json_decref(list), status);
}

/* "MM-DD", as it was imported. */
static enum vn_status put_birth(json_t *row, const struct vn_member *member)
{
    char text[24];
    (void)json_object_del(row, "birth_month");
    (void)json_object_del(row, "birth_day");
    (void)snprintf(text, sizeof text, "%02u-%02u", member->birth_month, member->birth_day);
    return member->birth_month > 0 && member->birth_day > 0 ? put(row, "birth", json_string(text)) : VN_OK;
}

/* What was imported, and what grew since: balance and spend. A debt is not a balance that could be opened with. */
static enum vn_status member_row(struct page *page, int64_t id, struct vn_view facts, json_t **out)
{
    json_t *root = NULL;
    json_t *row = json_pack("{s:I}", "id", (json_int_t)id);
    struct vn_member *member = page->member;
    enum vn_status status = row == NULL ? VN_NOMEM : parse(facts, &root);
    if (status == VN_OK) {
        status = vn_feed_member(page->hub, id, member);
    }
    (void)json_object_del(root, "id");
    (void)json_object_del(root, "known");
    (void)json_object_del(root, "lifetime_spend_minor");
    if (status == VN_OK) {
        status = json_object_update(row, root) == 0 ? put_birth(row, member) : VN_NOMEM;
    }
    if (status == VN_OK) {
        status = put_unless_zero(row, "lifetime_spend_minor", member->lifetime_spend_minor);
    }
    if (status == VN_OK) {
        status = put_unless_zero(row, "balance", member->balance > 0 ? member->balance : 0);
    }
    if (status == VN_OK) {
        status = put_cards(page, row, id);
    }
    json_decref(root);
    *out = row;
    return status;
}

static enum vn_status add_member(void *ctx, int64_t id, struct vn_view facts)
{
    struct page *page = ctx;
    json_t *row = NULL;
    enum vn_status status = member_row(page, id, facts, &row);
    (void)snprintf(page->next, sizeof page->next, "%lld", (long long)id);
    return add(page, status, row);
}

static enum vn_status put_aliases(struct page *page, json_t *row, const char *code)
{
    char aliases[VN_ALIASES_MAX][VN_CODE_MAX];
    unsigned count = 0;
    enum vn_status status = vn_storage_aliases(page->hub->storage, code, aliases, &count);
    json_t *list = count > 0 ? json_array() : NULL;
    for (unsigned i = 0; i < count && status == VN_OK; i++) {
        status = json_array_append_new(list, json_string(aliases[i])) == 0 ? VN_OK : VN_NOMEM;
    }
    return status == VN_OK && count > 0 ? put(row, "aliases", list) : (json_decref(list), status);
}

static enum vn_status add_item(void *ctx, const char *code, struct vn_view document)
{
    struct page *page = ctx;
    json_t *row = NULL;
    enum vn_status status = parse(document, &row);
    (void)json_object_del(row, "known");
    if (status == VN_OK) {
        status = put(row, "code", json_string(code));
    }
    if (status == VN_OK) {
        status = put_aliases(page, row, code);
    }
    (void)snprintf(page->next, sizeof page->next, "%s", code);
    return add(page, status, row);
}

static enum vn_status put_terms(json_t *row, const struct vn_coupon_row *coupon)
{
    enum vn_status status = put_day(row, "valid_from", coupon->coupon.valid_from_ms);
    if (status == VN_OK) {
        status = put_day(row, "valid_until", coupon->coupon.valid_until_ms);
    }
    return status == VN_OK ? put_unless_zero(row, "member", coupon->member) : status;
}

static enum vn_status add_coupon(void *ctx, int64_t id)
{
    struct page *page = ctx;
    struct vn_coupon_row coupon;
    struct vn_feed_item *told = malloc(sizeof *told);
    char account[VN_ID_MAX];
    json_t *row = NULL;
    (void)snprintf(account, sizeof account, "c%lld", (long long)id);
    (void)snprintf(page->next, sizeof page->next, "%lld", (long long)id);
    enum vn_status status = told == NULL ? VN_NOMEM : vn_storage_coupon_get(page->hub->storage, id, &coupon);
    if (status == VN_OK) {
        status = vn_feed_coupon_item(page->hub, account, told);
    }
    if (status == VN_OK) {
        row = json_pack("{s:o, s:s, s:s, s:s, s:b}", "number_hash", hash_json(&coupon.number), "card_key",
                        page->mark, "label", coupon.coupon.label, "promotion", coupon.coupon.promotion,
                        "single_use", coupon.coupon.single_use);
        status = row == NULL ? VN_NOMEM : put_terms(row, &coupon);
    }
    if (status == VN_OK && told->coupon.spent) {
        status = put(row, "spent", json_true());
    }
    free(told);
    return add(page, status, row);
}

static enum vn_status add_blocked(void *ctx, const struct vn_blocked_row *blocked)
{
    struct page *page = ctx;
    vn_hex_encode(vn_view_of(blocked->card.bytes, VN_HASH_SIZE), page->next);
    json_t *row = json_pack("{s:s, s:s, s:I}", "card_hash", page->next, "card_key", page->mark, "since_ms",
                            (json_int_t)blocked->since_ms);
    enum vn_status status = row == NULL ? VN_NOMEM : VN_OK;
    if (status == VN_OK && blocked->reason[0] != '\0') {
        status = put(row, "reason", json_string(blocked->reason));
    }
    return add(page, status, row);
}

static enum vn_status read_blocked(struct page *page, const char *after)
{
    struct vn_hash hash = {{0}};
    return after[0] != '\0' && vn_hex_decode(vn_view_str(after), hash.bytes, sizeof hash.bytes) != VN_OK
               ? VN_ABSENT
               : vn_storage_blocked_page(page->hub->storage, &hash, PAGE_ROWS, add_blocked, page);
}

static enum vn_status read_page(struct page *page, enum vn_import_kind kind, const char *after)
{
    struct vn_storage *storage = page->hub->storage;
    int64_t id = after[0] == '\0' ? 0 : strtoll(after, NULL, 10);
    switch (kind) {
    case VN_IMPORT_MEMBERS: return vn_storage_members_page(storage, id, PAGE_ROWS, add_member, page);
    case VN_IMPORT_ITEMS: return vn_storage_items_page(storage, after, PAGE_ROWS, add_item, page);
    case VN_IMPORT_CARDS: return read_blocked(page, after);
    case VN_IMPORT_COUPONS: return vn_storage_coupons_page(storage, id, PAGE_ROWS, add_coupon, page);
    default: return VN_ABSENT;
    }
}

enum vn_status vn_report_export(struct vn_hub *hub, enum vn_import_kind kind, const char *after, json_t **out)
{
    struct page page = {.hub = hub, .rows = json_array(), .member = malloc(sizeof *page.member)};
    vn_import_key_mark(hub, page.mark);
    enum vn_status status =
        page.rows == NULL || page.member == NULL ? VN_NOMEM : read_page(&page, kind, after);
    bool more = page.full || json_array_size(page.rows) == PAGE_ROWS;
    if (status == VN_OK || page.full) {
        *out = json_pack("{s:O}", "rows", page.rows);
        status = *out == NULL ? VN_NOMEM : more ? put(*out, "next", json_string(page.next)) : VN_OK;
    }
    json_decref(page.rows);
    free(page.member);
    return status;
}

enum vn_status vn_report_member(struct vn_hub *hub, int64_t id, json_t **out)
{
    struct vn_buf facts;
    struct page page = {.hub = hub, .member = malloc(sizeof *page.member)};
    vn_buf_init(&facts, VN_MEMBER_FACTS_MAX);
    vn_import_key_mark(hub, page.mark);
    enum vn_status status = page.member == NULL ? VN_NOMEM : vn_storage_member_get(hub->storage, id, &facts);
    if (status == VN_OK) {
        status = member_row(&page, id, vn_buf_view(&facts), out);
    }
    if (status == VN_OK) { /* here a debt is shown */
        status = put(*out, "balance", json_integer(page.member->balance));
    }
    if (status != VN_OK) {
        json_decref(*out);
        *out = NULL;
    }
    free(page.member);
    vn_buf_deinit(&facts);
    return status;
}
