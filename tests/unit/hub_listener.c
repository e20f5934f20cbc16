#include "tests/unit/hub_listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen_row *listener_row(struct listener *listener, enum vn_feed_kind kind, const char *key, bool add)
{
    for (unsigned i = 0; i < listener->row_count; i++) {
        if (listener->rows[i].kind == kind && strcmp(listener->rows[i].key, key) == 0) {
            return &listener->rows[i];
        }
    }
    if (!add) {
        return NULL;
    }
    assert_true(listener->row_count < ROWS_MAX);
    struct seen_row *row = &listener->rows[listener->row_count++];
    *row = (struct seen_row){.kind = kind};
    memcpy(row->key, key, strlen(key) + 1);
    return row;
}

static void hear(struct listener *listener, const struct vn_feed_item *item)
{
    struct seen_row *row;
    listener->heard++;
    switch (item->kind) {
    case VN_FEED_MEMBER:
        row = listener_row(listener, VN_FEED_MEMBER, item->member.account, true);
        row->balance = item->member.balance;
        return;
    case VN_FEED_COUPON:
        row = listener_row(listener, VN_FEED_COUPON, item->coupon.label, true);
        row->spent = item->coupon.spent;
        return;
    case VN_FEED_ITEM: (void)listener_row(listener, VN_FEED_ITEM, item->item.code, true); return;
    case VN_FEED_ITEM_GONE:
        row = listener_row(listener, VN_FEED_ITEM, item->key, false);
        if (row != NULL) {
            *row = listener->rows[--listener->row_count];
        }
        return;
    default: return;
    }
}

static void apply(struct listener *listener, struct vn_view frame)
{
    struct vn_feed_header header;
    struct vn_error error;
    struct vn_view line;
    unsigned count = 0;
    assert_true(vn_wire_next_line(&frame, &line));
    assert_int_equal(vn_feed_header_decode(line, &header, &error), VN_OK);
    assert_true(header.cursor.number >= listener->cursor);
    struct vn_feed_item *item = calloc(1, sizeof *item);
    assert_non_null(item);
    while (vn_wire_next_line(&frame, &line)) {
        assert_int_equal(vn_feed_item_decode(line, item, &error), VN_OK);
        hear(listener, item);
        vn_feed_item_deinit(item);
        count++;
    }
    assert_int_equal(count, header.count);
    listener->cursor = header.cursor.number;
    free(item);
}

/* One frame of at most `max` rows, and the rest of the checkpoint in which that is. Returns whether it was all. */
bool listener_listen_once(struct listener *listener, unsigned max)
{
    struct vn_enrolment_row row;
    struct vn_buf frame;
    struct vn_feed_made made;
    vn_buf_init(&frame, FRAME_MAX);
    world_row(&listener->till, &row);
    const struct vn_feed_ask ask = {listener->store, listener->cursor, false, max, &row};
    assert_int_equal(vn_feed_make(&listener->till.world->hub, &ask, &frame, &made), VN_OK);
    apply(listener, vn_buf_view(&frame));
    assert_int_equal(made.to, listener->cursor);
    vn_buf_deinit(&frame);
    return made.all;
}

/* All that there is. Returns how many rows came. */
unsigned listener_listen(struct listener *listener)
{
    listener->heard = 0;
    while (!listener_listen_once(listener, 5)) {
    }
    return listener->heard;
}

int64_t listener_balance(struct listener *listener, const char *account)
{
    const struct seen_row *row = listener_row(listener, VN_FEED_MEMBER, account, false);
    return row == NULL ? -1 : row->balance;
}

void listener_start(struct world *world, struct listener *listener, unsigned number)
{
    char till[VN_ID_MAX];
    memset(listener, 0, sizeof *listener);
    (void)snprintf(listener->store, sizeof listener->store, "store%u", number);
    (void)snprintf(till, sizeof till, "till%u", number);
    world_store(world, listener->store);
    world_till_start_at(world, &listener->till, listener->store, till);
}

void listener_import_members(struct world *world, unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "{\"id\":%u,\"cards\":[\"29900000%05u\"],\"balance\":100}\n", i, i);
        world_import(world, VN_IMPORT_MEMBERS, line);
    }
}

void listener_sell(struct listener *at, unsigned receipt, const char *account, int64_t earned)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%u", receipt);
    world_commit(&at->till, number, account, 1000, earned);
    assert_int_equal(world_sync(&at->till), 0);
}
