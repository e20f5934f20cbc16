/* What the files of this box share. Nobody else includes this.
 *
 *   peer.c     life, roster, neighbours, the timer, and whose an answer is
 *   borrow.c   a wish: what is missing, who has it, takes
 *   lend.c     what neighbours ask of this till
 *   ends.c     gives whose end is not known */
#ifndef VN_PEER_INTERNAL_H
#define VN_PEER_INTERNAL_H

#include "sync/peer/peer.h"

#define PEER_CALLS_MAX 16
#define PEER_NOBODY    UINT32_MAX
#define PEER_NEVER     INT64_MAX

enum ask_kind { ASK_NONE, ASK_HAVE, ASK_LEND, ASK_END };

/* What is counted by the hour, from the first one on. */
struct hourly {
    int64_t began_ms;
    int count;
};

struct neighbour {
    struct vn_roster_till row;
    int64_t asked_wall_ms;
    uint64_t wish;              /* the number of the wish that it was asked for */
    int64_t has[VN_RIGHTS_MAX]; /* beside the wish's accounts; 0: nothing, or not said */
    struct vn_give give;        /* ASK_LEND: what it is to answer with; ASK_END: what is to end */
    int64_t end_ms;             /* not asked for ends before this */
    struct hourly refusals;     /* that were journaled for it, */
    struct hourly gives;        /* and gives */
    int failures;               /* of asking for ends, in a row */
    unsigned address;           /* that is tried next */
    enum ask_kind asking;
    bool there; /* in the roster */
    bool answered;
    bool have_wanted; /* as soon as what is under way has ended */
    bool said;        /* it has answered what it has, or will not */
    bool hoped;       /* it answered the last time, or was never asked: its answer is worth waiting for */
    bool heard;       /* it has */
    char trouble[VN_ERROR_TEXT_MAX];
};

enum wish_phase { WISH_NONE, WISH_LOOK, WISH_HAVE, WISH_LEND, WISH_TAKE };

struct wish {
    uint64_t number;
    enum wish_phase phase;
    bool told;  /* the cashier was told how it ended */
    bool looks; /* nothing is borrowed: somebody wants to know what there is */
    struct vn_rights_request request;
    int64_t missing[VN_RIGHTS_MAX];
    int64_t until_ms, have_until_ms;
    int lends;
    unsigned lender;  /* that is asked, or whose give is journaled */
    unsigned account; /* of the request */
    unsigned got_count;
    struct vn_counters got[VN_RIGHTS_MAX];
    struct vn_peer_job job;
    uint64_t job_number; /* of the wish that it is for */
    bool job_busy;
};

struct call {
    bool used;
    bool gone; /* nobody waits for the answer */
    uint64_t id;
    struct vn_enrolment_id from;
    enum ask_kind kind;
    struct vn_peer_job job;
};

struct ends {
    bool loading, due; /* the list is being read; it should be read (again) */
    bool refusing;     /* `job` refuses what the roster asks for */
    unsigned asked;    /* so many of the roster's open gives were looked at */
    int64_t refuse_ms; /* not before: the journal had no room for a refusal */
    size_t count;
    struct vn_give gives[VN_PEER_GIVES_MAX];
    struct vn_peer_job job; /* one at a time */
    bool job_busy;
};

struct vn_peer {
    struct vn_peer_config config;
    struct vn_peer_io io;
    struct vn_key *key;
    bool allowed, started;
    bool has_roster;
    struct vn_roster roster;
    char roster_trouble[VN_ERROR_TEXT_MAX];
    struct neighbour neighbours[VN_ROSTER_TILLS_MAX];
    struct wish wish;
    struct call calls[PEER_CALLS_MAX];
    struct ends ends;
    int64_t lent, borrowed, refused;
    struct vn_roster next; /* while one is looked at */
};

/* peer.c */
int64_t peer_now_ms(const struct vn_peer *peer);
struct neighbour *peer_find(struct vn_peer *peer, const struct vn_enrolment_id *enrolment); /* NULL */
unsigned peer_number(const struct vn_peer *peer, const struct neighbour *neighbour);
bool peer_reachable(const struct neighbour *neighbour); /* it says where it listens */
/* Sends; `body` is VN_OK's to send. False: it could not be made, and nothing is under way. */
bool peer_send(struct vn_peer *peer, struct neighbour *neighbour, enum ask_kind kind, const char *path,
               enum vn_status made, struct vn_buf *body, int64_t timeout_ms);
/* For people: in the log, and beside the neighbour. */
void peer_trouble(struct vn_peer *peer, struct neighbour *neighbour, const char *what, const char *transfer,
                  const char *why);
void peer_set_timer(struct vn_peer *peer);
/* It spoke to us, so it is there: what it was given is asked for soon. */
void peer_seen(struct vn_peer *peer, struct neighbour *neighbour);

/* borrow.c */
void borrow_response(struct vn_peer *peer, struct neighbour *neighbour, enum ask_kind kind,
                     const struct vn_peer_response *response);
void borrow_job(struct vn_peer *peer);
void borrow_timer(struct vn_peer *peer, int64_t now_ms);
int64_t borrow_due_ms(const struct vn_peer *peer);
/* The neighbour is free for what it is still to be asked. */
void borrow_next(struct vn_peer *peer, struct neighbour *neighbour);

/* lend.c */
void lend_job(struct vn_peer *peer, struct call *call);

/* ends.c */
void ends_load(struct vn_peer *peer);
void ends_add(struct vn_peer *peer, const struct vn_give *give);
void ends_job(struct vn_peer *peer);
void ends_response(struct vn_peer *peer, struct neighbour *neighbour,
                   const struct vn_peer_response *response);
void ends_next(struct vn_peer *peer); /* asks whom it is time to ask */
int64_t ends_due_ms(const struct vn_peer *peer);

#endif
