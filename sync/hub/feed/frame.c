#include "sync/hub/feed/frame.h"

#include <stdlib.h>
#include <string.h>

#include "sync/net/gzip.h"

#define ZIP_LEVEL 1

/* Asks in order: shared ones first, by store and place; those that may share stand together. */
static int by_place(const void *a, const void *b)
{
    const struct vn_frame_ask *left = *(struct vn_frame_ask *const *)a;
    const struct vn_frame_ask *right = *(struct vn_frame_ask *const *)b;
    if ((left->own == NULL) != (right->own == NULL)) {
        return left->own == NULL ? -1 : 1;
    }
    int order = strcmp(left->store, right->store);
    return order != 0 ? order : left->after < right->after ? -1 : left->after > right->after;
}

static enum vn_status zip(struct vn_buf *plain, struct vn_shared **out)
{
    struct vn_buf zipped;
    if (plain->len <= VN_HTTP_ZIP_MIN) {
        return vn_shared_take(plain, false, out);
    }
    vn_buf_init(&zipped, plain->max);
    enum vn_status status = vn_gzip(vn_buf_view(plain), ZIP_LEVEL, &zipped);
    if (status == VN_OK) {
        status = vn_shared_take(&zipped, true, out);
    }
    vn_buf_deinit(&zipped);
    return status;
}

static void make(struct vn_hub *hub, const char *store, int64_t after, struct vn_frame_ask *ask)
{
    const struct vn_feed_ask feed = {store, after, false, VN_FEED_ITEMS_MAX, ask->own};
    struct vn_buf plain;
    vn_buf_init(&plain, VN_FEED_BYTES_MAX);
    ask->status = vn_feed_make(hub, &feed, &plain, &ask->made);
    if (ask->status == VN_OK) {
        ask->status = zip(&plain, &ask->bytes);
    }
    vn_buf_deinit(&plain);
}

static void share(const struct vn_frame_ask *from, struct vn_frame_ask *to)
{
    to->status = from->status;
    to->made = from->made;
    to->bytes = from->bytes == NULL ? NULL : vn_shared_hold(from->bytes);
}

/* What is everybody's, by the last number of it that the asker has. */
struct common {
    int64_t place;
    const struct vn_frame_ask *made;
};

struct batch {
    struct vn_hub *hub;
    struct common *common;
    size_t common_count;
};

static void make_common(struct batch *batch, struct vn_frame_ask *ask)
{
    int64_t place = 0;
    ask->status = vn_storage_change_before(batch->hub->storage, "", ask->after, &place);
    for (size_t i = 0; i < batch->common_count && ask->status == VN_OK; i++) {
        if (batch->common[i].place == place) {
            share(batch->common[i].made, ask);
            return;
        }
    }
    if (ask->status == VN_OK) {
        make(batch->hub, "", ask->after, ask);
    }
    if (ask->status == VN_OK) {
        batch->common[batch->common_count++] = (struct common){place, ask};
    }
}

static void answer(struct batch *batch, struct vn_frame_ask *ask)
{
    struct vn_change change;
    unsigned own = 0;
    if (ask->own == NULL) {
        ask->status = vn_storage_changes(batch->hub->storage, ask->store, ask->after, &change, 1, &own);
        if (ask->status != VN_OK) {
            return;
        }
    }
    if (ask->own == NULL && own == 0) {
        make_common(batch, ask);
    } else {
        make(batch->hub, ask->store, ask->after, ask);
    }
}

enum vn_status vn_frames_make(struct vn_hub *hub, struct vn_frame_ask *asks, size_t count)
{
    struct batch batch = {.hub = hub, .common = calloc(count + 1, sizeof *batch.common)};
    struct vn_frame_ask **order = calloc(count + 1, sizeof(struct vn_frame_ask *));
    enum vn_status status = batch.common == NULL || order == NULL ? VN_NOMEM : VN_OK;
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        asks[i].bytes = NULL;
        memset(&asks[i].made, 0, sizeof asks[i].made);
        order[i] = &asks[i];
    }
    if (status == VN_OK) {
        qsort(order, count, sizeof(struct vn_frame_ask *), by_place);
    }
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        if (i > 0 && order[i]->own == NULL && by_place(&order[i - 1], &order[i]) == 0) {
            share(order[i - 1], order[i]);
        } else {
            answer(&batch, order[i]);
        }
    }
    free(batch.common);
    free(order);
    return status;
}
