/* The till's side of sync: a state machine fed with events, emitting requests. No I/O, no clock but the injected one.
 *
 * Two channels, each with at most one request under way, so that a long-poll never holds an upload up:
 *   UP    journal batches, requests for rights, status, the next certificate, the roster of the store
 *   FEED  snapshot, then long-polls of the feed
 *
 * Batches are as large as the line has shown that it brings in some seconds, and a request has time for its bytes: one large
 * entry arrives over a line of 10 KB/s, and what arrived is never sent twice.
 *
 * Rights are exchanged on UP: with what the till asks for, and without once after each start and whenever the feed says that
 * there is something to fetch.
 *
 * A request that fails waits with full jitter (a random time up to a ceiling that doubles) before the next. The till is
 * online while its last request on either channel succeeded. What the hub refuses for good (revoked, branch found) ends in
 * a state that only people can leave; the till sells on in each of them. */
#ifndef VN_UPLINK_UPLINK_H
#define VN_UPLINK_UPLINK_H

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/random.h"
#include "sync/wire/batch.h"
#include "sync/wire/enrol.h"
#include "sync/wire/rights.h"
#include "sync/wire/stamp.h"

enum vn_uplink_state {
    VN_UPLINK_NEW,         /* not started */
    VN_UPLINK_ENROLLED,    /* never in touch since it was enrolled */
    VN_UPLINK_SNAPSHOT,    /* nothing cached yet: loading everything */
    VN_UPLINK_LIVE,        /* in touch */
    VN_UPLINK_BACKOFF,     /* the last request failed; trying again soon */
    VN_UPLINK_QUARANTINED, /* the hub found a branch: this journal is not taken any more */
    VN_UPLINK_REVOKED,     /* the certificate was revoked */
};

const char *vn_uplink_state_name(enum vn_uplink_state state);

enum vn_uplink_channel { VN_UPLINK_UP, VN_UPLINK_FEED, VN_UPLINK_CHANNELS };

struct vn_uplink_request {
    const char *method;
    const char *path;
    struct vn_view body;
    const char *content_type;
    const char *accept;     /* NULL: anything */
    const char *range;      /* of a file, "bytes=0-99"; NULL: no such header */
    const char *match;      /* If-Match; NULL: no such header */
    const char *none_match; /* If-None-Match, likewise */
    bool gzip;
    int64_t timeout_ms; /* for the whole answer */
    int64_t silent_ms;  /* without a byte of it; 0: as long as timeout_ms */
};

/* A response, or why there is none. */
struct vn_uplink_response {
    enum vn_status status; /* VN_OK: http_status counts */
    const char *reason;    /* a sentence, when status is not VN_OK */
    int http_status;
    int64_t retry_after_ms; /* -1: the header was not there */
    int64_t included_seq;   /* of the feed (VN_INCLUDED_HEADER); -1: the header was not there */
    int64_t told_seq;       /* of the feed (VN_TOLD_HEADER); -1: the header was not there */
    bool has_mark;          /* of the feed (VN_RIGHTS_HEADER): `mark` was there */
    struct vn_rights_mark mark;
    struct vn_cursor roster; /* of the feed (VN_ROSTER_HEADER); {0, 0}: the header was not there */
    const char *etag;        /* of a snapshot's file, of which the body is a piece; NULL or "": it is none */
    const char *problem;     /* title of a problem document, "" if none */
    struct vn_view body;
};

/* What the feed brought; the numbers as in struct vn_uplink_response. */
struct vn_uplink_frame {
    struct vn_view lines;
    bool snapshot;
    int64_t included_seq, told_seq;
    const char *etag; /* not "": a piece of a snapshot's file, that stands at `at` */
    int64_t at;
};

/* The dates of the certificate that this till shows. */
struct vn_uplink_certificate {
    int64_t not_before_ms, not_after_ms; /* not_after_ms 0: none that is renewed */
    bool lacks; /* something that this version needs: another is asked for although it is not due */
};

/* None of these may call back into the uplink before it returns. */
struct vn_uplink_io {
    void (*send)(void *ctx, enum vn_uplink_channel channel, const struct vn_uplink_request *request);
    void (*timer)(void *ctx, enum vn_uplink_channel channel,
                  int64_t delay_ms); /* one shot; replaces the last */
    void (*read_batch)(void *ctx, int64_t after_seq, unsigned max_entries,
                       size_t max_bytes); /* one entry at least; then vn_uplink_on_batch */
    void (*acked)(void *ctx, int64_t acked_seq, int64_t durable_seq);
    void (*apply)(
        void *ctx,
        const struct vn_uplink_frame *frame); /* then vn_uplink_on_applied, or _on_piece; it is copied */
    /* `answer`: to the question that was asked last, NULL when there is none in time; else what the hub told by itself, or to
     * a question that was given up. */
    void (*rights)(void *ctx, const struct vn_rights_reply *reply, bool answer);
    void (*rights_timer)(void *ctx, int64_t delay_ms); /* then vn_uplink_on_rights_timer */
    void (*status)(void *ctx, struct vn_buf *out);     /* writes the body of POST /v1/status */
    void (*renew)(
        void *ctx,
        struct vn_buf *out); /* writes the body of POST /v1/renew, for a new key; nothing: it can't */
    void (*renewed)(void *ctx, struct vn_view body); /* the answer to it, copied; then vn_uplink_on_renewed */
    void (*roster)(void *ctx,
                   struct vn_view body); /* a roster of this till's store; then vn_uplink_on_roster */
    void (*changed)(void *ctx);          /* state, online, reason or renewal is another */
    void *ctx;
};

