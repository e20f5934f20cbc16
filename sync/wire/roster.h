/* Who is in a store: the tills that may lend to each other, where they are on its LAN, and by which keys they sign.
 *
 *     GET /v1/roster  ->  {"schema":1,"roster":"<text>","signature":"<hex>"}, with its epoch.number as ETag; 304 to If-None-Match
 *     text: {"store":"s1","number":3,"epoch":1,"tills":[{"enrolment","till","addresses":["10.0.0.7"],"port":7444,"key"}],
 *            "gone":["<enrolment>"],"open":[{"transfer","lender","borrower","account","amount"}]}
 *
 * Signed over "verno-roster-1\n" text by the publishing key. Numbers rise within an epoch of the hub, and epochs rise. `gone`:
 * enrolments that will never end a transfer any more, for the hub has ended those (docs/decisions/0028). `open`, left out when
 * there are none: gives whose lender is gone and can't ask for their end; the roster asks their borrowers in its place.
 * A till says its own place in its status report: {"addresses":[..],"port":n,"key":"<hex>"}. */
#ifndef VN_WIRE_ROSTER_H
#define VN_WIRE_ROSTER_H

#include "agent/base/json.h"
#include "agent/crypto/sign.h"
#include "sync/wire/chain.h"
#include "sync/wire/stamp.h"
#include "sync/wire/transfer.h"

#define VN_ROSTER_PATH   "/v1/roster"
#define VN_ROSTER_HEADER "Verno-Roster" /* of a long-poll's answer: epoch.number of the store's newest */
#define VN_PEER_MEMBER   "peer"         /* of a status report */

/* Where a till listens to its neighbours. */
struct vn_peer_place {
    unsigned address_count;
    char addresses[VN_PEER_ADDRESSES][VN_ADDRESS_MAX]; /* IPv4 or IPv6, without a zone */
    int64_t port;                                      /* 0: it does not listen */
    struct vn_public_key key;
};

struct vn_roster_till {
    struct vn_enrolment_id enrolment;
    char till[VN_ID_MAX];
    struct vn_peer_place place;
};

struct vn_roster {
    char store[VN_ID_MAX];
    int64_t number, epoch;
    unsigned till_count, gone_count, open_count;
    struct vn_roster_till tills[VN_ROSTER_TILLS_MAX];
    struct vn_enrolment_id gone[VN_ROSTER_GONE_MAX];
    struct vn_give open[VN_ROSTER_OPEN_MAX];
};

/* As an entity tag: its epoch and number, quoted. */
void vn_roster_tag(const struct vn_cursor *number, char out[VN_ID_MAX]);

/* NULL: not in it. */
const struct vn_roster_till *vn_roster_find(const struct vn_roster *roster,
                                            const struct vn_enrolment_id *enrolment);
bool vn_roster_is_gone(const struct vn_roster *roster, const struct vn_enrolment_id *enrolment);

/* The text alone, which is what is signed and kept. VN_ARG, VN_NOMEM, VN_FULL. */
VN_MUST_USE enum vn_status vn_roster_write(const struct vn_roster *roster, struct vn_buf *out);
/* VN_INPUT with the place in *error, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_roster_read(struct vn_view text, struct vn_roster *out, struct vn_error *error);
/* What the publishing key signs. */
VN_MUST_USE enum vn_status vn_roster_signed_text(struct vn_view text, struct vn_buf *out);

/* The document that travels. `signature` of at most VN_SIGNATURE_MAX bytes. */
VN_MUST_USE enum vn_status vn_roster_encode(struct vn_view text, struct vn_view signature,
                                            struct vn_buf *out);
/* Opens it, checks the signature, reads it. VN_CORRUPT: not signed by this key; VN_INPUT, VN_UNSUPPORTED (a newer schema),
 * VN_NOMEM. */
VN_MUST_USE enum vn_status vn_roster_decode(struct vn_view bytes, const struct vn_public_key *key,
                                            struct vn_roster *out, struct vn_error *error);

/* The place as the member of a report. A new reference; NULL: no memory, or it can't be written. */
json_t *vn_peer_place_json(const struct vn_peer_place *place);
void vn_peer_place_read(const struct vn_json_in *in, struct vn_peer_place *out);

#endif
