/* Lending on the store's LAN (docs/decisions/0028): what this till asks of its neighbours, and what it answers them. A state
 * machine fed with events, emitting requests; no I/O, no clock but the injected one, one thread, and nothing blocks.
 *
 * Borrowing: a wish of the till is first held against its own counters, then all neighbours are asked what they have, then the
 * one that has most is asked to lend, and so on until there is enough, nobody has any, or the cashier has waited VN_PEER_WAIT_MS;
 * one that says nothing for VN_PEER_LEND_MS is left for the next. What
 * a neighbour gave, and what is missing, are looked at before they are journaled: its signature by the roster's key, and that
 * it is the give that was asked for.
 *
 * Lending: a give is journaled, then signed and sent. It ends by the borrower's word alone: the borrower is asked for it at the
 * start, when he is seen again, and with growing pauses; he has it, or journals that he will never take it.
 *
 * Whatever is refused leaves a sentence: in the log, and in vn_peer_info beside the neighbour. */
#ifndef VN_PEER_PEER_H
#define VN_PEER_PEER_H

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/random.h"
#include "agent/store/journal.h"
#include "sync/wire/rights.h"
#include "sync/wire/roster.h"
#include "sync/wire/transfer.h"

struct vn_peer; /* opaque */

/* --- what goes out ----------------------------------------------------------------------------------------------- */

/* One request a neighbour is under way at a time; then vn_peer_on_response. */
struct vn_peer_request {
    unsigned neighbour; /* below VN_ROSTER_TILLS_MAX; another till may get the number of one that went */
    struct vn_enrolment_id enrolment; /* that must answer */
    const char *till;
    const char *address;
    uint16_t port;
    const char *path;
    struct vn_view body; /* JSON, for POST; copied */
    int64_t timeout_ms;
};

struct vn_peer_response {
    enum vn_status status; /* VN_OK: http_status counts */
    const char *reason;    /* a sentence, when status is not VN_OK */
    int http_status;
    const char *problem; /* of a problem document; "" if none */
    struct vn_view body;
};

enum vn_peer_job_kind {
    VN_PEER_LOOK,   /* counters of `accounts` */
    VN_PEER_APPEND, /* `entry` */
    VN_PEER_KNOWN, /* as VN_PEER_APPEND of what is known of `give` already; else VN_ABSENT, and nothing is written */
    VN_PEER_OPEN,  /* gives without an end */
    VN_PEER_ENDED, /* `give` ended as `state`, without an entry */
};

/* Something for the journal, which answers in the lower half; then vn_peer_on_job. Owned by the peer; several are under way at a
 * time, and are done in their order. */
struct vn_peer_job {
    enum vn_peer_job_kind kind;
    unsigned count; /* of accounts */
    char accounts[VN_RIGHTS_MAX][VN_ID_MAX];
    struct vn_entry entry;
    struct vn_give give;
    enum vn_transfer_state state;
    /* answers */
    enum vn_status status;
    struct vn_error error;
    struct vn_counters counters[VN_RIGHTS_MAX]; /* beside `accounts` */
    struct vn_give known;                       /* append: VN_CONFLICT, and what is known of that transfer */
    enum vn_transfer_state known_state;         /* VN_TRANSFER_STATES: nothing */
    size_t give_count;
    struct vn_give gives[VN_PEER_GIVES_MAX];
    int64_t seq;
};

/* None of these may call back into the peer before it returns. */
struct vn_peer_io {
    void (*ask)(void *ctx, const struct vn_peer_request *request);
    void (*timer)(void *ctx,
                  int64_t delay_ms); /* one shot, replaces the last; -1: none. Then vn_peer_on_timer */
    void (*job)(void *ctx, struct vn_peer_job *job);
    /* A wish has ended: the counters of what was borrowed as they are now, or none. */
    void (*borrowed)(void *ctx, const struct vn_counters *rights, unsigned count);
    /* The answer to vn_peer_look: what the neighbours have in all, and how many of them said so. */
    void (*nearby)(void *ctx, const char *account, int64_t amount, unsigned answered);
    /* Answers vn_peer_call: 200 with JSON, or another status with a title for a problem document. */
    void (*answer)(void *ctx, uint64_t call, int http_status, struct vn_view json, const char *problem);
    void (*changed)(void *ctx); /* vn_peer_info is another */
    void *ctx;
};

