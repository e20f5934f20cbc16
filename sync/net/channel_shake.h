/* TLS handshakes off the loop, for servers: a full one costs some 9 ms, and a fleet that comes back brings thousands.
 *
 * Inside sync/net. A hand is a thread with a TLS context of its own; a channel that was given to it has its handshake
 * there, flight by flight: bytes that arrive are collected on the loop, worked on by the hand, answered by the loop.
 * While a flight is being worked on nobody else touches the connection's TLS and its wire, so a channel that closes
 * meanwhile is kept until the hand is done with it. After the handshake everything is the loop's. */
#ifndef VN_NET_CHANNEL_SHAKE_H
#define VN_NET_CHANNEL_SHAKE_H

#include "agent/base/worker.h"
#include "sync/net/channel.h"

struct vn_hand {
    struct vn_worker *worker; /* NULL: the loop shakes hands itself */
    struct vn_tls_context *context;
    unsigned waiting;         /* flights that wait or are being worked on */
    void (*eased)(void *ctx); /* one of them is done */
    void *ctx;
};

/* Bytes of the line for a channel that is not ready. Ends the channel by on_end when they make no handshake. */
void vn_shake_feed(struct vn_channel *channel, struct vn_view data);
/* Whether a flight is being worked on. */
bool vn_shake_is_under_way(const struct vn_channel *channel);
/* The handle has closed. True: the memory must stay; vn_channel_released comes later. */
VN_MUST_USE bool vn_shake_keeps(struct vn_channel *channel);
void vn_shake_free(struct vn_channel *channel);

/* channel.c, for channel_shake.c */
void vn_channel_ended(struct vn_channel *channel, enum vn_status status, const char *text);
void vn_channel_flush(struct vn_channel *channel);
void vn_channel_is_ready(struct vn_channel *channel); /* tells, and sends what is queued */
void vn_channel_read(struct vn_channel *channel);     /* all that the lent bytes give */
void vn_channel_released(struct vn_channel *channel);

#endif
