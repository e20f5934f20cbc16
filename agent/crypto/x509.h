/* Certificates of a chain's own authority: make the authority, ask (CSR), issue, read.
 *
 * Everything is PEM text in views and buffers, P-256 with SHA-256. An authority (the root) has at most one
 * level below it: issuing keys, which sign end certificates. A certificate's chain is its text with those of its
 * issuers behind it, the root's left out. Names are the caller's: a CSR proves the possession of a key and nothing else.
 * No revocation lists: revocation is asked by serial number at each request (sync/net/server.h).
 * Times are milliseconds since 1970 UTC, cut to seconds. Nothing blocks; issuing takes about 3 ms. */
#ifndef VN_CRYPTO_X509_H
#define VN_CRYPTO_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "agent/base/limits.h"
#include "agent/base/random.h"
#include "agent/crypto/sign.h"

enum vn_cert_kind {
    VN_CERT_CLIENT,
    VN_CERT_TILL, /* a client of the hub, and client and server of its neighbours; known by its common name */
    VN_CERT_SERVER,
    VN_CERT_ISSUING, /* signs the other two, and no further authority */
};

struct vn_cert_terms {
    enum vn_cert_kind kind;
    const char *common_name; /* 1 to 64 of: letters, digits, space . - _ : @ / */
    int64_t not_before_ms;
    int64_t not_after_ms;
    const char *const *names; /* servers: DNS names and IP addresses, up to VN_CERT_NAMES_MAX; others: none */
    size_t name_count;
};

struct vn_cert_info {
    char common_name[VN_PEER_NAME_MAX];
    char serial[VN_SERIAL_TEXT_MAX]; /* lower-case hexadecimal, two digits a byte */
    int64_t not_before_ms;
    int64_t not_after_ms;
    bool is_ca;
    bool serves; /* good for a server, as those of tills are since they lend to each other */
    struct vn_public_key public_key;
};

struct vn_cert_names {
    char name[VN_CERT_NAMES_MAX][VN_HOST_MAX];
    size_t count;
};

/* Whether a certificate or a request can have this common name: 1 to 64 letters of ASCII, digits, blanks within and ".-_:@/". */
bool vn_cert_name_ok(const char *name);

/* A self-signed authority, appended to `pem`. VN_ARG (name or dates), VN_IO (random), VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_ca_create(struct vn_key *key, const struct vn_random *random,
                                        const char *common_name, int64_t not_before_ms, int64_t not_after_ms,
                                        struct vn_buf *pem, struct vn_error *error);

/* A certificate request, appended to `pem`. Statuses as vn_ca_create. */
VN_MUST_USE enum vn_status vn_csr_create(struct vn_key *key, const struct vn_random *random,
                                         const char *common_name, struct vn_buf *pem, struct vn_error *error);

/* Issues a certificate for the key in the request, appended to `pem`. The request's signature is checked; its
 * names and extensions are ignored. The serial number is 16 random bytes.
 * VN_INPUT: not a request, or not a P-256 key. VN_CORRUPT: the request is not signed by its own key.
 * VN_ARG: terms, or `ca_pem` is not the certificate of `ca_key`. VN_IO (random), VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_cert_issue(struct vn_key *ca_key, struct vn_view ca_pem, struct vn_view csr_pem,
                                         const struct vn_cert_terms *terms, const struct vn_random *random,
                                         struct vn_buf *pem, struct vn_error *error);

/* The DNS names and IP addresses in the first certificate of `pem`. VN_INPUT: no certificate; VN_FULL: more than
 * VN_CERT_NAMES_MAX, or one that is too long; VN_NOMEM. */
VN_MUST_USE enum vn_status vn_cert_names(struct vn_view pem, struct vn_cert_names *out,
                                         struct vn_error *error);

/* Reads the first certificate of `pem`. VN_INPUT: none, no P-256 key, or a name too long; VN_NOMEM. */
VN_MUST_USE enum vn_status vn_cert_read(struct vn_view pem, struct vn_cert_info *out, struct vn_error *error);

/* The same from DER, as it comes in a TLS handshake. */
VN_MUST_USE enum vn_status vn_cert_read_der(struct vn_view der, struct vn_cert_info *out,
                                            struct vn_error *error);

/* Whether the first certificate of `pem` is signed by one of these authorities, directly or through the others in
 * `pem`; dates are not looked at. VN_DENIED when not, VN_INPUT,
 * VN_NOMEM. */
VN_MUST_USE enum vn_status vn_cert_check(struct vn_view pem, struct vn_view ca_pem, struct vn_error *error);

#endif
