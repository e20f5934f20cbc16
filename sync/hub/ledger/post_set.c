/* The working set: rows by key, what is wanted, what was touched, and how it is put back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/post_work.h"

#define MAP_FIRST 256

/* --- lists and maps */

enum vn_status vn_post_list_add(struct vn_post_list *list, size_t size, void **out)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 64 : 2 * list->cap;
        void *rows = realloc(list->rows, cap * size);
        if (rows == NULL) {
            *out = NULL;
            return VN_NOMEM;
        }
        list->rows = rows;
        list->cap = cap;
    }
    *out = (char *)list->rows + list->count++ * size;
    return VN_OK;
}

static enum vn_status list_pointer(struct vn_post_list *list, void *pointer)
{
    void *place = NULL;
    enum vn_status status = vn_post_list_add(list, sizeof pointer, &place);
    if (status == VN_OK) {
        memcpy(place, &pointer, sizeof pointer);
    }
    return status;
}

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

static uint64_t hash_ints(const int64_t *values, size_t count)
{
    return hash_bytes(HASH_START, values, count * sizeof *values);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}

static void put(struct vn_post_slot *slots, size_t cap, uint64_t hash, void *item)
{
    size_t at = (size_t)hash & (cap - 1);
    while (slots[at].item != NULL) {
        at = (at + 1) & (cap - 1);
    }
    slots[at] = (struct vn_post_slot){hash, item};
}

static enum vn_status grow(struct vn_post_map *map)
{
    size_t cap = map->cap == 0 ? MAP_FIRST : 2 * map->cap;
    struct vn_post_slot *slots = calloc(cap, sizeof *slots);
    if (slots == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < map->cap; i++) {
        if (map->slots[i].item != NULL) {
            put(slots, cap, map->slots[i].hash, map->slots[i].item);
        }
    }
    free(map->slots);
    map->slots = slots;
    map->cap = cap;
    return VN_OK;
}

typedef bool (*is_same)(const void *item, const void *key);

static void *find(const struct vn_post_map *map, uint64_t hash, is_same same, const void *key)
{
    for (size_t at = (size_t)hash & (map->cap - 1); map->cap > 0 && map->slots[at].item != NULL;
         at = (at + 1) & (map->cap - 1)) {
        if (map->slots[at].hash == hash && same(map->slots[at].item, key)) {
            return map->slots[at].item;
        }
    }
    return NULL;
}

/* The row of the key; a new one, empty, `size` bytes, is wanted. */
static enum vn_status look_up(struct vn_post *post, enum vn_post_kind kind, uint64_t hash, is_same same,
                              const void *key, size_t size, void **out, bool *fresh)
{
    struct vn_post_map *map = &post->maps[kind];
    *fresh = false;
    *out = find(map, hash, same, key);
    if (*out != NULL) {
        return VN_OK;
    }
    enum vn_status status = map->count * 2 >= map->cap ? grow(map) : VN_OK;
    if (status == VN_OK && (*out = vn_arena_take(&post->arena, size)) == NULL) {
        status = VN_NOMEM;
    }
    if (status == VN_OK) {
        put(map->slots, map->cap, hash, *out);
        map->count++;
        *fresh = true;
        status = list_pointer(&post->wants[kind], *out);
    }
    return status;
}

static enum vn_status loaded(const struct vn_post_head *head)
{
    return head->loaded ? VN_OK : VN_AGAIN;
}

/* --- rows */

static bool same_account(const void *item, const void *key)
{
    return ((const struct vn_post_account *)item)->row.id == *(const int64_t *)key;
}

enum vn_status vn_post_account(struct vn_post *post, int64_t id, struct vn_post_account **out)
{
    void *row = NULL;
    bool fresh = false;
    enum vn_status status =
        look_up(post, VN_POST_ACCOUNTS, hash_ints(&id, 1), same_account, &id, sizeof **out, &row, &fresh);
    *out = row;
    if (status != VN_OK) {
        return status;
    }
    if (fresh) {
        (*out)->row.id = id;
        (void)vn_account_text(id, (*out)->text);
    }
    return loaded(&(*out)->head);
}

static bool same_name(const void *item, const void *key)
{
    return strcmp(((const struct vn_post_name *)item)->text, key) == 0;
}

static enum vn_status find_name(struct vn_post *post, const char *text, struct vn_post_name **out)
{
    void *row = NULL;
    bool fresh = false;
    enum vn_status status = look_up(post, VN_POST_NAMES, hash_text(HASH_START, text), same_name, text,
                                    sizeof **out, &row, &fresh);
    *out = row;
    if (status == VN_OK && fresh) {
        (*out)->text = vn_arena_text(&post->arena, text);
        status = (*out)->text == NULL ? VN_NOMEM : VN_OK;
    }
    return status == VN_OK ? loaded(&(*out)->head) : status;
}

