#include "sync/hub/fleet/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64 /* a power of two */

/* An index over an array, with open addressing: a slot has the row's place in `rows` plus 1, 0 when it is empty.
 * Enrolments never go, so neither does a slot. */
struct vn_fleet_table {
    struct vn_fleet_seen *rows;
    size_t count, room;
    uint32_t *by_id;
    size_t slots; /* at least twice `room` */
};

static size_t hash_bytes(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a: ids are drawn by us, nobody can aim */
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return (size_t)(hash ^ hash >> 32);
}

/* The slot of the row that has this id, or the empty one where it belongs. */
static uint32_t *slot_of_id(const struct vn_fleet_table *table, const struct vn_enrolment_id *id)
{
    size_t at = hash_bytes(id->bytes, sizeof id->bytes) & (table->slots - 1);
    while (table->by_id[at] != 0 &&
           memcmp(table->rows[table->by_id[at] - 1].enrolment.bytes, id->bytes, VN_ID_BYTES) != 0) {
        at = (at + 1) & (table->slots - 1);
    }
    return &table->by_id[at];
}

static void index_row(struct vn_fleet_table *table, size_t place)
{
    *slot_of_id(table, &table->rows[place].enrolment) = (uint32_t)place + 1;
}

static enum vn_status grow(struct vn_fleet_table *table)
{
    size_t room = table->room == 0 ? FIRST_SLOTS / 2 : 2 * table->room;
    struct vn_fleet_seen *rows = realloc(table->rows, room * sizeof *rows);
    if (rows == NULL) {
        return VN_NOMEM;
    }
    table->rows = rows;
    uint32_t *by_id = calloc(2 * room, sizeof *by_id);
    if (by_id == NULL) {
        return VN_NOMEM;
    }
    free(table->by_id);
    table->by_id = by_id;
    table->room = room;
    table->slots = 2 * room;
    for (size_t i = 0; i < table->count; i++) {
        index_row(table, i);
    }
    return VN_OK;
}

static void put_mark(struct vn_fleet_seen *seen, int64_t seq, int64_t mono_ms)
{
    memmove(&seen->marks[0], &seen->marks[1], sizeof seen->marks - sizeof seen->marks[0]);
    seen->marks[VN_FLEET_MARKS - 1] = (struct vn_fleet_mark){seq, mono_ms};
}

void vn_fleet_seen_took(struct vn_fleet_seen *seen, const struct vn_enrolment_row *row, int64_t mono_ms)
{
    if (row->high_seq > seen->high_seq) {
        seen->high_seq = row->high_seq;
        seen->head = row->head;
    }
    int64_t has = row->shown_seq > row->high_seq ? row->shown_seq : row->high_seq;
    if (has > seen->marks[VN_FLEET_MARKS - 1].seq) {
        put_mark(seen, has, mono_ms);
    }
}

enum vn_status vn_fleet_table_put(struct vn_fleet_table *table, const struct vn_enrolment_row *row,
                                  int64_t mono_ms)
{
    struct vn_fleet_seen *seen = vn_fleet_table_find(table, &row->enrolment);
    if (seen == NULL) {
        if (table->count == table->room && grow(table) != VN_OK) {
            return VN_NOMEM;
        }
        assert(table->rows != NULL); /* it was made with room for some */
        seen = &table->rows[table->count];
        /* The head is where its chain starts, until there is more. */
        *seen = (struct vn_fleet_seen){.id = row->id, .enrolment = row->enrolment, .head = row->head};
        memcpy(seen->till, row->till, sizeof seen->till);
        index_row(table, table->count++);
    }
    seen->state = row->state;
    vn_fleet_seen_took(seen, row, mono_ms);
    return VN_OK;
}

static void revoke(struct vn_fleet_seen *seen)
{
    seen->state = seen->state == VN_ENROLMENT_HANDED_IN ? seen->state : VN_ENROLMENT_REVOKED;
}

void vn_fleet_table_revoke(struct vn_fleet_table *table, const char *word)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].till, word) == 0) {
            revoke(&table->rows[i]);
        }
    }
    struct vn_fleet_seen *one = vn_fleet_table_by_name(table, word);
    if (one != NULL) {
        revoke(one);
    }
}

