#include "sync/net/channel_shake.h"

#include <stdlib.h>

/* Certificates of a chain and what a client may send right behind its last flight. */
#define ARRIVED_MAX (2 * VN_CHANNEL_READ_MAX)

struct vn_shake {
    struct vn_job job; /* first */
    struct vn_channel *channel;
    struct vn_buf arrived; /* collected by the loop */
    struct vn_buf lent;    /* being worked on */
    enum vn_status status; /* what the last flight came to */
    struct vn_error reason;
    bool under_way;
    bool closed; /* meanwhile */
};

static void begin(struct vn_shake *shake);

/* On the hand. */
static void run(struct vn_job *job, void *owned)
{
    struct vn_shake *shake = (struct vn_shake *)job;
    struct vn_channel *channel = shake->channel;
    (void)owned;
    vn_tls_lend(channel->tls, vn_buf_view(&shake->lent));
    shake->status = vn_tls_handshake(channel->tls, channel->label, &shake->reason);
}

/* The handshake is over: what came behind its last flight is plain bytes by now. */
static void go_on(struct vn_channel *channel)
{
    struct vn_shake *shake = channel->shake;
    vn_channel_is_ready(channel);
    vn_channel_read(channel); /* of what was lent */
    vn_tls_lend(channel->tls, vn_buf_view(&shake->arrived));
    vn_channel_read(channel);
    vn_tls_lend(channel->tls, VN_VIEW_NONE);
    vn_shake_free(channel);
}

static void done(struct vn_job *job)
{
    struct vn_shake *shake = (struct vn_shake *)job;
    struct vn_channel *channel = shake->channel;
    struct vn_hand *hand = channel->hand;
    hand->waiting--;
    shake->under_way = false;
    if (shake->closed) {
        vn_channel_released(channel);
    } else if (!channel->closing) {
        vn_channel_flush(channel);
        if (channel->closing) {
            return;
        }
        if (shake->status == VN_OK) {
            go_on(channel);
        } else if (shake->status != VN_AGAIN) {
            vn_channel_ended(channel, shake->status, shake->reason.text);
        } else if (shake->arrived.len > 0) {
            begin(shake);
        }
    }
    hand->eased(hand->ctx);
}

static void begin(struct vn_shake *shake)
{
    struct vn_hand *hand = shake->channel->hand;
    struct vn_buf empty = shake->lent; /* the handshake takes all bytes before it asks for more */
    shake->lent = shake->arrived;
    shake->arrived = empty;
    vn_buf_clear(&shake->arrived);
    shake->job.run = run;
    shake->job.done = done;
    shake->reason = (struct vn_error){VN_OK, "", ""};
    if (vn_worker_post(hand->worker, &shake->job) != VN_OK) {
        vn_channel_ended(shake->channel, VN_FULL, "more handshakes than can wait");
        return;
    }
    shake->under_way = true;
    hand->waiting++;
}

void vn_shake_feed(struct vn_channel *channel, struct vn_view data)
{
    struct vn_shake *shake = channel->shake;
    if (shake == NULL) {
        shake = calloc(1, sizeof *shake);
        if (shake == NULL) {
            vn_channel_ended(channel, VN_NOMEM, "out of memory");
            return;
        }
        shake->channel = channel;
        vn_buf_init(&shake->arrived, ARRIVED_MAX);
        vn_buf_init(&shake->lent, ARRIVED_MAX);
        channel->shake = shake;
    }
    enum vn_status status = vn_buf_append(&shake->arrived, data);
    if (status != VN_OK) {
        vn_channel_ended(channel, status, "more bytes than a handshake has");
    } else if (!shake->under_way) {
        begin(shake);
    }
}

bool vn_shake_is_under_way(const struct vn_channel *channel)
{
    return channel->shake != NULL && channel->shake->under_way;
}

bool vn_shake_keeps(struct vn_channel *channel)
{
    if (vn_shake_is_under_way(channel)) {
        channel->shake->closed = true;
        return true;
    }
    return false;
}

void vn_shake_free(struct vn_channel *channel)
{
    if (channel->shake != NULL) {
        vn_buf_deinit(&channel->shake->arrived);
        vn_buf_deinit(&channel->shake->lent);
        free(channel->shake);
        channel->shake = NULL;
    }
}