/* --- its life ----------------------------------------------------------------------------------------------------- */

struct vn_peer_config {
    struct vn_enrolment_id own;
    char store[VN_ID_MAX];
    struct vn_public_key publishing_key; /* checks rosters */
    struct vn_clock clock;
    struct vn_random random; /* numbers of transfers; blinds signatures */
    struct vn_log *log;      /* borrowed, may be NULL */
};

/* `key`: of this till's certificate, copied. VN_NOMEM. */
VN_MUST_USE enum vn_status vn_peer_create(const struct vn_peer_config *config, const struct vn_peer_io *io,
                                          const struct vn_key *key, struct vn_peer **out);
/* No job may be under way. NULL is fine. */
void vn_peer_destroy(struct vn_peer *peer);
/* After a renewal. VN_NOMEM: it is as before. */
VN_MUST_USE enum vn_status vn_peer_set_key(struct vn_peer *peer, const struct vn_key *key);
/* Looks for gives without an end. */
void vn_peer_start(struct vn_peer *peer);
/* The hub refuses this till: it neither lends nor borrows. True at first. */
void vn_peer_allow(struct vn_peer *peer, bool allowed);

/* A roster as it came (sync/wire/roster.h). VN_CONFLICT: it is the one in force, which is no fault; VN_DENIED: older than that,
 * of another store, or this till isn't in it; VN_CORRUPT: not signed by the publishing key; VN_INPUT, VN_UNSUPPORTED,
 * VN_NOMEM. */
VN_MUST_USE enum vn_status vn_peer_roster(struct vn_peer *peer, struct vn_view document,
                                          struct vn_error *error);
/* Of the roster in force; 0: none. */
void vn_peer_roster_number(const struct vn_peer *peer, int64_t *epoch, int64_t *number);

/* --- what comes in ------------------------------------------------------------------------------------------------ */

/* The hub is away: neighbours are greeted, so that no cashier waits while connections are made. */
void vn_peer_greet(struct vn_peer *peer);
/* Whether there is anybody to ask. */
bool vn_peer_can_ask(const struct vn_peer *peer);
/* Wishes for rights, by the `granted` that the till would like to see: what is missing is borrowed. Then io->borrowed, later, for
 * the newest wish alone. */
void vn_peer_ask(struct vn_peer *peer, const struct vn_rights_request *request);

/* Asks neighbours what they have of an account, and borrows nothing; then io->nearby, later. A wish takes its place: io->borrowed
 * is the answer then. False: there is nobody to ask, or another look or wish is under way, which ends with one of the two. */
VN_MUST_USE bool vn_peer_look(struct vn_peer *peer, const char *account);

/* A neighbour's request, as it was authenticated: the name in its certificate. `id` is handed back with the answer. */
void vn_peer_call(struct vn_peer *peer, uint64_t id, const char *from, const char *path, struct vn_view body);
/* Nobody waits for the answer any more; what it does is done all the same. */
void vn_peer_forget_call(struct vn_peer *peer, uint64_t id);

void vn_peer_on_response(struct vn_peer *peer, unsigned number, const struct vn_peer_response *response);
void vn_peer_on_timer(struct vn_peer *peer);
void vn_peer_on_job(struct vn_peer *peer, struct vn_peer_job *job);

/* --- for people --------------------------------------------------------------------------------------------------- */

struct vn_peer_neighbour {
    char till[VN_ID_MAX];
    char address[VN_ADDRESS_MAX];    /* asked last; "": it says of none */
    bool answered;                   /* to what it was asked last */
    int64_t asked_ms;                /* wall time of that; 0: never */
    char trouble[VN_ERROR_TEXT_MAX]; /* what was refused last, either way; "" when nothing was */
};

struct vn_peer_info {
    int64_t epoch, number;                  /* of the roster; 0: none */
    char roster_trouble[VN_ERROR_TEXT_MAX]; /* why the last one was not taken; "" when it was */
    int64_t lent, borrowed, refused;        /* transfers since the start */
    size_t open_gives;
    unsigned count;
    struct vn_peer_neighbour neighbours[VN_ROSTER_TILLS_MAX];
};
void vn_peer_info(const struct vn_peer *peer, struct vn_peer_info *out);

#endif
