/* Between the working set and the store: what is wanted is loaded, what was touched is stored, both a slice at a time. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/post_work.h"
#include "sync/hub/storage/segments.h"

/* --- loading */

static enum vn_status on_account(void *ctx, const struct vn_account_row *row)
{
    struct vn_post *post = ctx;
    struct vn_post_account *account = NULL;
    struct vn_view book = VN_VIEW_NONE;
    struct vn_view late = VN_VIEW_NONE;
    enum vn_status status = vn_post_account(post, row->id, &account);
    if (status != VN_AGAIN) {
        return status == VN_OK ? VN_CORRUPT : status; /* it was wanted, so it is not there */
    }
    status = vn_post_keep(post, row->book, &book);
    if (status == VN_OK) {
        status = vn_post_keep(post, row->late, &late);
    }
    account->row = *row;
    account->row.book = book;
    account->row.late = late;
    account->there = true;
    return status;
}

static enum vn_status load_accounts(struct vn_post *post, struct vn_post_list *wants)
{
    struct vn_post_account **rows = wants->rows;
    int64_t *ids = vn_arena_take(&post->arena, wants->count * sizeof *ids);
    size_t count = 0;
    if (ids == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < wants->count; i++) {
        if (!rows[i]->head.loaded) { /* one that was opened just now is known to be none */
            ids[count++] = rows[i]->row.id;
        }
    }
    return vn_storage_accounts_load(post->storage, ids, count, on_account, post);
}

static enum vn_status on_name(void *ctx, const char *name, int64_t id)
{
    struct vn_post *post = ctx;
    struct vn_post_list *wants = &post->wants[VN_POST_NAMES];
    struct vn_post_name **rows = wants->rows;
    for (size_t i = 0; i < wants->count; i++) {
        if (strcmp(rows[i]->text, name) == 0) {
            rows[i]->id = id;
        }
    }
    return VN_OK;
}

static enum vn_status load_names(struct vn_post *post, struct vn_post_list *wants)
{
    struct vn_post_name **rows = wants->rows;
    const char **names = vn_arena_take(&post->arena, wants->count * sizeof *names);
    if (names == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < wants->count; i++) {
        names[i] = rows[i]->text;
    }
    return vn_storage_names_load(post->storage, names, wants->count, on_name, post);
}

static enum vn_status on_claim(void *ctx, const struct vn_claim_row *row)
{
    struct vn_post *post = ctx;
    struct vn_post_claim *claim = NULL;
    struct vn_view slices = VN_VIEW_NONE;
    enum vn_status status = vn_post_claim(post, row->enrolment, row->account, &claim);
    if (status != VN_AGAIN) {
        return status == VN_OK ? VN_CORRUPT : status;
    }
    status = vn_post_keep(post, row->slices, &slices);
    claim->row = *row;
    claim->row.slices = slices;
    return status;
}

static enum vn_status load_claims(struct vn_post *post, struct vn_post_list *wants)
{
    struct vn_post_claim **rows = wants->rows;
    struct vn_claim_key *keys = vn_arena_take(&post->arena, wants->count * sizeof *keys);
    if (keys == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < wants->count; i++) {
        keys[i] = (struct vn_claim_key){rows[i]->row.enrolment, rows[i]->row.account};
    }
    return vn_storage_claims_load(post->storage, keys, wants->count, on_claim, post);
}

static enum vn_status on_sale(void *ctx, size_t at, const struct vn_sale_row *row)
{
    struct vn_post *post = ctx;
    struct vn_post_sale **rows = post->wants[VN_POST_SALES].rows;
    struct vn_view rest = VN_VIEW_NONE;
    enum vn_status status = vn_post_keep(post, row->rest, &rest);
    rows[at]->row = *row;
    rows[at]->row.rest = rest;
    return status;
}

static enum vn_status load_sales(struct vn_post *post, struct vn_post_list *wants)
{
    struct vn_post_sale **rows = wants->rows;
    struct vn_sale_at *keys = vn_arena_take(&post->arena, wants->count * sizeof *keys);
    if (keys == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < wants->count; i++) {
        memcpy(keys[i].till, rows[i]->row.till, sizeof keys[i].till);
        keys[i].key = rows[i]->row.key;
    }
    return vn_storage_sales_load(post->storage, keys, wants->count, on_sale, post);
}

/* One by one: they are rare. */
static enum vn_status load_transfers(struct vn_post *post, struct vn_post_list *wants)
{
    struct vn_post_transfer **rows = wants->rows;
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < wants->count && status == VN_OK; i++) {
        struct vn_transfer_row found;
        status = vn_storage_transfer_get(post->storage, rows[i]->row.number, rows[i]->row.lender, &found);
        if (status == VN_OK) {
            rows[i]->row = found;
        }
        status = status == VN_ABSENT ? VN_OK : status;
    }
    return status;
}