struct vn_uplink; /* opaque */

/* Starts with what the databases know; sends nothing before vn_uplink_start. */
VN_MUST_USE enum vn_status vn_uplink_create(struct vn_clock clock, struct vn_random random,
                                            struct vn_log *log, const struct vn_uplink_io *io,
                                            struct vn_uplink **out);
void vn_uplink_destroy(struct vn_uplink *uplink);
/* As the databases have it. */
struct vn_uplink_from {
    int64_t head_seq, acked_seq, durable_seq;
    int64_t hub_offset_ms;
    struct vn_cursor cursor;
    struct vn_uplink_certificate certificate;
    int64_t grant;                    /* highest that is journaled */
    struct vn_enrolment_id enrolment; /* this till's: rights of another are not taken */
};
void vn_uplink_start(struct vn_uplink *uplink, const struct vn_uplink_from *from);

void vn_uplink_on_grown(struct vn_uplink *uplink, int64_t head_seq); /* the journal has a new entry */
void vn_uplink_on_granted(struct vn_uplink *uplink, int64_t grant);  /* the highest grant that is journaled */
/* The batch that was asked for, encoded. Without entries: VN_OK there are none, VN_ABSENT they were pruned, VN_CORRUPT the
 * first is damaged; anything else: they can't be read now. */
struct vn_uplink_batch {
    enum vn_status status;
    unsigned count;
    int64_t last_seq;
    struct vn_view encoded; /* copied */
};
void vn_uplink_on_batch(struct vn_uplink *uplink, const struct vn_uplink_batch *batch);
void vn_uplink_on_response(struct vn_uplink *uplink, enum vn_uplink_channel channel,
                           const struct vn_uplink_response *response);
void vn_uplink_on_timer(struct vn_uplink *uplink, enum vn_uplink_channel channel);
/* `why`: a sentence when status is not VN_OK. */
void vn_uplink_on_applied(struct vn_uplink *uplink, enum vn_status status, const struct vn_cursor *cursor,
                          const char *why);
/* The piece was taken, and the file goes on there. */
void vn_uplink_on_piece(struct vn_uplink *uplink, int64_t next);
/* The answer to POST /v1/renew was looked at, and what is in it kept: the link shows `certificate` from the next request
 * on. `why`: a sentence when status is not VN_OK, and nothing has changed. */
void vn_uplink_on_renewed(struct vn_uplink *uplink, enum vn_status status,
                          const struct vn_uplink_certificate *certificate, const char *why);
/* The roster that is in force here: another that the hub speaks of is asked for. {0, 0}: none. */
void vn_uplink_on_roster(struct vn_uplink *uplink, const struct vn_cursor *roster);
/* Something that POST /v1/status tells has changed. */
void vn_uplink_report(struct vn_uplink *uplink);

/* Asks for rights; io->rights is called for it, later, with `answer`: NULL when offline or after VN_RIGHTS_WAIT_MS. A reply that
 * comes after that is handed over as well: what was granted must be journaled, even if only to give it back.
 * A question asked before the last one was answered takes its place: there is one answer, to the newer. VN_ARG: no
 * accounts, or too many; nothing is answered then. */
VN_MUST_USE enum vn_status vn_uplink_ask(struct vn_uplink *uplink, const struct vn_rights_request *request);

void vn_uplink_on_rights_timer(struct vn_uplink *uplink);

struct vn_uplink_info {
    enum vn_uplink_state state;
    bool online;
    int64_t offline_since_ms; /* wall time; 0: online, or never online yet */
    int64_t acked_seq, durable_seq;
    int64_t hub_offset_ms; /* hub time - wall time, as of the last answer */
    int64_t quarantined;   /* entries of this till that wait for a person at the hub */
    int64_t hub_entries;   /* the newest version of entries that the hub reads; 0: not heard yet */
    struct vn_cursor cursor;
    int64_t certificate_until_ms; /* of the certificate that is shown; 0: not known */
    char renewal
        [VN_ERROR_TEXT_MAX]; /* why it could not be renewed when that was tried last; "" when all is well */
    char nothing_granted
        [VN_ERROR_TEXT_MAX]; /* why the hub grants nothing at present, as it said last; "" when it grants */
    /* One sentence; "" when all is well: why not online; or, although online, why everything is loaded anew, or what went
     * wrong when the hub was told something last. */
    char reason[VN_ERROR_TEXT_MAX];
};
void vn_uplink_info(const struct vn_uplink *uplink, struct vn_uplink_info *out);
/* The hub's time, by its last answer and what has passed since: no matter what our wall clock says. 0: it has not said it
 * since the start. */
int64_t vn_uplink_hub_now_ms(const struct vn_uplink *uplink);

#endif
