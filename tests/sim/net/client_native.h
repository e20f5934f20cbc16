/* What the two files of the client share. client.c: its life, sending and the answer; client_line.c: how a request gets to its
 * server. */
#ifndef SIM_NET_CLIENT_NATIVE_H
#define SIM_NET_CLIENT_NATIVE_H

#include "tests/sim/net/flight.h"

#define SIM_SILENT_MS 120000 /* after which a system gives a connection up by itself */

struct vn_http_client {
    uv_loop_t *loop;
    struct sim_proc *proc;
    struct vn_clock clock;
    char socket_path[VN_PATH_MAX], host[VN_HOST_MAX], host_name[VN_HOST_MAX], label[VN_NAME_MAX];
    uint16_t port;
    bool tls, busy, destroyed, resent, on_used_line;
    struct vn_buf ca, cert;
    struct vn_cert_info info; /* of cert */
    struct sim_line *line;
    struct sim_call *call;
    uv_timer_t timer;
    int64_t silent_ms; /* 0: the timer is for the whole answer */
    size_t response_max;
    size_t (*late)(void *ctx, struct vn_http_header_out *out, size_t max);
    void (*on_chunk)(void *ctx, struct vn_view piece);
    void (*on_head)(void *ctx, const struct vn_http_response *head);
    vn_http_done done;
    void *ctx;
    char reason[VN_HTTP_REASON_MAX];
};

/* client.c. Ends the call under way; the callback may do anything with the client. */
void sim_client_fail(struct vn_http_client *client, enum vn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sim_client_drop_line(struct vn_http_client *client);
/* client_line.c. Sends the call on the line that stands, or on a new one. */
void sim_client_start(struct vn_http_client *client);
void sim_call_add_header(struct sim_call *call, const char *name, const char *value);

#endif