struct anywhere {
    struct vn_post *post;
    struct vn_post_fact *fact;
};

static enum vn_status on_anywhere(void *ctx, size_t at, const struct vn_sale_row *row)
{
    struct anywhere *self = ctx;
    (void)at;
    if (row->commit_seq == 0) {
        return VN_OK;
    }
    self->fact->value++;
    return vn_post_keep(self->post, vn_view_str(row->till), &self->fact->bytes);
}

static enum vn_status load_body(struct vn_post *post, struct vn_post_fact *fact)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_ENTRY_MAX);
    enum vn_status status = vn_storage_entry_body(post->storage, fact->a, fact->b, &body);
    fact->known = status == VN_OK;
    if (status == VN_OK) {
        status = vn_post_keep(post, vn_buf_view(&body), &fact->bytes);
    }
    vn_buf_deinit(&body);
    return status;
}

static enum vn_status load_keys(struct vn_post *post, struct vn_post_fact *fact)
{
    struct vn_public_key keys[VN_PEER_KEYS_MAX];
    unsigned count = 0;
    enum vn_status status = vn_storage_peer_keys(post->storage, fact->a, keys, &count);
    return status == VN_OK ? vn_post_keep(post, vn_view_of(keys, count * sizeof keys[0]), &fact->bytes)
                           : status;
}

static enum vn_status load_enrolment(struct vn_post *post, struct vn_post_fact *fact)
{
    struct vn_enrolment_id enrolment;
    struct vn_enrolment_row row;
    memcpy(enrolment.bytes, fact->key.data, sizeof enrolment.bytes);
    enum vn_status status = vn_storage_enrolment_get(post->storage, &enrolment, &row);
    if (status == VN_OK) {
        fact->value = row.id;
        fact->known = true;
        fact->over = row.state != VN_ENROLMENT_ACTIVE;
    }
    return status == VN_OK && fact->over ? vn_storage_written_off(post->storage, row.id, &fact->gone)
                                         : status;
}

static enum vn_status load_journal(struct vn_post *post, struct vn_post_fact *fact)
{
    struct vn_enrolment_row row;
    enum vn_status status = vn_storage_enrolment_by_number(post->storage, fact->a, &row);
    fact->over = status == VN_OK && row.state != VN_ENROLMENT_ACTIVE;
    fact->known = status == VN_OK && (row.posted_seq >= row.high_seq || row.state == VN_ENROLMENT_HANDED_IN);
    return status;
}

