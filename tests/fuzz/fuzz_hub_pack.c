/* What the hub packs into its rows and reads back, maybe from a database that was damaged, by the first byte. What is read is
 * written, and that is read and written as the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/book.h"
#include "sync/hub/storage/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads `packed` and writes it again. */
typedef enum vn_status (*repack)(struct vn_view packed, struct vn_buf *out);

static enum vn_status repack_sale(struct vn_view packed, struct vn_buf *out)
{
    static struct vn_sale_rest rest;
    enum vn_status status = vn_sale_rest_read(packed, &rest);
    return status == VN_OK ? vn_sale_rest_write(&rest, out) : status;
}

static enum vn_status repack_slices(struct vn_view packed, struct vn_buf *out)
{
    static struct vn_slices slices;
    enum vn_status status = vn_slices_read(packed, &slices);
    return status == VN_OK ? vn_slices_write(&slices, out) : status;
}

static enum vn_status repack_moved(struct vn_view packed, struct vn_buf *out)
{
    static struct vn_moved moved;
    enum vn_status status = vn_moved_read(packed, &moved);
    return status == VN_OK ? vn_moved_write(&moved, out) : status;
}

static enum vn_status repack_late(struct vn_view packed, struct vn_buf *out)
{
    static struct vn_late_days days;
    enum vn_status status = vn_late_read(packed, 0, &days);
    return status == VN_OK ? vn_late_write(&days, out) : status;
}

static enum vn_status repack_book(struct vn_view packed, struct vn_buf *out)
{
    static struct vn_book book;
    struct vn_book_person person;
    int64_t next_lot = 0;
    memset(&book, 0, sizeof book);
    memset(&person, 0, sizeof person);
    if (vn_book_open(&book, "", "w1") != VN_OK) {
        abort();
    }
    enum vn_status status = vn_book_unpack(packed, &book, 0, &next_lot, &person);
    return status == VN_OK ? vn_book_pack(&book, 0, next_lot, &person, out) : status;
}

static repack repack_of(uint8_t what)
{
    switch (what) {
    case 's': return repack_sale;
    case 'l': return repack_slices;
    case 'm': return repack_moved;
    case 'b': return repack_book;
    case 'd': return repack_late;
    default: return NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    repack pack = size == 0 ? NULL : repack_of(data[0]);
    struct vn_buf once, twice;
    if (pack == NULL) {
        return 0;
    }
    vn_buf_init(&once, 1024 * 1024);
    vn_buf_init(&twice, 1024 * 1024);
    if (pack(vn_view_of(data + 1, size - 1), &once) == VN_OK &&
        (pack(vn_buf_view(&once), &twice) != VN_OK ||
         !vn_view_equal(vn_buf_view(&once), vn_buf_view(&twice)))) {
        abort();
    }
    vn_buf_deinit(&once);
    vn_buf_deinit(&twice);
    return 0;
}
