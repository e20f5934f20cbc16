/* What the hub takes on, decided before a request's body is read: by what waits for the writer, at the pace at which it was
 * taken in lately; how much is under way; whether the database is there; and whether the hub is about to end. And what it says to
 * tills that are heard: how long to wait before the next batch, and how far to spread their return after an outage.
 *
 * Loop thread only; nothing blocks, nothing is asked of the database. */
#ifndef VN_HUB_SERVICE_ADMISSION_H
#define VN_HUB_SERVICE_ADMISSION_H

#include "sync/wire/batch.h"

#include "sync/net/server.h"

struct vn_fleet_seen;
struct vn_service;

/* A pace, measured. Zeros to begin with. */
struct vn_pace {
    int64_t per_s; /* entries a second of work, lately; 0: not known yet */
};
void vn_pace_add(struct vn_pace *pace, unsigned entries, int64_t work_ns);
/* How long so many take at that pace, rounded up; 0 when nothing is known. */
int64_t vn_pace_s(const struct vn_pace *pace, int64_t entries);

struct vn_admission {
    int64_t queued; /* entries that were read and wait for the writer */
    struct vn_pace intake, posting;
};

/* How long a journal that comes now has to wait before it is worth sending, when it may wait most_s; 0: it is taken. */
int64_t vn_admission_wait_s(const struct vn_admission *admission, int64_t most_s);

/* 503: the database is away, come again. */
void vn_admission_refuse_away(struct vn_http_exchange *exchange);
/* Whether nothing stands against any request; it was answered otherwise. */
bool vn_admission_open(struct vn_service *service, struct vn_http_exchange *exchange);
/* The same for a journal. */
bool vn_admission_takes(struct vn_service *service, struct vn_http_exchange *exchange);
/* The same for a till that signs a customer up: so many a minute (setting.h). */
bool vn_admission_signs_up(struct vn_service *service, struct vn_fleet_seen *seen,
                           struct vn_http_exchange *exchange);
/* Fills delay_ms and spread_s. */
void vn_admission_tell(const struct vn_service *service, struct vn_ack *ack);

#endif