static enum vn_status load_fact(struct vn_post *post, struct vn_post_fact *fact)
{
    struct anywhere anywhere = {post, fact};
    struct vn_sale_at sale = {.till = ""};
    struct vn_hash card;
    enum vn_status status = VN_OK;
    switch (fact->kind) {
    case VN_FACT_CARD:
        memcpy(card.bytes, fact->key.data, sizeof card.bytes);
        status = vn_storage_card_member(post->storage, &card, &fact->value);
        fact->known = status == VN_OK;
        break;
    case VN_FACT_GRANT:
        status = vn_storage_grant_known(post->storage, fact->a, fact->b, fact->c);
        fact->known = status == VN_OK;
        break;
    case VN_FACT_BODY: status = load_body(post, fact); break;
    case VN_FACT_SET_BACK: status = vn_storage_set_back_ms(post->storage, &fact->value); break;
    case VN_FACT_EPOCH: status = vn_storage_set_back_epoch(post->storage, &fact->value); break;
    case VN_FACT_ENROLMENT: status = load_enrolment(post, fact); break;
    case VN_FACT_JOURNAL: status = load_journal(post, fact); break;
    case VN_FACT_PEER_KEYS: status = load_keys(post, fact); break;
    case VN_FACT_ANYWHERE:
        memcpy(&sale.key, fact->key.data, sizeof sale.key);
        status = vn_storage_sales_load(post->storage, &sale, 1, on_anywhere, &anywhere);
        break;
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status load_facts(struct vn_post *post, struct vn_post_list *wants)
{
    struct vn_post_fact **rows = wants->rows;
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < wants->count && status == VN_OK; i++) {
        status = load_fact(post, rows[i]);
    }
    return status;
}

enum vn_status vn_post_load(struct vn_post *post)
{
    static enum vn_status (*const loaders[VN_POST_KINDS])(struct vn_post *, struct vn_post_list *) = {
        [VN_POST_ACCOUNTS] = load_accounts,   [VN_POST_NAMES] = load_names,
        [VN_POST_CLAIMS] = load_claims,       [VN_POST_SALES] = load_sales,
        [VN_POST_TRANSFERS] = load_transfers, [VN_POST_FACTS] = load_facts,
    };
    /* A collision is VN_AGAIN, too: nothing is missing then, and no statement works before the unit begins anew. */
    enum vn_status status = vn_storage_failed(post->storage);
    for (int kind = 0; kind < VN_POST_KINDS && status == VN_OK; kind++) {
        struct vn_post_list *wants = &post->wants[kind];
        struct vn_post_head **rows = wants->rows;
        status = wants->count == 0 ? VN_OK : loaders[kind](post, wants);
        for (size_t i = 0; i < wants->count; i++) {
            rows[i]->loaded = true;
        }
        wants->count = 0;
    }
    return status;
}

/* --- storing */

enum vn_status vn_post_mark(struct vn_post *post, int64_t id, int64_t enrolment)
{
    char key[VN_HUB_ACCOUNT_MAX];
    enum vn_account_kind kind = vn_account_kind(id);
    if (kind == VN_ACCOUNT_NAMED) {
        return VN_OK;
    }
    if (kind == VN_ACCOUNT_FURTHER) {
        id = vn_account_of_member(vn_account_owner(id), 0);
    }
    (void)vn_account_text(id, key);
    return vn_storage_change_by(post->storage, kind == VN_ACCOUNT_COUPON ? VN_FEED_COUPON : VN_FEED_MEMBER,
                                key, enrolment);
}

/* The rows that are stored lie behind one another in `kept`; the heads in front are ours alone. */
static enum vn_status store_accounts(struct vn_post *post, struct vn_post_list *list)
{
    struct vn_post_account **rows = list->rows;
    const struct vn_account_row **kept = vn_arena_take(&post->arena, list->count * sizeof *kept);
    if (kept == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < list->count; i++) {
        kept[i] = &rows[i]->row;
    }
    enum vn_status status = vn_storage_accounts_store(post->storage, kept, list->count);
    for (size_t i = 0; i < list->count && status == VN_OK; i++) {
        status = vn_post_mark(post, rows[i]->row.id, rows[i]->marked_by);
    }
    return status;
}

static enum vn_status store_names(struct vn_post *post, struct vn_post_list *list)
{
    struct vn_post_name **rows = list->rows;
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < list->count && status == VN_OK; i++) {
        status = rows[i]->id == 0 ? VN_OK : vn_storage_name_put(post->storage, rows[i]->text, rows[i]->id);
    }
    return status;
}

static enum vn_status store_claims(struct vn_post *post, struct vn_post_list *list)
{
    struct vn_post_claim **rows = list->rows;
    const struct vn_claim_row **kept = vn_arena_take(&post->arena, list->count * sizeof *kept);
    if (kept == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < list->count; i++) {
        kept[i] = &rows[i]->row;
    }
    return vn_storage_claims_store(post->storage, kept, list->count);
}

static enum vn_status store_sales(struct vn_post *post, struct vn_post_list *list)
{
    struct vn_post_sale **rows = list->rows;
    const struct vn_sale_row **kept = vn_arena_take(&post->arena, list->count * sizeof *kept);
    bool *fresh = vn_arena_take(&post->arena, list->count * sizeof *fresh);
    size_t count = 0;
    if (kept == NULL || fresh == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (rows[i]->row.id != 0) {
            kept[count] = &rows[i]->row;
            fresh[count++] = rows[i]->fresh;
        }
    }
    return vn_storage_sales_put(post->storage, kept, fresh, count);
}

static enum vn_status store_transfers(struct vn_post *post, struct vn_post_list *list)
{
    struct vn_post_transfer **rows = list->rows;
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < list->count && status == VN_OK; i++) {
        status = rows[i]->row.steps == 0 ? VN_OK : vn_storage_transfer_put(post->storage, &rows[i]->row);
    }
    return status;
}

static enum vn_status store_lists(struct vn_post *post)
{
    const struct vn_quarantine_row *quarantined = post->quarantined.rows;
    enum vn_status status =
        vn_storage_movements_put(post->storage, post->movements.rows, post->movements.count);
    for (size_t i = 0; i < post->quarantined.count && status == VN_OK; i++) {
        status = vn_storage_quarantine_put(post->storage, &quarantined[i]);
        /* its own till goes on showing the points */
        if (status == VN_OK && quarantined[i].account != 0) {
            status = vn_post_mark(post, quarantined[i].account, quarantined[i].enrolment);
        }
    }
    return status;
}

