/* An entry that can be read can be written, and what was written is read the same; so is the sale in its body. */
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "sync/wire/entry_sale.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vn_basket basket, basket_again;
static struct vn_outcome outcome, outcome_again;
static struct vn_with with, with_again;

static void same(json_t *a, json_t *b)
{
    if (a == NULL || b == NULL || !json_equal(a, b)) {
        abort();
    }
    json_decref(a);
    json_decref(b);
}

/* Writes the sale that was read into an entry of this version, and reads it there. */
static void write_and_read(const struct vn_entry *from, bool has_with)
{
    struct vn_entry entry;
    struct vn_entry_sale said;
    struct vn_error error;
    vn_entry_init(&entry, from->kind);
    entry.wall_ms = from->wall_ms;
    entry.has_sale = true;
    entry.sale = basket.key;
    memcpy(entry.account, from->account, sizeof entry.account);
    if (vn_entry_sale_write(&entry, &basket, NULL, &outcome, has_with ? &with : NULL) != VN_OK ||
        vn_entry_sale_read(&entry, &basket_again, &outcome_again, &said, &error) != VN_OK) {
        abort();
    }
    same(vn_basket_write(&basket), vn_basket_write(&basket_again));
    same(vn_outcome_write_journal(&outcome, &basket),
         vn_outcome_write_journal(&outcome_again, &basket_again));
    if (has_with) {
        if (vn_entry_with_read(&entry, &with_again, &error) != VN_OK) {
            abort();
        }
        same(vn_with_write(&with, ""), vn_with_write(&with_again, ""));
    }
    vn_entry_deinit(&entry);
}

static void read_sale(const struct vn_entry *entry)
{
    struct vn_entry_sale said;
    struct vn_error error;
    enum vn_status status = vn_entry_sale_read(entry, &basket, &outcome, &said, &error);
    enum vn_status with_status = vn_entry_with_read(entry, &with, &error);
    if (status == VN_OK && said.has_basket && said.has_outcome &&
        (with_status == VN_OK || with_status == VN_ABSENT)) {
        write_and_read(entry, with_status == VN_OK);
    }
}

/* A commit and, behind a line end, the hold that it may name. */
static void read_hold(struct vn_view pair)
{
    const uint8_t *end = pair.len == 0 ? NULL : memchr(pair.data, '\n', pair.len);
    struct vn_entry commit;
    struct vn_entry_sale said;
    struct vn_error error;
    if (end == NULL) {
        return;
    }
    size_t len = (size_t)(end - pair.data);
    if (vn_entry_decode(vn_view_of(pair.data, len), &commit, &error) == VN_OK) {
        (void)!vn_entry_hold_read(&commit, vn_view_of(end + 1, pair.len - len - 1), &basket, &outcome, &said,
                                  &error);
    }
    vn_entry_deinit(&commit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_entry entry;
    struct vn_entry again;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 8 * VN_ENTRY_MAX);
    read_hold(vn_view_of(data, size));
    if (vn_entry_decode(vn_view_of(data, size), &entry, &error) == VN_OK) {
        read_sale(&entry);
        enum vn_status status = vn_entry_encode(&entry, &out);
        if (status == VN_OK) {
            if (vn_entry_decode(vn_buf_view(&out), &again, &error) != VN_OK ||
                memcmp(again.rights, entry.rights, sizeof again.rights) != 0) {
                abort();
            }
            vn_entry_deinit(&again);
        } else if (status != VN_FULL) {
            abort();
        }
    }
    vn_entry_deinit(&entry);
    vn_buf_deinit(&out);
    return 0;
}
