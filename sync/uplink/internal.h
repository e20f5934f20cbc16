/* What the files of this box share. Nobody else includes this.
 *
 *   uplink.c   life, events, online and offline, how long to wait
 *   upload.c   the UP channel: batches, rights, status
 *   follow.c   the FEED channel: snapshot and long-polls
 *   renew.c    on UP, too: this till's certificate
 *   roster.c   and the roster of its store */
#ifndef VN_UPLINK_INTERNAL_H
#define VN_UPLINK_INTERNAL_H

#include "sync/uplink/uplink.h"

/* Revoked, branch, too old, no room: ask again every ten minutes whether people have mended it. */
#define UPLINK_REFUSED_RETRY_MS 600000

/* Bytes of a batch before zipping, by what the line has shown. */
#define UPLINK_BATCH_FIRST ((size_t)256 * 1024)
#define UPLINK_BATCH_LEAST ((size_t)4 * 1024)
#define UPLINK_BATCH_MOST  ((size_t)VN_BATCH_BYTES_MAX / 2)

#define UPLINK_ETAG_MAX 128

enum up_request { UP_NONE, UP_BATCH, UP_RIGHTS, UP_STATUS, UP_RENEW, UP_ROSTER };

struct channel {
    bool busy;    /* a request, a batch read or an apply is under way */
    bool waiting; /* for its timer */
    int failures; /* in a row */
};

struct renewal {
    int64_t due_ms;   /* by the hub's time */
    int64_t asked_ms; /* monotonic: the hub asked for it then; 0: it did not */
    int64_t pause_ms; /* monotonic: not before */
    bool expired;     /* so the hub says */
    bool fresh;       /* the pause is that after a renewal */
};

struct vn_uplink {
    struct vn_clock clock;
    struct vn_random random;
    struct vn_log *log;
    struct vn_uplink_io io;
    struct channel channels[VN_UPLINK_CHANNELS];
    struct vn_enrolment_id own;
    bool started;
    bool ever_online;
    bool rights_refused; /* the hub's last answer about rights */
    int64_t hub_mono_ms; /* hub time - our monotonic clock; 0: not told yet */
    int64_t spread_ms;   /* as the hub last said: how far tills spread their return after an outage */

    enum up_request up;         /* what UP is busy with */
    int64_t head_seq, sent_seq; /* sent_seq: the hub is known to have everything up to here */
    unsigned batch_max;         /* entries of the next batch */
    size_t batch_bytes_max;     /* and its bytes, as they are before zipping */
    unsigned batch_count;       /* of the batch under way */
    size_t batch_bytes;
    int64_t batch_sent_ns;
    int64_t reported_ns; /* when the hub was last told of us */
    int corrections;     /* answers 409 since one that brought us on */
    bool report;         /* something that the hub wants to know of us has changed */
    bool rights_wanted;
    bool rights_sent; /* the request under way is the one that is wanted, not one that was given up */
    bool rights_due;  /* the hub has something to tell about rights, whether anything is wanted or not */
    int64_t grant;    /* highest that is journaled */
    int64_t told;     /* how often we were asked back, as far as a reply told us; -1: none since the start */
    struct vn_rights_mark in_vain; /* of the feed: fetched, and there was nothing */
    int64_t in_vain_ns;
    struct vn_rights_request rights;

    struct renewal renewal;
    struct vn_cursor roster;        /* in force */
    struct vn_cursor roster_wanted; /* as the hub said last; asked for once, when it is another */
    struct vn_cursor roster_asked;  /* the last that was asked for ... */
    bool roster_answered;           /* ... and the hub's answer came, whatever it was ... */
    int64_t roster_answered_ns;     /* ... at that time */

    int64_t polled_ns;                 /* when the feed's last request was sent */
    int64_t piece_at;                  /* of the snapshot's file that is being loaded */
    int snapshots;                     /* in a row, without a feed between them */
    int barren;                        /* answers in a row that were good, and did not bring the cache on */
    bool polled;                       /* the feed's last request succeeded */
    bool reloads;                      /* the hub no longer has what changed since our cursor */
    char etag[UPLINK_ETAG_MAX];        /* of the snapshot's file; "": none is being loaded */
    char up_reason[VN_ERROR_TEXT_MAX]; /* why UP's last request failed; "" when it did not */
    struct vn_uplink_info info;
};

/* uplink.c */
void uplink_went_well(struct vn_uplink *u, enum vn_uplink_channel channel, bool proves_journal);
/* Offline, with a reason; `retry_ms` -1: back off. */
void uplink_went_wrong(struct vn_uplink *u, enum vn_uplink_channel channel, enum vn_uplink_state state,
                       const char *reason, int64_t retry_ms);
/* Deals with whatever is not a 200. True when that was the case. */
bool uplink_failed(struct vn_uplink *u, enum vn_uplink_channel channel,
                   const struct vn_uplink_response *response);
int64_t uplink_backoff_ms(struct vn_uplink *u, int failures);
void uplink_wait(struct vn_uplink *u, enum vn_uplink_channel channel, int64_t delay_ms);
void uplink_answer_rights(struct vn_uplink *u, const struct vn_rights_reply *reply);

/* upload.c */
void upload_next(struct vn_uplink *u);
void upload_response(struct vn_uplink *u, const struct vn_uplink_response *response);
/* The feed was answered 409: the hub has lost entries that it had acknowledged, and wants them first. */
void upload_wanted(struct vn_uplink *u, const struct vn_uplink_response *response);
/* What the feed says of rights. */
void upload_mark(struct vn_uplink *u, const struct vn_rights_mark *mark);

/* follow.c */
void follow_next(struct vn_uplink *u);
void follow_response(struct vn_uplink *u, const struct vn_uplink_response *response);

/* renew.c */
void renew_plan(struct vn_uplink *u, const struct vn_uplink_certificate *certificate);
bool renew_is_due(const struct vn_uplink *u);
/* Sends it on UP, which is free. False: there is nothing to send, and UP is free still. */
bool renew_send(struct vn_uplink *u);
void renew_response(struct vn_uplink *u, const struct vn_uplink_response *response);
/* What the hub says in its answer to a status. */
void renew_hear(struct vn_uplink *u, struct vn_view status_reply);
/* The hub says that the certificate has expired. True: asking for another one can begin at once. */
VN_MUST_USE bool renew_when_expired(struct vn_uplink *u);

/* roster.c */
bool roster_is_due(const struct vn_uplink *u);
void roster_send(struct vn_uplink *u);
/* What the hub says in its answer to a status. */
void roster_hear(struct vn_uplink *u, struct vn_view status_reply);
/* What the feed says of it. */
void roster_mark(struct vn_uplink *u, const struct vn_cursor *told);
void roster_response(struct vn_uplink *u, const struct vn_uplink_response *response);

#endif