enum vn_status vn_post_store(struct vn_post *post)
{
    static enum vn_status (*const stores[VN_POST_KINDS])(struct vn_post *, struct vn_post_list *) = {
        [VN_POST_ACCOUNTS] = store_accounts,   [VN_POST_NAMES] = store_names,
        [VN_POST_CLAIMS] = store_claims,       [VN_POST_SALES] = store_sales,
        [VN_POST_TRANSFERS] = store_transfers,
    };
    enum vn_status status = VN_OK;
    for (int kind = 0; kind < VN_POST_FACTS && status == VN_OK; kind++) {
        struct vn_post_list *list = &post->dirty[kind];
        status = list->count == 0 ? VN_OK : stores[kind](post, list);
    }
    if (status == VN_OK) {
        status = store_lists(post);
    }
    return status == VN_OK ? vn_post_ask_owed(post, post->dirty[VN_POST_ACCOUNTS].rows,
                                              post->dirty[VN_POST_ACCOUNTS].count)
                           : status;
}

enum vn_status vn_post_once(struct vn_post *post, enum vn_status (*fn)(struct vn_post *post, void *ctx),
                            void *ctx)
{
    enum vn_status status = VN_AGAIN;
    vn_post_clear(post);
    while (status == VN_AGAIN) {
        vn_post_begin(post);
        status = fn(post, ctx);
        if (status == VN_AGAIN) {
            vn_post_undo(post);
            enum vn_status loaded = vn_post_load(post);
            if (loaded != VN_OK) {
                return loaded;
            }
        }
    }
    return status == VN_OK ? vn_post_store(post) : status;
}

/* --- the working set's life */

static void clear_map(struct vn_post_map *map)
{
    if (map->count > 0) {
        memset(map->slots, 0, map->cap * sizeof *map->slots);
        map->count = 0;
    }
}

void vn_post_clear(struct vn_post *post)
{
    struct vn_prepared **parsed = post->parsed.rows;
    for (size_t i = 0; i < post->parsed.count; i++) {
        vn_prepared_destroy(parsed[i]);
    }
    for (int kind = 0; kind < VN_POST_KINDS; kind++) {
        clear_map(&post->maps[kind]);
        post->wants[kind].count = 0;
        post->dirty[kind].count = 0;
    }
    struct vn_post_list *lists[] = {&post->saved, &post->movements, &post->quarantined, &post->parsed};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        lists[i]->count = 0;
    }
    post->items = NULL;
    post->item_count = 0;
    post->shown_known = false;
    vn_arena_deinit(&post->arena);
    vn_terms_forget(post->terms); /* another may be in force by now */
}

enum vn_status vn_post_create(struct vn_storage *storage, const struct vn_settings *settings,
                              struct vn_log *log, struct vn_post **out)
{
    struct vn_post *post = calloc(1, sizeof *post);
    *out = NULL;
    if (post == NULL) {
        return VN_NOMEM;
    }
    post->storage = storage;
    post->settings = settings;
    post->log = log;
    vn_arena_init(&post->arena);
    vn_buf_init(&post->packed, VN_BOOK_PACKED_MAX);
    enum vn_status status = vn_terms_create(&post->terms);
    if (status == VN_OK) {
        status = vn_preparer_create(&post->preparer);
    }
    if (status != VN_OK) {
        vn_post_destroy(post);
        return status;
    }
    *out = post;
    return VN_OK;
}

void vn_post_destroy(struct vn_post *post)
{
    if (post == NULL) {
        return;
    }
    if (post->terms != NULL) {
        vn_post_clear(post);
    }
    for (int kind = 0; kind < VN_POST_KINDS; kind++) {
        free(post->maps[kind].slots);
        free(post->wants[kind].rows);
        free(post->dirty[kind].rows);
    }
    struct vn_post_list *lists[] = {&post->saved, &post->movements, &post->quarantined, &post->parsed};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        free(lists[i]->rows);
    }
    vn_buf_deinit(&post->packed);
    vn_terms_destroy(post->terms);
    vn_preparer_destroy(post->preparer);
    vn_post_returns_destroy(post->returns);
    free(post);
}

struct vn_preparer *vn_post_preparer(struct vn_post *post)
{
    return post->preparer;
}

void vn_post_note_store(struct vn_post *post, const char store[VN_ID_MAX])
{
    struct vn_post_news *news = &post->news;
    for (unsigned i = 0; i < news->store_count; i++) {
        if (strcmp(news->stores[i], store) == 0) {
            return;
        }
    }
    if (news->store_count < VN_POST_NEWS_MAX) {
        memcpy(news->stores[news->store_count++], store, sizeof news->stores[0]);
    }
}

void vn_post_take_news(struct vn_post *post, struct vn_post_news *out)
{
    *out = post->news;
    post->news.account_count = 0;
    post->news.store_count = 0;
    post->news.lent = false;
}
