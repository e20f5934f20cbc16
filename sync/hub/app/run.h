/* The running hub: one loop, the database, TLS for tills, the admin socket. */
#ifndef VN_HUB_RUN_H
#define VN_HUB_RUN_H

#include "agent/base/error.h"
#include "agent/base/log.h"

struct vn_run_address {
    const char *host; /* IPv4 or IPv6 */
    int port;         /* 0: a free one */
};

struct vn_run_options {
    const char *dir;
    const char *database;          /* NULL: hub.db in `dir`; else postgresql://... */
    struct vn_run_address listen;  /* for tills */
    struct vn_run_address monitor; /* for /metrics and /health; host NULL: none */
    const char *port_file;         /* gets the port, as text; NULL: none */
    enum vn_log_format log;
};

/* Until SIGTERM or SIGINT. Blocks. VN_OK after a graceful end. */
VN_MUST_USE enum vn_status vn_hub_run(const struct vn_run_options *options, struct vn_error *error);

#endif
