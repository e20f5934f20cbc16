#include "agent/loyalty/rules/price_table.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/rules/readers.h"
#include "agent/loyalty/rules/schema.h"
#include "agent/loyalty/sort.h"

#define FIRST_ROWS  64
#define FIRST_BYTES 1024
#define ALL_STORES  UINT16_MAX /* sorts behind every group */

/* Minutes since 1970 up to the year 9999 fit 32 bits. */
struct row {
    int64_t price_minor;
    uint32_t code; /* where it starts in `codes` */
    uint32_t from_minute, to_minute;
    uint16_t group;
};

struct vn_price_table {
    char id[VN_ID_MAX];
    uint32_t count, room;
    uint32_t used_bytes, room_bytes;
    struct row *rows; /* by code, store group, and the latest beginning first */
    uint32_t *lines;  /* of the ruleset's text, a row each, until the table is closed; then NULL */
    char *codes;      /* one after another, each with its NUL */
};

static struct vn_price_table *find_or_add(const struct vn_json_in *in, struct vn_ruleset *ruleset,
                                          const char *id)
{
    for (size_t i = ruleset->table_count; i > 0;
         i--) { /* rows of one table come together: the newest first */
        if (strcmp(ruleset->tables[i - 1]->id, id) == 0) {
            return ruleset->tables[i - 1];
        }
    }
    if (ruleset->table_count == VN_PRICE_TABLES_MAX) {
        (void)vn_fail(in->error, VN_FULL, "more than %d price tables", VN_PRICE_TABLES_MAX);
        return NULL;
    }
    struct vn_price_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        vn_read_nomem(in);
        return NULL;
    }
    memcpy(table->id, id, strlen(id) + 1);
    ruleset->tables[ruleset->table_count++] = table;
    return table;
}

/* Room for one more row with a code of `size` bytes; by a quarter each time, so that little is too much. */
static bool grow(struct vn_price_table *table, size_t size)
{
    if (table->count == table->room) {
        uint32_t room = FIRST_ROWS + table->room + table->room / 4;
        struct row *rows = realloc(table->rows, room * sizeof *rows);
        if (rows == NULL) {
            return false;
        }
        table->rows = rows;
        uint32_t *lines = realloc(table->lines, room * sizeof *lines);
        if (lines == NULL) {
            return false;
        }
        table->lines = lines;
        table->room = room;
    }
    if (table->room_bytes - table->used_bytes < size) {
        uint32_t room = FIRST_BYTES + table->room_bytes + table->room_bytes / 4;
        char *codes = realloc(table->codes, room);
        if (codes == NULL) {
            return false;
        }
        table->codes = codes;
        table->room_bytes = room;
    }
    return true;
}

static uint16_t read_store_group(const struct vn_json_in *in, const struct vn_ruleset *ruleset)
{
    char id[VN_TAG_MAX] = "";
    vn_json_str(in, "group", VN_OPTIONAL, id, sizeof id);
    if (vn_json_failed(in) || !vn_json_has(in, "group")) {
        return ALL_STORES;
    }
    uint32_t group = vn_store_group_find(ruleset, id);
    if (group == ruleset->store_group_count) {
        vn_read_unknown(in, "group", "a store group of the header", id);
    }
    return (uint16_t)group;
}

/* A row of a newer engine is skipped, but its table is there, if only without rows: a selector that names it then means
 * less goods, and does not refuse the file. */
static void add_skipped(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    const char *id = json_string_value(json_object_get(in->value, "table"));
    if (in->error->status == VN_UNSUPPORTED && id != NULL && id[0] != '\0' && strlen(id) < VN_ID_MAX) {
        (void)find_or_add(in, ruleset, id);
    }
}

