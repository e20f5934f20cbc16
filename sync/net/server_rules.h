/* Rules of the server that no connection is needed for: what a header and a certificate must be, and what a problem looks like.
 * Pure, but for the options' callbacks. */
#ifndef VN_NET_SERVER_RULES_H
#define VN_NET_SERVER_RULES_H

#include "agent/base/clock.h"
#include "sync/net/server.h"

struct vn_refusal {
    int status; /* 0: none */
    const char *detail;
};

/* Texts without control characters, a name that is one. */
bool vn_http_text_is_printable(const char *text);
bool vn_http_header_is_sound(const char *name, const char *value);

/* The certificate that the client showed, if it did, at this request: a connection may live longer than one. `renews`: the
 * request is for options->renew_path, where an expired one will do. Sets peer->expired. */
struct vn_refusal vn_http_check_certificate(const struct vn_http_server_options *options,
                                            const struct vn_clock *clock, struct vn_http_peer *peer,
                                            bool renews);

#endif
