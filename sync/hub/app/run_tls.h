/* What the hub shows its tills: its certificate, which it renews by itself, and whom it lets in.
 *
 * Once an hour it looks whether its certificate is due (two thirds of its term), every two seconds whether another
 * issuing key or root was put into its folder (verno-hub ca). Both take effect without a restart. */
#ifndef VN_HUB_RUN_TLS_H
#define VN_HUB_RUN_TLS_H

#include <uv.h>

#include "sync/hub/core/hub.h"
#include "sync/net/server.h"

struct vn_run_tls; /* opaque */

/* Renews server.pem if it is time to and fills options->tls and hands. `hub` stays the caller's; `dir` is copied.
 * Statuses of vn_ca_renew_server and of reading a file. */
VN_MUST_USE enum vn_status vn_run_tls_create(const struct vn_hub *hub, const char *dir,
                                             struct vn_http_server_options *options, struct vn_run_tls **out,
                                             struct vn_error *error);
/* From now on what changes is told to the server, which must live as long. */
void vn_run_tls_watch(struct vn_run_tls *tls, uv_loop_t *loop, struct vn_http_server *server);
/* The memory goes when the loop has closed the handles. NULL is fine. */
void vn_run_tls_close(struct vn_run_tls *tls);

#endif