void vn_price_row_read(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    char id[VN_ID_MAX] = "";
    char code[VN_CODE_MAX] = "";
    int64_t from = 0;
    int64_t to = UINT32_MAX;
    struct row row = {0};
    if (!vn_schema_check(&vn_schema_price_row, in)) {
        add_skipped(in, ruleset);
        return;
    }
    vn_json_str(in, "table", VN_REQUIRED, id, sizeof id);
    vn_json_str(in, "code", VN_REQUIRED, code, sizeof code);
    vn_take_int(in, "price_minor", &row.price_minor);
    row.group = read_store_group(in, ruleset);
    vn_local_time_read(in, "from", &from);
    vn_local_time_read(in, "to", &to);
    if (!vn_json_failed(in) && to <= from) {
        vn_json_refuse(in, "to", "the price ends before it begins");
    }
    struct vn_price_table *table = vn_json_failed(in) ? NULL : find_or_add(in, ruleset, id);
    if (table == NULL) {
        return;
    }
    size_t size = strlen(code) + 1;
    if (table->count == VN_PRICE_ROWS_MAX) {
        (void)vn_fail(in->error, VN_FULL, "price table %s has more than %d rows", id, VN_PRICE_ROWS_MAX);
        return;
    }
    if (!grow(table, size)) {
        vn_read_nomem(in);
        return;
    }
    row.from_minute = (uint32_t)from;
    row.to_minute = (uint32_t)to;
    row.code = table->used_bytes;
    memcpy(table->codes + table->used_bytes, code, size);
    table->used_bytes += (uint32_t)size;
    table->lines[table->count] = ruleset->line;
    table->rows[table->count++] = row;
}

static int row_order(const struct vn_price_table *table, const struct row *left, const struct row *right)
{
    int order = strcmp(table->codes + left->code, table->codes + right->code);
    if (order == 0 && left->group != right->group) {
        order = left->group < right->group ? -1 : 1;
    }
    if (order == 0 && left->from_minute != right->from_minute) {
        order = left->from_minute > right->from_minute ? -1 : 1;
    }
    return order;
}

static bool row_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_price_table *table = ctx;
    return row_order(table, &table->rows[a], &table->rows[b]) < 0;
}

/* rows[i] becomes what rows[order[i]] was, cycle by cycle; `order` is used up. */
static void permute(struct row *rows, uint16_t *order, size_t count)
{
    for (size_t start = 0; start < count; start++) {
        struct row first = rows[start];
        size_t to = start;
        for (size_t from = order[to]; from != start; from = order[to]) {
            rows[to] = rows[from];
            order[to] = (uint16_t)to;
            to = from;
        }
        rows[to] = first;
        order[to] = (uint16_t)to;
    }
}

/* Gives back the room that is not used; if that can't be, it stays. */
static void trim(struct vn_price_table *table)
{
    struct row *rows = realloc(table->rows, table->count * sizeof *rows);
    char *codes = realloc(table->codes, table->used_bytes);
    table->rows = rows == NULL ? table->rows : rows;
    table->codes = codes == NULL ? table->codes : codes;
    table->room = table->count;
    table->room_bytes = table->used_bytes;
}

/* No two rows may say the same with another price; `order` sorts them. Blames the later line. */
static enum vn_status check_rows(const struct vn_price_table *table, const uint16_t *order,
                                 struct vn_error *error)
{
    for (uint32_t i = 1; i < table->count; i++) {
        uint32_t first = table->lines[order[i - 1]];
        uint32_t second = table->lines[order[i]];
        if (row_order(table, &table->rows[order[i - 1]], &table->rows[order[i]]) == 0) {
            (void)vn_fail(
                error, VN_INPUT,
                "line %u: price table %s has two rows of the code %s for the same stores and beginning, "
                "the other in line %u",
                (unsigned)(first > second ? first : second), table->id,
                table->codes + table->rows[order[i]].code, (unsigned)(first > second ? second : first));
            memcpy(error->pointer, "/code", sizeof "/code");
            return VN_INPUT;
        }
    }
    return VN_OK;
}

