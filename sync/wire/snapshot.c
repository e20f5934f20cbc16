/* Snapshots: rows into blocks, blocks back into rows.
 *
 * A reader trusts nothing: lengths are held against limits before anything is allocated, a block is inflated into exactly
 * the room that its head announced, and a key that does not rise ends the reading. */
#include "sync/wire/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "agent/crypto/hash.h"

#define SCHEMA         1
#define ROW_HEAD_BYTES 5
#define HASHED_BYTES   16 /* of a block's head: what stands before its hash */
#define LEVEL          1

static const char magic[4] = {'V', 'N', 'S', '1'};

struct vn_snapshot_writer {
    vn_snapshot_write write;
    void *ctx;
    struct vn_hash chain;
    enum vn_snapshot_section section;
    uint32_t rows;
    struct vn_buf raw, packed;
    uint8_t last_key[VN_SNAPSHOT_KEY_MAX];
    size_t last_key_len;
};

static void put32(uint32_t value, uint8_t *out)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t get32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put64(int64_t value, uint8_t *out)
{
    put32((uint32_t)((uint64_t)value >> 32), out);
    put32((uint32_t)(uint64_t)value, out + 4);
}

static int64_t get64(const uint8_t *bytes)
{
    return (int64_t)((uint64_t)get32(bytes) << 32 | get32(bytes + 4));
}

/* The largest row of a section, its head included. */
static size_t row_max(enum vn_snapshot_section section)
{
    return ROW_HEAD_BYTES + VN_SNAPSHOT_KEY_MAX +
           (size_t)(section == VN_SNAPSHOT_RULES ? VN_FEED_BYTES_MAX : VN_SNAPSHOT_ROW_MAX);
}

static bool rises(const uint8_t *last, size_t last_len, struct vn_view key)
{
    size_t common = last_len < key.len ? last_len : key.len;
    int order = common == 0 ? 0 : memcmp(last, key.data, common);
    return order < 0 || (order == 0 && last_len < key.len);
}

static void chain_block(struct vn_hash *chain, const uint8_t *head, struct vn_view packed)
{
    struct vn_sha256 hash;
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, vn_view_of(chain->bytes, VN_HASH_SIZE));
    vn_sha256_add(&hash, vn_view_of(head, HASHED_BYTES));
    vn_sha256_add(&hash, packed);
    vn_sha256_finish(&hash, chain->bytes);
}

/* --- writing ---------------------------------------------------------------------------------------------- */

static enum vn_status pack(struct vn_snapshot_writer *writer)
{
    uLongf len = compressBound(writer->raw.len);
    vn_buf_clear(&writer->packed);
    enum vn_status status = vn_buf_reserve(&writer->packed, len);
    if (status == VN_OK &&
        compress2(writer->packed.data, &len, writer->raw.data, writer->raw.len, LEVEL) != Z_OK) {
        status = VN_NOMEM;
    }
    writer->packed.len = status == VN_OK ? len : 0;
    return status;
}

static enum vn_status write_block(struct vn_snapshot_writer *writer)
{
    uint8_t head[VN_BLOCK_HEAD_BYTES];
    put32((uint32_t)writer->section, head);
    put32(writer->rows, head + 4);
    put32((uint32_t)writer->raw.len, head + 8);
    put32((uint32_t)writer->packed.len, head + 12);
    chain_block(&writer->chain, head, vn_buf_view(&writer->packed));
    memcpy(head + HASHED_BYTES, writer->chain.bytes, VN_HASH_SIZE);
    enum vn_status status = writer->write(writer->ctx, vn_view_of(head, sizeof head));
    return status == VN_OK && writer->packed.len > 0
               ? writer->write(writer->ctx, vn_buf_view(&writer->packed))
               : status;
}

/* Writes the rows that wait, if there are any. */
static enum vn_status flush(struct vn_snapshot_writer *writer)
{
    enum vn_status status = VN_OK;
    if (writer->rows > 0) {
        status = pack(writer);
        if (status == VN_OK) {
            status = write_block(writer);
        }
    }
    vn_buf_clear(&writer->raw);
    vn_buf_clear(&writer->packed);
    writer->rows = 0;
    return status;
}

enum vn_status vn_snapshot_writer_create(const struct vn_cursor *cursor, vn_snapshot_write write, void *ctx,
                                         struct vn_snapshot_writer **out)
{
    uint8_t head[VN_SNAPSHOT_HEAD_BYTES];
    *out = NULL;
    struct vn_snapshot_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return VN_NOMEM;
    }
    writer->write = write;
    writer->ctx = ctx;
    vn_buf_init(&writer->raw, VN_SNAPSHOT_BLOCK_MAX + row_max(VN_SNAPSHOT_RULES));
    vn_buf_init(&writer->packed, compressBound(VN_SNAPSHOT_BLOCK_MAX + row_max(VN_SNAPSHOT_RULES)));
    memcpy(head, magic, sizeof magic);
    put32(SCHEMA, head + 4);
    put64(cursor->epoch, head + 8);
    put64(cursor->number, head + 16);
    vn_sha256(vn_view_of(head, sizeof head), writer->chain.bytes);
    enum vn_status status = write(ctx, vn_view_of(head, sizeof head));
    if (status != VN_OK) {
        vn_snapshot_writer_destroy(writer);
        return status;
    }
    *out = writer;
    return VN_OK;
}

