/* A server's TLS: its hands, their contexts, and other certificates while it runs. */
#include "sync/net/server_native.h"

/* Room among its waiting handshakes: whoever waits outside may come in. */
static void on_eased(void *ctx)
{
    vn_server_accept_waiting(ctx);
}

static void drop_contexts(struct vn_tls_context *contexts[VN_HTTP_HANDS_MAX])
{
    for (unsigned i = 0; i < VN_HTTP_HANDS_MAX; i++) {
        vn_tls_context_destroy(contexts[i]);
    }
}

enum vn_status vn_http_server_set_tls(struct vn_http_server *server, const struct vn_tls_server_options *tls,
                                      struct vn_error *error)
{
    struct vn_tls_context *fresh[VN_HTTP_HANDS_MAX] = {NULL};
    for (unsigned i = 0; i < server->hand_count; i++) {
        enum vn_status status = vn_tls_server_context(tls, server->tickets, &fresh[i], error);
        if (status != VN_OK) {
            drop_contexts(fresh);
            return status;
        }
    }
    for (unsigned i = 0; i < server->hand_count; i++) {
        struct vn_tls_context *stale = server->hands[i].context;
        server->hands[i].context = fresh[i];
        vn_tls_context_destroy(stale); /* its connections keep it */
    }
    return VN_OK;
}

enum vn_status vn_server_tls_init(struct vn_http_server *server, const struct vn_http_server_options *options,
                                  struct vn_error *error)
{
    const struct vn_worker_options worker = {
        .threads = 1, .queue_max = VN_HTTP_CONNECTIONS_MAX, .name = "handshakes"};
    if (options->hands > VN_HTTP_HANDS_MAX) {
        return vn_fail(error, VN_ARG, "more than %d hands", VN_HTTP_HANDS_MAX);
    }
    enum vn_status status =
        vn_tls_tickets_create(options->tls->ticket_file, vn_clock_wall_ms(&server->clock), &server->tickets);
    if (status != VN_OK) {
        return vn_fail(error, status, "no keys for session tickets");
    }
    server->hand_count = options->hands == 0 ? 1 : options->hands;
    for (unsigned i = 0; i < server->hand_count; i++) {
        server->hands[i].eased = on_eased;
        server->hands[i].ctx = server;
    }
    status = vn_http_server_set_tls(server, options->tls, error);
    for (unsigned i = 0; i < options->hands && status == VN_OK; i++) {
        status = vn_worker_create_with(server->loop, NULL, &worker, &server->hands[i].worker);
        if (status != VN_OK) {
            (void)vn_fail(error, status, "no thread for handshakes");
        }
    }
    return status;
}

void vn_server_tls_deinit(struct vn_http_server *server)
{
    for (unsigned i = 0; i < server->hand_count; i++) {
        vn_tls_context_destroy(server->hands[i].context);
        if (server->hands[i].worker != NULL) {
            vn_worker_destroy(server->hands[i].worker);
        }
    }
    vn_tls_tickets_destroy(server->tickets);
}

struct vn_hand *vn_server_hand(struct vn_http_server *server)
{
    struct vn_hand *least = &server->hands[0];
    vn_tls_tickets_turn(server->tickets, vn_clock_wall_ms(&server->clock));
    for (unsigned i = 1; i < server->hand_count; i++) {
        least = server->hands[i].waiting < least->waiting ? &server->hands[i] : least;
    }
    return least->waiting < VN_HTTP_HAND_WAITING_MAX ? least : NULL;
}
