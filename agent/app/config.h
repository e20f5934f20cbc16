/* The agent's options: <dir>/agent.conf, lines of "name = value". One table gives parsing, defaults and --help. */
#ifndef VN_APP_CONFIG_H
#define VN_APP_CONFIG_H

#include <stdio.h>

#include "agent/base/config.h"
#include "agent/base/error.h"
#include "agent/base/limits.h"

#define VN_APP_SCANNERS 4

struct vn_app_config {
    char locale[VN_TAG_MAX];
    char scanner[VN_APP_SCANNERS][VN_PATH_MAX];
    char socket[VN_PATH_MAX];   /* "": <dir>/pos.sock */
    char hub_host[VN_NAME_MAX]; /* "": as enrolled */
    int64_t hub_port;           /* 0: as enrolled */
    int64_t peer_port;          /* 0: no lending */
    char peer_address[VN_ADDRESS_MAX];
    char log_level[VN_TAG_MAX];
    char log[VN_TAG_MAX]; /* "text" or "json" */
};

/* A file that is not there means defaults. VN_INPUT naming line and option; VN_IO. */
VN_MUST_USE enum vn_status vn_app_config_load(const char *path, struct vn_app_config *out,
                                              struct vn_error *error);
void vn_app_config_help(FILE *out);

#endif
