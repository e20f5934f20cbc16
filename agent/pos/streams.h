/* Followers of the session: screens (one model a line) and event listeners (one event a line), each an open reply. */
#ifndef VN_POS_STREAMS_H
#define VN_POS_STREAMS_H

#include "agent/till/till.h"
#include "sync/net/server.h"
#include "ui/prompt/model.h"

struct vn_stream {
    struct vn_http_exchange *exchange; /* NULL: free */
    bool screen;
    bool cut; /* it read too slowly: nothing more is written until it is gone */
    char locale[VN_TAG_MAX];
    struct vn_screen_model last;
    struct vn_streams *all;
};

struct vn_streams {
    struct vn_stream slots[VN_LOCAL_CONNECTIONS_MAX];
};

/* Takes the exchange over. 503 when there are too many. A screen gets its first line at once. */
void vn_streams_add(struct vn_streams *streams, struct vn_http_exchange *exchange, bool screen,
                    const char *locale, const struct vn_session *session);
/* Sends the model to each screen whose picture changes. */
void vn_streams_session(struct vn_streams *streams, const struct vn_session *session);
/* Sends a line to each event listener; takes the reference. */
void vn_streams_event(struct vn_streams *streams, json_t *event);
void vn_streams_end(struct vn_streams *streams);

#endif