static enum vn_status check_row(const struct vn_snapshot_writer *writer, const struct vn_snapshot_row *row)
{
    if (row->section < writer->section || row->section >= VN_SNAPSHOT_END || row->key.len == 0) {
        return VN_ARG;
    }
    if (row->key.len > VN_SNAPSHOT_KEY_MAX ||
        row->value.len > row_max(row->section) - ROW_HEAD_BYTES - VN_SNAPSHOT_KEY_MAX) {
        return VN_FULL;
    }
    return row->section > writer->section || rises(writer->last_key, writer->last_key_len, row->key) ? VN_OK
                                                                                                     : VN_ARG;
}

enum vn_status vn_snapshot_put(struct vn_snapshot_writer *writer, const struct vn_snapshot_row *row)
{
    uint8_t head[ROW_HEAD_BYTES];
    size_t bytes = ROW_HEAD_BYTES + row->key.len + row->value.len;
    enum vn_status status = check_row(writer, row);
    if (status == VN_OK &&
        (row->section != writer->section || writer->raw.len + bytes > VN_SNAPSHOT_BLOCK_MAX)) {
        status = flush(writer);
    }
    if (status == VN_OK) {
        status = vn_buf_reserve(&writer->raw, bytes);
    }
    if (status != VN_OK) {
        return status;
    }
    writer->section = row->section;
    head[0] = (uint8_t)row->key.len;
    put32((uint32_t)row->value.len, head + 1);
    status = vn_buf_append(&writer->raw, vn_view_of(head, sizeof head));
    if (status == VN_OK) {
        status = vn_buf_append(&writer->raw, row->key);
    }
    if (status == VN_OK) {
        status = vn_buf_append(&writer->raw, row->value);
    }
    memcpy(writer->last_key, row->key.data, row->key.len);
    writer->last_key_len = row->key.len;
    writer->rows++;
    return status;
}

enum vn_status vn_snapshot_finish(struct vn_snapshot_writer *writer)
{
    enum vn_status status = flush(writer);
    writer->section = VN_SNAPSHOT_END;
    return status == VN_OK ? write_block(writer) : status;
}

void vn_snapshot_writer_destroy(struct vn_snapshot_writer *writer)
{
    if (writer != NULL) {
        vn_buf_deinit(&writer->raw);
        vn_buf_deinit(&writer->packed);
        free(writer);
    }
}

/* --- reading ---------------------------------------------------------------------------------------------- */

void vn_snapshot_reader_init(struct vn_snapshot_reader *reader)
{
    memset(reader, 0, sizeof *reader);
}

static enum vn_status read_header(struct vn_snapshot_reader *reader, struct vn_view bytes)
{
    if (memcmp(bytes.data, magic, sizeof magic) != 0) {
        return VN_INPUT;
    }
    if (get32(bytes.data + 4) != SCHEMA) {
        return VN_UNSUPPORTED;
    }
    reader->cursor = (struct vn_cursor){get64(bytes.data + 8), get64(bytes.data + 16)};
    if (reader->cursor.epoch < 1 || reader->cursor.epoch > VN_NUMBER_MAX || reader->cursor.number < 0 ||
        reader->cursor.number > VN_NUMBER_MAX) {
        return VN_INPUT;
    }
    vn_sha256(vn_view_of(bytes.data, VN_SNAPSHOT_HEAD_BYTES), reader->chain.bytes);
    return VN_OK;
}

/* Whether the head can be a block's here: sections in their order, sizes within their limits. */
static bool head_is_sound(const struct vn_snapshot_reader *reader, const struct vn_snapshot_block *block)
{
    size_t largest = block->section == VN_SNAPSHOT_RULES && block->rows == 1 ? row_max(block->section)
                                                                             : VN_SNAPSHOT_BLOCK_MAX;
    if (block->section < reader->section || block->section > VN_SNAPSHOT_END) {
        return false;
    }
    if (block->section == VN_SNAPSHOT_END) {
        return block->rows == 0 && block->raw_len == 0 && block->packed.len == 0;
    }
    return block->rows > 0 && block->raw_len <= largest && block->raw_len / ROW_HEAD_BYTES >= block->rows &&
           block->packed.len > 0 && block->packed.len <= compressBound(block->raw_len);
}

