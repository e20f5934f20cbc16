/* What the parts of the hub share: the store, the keys, clock, randomness and log; and the files that a chain
 * consists of:
 *
 *     ca.pem issuing.pem           the chain's own authority (ca.h)
 *     offline/root.key             its root's key, where `init` leaves it: to be taken away
 *     server.key server.pem        the hub's certificate, which renews itself
 *     tickets.key                  resumes tills' TLS sessions (sync/net/tls_tickets.h); made anew when it is not there
 *     publishing.key               signs rulesets and stops
 *     card.key                     32 bytes in hex: keys the hashes of card numbers
 *     hub.db                       everything else, unless that is in PostgreSQL
 *     mark revoked enrolled        how far the hub had come, whom it revoked and whom it enrolled (mark.h, mark_revoked.h,
 *                                  mark_enrolled.h)
 *     snapshot-*.vns               built for tills (feed/snapshot.h), again when they are not there
 *     admin.sock                   while the hub runs
 *
 * All files are 0600; the folder is 0700 when it is made here, and left as it is when it was there. */
#ifndef VN_HUB_HUB_H
#define VN_HUB_HUB_H

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/random.h"
#include "agent/crypto/sign.h"
#include "sync/hub/ca/ca.h"
#include "sync/hub/storage/storage.h"

struct vn_hub_keys {
    struct vn_ca *ca; /* locks itself */
    struct vn_key *server;
    struct vn_key *publishing;
    char publishing_pem[VN_PEM_MAX]; /* the public half */
    uint8_t card[VN_HASH_SIZE];
};

struct vn_settings;
struct vn_post;        /* post.h */
struct vn_ledger_view; /* ledger.h */
struct vn_clock_guard; /* clock_guard.h */

struct vn_hub {
    struct vn_storage *storage;
    struct vn_post *post;         /* over the same storage, where it writes; else NULL */
    struct vn_ledger_view *view;  /* scratch of who reads the ledger on this thread (vn_ledger_attach) */
    struct vn_clock clock;        /* the guard's, where there is one */
    struct vn_clock_guard *guard; /* NULL: the clock is believed, as it is in tests and at `init` */
    struct vn_random random;
    struct vn_log *log; /* may be NULL */
    const struct vn_hub_keys *keys;
    const char *revoked;  /* path of mark_revoked.h's file; NULL: none is kept */
    const char *enrolled; /* likewise of mark_enrolled.h's */
    int64_t epoch;
    struct vn_settings *settings; /* setting.h; NULL: all by default */
};

struct vn_hub_plan {
    const char *dir;
    const char *root_dir; /* where the root's key goes; NULL: DIR/offline */
    const char
        *card_key; /* a file: the card.key of the chain whose exports are to be taken; NULL: a new one */
    const char *database;     /* NULL: hub.db in `dir`; else as for vn_storage_open */
    const char *name;         /* of the chain */
    const char *const *hosts; /* names and addresses of the hub besides localhost and 127.0.0.1 */
    size_t host_count;
};

/* Makes keys, certificates and database of a new chain. VN_CONFLICT: a chain is there already, VN_INPUT: names; nothing is
 * changed; VN_ARG, VN_IO, VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_hub_init(const struct vn_hub_plan *plan, struct vn_clock clock,
                                       struct vn_random random, struct vn_error *error);

/* VN_ABSENT: no chain in this folder; VN_DENIED: a key that others can read; VN_INPUT, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_hub_keys_load(const char *dir, struct vn_hub_keys *out, struct vn_error *error);
/* Whether the database is of the same chain as the keys: another chain's would refuse every till, and know no card. It says so by
 * a number that is noted when it has none, if the storage may write. VN_CONFLICT: it is another's; `dir` is named then. Statuses
 * of the store. */
VN_MUST_USE enum vn_status vn_hub_keys_match(const struct vn_hub_keys *keys, struct vn_storage *storage,
                                             bool note, const char *dir, struct vn_error *error);
void vn_hub_keys_deinit(struct vn_hub_keys *keys); /* also wipes; fine after a load that failed */

int64_t vn_hub_now_ms(const struct vn_hub *hub);
/* The latest that it can be, when the machine's clock is doubted (vn_clock_guard_latest_ms); else the same. Until then what has
 * arrived can have happened, and a certificate has to be good. */
int64_t vn_hub_latest_ms(const struct vn_hub *hub);
int64_t vn_hub_mono_ms(const struct vn_hub *hub); /* whatever the wall clock does */
/* The keyed hash of a card's or coupon's number. */
void vn_hub_card_hash(const struct vn_hub *hub, const char *number, struct vn_hash *out);

#endif
