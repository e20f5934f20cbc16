/* The running hub: one loop, the database, TLS for tills, the admin socket. */
#ifndef VN_HUB_RUN_H
#define VN_HUB_RUN_H

#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/base/random.h"

struct vn_run_address {
    const char *host; /* IPv4 or IPv6 */
    int port;         /* 0: a free one */
};

/* What it takes from the machine. */
struct vn_run_world {
    struct vn_clock clock;
    struct vn_random random;
    int log_fd;
};

struct vn_run_options {
    const char *dir;
    const char *database;          /* NULL: hub.db in `dir`; else postgresql://... */
    struct vn_run_address listen;  /* for tills */
    struct vn_run_address monitor; /* for /metrics and /health; host NULL: none */
    const char *port_file;         /* gets the port, as text; NULL: none */
    enum vn_log_format log;
    struct vn_run_world world;
};

/* Until SIGTERM or SIGINT. Blocks. VN_OK after a graceful end. */
VN_MUST_USE enum vn_status vn_hub_run(const struct vn_run_options *options, struct vn_error *error);

#endif