void vn_fleet_table_boot(struct vn_fleet_seen *seen, int64_t seq, const uint8_t boot[VN_ID_BYTES])
{
    seen->boot_seq = seq;
    memcpy(seen->boot, boot, sizeof seen->boot);
}

struct loading {
    struct vn_fleet_table *table;
    int64_t mono_ms;
    size_t at; /* boots: of the row where the walk is */
};

static enum vn_status load_row(void *ctx, const struct vn_enrolment_row *row, const char *report,
                               int64_t report_ms)
{
    const struct loading *loading = ctx;
    (void)report;
    (void)report_ms;
    return vn_fleet_table_put(loading->table, row, loading->mono_ms);
}

/* Rows and boots are in the same order. A row that is not there was enrolled since the rows were read. */
static enum vn_status load_boot(void *ctx, int64_t enrolment, int64_t seq, const uint8_t boot[VN_ID_BYTES])
{
    struct loading *loading = ctx;
    struct vn_fleet_table *table = loading->table;
    while (loading->at < table->count && table->rows[loading->at].id < enrolment) {
        loading->at++;
    }
    if (loading->at < table->count && table->rows[loading->at].id == enrolment) {
        vn_fleet_table_boot(&table->rows[loading->at], seq, boot);
    }
    return VN_OK;
}

static int by_number(const void *a, const void *b)
{
    const struct vn_fleet_seen *left = a;
    const struct vn_fleet_seen *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

enum vn_status vn_fleet_table_create(struct vn_storage *storage, int64_t mono_ms, struct vn_fleet_table **out)
{
    *out = NULL;
    struct vn_fleet_table *table = calloc(1, sizeof *table);
    struct loading loading = {table, mono_ms, 0};
    if (table == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = grow(table);
    if (status == VN_OK) {
        status = vn_storage_enrolments(storage, load_row, &loading);
    }
    if (status == VN_OK && table->count > 0) {
        qsort(table->rows, table->count, sizeof *table->rows, by_number);
        memset(table->by_id, 0, table->slots * sizeof *table->by_id);
    }
    for (size_t i = 0; i < table->count && status == VN_OK; i++) {
        index_row(table, i);
    }
    if (status == VN_OK) {
        status = vn_storage_boots_last(storage, load_boot, &loading);
    }
    if (status != VN_OK) {
        vn_fleet_table_destroy(table);
        return status;
    }
    *out = table;
    return VN_OK;
}

void vn_fleet_table_destroy(struct vn_fleet_table *table)
{
    if (table == NULL) {
        return;
    }
    free(table->rows);
    free(table->by_id);
    free(table);
}

struct vn_fleet_seen *vn_fleet_table_find(const struct vn_fleet_table *table,
                                          const struct vn_enrolment_id *id)
{
    uint32_t place = *slot_of_id(table, id);
    return place == 0 ? NULL : &table->rows[place - 1];
}

struct vn_fleet_seen *vn_fleet_table_by_name(const struct vn_fleet_table *table, const char *common_name)
{
    struct vn_enrolment_id id;
    return vn_hex_decode(vn_view_str(common_name), id.bytes, sizeof id.bytes) == VN_OK
               ? vn_fleet_table_find(table, &id)
               : NULL;
}

size_t vn_fleet_table_count(const struct vn_fleet_table *table)
{
    return table->count;
}

struct vn_fleet_seen *vn_fleet_table_at(const struct vn_fleet_table *table, size_t index)
{
    return &table->rows[index];
}

bool vn_fleet_seen_fits(const struct vn_fleet_seen *seen, const struct vn_stamp *stamp)
{
    bool same_head = stamp->head_seq > seen->high_seq ||
                     memcmp(stamp->head_hash.bytes, seen->head.bytes, sizeof seen->head.bytes) == 0;
    return stamp->head_seq >= seen->high_seq && same_head && seen->boot_seq > 0 &&
           memcmp(stamp->boot, seen->boot, sizeof seen->boot) == 0;
}

int64_t vn_fleet_seen_least(const struct vn_fleet_seen *seen, int64_t opened_ms)
{
    for (size_t i = VN_FLEET_MARKS; i > 0; i--) {
        /* Not in the same millisecond: the order within it is not known. */
        if (seen->marks[i - 1].known_ms < opened_ms) {
            return seen->marks[i - 1].seq;
        }
    }
    return 0;
}