static enum vn_status close_table(struct vn_price_table *table, struct vn_error *error)
{
    if (table->count == 0) {
        return VN_OK;
    }
    trim(table);
    uint16_t *order = calloc(table->count, sizeof *order);
    if (order == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    for (uint32_t i = 0; i < table->count; i++) {
        order[i] = (uint16_t)i;
    }
    vn_sort_order(order, table->count, row_before, table);
    enum vn_status status = check_rows(table, order, error);
    permute(table->rows, order, table->count);
    free(order);
    free(table->lines);
    table->lines = NULL;
    return status;
}

/* They are few: by insertion. */
static void sort_tables(struct vn_ruleset *ruleset)
{
    for (size_t i = 1; i < ruleset->table_count; i++) {
        struct vn_price_table *table = ruleset->tables[i];
        size_t at = i;
        for (; at > 0 && strcmp(ruleset->tables[at - 1]->id, table->id) > 0; at--) {
            ruleset->tables[at] = ruleset->tables[at - 1];
        }
        ruleset->tables[at] = table;
    }
}

enum vn_status vn_price_tables_close(struct vn_ruleset *ruleset, struct vn_error *error)
{
    sort_tables(ruleset);
    for (size_t i = 0; i < ruleset->table_count; i++) {
        enum vn_status status = close_table(ruleset->tables[i], error);
        if (status != VN_OK) {
            return status;
        }
    }
    return VN_OK;
}

const struct vn_price_table *vn_price_table_named(const struct vn_ruleset *ruleset, const char *id)
{
    for (size_t i = 0; i < ruleset->table_count; i++) {
        if (strcmp(ruleset->tables[i]->id, id) == 0) {
            return ruleset->tables[i];
        }
    }
    return NULL;
}

void vn_price_tables_destroy(struct vn_ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->table_count; i++) {
        free(ruleset->tables[i]->rows);
        free(ruleset->tables[i]->lines);
        free(ruleset->tables[i]->codes);
        free(ruleset->tables[i]);
    }
    ruleset->table_count = 0;
}

size_t vn_price_table_size_bytes(const struct vn_price_table *table)
{
    return sizeof *table + table->room * sizeof *table->rows + table->room_bytes;
}

uint32_t vn_price_table_rows(const struct vn_price_table *table)
{
    return table->count;
}

const char *vn_price_table_code(const struct vn_price_table *table, uint32_t at)
{
    return at < table->count ? table->codes + table->rows[at].code : NULL;
}

/* The first row of the code, or `count`. */
static uint32_t first_row(const struct vn_price_table *table, const char *code)
{
    uint32_t low = 0;
    uint32_t high = table->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(table->codes + table->rows[middle].code, code) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool vn_price_table_lowest(const struct vn_price_table *table, const char *code, int64_t *price_minor)
{
    bool found = false;
    for (uint32_t i = first_row(table, code);
         i < table->count && strcmp(table->codes + table->rows[i].code, code) == 0; i++) {
        *price_minor =
            !found || table->rows[i].price_minor < *price_minor ? table->rows[i].price_minor : *price_minor;
        found = true;
    }
    return found;
}

static bool row_fits(const struct row *row, uint64_t groups, int64_t local_minute)
{
    bool here = row->group == ALL_STORES || ((groups >> row->group) & 1U) != 0;
    return here && local_minute >= row->from_minute && local_minute < row->to_minute;
}

static bool is_narrower(const struct row *row, const struct row *than)
{
    bool for_all = row->group == ALL_STORES;
    if (for_all != (than->group == ALL_STORES)) {
        return !for_all;
    }
    if (row->from_minute != than->from_minute) {
        return row->from_minute > than->from_minute;
    }
    return row->price_minor < than->price_minor;
}

bool vn_price_table_find(const struct vn_price_table *table, const char *code, uint64_t groups,
                         int64_t local_minute, int64_t *price_minor)
{
    const struct row *best = NULL;
    for (uint32_t i = first_row(table, code); i < table->count; i++) {
        const struct row *row = &table->rows[i];
        if (strcmp(table->codes + row->code, code) != 0) {
            break;
        }
        if (row_fits(row, groups, local_minute) && (best == NULL || is_narrower(row, best))) {
            best = row;
        }
    }
    if (best != NULL) {
        *price_minor = best->price_minor;
    }
    return best != NULL;
}
