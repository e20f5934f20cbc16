#include "sync/wire/pack.h"

#include <string.h>

#define NUMBER_BYTES_MAX 10 /* of 64 bits, seven a byte */

/* --- writing ------------------------------------------------------------------------------------------------------ */

static enum vn_status put_number(uint64_t number, struct vn_buf *out)
{
    uint8_t bytes[NUMBER_BYTES_MAX];
    size_t len = 0;
    do {
        bytes[len++] = (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
        number >>= 7;
    } while (number > 0);
    return vn_buf_append(out, vn_view_of(bytes, len));
}

static uint64_t to_zigzag(int64_t number)
{
    return number < 0 ? ~((uint64_t)number << 1) : (uint64_t)number << 1;
}

static int64_t from_zigzag(uint64_t number)
{
    return (number & 1) != 0 ? -(int64_t)(number >> 1) - 1 : (int64_t)(number >> 1);
}

/* What a number, a count or a flag is; how many elements or bytes a list or a text has. */
static int64_t value_of(const struct vn_pack_field *field, const uint8_t *record)
{
    const uint8_t *at = record + field->at;
    int64_t number = 0;
    unsigned count = 0;
    bool flag = false;
    switch (field->kind) {
    case VN_PACK_FLAG: memcpy(&flag, at, sizeof flag); return flag;
    case VN_PACK_NUMBER: memcpy(&number, at, sizeof number); return number;
    case VN_PACK_COUNT: memcpy(&count, at, sizeof count); return count;
    case VN_PACK_TEXT: return (int64_t)strnlen((const char *)at, field->size);
    default: memcpy(&count, record + field->count_at, sizeof count); return count;
    }
}

static bool is_within(const struct vn_pack_field *field, int64_t value)
{
    switch (field->kind) {
    case VN_PACK_FLAG: return true;
    case VN_PACK_TEXT: return value < (int64_t)field->size;
    case VN_PACK_LIST: return value <= field->high;
    default: return value >= field->low && value <= field->high;
    }
}

static enum vn_status put_record(const struct vn_pack_table *table, const uint8_t *record,
                                 struct vn_buf *out);

static enum vn_status put_field(const struct vn_pack_field *field, const uint8_t *record, int64_t value,
                                struct vn_buf *out)
{
    const uint8_t *at = record + field->at;
    if (field->kind == VN_PACK_FLAG) {
        return VN_OK;
    }
    if (field->kind == VN_PACK_NUMBER) {
        return put_number(to_zigzag(value), out);
    }
    enum vn_status status = put_number((uint64_t)value, out);
    if (status == VN_OK && field->kind == VN_PACK_TEXT) {
        struct vn_view text = vn_view_of(at, (size_t)value);
        status = vn_view_is_plain_text(text) ? vn_buf_append(out, text) : VN_ARG;
    }
    for (int64_t i = 0; i < value && status == VN_OK && field->kind == VN_PACK_LIST; i++) {
        status = put_record(field->elements, at + (size_t)i * field->size, out);
    }
    return status;
}

/* Deep as the tables are: a wallet's lots are the deepest. */
static enum vn_status put_record(const struct vn_pack_table *table, const uint8_t *record, struct vn_buf *out)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < table->count; i++) {
        int64_t value = value_of(&table->fields[i], record);
        if (!is_within(&table->fields[i], value)) {
            return VN_ARG;
        }
        mask |= value != 0 ? UINT64_C(1) << i : 0;
    }
    enum vn_status status = put_number(mask, out);
    for (unsigned i = 0; i < table->count && status == VN_OK; i++) {
        if ((mask >> i & 1) != 0) {
            status = put_field(&table->fields[i], record, value_of(&table->fields[i], record), out);
        }
    }
    return status;
}

enum vn_status vn_pack_write(const struct vn_pack_table *table, const void *record, struct vn_buf *out)
{
    size_t before = out->len;
    enum vn_status status = put_record(table, record, out);
    if (status != VN_OK) {
        out->len = before;
    }
    return status;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* The shortest form alone, so that a number has one. */
static bool take_number(struct vn_view *rest, uint64_t *out)
{
    *out = 0;
    for (unsigned i = 0; i < NUMBER_BYTES_MAX && i < rest->len; i++) {
        uint8_t byte = rest->data[i];
        *out |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            bool shortest = i == 0 || byte != 0;
            bool fits = i < NUMBER_BYTES_MAX - 1 || byte <= 1;
            *rest = vn_view_of(rest->data + i + 1, rest->len - i - 1);
            return shortest && fits;
        }
    }
    return false;
}

static bool take_text(struct vn_view *rest, size_t len, char *out)
{
    struct vn_view text = vn_view_of(rest->data, len);
    if (len > rest->len || !vn_view_is_plain_text(text)) {
        return false;
    }
    memcpy(out, text.data, len);
    out[len] = '\0';
    *rest = vn_view_of(rest->data + len, rest->len - len);
    return true;
}

static enum vn_status take_list(const struct vn_pack_field *field, struct vn_view *rest, unsigned count,
                                uint8_t *record)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < count && status == VN_OK; i++) {
        status = vn_pack_read(field->elements, rest, record + field->at + (size_t)i * field->size);
    }
    memcpy(record + field->count_at, &count, sizeof count);
    return status;
}

/* A field that is there is not zero. */
static enum vn_status take_field(const struct vn_pack_field *field, struct vn_view *rest, uint8_t *record)
{
    uint8_t *at = record + field->at;
    uint64_t raw = 0;
    if (field->kind == VN_PACK_FLAG) {
        memcpy(at, &(bool){true}, sizeof(bool));
        return VN_OK;
    }
    if (!take_number(rest, &raw) || raw == 0) {
        return VN_INPUT;
    }
    bool is_number = field->kind == VN_PACK_NUMBER;
    if ((!is_number && raw > INT64_MAX) || !is_within(field, is_number ? from_zigzag(raw) : (int64_t)raw)) {
        return VN_INPUT;
    }
    switch (field->kind) {
    case VN_PACK_NUMBER: memcpy(at, &(int64_t){from_zigzag(raw)}, sizeof(int64_t)); return VN_OK;
    case VN_PACK_COUNT: memcpy(at, &(unsigned){(unsigned)raw}, sizeof(unsigned)); return VN_OK;
    case VN_PACK_TEXT: return take_text(rest, (size_t)raw, (char *)at) ? VN_OK : VN_INPUT;
    default: return take_list(field, rest, (unsigned)raw, record);
    }
}

enum vn_status vn_pack_read(const struct vn_pack_table *table, struct vn_view *rest, void *record)
{
    uint64_t mask = 0;
    if (!take_number(rest, &mask)) {
        return VN_INPUT;
    }
    if (mask >> table->count != 0) {
        return VN_UNSUPPORTED;
    }
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < table->count && status == VN_OK; i++) {
        if ((mask >> i & 1) != 0) {
            status = take_field(&table->fields[i], rest, record);
        }
    }
    return status;
}
