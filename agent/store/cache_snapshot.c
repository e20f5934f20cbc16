/* A generation from a snapshot's file: rows come in the order of their keys, so every table grows at its end. */
#include <string.h>

#include "agent/store/cache_internal.h"
#include "sync/wire/member_row.h"

/* The rows are the size of a receipt; what reads them back is the size of a page. */
struct file_load {
    struct cache_load *load;
    const struct vn_enrolment_id *enrolment;
    struct vn_member member;
    struct vn_coupon coupon;
    struct vn_item item;
};

/* A text with its length before it. */
static bool cut_text(struct vn_view *value, char *out, size_t size)
{
    if (value->len == 0 || value->data[0] >= value->len ||
        vn_view_copy_str(vn_view_of(value->data + 1, value->data[0]), out, size) != VN_OK) {
        return false;
    }
    *value = vn_view_of(value->data + 1 + value->data[0], value->len - 1 - value->data[0]);
    return true;
}

static enum vn_status load_till(struct file_load *file, const struct vn_snapshot_row *row)
{
    int64_t seq = 0;
    if (row->key.len != VN_ID_BYTES || row->value.len != 8 || row->value.data[0] != 0) {
        return VN_INPUT;
    }
    for (size_t i = 0; i < 8; i++) {
        seq = seq << 8 | row->value.data[i];
    }
    if (memcmp(row->key.data, file->enrolment->bytes, VN_ID_BYTES) == 0) {
        file->load->included_seq = seq;
    }
    return seq <= VN_NUMBER_MAX ? VN_OK : VN_INPUT;
}

/* Every row is read once before it is stored: what a look-up can't read would have the whole cache given up. */
static enum vn_status load_card(struct file_load *file, const struct vn_snapshot_row *row)
{
    struct vn_statement *insert = file->load->sql[LOAD_CARD];
    struct vn_view value = row->value;
    char account[VN_ID_MAX];
    if (row->key.len != VN_HASH_SIZE || !cut_text(&value, account, sizeof account) ||
        vn_member_row_read(value, &file->member) != VN_OK || strcmp(file->member.account, account) != 0) {
        return VN_INPUT;
    }
    vn_bind_blob(insert, 1, row->key);
    vn_bind_text(insert, 2, account);
    vn_bind_int(insert, 3, file->load->included_seq);
    vn_bind_blob(insert, 4, value);
    return vn_statement_run(insert);
}

static enum vn_status load_coupon(struct file_load *file, const struct vn_snapshot_row *row)
{
    struct vn_statement *insert = file->load->sql[LOAD_COUPON];
    struct vn_view value = row->value;
    char key[VN_ID_MAX];
    if (row->key.len != VN_HASH_SIZE || !cut_text(&value, key, sizeof key) ||
        vn_coupon_row_read(value, &file->coupon) != VN_OK) {
        return VN_INPUT;
    }
    vn_bind_blob(insert, 1, row->key);
    vn_bind_text(insert, 2, key);
    vn_bind_blob(insert, 3, value);
    return vn_statement_run(insert);
}

static enum vn_status load_item(struct file_load *file, const struct vn_snapshot_row *row)
{
    struct vn_statement *insert = file->load->sql[LOAD_ITEM];
    char code[VN_CODE_MAX];
    if (vn_view_copy_str(row->key, code, sizeof code) != VN_OK ||
        vn_item_row_read(row->value, &file->item) != VN_OK) {
        return VN_INPUT;
    }
    vn_bind_text(insert, 1, code);
    vn_bind_blob(insert, 2, row->value);
    return vn_statement_run(insert);
}

static enum vn_status load_row(struct file_load *file, const struct vn_snapshot_row *row,
                               struct vn_error *error)
{
    switch (row->section) {
    case VN_SNAPSHOT_TILLS: return load_till(file, row);
    case VN_SNAPSHOT_RULES: return cache_load_signed_line(file->load, row->value, error);
    case VN_SNAPSHOT_CARDS: return load_card(file, row);
    case VN_SNAPSHOT_COUPONS: return load_coupon(file, row);
    case VN_SNAPSHOT_ITEMS: return load_item(file, row);
    default: return VN_INPUT;
    }
}

static enum vn_status load_block(struct file_load *file, struct vn_snapshot_reader *reader,
                                 const struct vn_snapshot_block *block, const struct vn_buf *raw,
                                 struct vn_error *error)
{
    struct vn_view rest = vn_buf_view(raw);
    struct vn_snapshot_row row;
    enum vn_status status;
    while ((status = vn_snapshot_next_row(reader, block, &rest, &row)) == VN_OK) {
        status = load_row(file, &row, error);
        if (status != VN_OK) {
            break;
        }
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status cache_load_file(struct cache_load *load, const struct vn_cache_source *source,
                               const struct vn_enrolment_id *enrolment, struct vn_cursor *cursor,
                               int64_t *included_seq, struct vn_error *error)
{
    struct vn_snapshot_reader reader;
    struct vn_snapshot_block block;
    struct file_load file = {.load = load, .enrolment = enrolment};
    struct vn_buf raw;
    vn_buf_init(&raw, VN_FEED_BYTES_MAX + VN_SNAPSHOT_BLOCK_MAX);
    vn_snapshot_reader_init(&reader);
    load->included_seq = 0; /* an enrolment that the file does not know had posted nothing */
    enum vn_status status = cache_load_begin(load);
    while (status == VN_OK && (status = part_block(source->part, &reader, &block, &raw)) == VN_OK) {
        status = load_block(&file, &reader, &block, &raw, error);
        if (source->pause != NULL) {
            source->pause(source->ctx);
        }
    }
    vn_buf_deinit(&raw);
    *included_seq = load->included_seq;
    *cursor = reader.cursor;
    if (status == VN_INPUT) {
        return vn_fail(error, status, "the snapshot has a row that can't be read");
    }
    if (status != VN_ABSENT) {
        return status;
    }
    vn_bind_int(load->sql[LOAD_CURSOR], 1, cursor->epoch);
    vn_bind_int(load->sql[LOAD_CURSOR], 2, cursor->number);
    return vn_statement_run(load->sql[LOAD_CURSOR]);
}
