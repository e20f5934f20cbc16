/* The header's value is `name=value` pairs, split by semicolons, in any order; names that this version does
 * not know are skipped, so that a newer till can say more to an older hub. What goes wrong: a pair that comes
 * twice (which of the two would count?), numbers with signs or beyond 2^53, hexadecimal of the wrong length.
 * All of it is refused. */
#include "sync/wire/stamp.h"

#include <stdio.h>
#include <string.h>

bool vn_cursor_equal(const struct vn_cursor *a, const struct vn_cursor *b)
{
    return a->epoch == b->epoch && a->number == b->number;
}

void vn_cursor_write(const struct vn_cursor *cursor, char out[VN_ID_MAX])
{
    (void)snprintf(out, VN_ID_MAX, "%lld.%lld", (long long)cursor->epoch, (long long)cursor->number);
}

static bool read_number(struct vn_view text, int64_t *out)
{
    int64_t number = 0;
    if (text.len == 0 || text.len > 16) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (text.data[i] - '0');
    }
    *out = number;
    return number <= VN_NUMBER_MAX;
}

/* Cuts the text before `mark` off *rest; all of it when there is no mark. */
static struct vn_view cut(struct vn_view *rest, char mark)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, mark, rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
    size_t taken = end == NULL ? len : len + 1;
    struct vn_view piece = vn_view_of(rest->data, len);
    *rest = taken == 0 ? *rest : vn_view_of(rest->data + taken, rest->len - taken);
    return piece;
}

enum vn_status vn_cursor_read(struct vn_view text, struct vn_cursor *out)
{
    struct vn_view rest = text;
    struct vn_cursor cursor = {0, 0};
    struct vn_view epoch = cut(&rest, '.');
    if (!read_number(epoch, &cursor.epoch) || !read_number(rest, &cursor.number)) {
        return VN_INPUT;
    }
    *out = cursor;
    return VN_OK;
}

void vn_stamp_write(const struct vn_stamp *stamp, char out[VN_STAMP_TEXT_MAX])
{
    char enrolment[2 * VN_ID_BYTES + 1];
    char hash[2 * VN_HASH_SIZE + 1];
    char boot[2 * VN_ID_BYTES + 1];
    char cursor[VN_ID_MAX];
    vn_hex_encode(vn_view_of(stamp->enrolment.bytes, VN_ID_BYTES), enrolment);
    vn_hex_encode(vn_view_of(stamp->head_hash.bytes, VN_HASH_SIZE), hash);
    vn_hex_encode(vn_view_of(stamp->boot, VN_ID_BYTES), boot);
    vn_cursor_write(&stamp->cursor, cursor);
    (void)snprintf(out, VN_STAMP_TEXT_MAX,
                   "enrolment=%s;seq=%lld;hash=%s;boot=%s;acked=%lld;cursor=%s;grant=%lld", enrolment,
                   (long long)stamp->head_seq, hash, boot, (long long)stamp->acked_seq, cursor,
                   (long long)stamp->grant);
}

static const char *const names[] = {"enrolment", "seq", "hash", "boot", "acked", "cursor", "grant"};
#define NAMES (sizeof names / sizeof names[0])

static bool read_pair(struct vn_stamp *stamp, size_t which, struct vn_view value)
{
    switch (which) {
    case 0: return vn_hex_decode(value, stamp->enrolment.bytes, VN_ID_BYTES) == VN_OK;
    case 1: return read_number(value, &stamp->head_seq);
    case 2: return vn_hex_decode(value, stamp->head_hash.bytes, VN_HASH_SIZE) == VN_OK;
    case 3: return vn_hex_decode(value, stamp->boot, VN_ID_BYTES) == VN_OK;
    case 4: return read_number(value, &stamp->acked_seq);
    case 5: return vn_cursor_read(value, &stamp->cursor) == VN_OK;
    default: return read_number(value, &stamp->grant);
    }
}

enum vn_status vn_stamp_read(struct vn_view text, struct vn_stamp *out, struct vn_error *error)
{
    unsigned seen = 0;
    struct vn_view rest = text;
    memset(out, 0, sizeof *out);
    if (text.len >= VN_STAMP_TEXT_MAX) {
        return vn_fail(error, VN_INPUT, "stamp is longer than %d bytes", VN_STAMP_TEXT_MAX - 1);
    }
    while (rest.len > 0) {
        struct vn_view value = cut(&rest, ';');
        struct vn_view name = cut(&value, '=');
        for (size_t i = 0; i < NAMES; i++) {
            if (!vn_view_is(name, names[i])) {
                continue;
            }
            if ((seen & 1U << i) != 0 || !read_pair(out, i, value)) {
                return vn_fail(error, VN_INPUT, "stamp has no good %s", names[i]);
            }
            seen |= 1U << i;
        }
    }
    for (size_t i = 0; i < NAMES; i++) {
        if ((seen & 1U << i) == 0) {
            return vn_fail(error, VN_INPUT, "stamp has no %s", names[i]);
        }
    }
    return VN_OK;
}