/* The block at the beginning of `bytes`. */
static enum vn_status read_block(struct vn_snapshot_reader *reader, struct vn_view bytes,
                                 struct vn_snapshot_block *out, size_t *need)
{
    struct vn_hash chain = reader->chain;
    *need = VN_BLOCK_HEAD_BYTES;
    if (bytes.len < *need) {
        return VN_AGAIN;
    }
    *out = (struct vn_snapshot_block){.section = (enum vn_snapshot_section)get32(bytes.data),
                                      .rows = get32(bytes.data + 4),
                                      .raw_len = get32(bytes.data + 8),
                                      .packed = {NULL, get32(bytes.data + 12)}};
    if (get32(bytes.data) > VN_SNAPSHOT_END || !head_is_sound(reader, out)) {
        return VN_INPUT;
    }
    *need += out->packed.len;
    if (bytes.len < *need) {
        return VN_AGAIN;
    }
    out->packed.data = bytes.data + VN_BLOCK_HEAD_BYTES;
    chain_block(&chain, bytes.data, out->packed);
    if (memcmp(chain.bytes, bytes.data + HASHED_BYTES, VN_HASH_SIZE) != 0) {
        return VN_INPUT;
    }
    reader->chain = chain;
    return VN_OK;
}

enum vn_status vn_snapshot_next_block(struct vn_snapshot_reader *reader, struct vn_view bytes,
                                      struct vn_snapshot_block *out, size_t *need)
{
    struct vn_snapshot_reader next = *reader;
    enum vn_status status = VN_OK;
    size_t skip = reader->offset == 0 ? VN_SNAPSHOT_HEAD_BYTES : 0;
    memset(out, 0, sizeof *out);
    *need = skip + VN_BLOCK_HEAD_BYTES; /* there is at least the end */
    if (reader->ended) {
        return bytes.len == 0 ? VN_ABSENT : VN_INPUT;
    }
    if (bytes.len < *need) {
        return VN_AGAIN;
    }
    if (skip > 0) {
        status = read_header(&next, bytes);
    }
    if (status == VN_OK) {
        status = read_block(&next, vn_view_of(bytes.data + skip, bytes.len - skip), out, need);
        *need += skip;
    }
    next.ended = out->section == VN_SNAPSHOT_END;
    if (status == VN_OK && next.ended && bytes.len > *need) {
        status = VN_INPUT;
    }
    if (status != VN_OK) {
        return status;
    }
    if (out->section != next.section) {
        next.section = out->section;
        next.last_key_len = 0;
    }
    next.rows = 0;
    next.offset = reader->offset + (int64_t)*need;
    *reader = next;
    return next.ended ? VN_ABSENT : VN_OK;
}

enum vn_status vn_snapshot_unpack(const struct vn_snapshot_block *block, struct vn_buf *raw)
{
    uLongf len = block->raw_len;
    vn_buf_clear(raw);
    enum vn_status status = vn_buf_reserve(raw, block->raw_len);
    if (status != VN_OK) {
        return status;
    }
    int result = uncompress(raw->data, &len, block->packed.data, block->packed.len);
    if (result == Z_MEM_ERROR) {
        return VN_NOMEM;
    }
    if (result != Z_OK || len != block->raw_len) {
        return VN_INPUT;
    }
    raw->len = len;
    return VN_OK;
}

enum vn_status vn_snapshot_next_row(struct vn_snapshot_reader *reader, const struct vn_snapshot_block *block,
                                    struct vn_view *rest, struct vn_snapshot_row *out)
{
    memset(out, 0, sizeof *out);
    if (rest->len == 0) {
        return reader->rows == block->rows ? VN_ABSENT : VN_INPUT;
    }
    if (rest->len < ROW_HEAD_BYTES) {
        return VN_INPUT;
    }
    size_t key_len = rest->data[0];
    size_t value_len = get32(rest->data + 1);
    if (key_len == 0 || key_len > VN_SNAPSHOT_KEY_MAX || rest->len - ROW_HEAD_BYTES < key_len ||
        rest->len - ROW_HEAD_BYTES - key_len < value_len) {
        return VN_INPUT;
    }
    const struct vn_view key = vn_view_of(rest->data + ROW_HEAD_BYTES, key_len);
    if (!rises(reader->last_key, reader->last_key_len, key)) {
        return VN_INPUT;
    }
    memcpy(reader->last_key, key.data, key_len);
    reader->last_key_len = key_len;
    reader->rows++;
    *out = (struct vn_snapshot_row){block->section, key, vn_view_of(key.data + key_len, value_len)};
    *rest = vn_view_of(key.data + key_len + value_len, rest->len - ROW_HEAD_BYTES - key_len - value_len);
    return VN_OK;
}
