/* What a person should know about a running hub: one sentence for each thing that is wrong, each ending in what to do.
 *
 * Pure. *Failing* is what keeps tills waiting; the rest are warnings. */
#ifndef VN_HUB_HEALTH_H
#define VN_HUB_HEALTH_H

#include <jansson.h>
#include <stdbool.h>

#include "agent/base/error.h"
#include "agent/base/status.h"
#include "sync/hub/ca/ca.h"
#include "sync/hub/core/health_bad.h"

#define VN_HEALTH_LAG_MAX   20000 /* entries not posted yet, before balances are called behind */
#define VN_HEALTH_BACKUP_MS (7 * INT64_C(86400000))
#define VN_HEALTH_SLOW_MAX  20 /* requests that did not come in time, in an hour or two, on bad lines */
#define VN_HEALTH_KEY_MS    (7 * INT64_C(86400000)) /* the root's key may lie beside the hub so long */
#define VN_HEALTH_SENTENCES 21
#define VN_HEALTH_TEXT_MAX  512 /* bytes of a sentence, with the longest names of tills */

/* What is known; zeros are fine. Times in ms since 1970. */
struct vn_health_facts {
    int64_t now_ms;
    int64_t away_since_ms;     /* the database does not answer */
    int64_t trouble_since_ms;  /* nothing could be stored since then, see `trouble` */
    int64_t backlog;           /* entries that are not posted */
    int64_t still;             /* enrolments whose entries the store can't go on with, */
    const char *still_till;    /* and the till of one; NULL: none */
    int64_t unposted_since_ms; /* nothing could be posted since then, of any till; 0: it can */
    const char *unposted_reason;
    int64_t quarantined; /* entries */
    struct vn_health_loan {
        int64_t count, amount;
        const char *lender, *borrower; /* tills of one */
        const char *what;              /* "points" */
        bool heard;                    /* its lender was, since */
        char ended[2 * VN_ID_BYTES +
                   1]; /* the borrower's enrolment, which tells no more; "": it is in force */
    } untold;          /* loans between tills that their lenders do not tell of, */
    struct vn_health_loan
        unended;       /* and those of lenders that are gone, whose borrowers do not; `heard` says nothing */
    int64_t differing; /* receipts that came out otherwise when they were quoted again, these seven days */
    int64_t branches;  /* enrolments whose journal was set back or copied */
    int64_t unshown;   /* enrolments that have not shown what they have since the hub was set back */
    int64_t backup_ms; /* the last backup off this machine; 0: none */
    int64_t enrolments;
    struct vn_bad_count bad; /* requests, lately */
    int bad_status;          /* of the last that was unread, */
    const char *bad_till;    /* and whose it was; NULL: none */
    int64_t machine_ms;      /* the clock of the machine, when it is doubted; else 0 */
    enum vn_status trouble;
    bool standby;                   /* a synchronous standby has what is committed */
    bool server;                    /* the database is a server's, and is backed up with its own tools */
    char reason[VN_ERROR_TEXT_MAX]; /* of the trouble, in the store's words */
    const char *away_reason;        /* likewise; NULL: not known */
    struct vn_ca_look keys;         /* zeros: not looked at yet */
};

struct vn_health {
    bool failing;
    unsigned count;
    struct {
        const char *code; /* static: "disk-full" */
        bool failing;
        int64_t since_ms; /* 0: not said */
        char text[VN_HEALTH_TEXT_MAX];
    } sentences[VN_HEALTH_SENTENCES];
};

void vn_health_judge(const struct vn_health_facts *facts, struct vn_health *out);

/* {"status":"ok", "warning" or "failing", "sentences":[{"code","failing","since_ms","text"}]}, a new reference; NULL: no
 * memory. */
json_t *vn_health_json(const struct vn_health *health);

#endif
