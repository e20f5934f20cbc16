/* An uplink with everything around it faked: what it sends is written down, what comes back is said by the test. */
#ifndef VN_TESTS_UPLINK_FAKE_H
#define VN_TESTS_UPLINK_FAKE_H

#include "sync/uplink/uplink.h"

struct fake_channel {
    bool busy;       /* a request was sent and not answered */
    unsigned sent;   /* requests so far */
    char path[128];  /* of the last */
    char body[4096]; /* of the last, cut */
    char accept[96]; /* of the last, "" none */
    char range[64], match[64], none_match[64];
    int64_t timeout_ms; /* of the last */
    int64_t silent_ms;
    bool timer;       /* is set */
    int64_t timer_ms; /* its delay */
};

struct fake {
    struct vn_uplink *uplink;
    int64_t now_ms;
    int64_t wall_off_ms; /* our wall clock is wrong by so much */
    uint64_t seed;
    int64_t read_after;
    size_t read_bytes;
    int64_t acked, durable;
    int64_t apply_included, apply_told, apply_at;
    int64_t rights_timer_ms;
    struct vn_uplink_certificate certificate; /* shown at the start; all zero: none that is renewed */
    struct fake_channel up, feed;
    struct vn_rights_reply last_rights;
    unsigned read_max;
    unsigned acked_calls;
    unsigned rights_calls, rights_nulls; /* answers to what was asked */
    unsigned rights_told;                /* what else was told of rights */
    unsigned changes;
    unsigned overlaps; /* requests sent on a channel that was busy: must stay 0 */
    bool reading;      /* a batch was asked for */
    bool applying, apply_snapshot;
    bool rights_timer;
    bool keeping, kept_is_good; /* an answer to a renewal */
    bool no_key;                /* can be made */
    char apply_etag[64];
    unsigned roster_calls;
    char roster[64]; /* the last that came, cut */
};

void fake_create(struct fake *fake, uint64_t seed);
/* The same with a log, which the caller keeps until the fake is destroyed. */
void fake_create_logged(struct fake *fake, uint64_t seed, struct vn_log *log);
void fake_destroy(struct fake *fake);
/* Starts with a journal of `head` entries of which `acked` are acknowledged; epoch 0: empty cache. The till's enrolment is
 * "ab" and zeros. */
void fake_start(struct fake *fake, int64_t head, int64_t acked, int64_t epoch);
/* Started, snapshot not needed, first poll answered, status sent and answered: online and at rest. */
void fake_online(struct fake *fake, int64_t head);

/* The hub hears what the till says of itself, as long as it does, and has nothing to tell about rights. */
void fake_hear(struct fake *fake);
/* The till asks what there is about rights, wanting none: nothing. */
void fake_no_rights(struct fake *fake);
/* A frame of the feed that says which roster is the store's newest (Verno-Roster). */
void fake_feed_roster(struct fake *fake, int64_t number, int64_t epoch, int64_t roster);
/* A frame of the feed with the mark of rights (Verno-Rights). */
void fake_feed_marked(struct fake *fake, int64_t number, int64_t grant, int64_t asked);

/* Answers of the hub. */
void fake_reply(struct fake *fake, enum vn_uplink_channel channel, int http_status, const char *body);
void fake_reply_later(struct fake *fake, enum vn_uplink_channel channel, int http_status,
                      int64_t retry_after_ms);
void fake_refuse(struct fake *fake, enum vn_uplink_channel channel, int http_status, const char *problem);
void fake_lose(struct fake *fake, enum vn_uplink_channel channel, const char *reason);
void fake_ack(struct fake *fake, int64_t acked, int64_t durable, int64_t delay_ms);
void fake_expected(struct fake *fake, int64_t seq);
void fake_expected_on(struct fake *fake, enum vn_uplink_channel channel, int64_t seq);
void fake_grant(struct fake *fake, const char *account, int64_t granted);
/* The feed answers with both headers, and the frame is applied. */
/* A piece of a snapshot's file; the cache has not answered yet. */
void fake_piece(struct fake *fake, int http_status, const char *etag);
void fake_frame(struct fake *fake, int64_t included_seq, int64_t told_seq);
/* The feed answers, and the frame is applied: the cursor is then 1.number. */
void fake_feed(struct fake *fake, int64_t number);

/* Answers of this side. */
void fake_batch(struct fake *fake, unsigned count); /* the batch that was asked for */
void fake_batch_of(struct fake *fake, unsigned count, size_t bytes);
/* The renewal that was answered is kept, if it is one. */
void fake_renewed(struct fake *fake, const struct vn_uplink_certificate *certificate);
void fake_no_batch(struct fake *fake, enum vn_status status);
void fake_timer(struct fake *fake, enum vn_uplink_channel channel); /* time goes on to it */
void fake_ask(struct fake *fake, const char *account, int64_t granted);

struct vn_uplink_info fake_info(const struct fake *fake);

/* For cmocka: *state is a struct fake, made but not started. */
int fake_setup(void **state);
int fake_teardown(void **state);

#endif
