/* Counters and levels of a running hub, as OpenMetrics text (openmetrics.io, version 1.0.0).
 *
 * Pure: whoever owns them counts and fills in, and this writes them down. Nothing here names a till, a card or a member. */
#ifndef VN_HUB_METRICS_H
#define VN_HUB_METRICS_H

#include "agent/base/bytes.h"
#include "sync/hub/storage/storage.h"

#define VN_METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum vn_metric_path {
    VN_METRIC_ENROL,
    VN_METRIC_RENEW,
    VN_METRIC_JOURNAL,
    VN_METRIC_FEED,
    VN_METRIC_SNAPSHOT,
    VN_METRIC_RIGHTS,
    VN_METRIC_STATUS,
    VN_METRIC_BRANCH,
    VN_METRIC_SIGN_UP,
    VN_METRIC_MEMBERS, /* one of them, looked up */
    VN_METRIC_OTHER,   /* unknown paths, and requests that were refused before they were read */
    VN_METRIC_PATHS,
};

#define VN_METRIC_STATUSES 26

/* Replies to tills, by path and HTTP status. */
struct vn_metrics {
    uint64_t replies[VN_METRIC_PATHS][VN_METRIC_STATUSES];
};

/* Posted receipts by what came of quoting them again. */
struct vn_metric_sum {
    const char *name; /* static */
    int64_t value;
};

#define VN_METRIC_SUMS_MAX 16

/* What there is at this moment. */
struct vn_levels {
    int64_t up_ms; /* since the start */
    int64_t epoch;
    int64_t connections;          /* of tills */
    int64_t tasks;                /* requests on a thread, or waiting for one */
    int64_t acknowledged, posted; /* entries of all enrolments, ever */
    int64_t quarantined;
    int64_t repeats;                         /* of transactions that collided with another process's */
    int64_t enrolments[VN_ENROLMENT_STATES]; /* by state */
    int64_t quiet;    /* active enrolments that were not heard for a day, or not since the start */
    int64_t troubles; /* sentences of the health answer */
    unsigned requoted_count;
    struct vn_metric_sum requoted[VN_METRIC_SUMS_MAX];
    int64_t requote_lag; /* entries that are posted and were not looked at */
    int64_t backup_ms;   /* when the last backup off the machine was made; 0: none */
    int64_t issuing_until_ms,
        server_until_ms; /* ends of certificates: what signs, the hub's own; 0: not known */
};

/* Counts a reply. */
void vn_metrics_replied(struct vn_metrics *metrics, const char *path, int status);
/* VN_FULL, VN_NOMEM of the buffer. */
VN_MUST_USE enum vn_status vn_metrics_write(const struct vn_metrics *metrics, const struct vn_levels *levels,
                                            struct vn_buf *out);

#endif