enum vn_status vn_post_account_id(struct vn_post *post, const char *text, int64_t *id)
{
    struct vn_post_name *name = NULL;
    *id = 0;
    if (vn_account_id(text, id)) {
        return VN_OK;
    }
    enum vn_status status = find_name(post, text, &name);
    if (status == VN_OK) {
        *id = name->id;
    }
    return status == VN_OK && *id == 0 ? VN_ABSENT : status;
}

static bool same_claim(const void *item, const void *key)
{
    const struct vn_post_claim *claim = item;
    const struct vn_claim_key *wanted = key;
    return claim->row.enrolment == wanted->enrolment && claim->row.account == wanted->account;
}

enum vn_status vn_post_claim(struct vn_post *post, int64_t enrolment, int64_t account,
                             struct vn_post_claim **out)
{
    const struct vn_claim_key key = {enrolment, account};
    const int64_t ints[] = {enrolment, account};
    void *row = NULL;
    bool fresh = false;
    enum vn_status status =
        look_up(post, VN_POST_CLAIMS, hash_ints(ints, 2), same_claim, &key, sizeof **out, &row, &fresh);
    *out = row;
    if (status == VN_OK && fresh) {
        (*out)->row.enrolment = enrolment;
        (*out)->row.account = account;
    }
    return status == VN_OK ? loaded(&(*out)->head) : status;
}

static bool same_sale(const void *item, const void *key)
{
    const struct vn_post_sale *sale = item;
    const struct vn_sale_at *wanted = key;
    return strcmp(sale->row.till, wanted->till) == 0 && vn_sale_key_equal(&sale->row.key, &wanted->key);
}

enum vn_status vn_post_sale(struct vn_post *post, const char *till, const struct vn_sale_key *key,
                            struct vn_post_sale **out)
{
    struct vn_sale_at at = {.key = *key};
    void *row = NULL;
    bool fresh = false;
    uint64_t hash =
        hash_text(hash_text(hash_text(hash_text(HASH_START, till), key->pos), key->date), key->receipt);
    enum vn_status status = vn_view_copy_str(vn_view_str(till), at.till, sizeof at.till);
    if (status == VN_OK) {
        status = look_up(post, VN_POST_SALES, hash, same_sale, &at, sizeof **out, &row, &fresh);
    }
    *out = row;
    if (status == VN_OK && fresh) {
        (*out)->row.key = *key;
        memcpy((*out)->row.till, at.till, sizeof at.till);
    }
    return status == VN_OK ? loaded(&(*out)->head) : status;
}

struct transfer_key {
    const char *number;
    int64_t lender;
};

static bool same_transfer(const void *item, const void *key)
{
    const struct vn_post_transfer *transfer = item;
    const struct transfer_key *wanted = key;
    return transfer->row.lender == wanted->lender && strcmp(transfer->row.number, wanted->number) == 0;
}

enum vn_status vn_post_transfer(struct vn_post *post, const char *number, int64_t lender,
                                struct vn_post_transfer **out)
{
    const struct transfer_key key = {number, lender};
    void *row = NULL;
    bool fresh = false;
    enum vn_status status = look_up(post, VN_POST_TRANSFERS, hash_text(hash_ints(&lender, 1), number),
                                    same_transfer, &key, sizeof **out, &row, &fresh);
    *out = row;
    if (status == VN_OK && fresh) {
        (*out)->row.lender = lender;
        status = vn_view_copy_str(vn_view_str(number), (*out)->row.number, sizeof(*out)->row.number);
    }
    return status == VN_OK ? loaded(&(*out)->head) : status;
}

static bool same_fact(const void *item, const void *key)
{
    const struct vn_post_fact *fact = item;
    const struct vn_post_fact *wanted = key;
    return fact->kind == wanted->kind && fact->a == wanted->a && fact->b == wanted->b &&
           fact->c == wanted->c && vn_view_equal(fact->key, wanted->key);
}

enum vn_status vn_post_fact(struct vn_post *post, const struct vn_post_fact *want,
                            const struct vn_post_fact **out)
{
    const int64_t ints[] = {(int64_t)want->kind, want->a, want->b, want->c};
    void *row = NULL;
    bool fresh = false;
    uint64_t hash = hash_bytes(hash_ints(ints, 4), want->key.data, want->key.len);
    enum vn_status status = look_up(post, VN_POST_FACTS, hash, same_fact, want, sizeof **out, &row, &fresh);
    struct vn_post_fact *fact = row;
    *out = fact;
    if (status == VN_OK && fresh) {
        fact->kind = want->kind;
        fact->a = want->a;
        fact->b = want->b;
        fact->c = want->c;
        status = vn_post_keep(post, want->key, &fact->key);
    }
    return status == VN_OK ? loaded(&fact->head) : status;
}

