/* What GET /v1/status and POST /v1/status say of a till. */
#ifndef VN_APP_STATUS_H
#define VN_APP_STATUS_H

#include <jansson.h>

#include "agent/app/cache_thread.h"
#include "agent/store/enrolment.h"
#include "agent/store/journal.h"
#include "agent/till/till.h"
#include "drivers/devices.h"
#include "sync/uplink/uplink.h"

struct vn_status_facts {
    const struct vn_enrolment *enrolment;
    const struct vn_journal_head *head;
    const struct vn_till *till;
    const struct vn_devices *devices; /* may be NULL */
    const char *journal_trouble;      /* why the last entry was not taken; "" */
    bool journal_damaged;             /* somewhere */
    struct vn_uplink_info uplink;
    struct vn_cache_counts counts;
};

/* A new reference; NULL when memory is out. */
json_t *vn_status_json(const struct vn_status_facts *facts);

#endif
