#include "sync/hub/fleet_table.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64 /* a power of two */

struct row {
    struct vn_fleet_seen seen;
    char serial[VN_SERIAL_TEXT_MAX];
};

/* Two indexes over one array, with open addressing: a slot has the row's place in `rows` plus 1, 0 when it is empty.
 * Enrolments never go, so neither does a slot. */
struct vn_fleet_table {
    struct row *rows;
    size_t count, room;
    uint32_t *by_id, *by_serial;
    size_t slots; /* of each index; at least twice `room` */
};

static size_t hash_bytes(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint64_t hash =
        UINT64_C(0xcbf29ce484222325); /* FNV-1a: ids and serials are drawn by us, nobody can aim */
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
           memcmp(table->rows[table->by_id[at] - 1].seen.enrolment.bytes, id->bytes, VN_ID_BYTES) != 0) {
        at = (at + 1) & (table->slots - 1);
    }
    return &table->by_id[at];
}

static uint32_t *slot_of_serial(const struct vn_fleet_table *table, const char *serial)
{
    size_t at = hash_bytes(serial, strlen(serial)) & (table->slots - 1);
    while (table->by_serial[at] != 0 && strcmp(table->rows[table->by_serial[at] - 1].serial, serial) != 0) {
        at = (at + 1) & (table->slots - 1);
    }
    return &table->by_serial[at];
}

static void index_row(struct vn_fleet_table *table, size_t place)
{
    *slot_of_id(table, &table->rows[place].seen.enrolment) = (uint32_t)place + 1;
    *slot_of_serial(table, table->rows[place].serial) = (uint32_t)place + 1;
}

static enum vn_status grow(struct vn_fleet_table *table)
{
    size_t room = table->room == 0 ? FIRST_SLOTS / 2 : 2 * table->room;
    struct row *rows = realloc(table->rows, room * sizeof *rows);
    if (rows == NULL) {
        return VN_NOMEM;
    }
    table->rows = rows;
    uint32_t *by_id = calloc(2 * room, sizeof *by_id);
    uint32_t *by_serial = calloc(2 * room, sizeof *by_serial);
    if (by_id == NULL || by_serial == NULL) {
        free(by_id);
        free(by_serial);
        return VN_NOMEM;
    }
    free(table->by_id);
    free(table->by_serial);
    table->by_id = by_id;
    table->by_serial = by_serial;
    table->room = room;
    table->slots = 2 * room;
    for (size_t i = 0; i < table->count; i++) {
        index_row(table, i);
    }
    return VN_OK;
}

enum vn_status vn_fleet_table_put(struct vn_fleet_table *table, const struct vn_enrolment_row *row)
{
    struct vn_fleet_seen *seen = vn_fleet_table_find(table, &row->enrolment);
    if (seen == NULL) {
        if (table->count == table->room && grow(table) != VN_OK) {
            return VN_NOMEM;
        }
        struct row *fresh = &table->rows[table->count];
        memset(fresh, 0, sizeof *fresh);
        fresh->seen.id = row->id;
        fresh->seen.enrolment = row->enrolment;
        memcpy(fresh->seen.till, row->till, sizeof fresh->seen.till);
        memcpy(fresh->serial, row->serial, sizeof fresh->serial);
        index_row(table, table->count++);
        seen = &fresh->seen;
    }
    seen->state = row->state;
    seen->high_seq = row->high_seq;
    seen->head = row->head;
    return VN_OK;
}

void vn_fleet_table_revoke(struct vn_fleet_table *table, const char *till)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].seen.till, till) == 0) {
            table->rows[i].seen.state = VN_ENROLMENT_REVOKED;
        }
    }
}

void vn_fleet_table_boot(struct vn_fleet_seen *seen, int64_t seq, const uint8_t boot[VN_ID_BYTES])
{
    seen->boot_seq = seq;
    memcpy(seen->boot, boot, sizeof seen->boot);
}

static enum vn_status load_row(void *ctx, const struct vn_enrolment_row *row, const char *report,
                               int64_t report_ms)
{
    (void)report;
    (void)report_ms;
    return vn_fleet_table_put(ctx, row);
}

static int by_number(const void *a, const void *b)
{
    const struct row *left = a;
    const struct row *right = b;
    return left->seen.id < right->seen.id ? -1 : left->seen.id > right->seen.id;
}

enum vn_status vn_fleet_table_create(struct vn_storage *storage, struct vn_fleet_table **out)
{
    *out = NULL;
    struct vn_fleet_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = grow(table);
    if (status == VN_OK) {
        status = vn_storage_enrolments(storage, load_row, table);
    }
    if (status == VN_OK && table->count > 0) {
        qsort(table->rows, table->count, sizeof *table->rows, by_number);
        memset(table->by_id, 0, table->slots * sizeof *table->by_id);
        memset(table->by_serial, 0, table->slots * sizeof *table->by_serial);
    }
    for (size_t i = 0; i < table->count && status == VN_OK; i++) {
        struct vn_fleet_seen *seen = &table->rows[i].seen;
        index_row(table, i);
        status = vn_storage_boot_last(storage, seen->id, &seen->boot_seq, seen->boot);
        status = status == VN_ABSENT ? VN_OK : status;
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
    free(table->by_serial);
    free(table);
}

struct vn_fleet_seen *vn_fleet_table_find(const struct vn_fleet_table *table,
                                          const struct vn_enrolment_id *id)
{
    uint32_t place = *slot_of_id(table, id);
    return place == 0 ? NULL : &table->rows[place - 1].seen;
}

struct vn_fleet_seen *vn_fleet_table_by_name(const struct vn_fleet_table *table, const char *common_name)
{
    struct vn_enrolment_id id;
    return vn_hex_decode(vn_view_str(common_name), id.bytes, sizeof id.bytes) == VN_OK
               ? vn_fleet_table_find(table, &id)
               : NULL;
}

const struct vn_fleet_seen *vn_fleet_table_by_serial(const struct vn_fleet_table *table, const char *serial)
{
    uint32_t place = *slot_of_serial(table, serial);
    return place == 0 ? NULL : &table->rows[place - 1].seen;
}

size_t vn_fleet_table_count(const struct vn_fleet_table *table)
{
    return table->count;
}

struct vn_fleet_seen *vn_fleet_table_at(const struct vn_fleet_table *table, size_t index)
{
    return &table->rows[index].seen;
}

bool vn_fleet_seen_fits(const struct vn_fleet_seen *seen, const struct vn_stamp *stamp)
{
    bool same_head = stamp->head_seq > seen->high_seq ||
                     memcmp(stamp->head_hash.bytes, seen->head.bytes, sizeof seen->head.bytes) == 0;
    return stamp->head_seq >= seen->high_seq && same_head && seen->boot_seq > 0 &&
           memcmp(stamp->boot, seen->boot, sizeof seen->boot) == 0;
}