enum vn_status vn_post_keep(struct vn_post *post, struct vn_view bytes, struct vn_view *out)
{
    *out = VN_VIEW_NONE;
    if (bytes.len == 0) {
        return VN_OK;
    }
    void *copy = vn_arena_take(&post->arena, bytes.len);
    if (copy == NULL) {
        return VN_NOMEM;
    }
    memcpy(copy, bytes.data, bytes.len);
    *out = vn_view_of(copy, bytes.len);
    return VN_OK;
}

/* --- turns */

static enum vn_status touch(struct vn_post *post, enum vn_post_kind kind, struct vn_post_head *row,
                            size_t size)
{
    void *place = NULL;
    if (row->turn == post->turn) {
        return VN_OK;
    }
    enum vn_status status = vn_post_list_add(&post->saved, sizeof(struct vn_post_saved), &place);
    struct vn_post_saved *saved = place;
    if (status == VN_OK) {
        *saved = (struct vn_post_saved){row, vn_arena_take(&post->arena, size), size};
        status = saved->copy == NULL ? VN_NOMEM : VN_OK;
    }
    if (status == VN_OK) {
        memcpy(saved->copy, row, size);
        if (!row->dirty) {
            status = list_pointer(&post->dirty[kind], row);
        }
    }
    row->turn = post->turn;
    row->dirty = true;
    return status;
}

enum vn_status vn_post_touch_account(struct vn_post *post, struct vn_post_account *row)
{
    enum vn_account_kind kind = vn_account_kind(row->row.id);
    enum vn_status status = touch(post, VN_POST_ACCOUNTS, &row->head, sizeof *row);
    if (!row->there && (kind == VN_ACCOUNT_MEMBER || kind == VN_ACCOUNT_COUPON)) {
        row->row.closed = true; /* an entry in quarantine names it: that makes nobody known */
    }
    return status;
}

enum vn_status vn_post_touch_claim(struct vn_post *post, struct vn_post_claim *row)
{
    return touch(post, VN_POST_CLAIMS, &row->head, sizeof *row);
}

enum vn_status vn_post_touch_sale(struct vn_post *post, struct vn_post_sale *row)
{
    return touch(post, VN_POST_SALES, &row->head, sizeof *row);
}

enum vn_status vn_post_touch_transfer(struct vn_post *post, struct vn_post_transfer *row)
{
    return touch(post, VN_POST_TRANSFERS, &row->head, sizeof *row);
}

enum vn_status vn_post_open_name(struct vn_post *post, const char *text, int64_t *id)
{
    struct vn_post_name *name = NULL;
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account_id(post, text, id);
    if (status != VN_ABSENT) {
        return status;
    }
    status = find_name(post, text, &name);
    if (status == VN_OK && name->number == 0) {
        status = vn_storage_next_name(post->storage, &name->number);
    }
    if (status == VN_OK) {
        status = touch(post, VN_POST_NAMES, &name->head, sizeof *name);
    }
    if (status != VN_OK) {
        return status;
    }
    *id = name->id = vn_account_of_name(name->number);
    status = vn_post_account(post, *id, &account);
    if (status == VN_AGAIN) { /* a number that was never given before has no row */
        account->head.loaded = true;
        status = VN_OK;
    }
    if (status == VN_OK) {
        (void)snprintf(account->text, sizeof account->text, "%s", text);
    }
    return status;
}

const char *vn_post_called(const struct vn_post *post, const struct vn_post_account *account)
{
    const struct vn_post_map *names = &post->maps[VN_POST_NAMES];
    const char *text = account->text;
    for (size_t i = 0; i < names->cap && text[0] == '\0'; i++) {
        const struct vn_post_name *name = names->slots[i].item;
        text = name != NULL && name->id == account->row.id ? name->text : text;
    }
    return text[0] == '\0' ? "an account of the ledger" : strncmp(text, "card:", 5) == 0 ? "a card" : text;
}

void vn_post_begin(struct vn_post *post)
{
    post->turn++;
    post->saved.count = 0;
    post->mark = post->movements.count;
}

/* Rows go back as they were, and stay in the list of what is to be stored only if an earlier entry had touched them. */
void vn_post_undo(struct vn_post *post)
{
    struct vn_post_saved *saved = post->saved.rows;
    for (size_t i = post->saved.count; i-- > 0;) {
        memcpy(saved[i].at, saved[i].copy, saved[i].size);
    }
    for (int kind = 0; kind < VN_POST_KINDS; kind++) {
        struct vn_post_list *list = &post->dirty[kind];
        while (list->count > 0 && !(*((struct vn_post_head **)list->rows + list->count - 1))->dirty) {
            list->count--;
        }
    }
    post->saved.count = 0;
    post->movements.count = post->mark;
    post->turn++;
}
