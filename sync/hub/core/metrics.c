#include "sync/hub/core/metrics.h"

#include <string.h>

static const struct {
    const char *path; /* ending in "/": what begins so */
    const char *name;
} paths[VN_METRIC_PATHS] = {[VN_METRIC_ENROL] = {"/v1/enrol", "enrol"},
                            [VN_METRIC_RENEW] = {"/v1/renew", "renew"},
                            [VN_METRIC_JOURNAL] = {"/v1/journal", "journal"},
                            [VN_METRIC_FEED] = {"/v1/feed", "feed"},
                            [VN_METRIC_SNAPSHOT] = {"/v1/snapshot", "snapshot"},
                            [VN_METRIC_RIGHTS] = {"/v1/rights", "rights"},
                            [VN_METRIC_STATUS] = {"/v1/status", "status"},
                            [VN_METRIC_BRANCH] = {"/v1/branch", "branch"},
                            [VN_METRIC_SIGN_UP] = {"/v1/members", "sign-up"},
                            [VN_METRIC_MEMBERS] = {"/v1/members/", "members"},
                            [VN_METRIC_OTHER] = {"", "other"}};

/* "other" stands for all others. */
static const struct {
    int status;
    const char *name;
} statuses[VN_METRIC_STATUSES] = {
    {200, "200"}, {201, "201"}, {204, "204"}, {206, "206"}, {304, "304"}, {400, "400"}, {401, "401"},
    {403, "403"}, {404, "404"}, {405, "405"}, {406, "406"}, {408, "408"}, {409, "409"}, {410, "410"},
    {411, "411"}, {412, "412"}, {413, "413"}, {415, "415"}, {416, "416"}, {417, "417"}, {426, "426"},
    {429, "429"}, {431, "431"}, {500, "500"}, {503, "503"}, {0, "other"}};

void vn_metrics_replied(struct vn_metrics *metrics, const char *path, int status)
{
    size_t at = 0;
    size_t which = 0;
    for (; at < VN_METRIC_OTHER; at++) {
        size_t len = strlen(paths[at].path);
        bool tail = paths[at].path[len - 1] == '/';
        if (tail ? strncmp(path, paths[at].path, len) == 0 : strcmp(path, paths[at].path) == 0) {
            break;
        }
    }
    while (which < VN_METRIC_STATUSES - 1 && statuses[which].status != status) {
        which++;
    }
    metrics->replies[at][which]++;
}

static enum vn_status write_replies(const struct vn_metrics *metrics, struct vn_buf *out)
{
    enum vn_status status = vn_buf_append_str(out, "# TYPE verno_hub_replies counter\n"
                                                   "# HELP verno_hub_replies Answers to tills.\n");
    for (size_t at = 0; at < VN_METRIC_PATHS; at++) {
        for (size_t which = 0; which < VN_METRIC_STATUSES && status == VN_OK; which++) {
            uint64_t count = metrics->replies[at][which];
            if (count > 0) {
                status = vn_buf_printf(out, "verno_hub_replies_total{path=\"%s\",status=\"%s\"} %llu\n",
                                       paths[at].name, statuses[which].name, (unsigned long long)count);
            }
        }
    }
    return status;
}

static enum vn_status write_one(struct vn_buf *out, const char *name, const char *type, const char *help,
                                int64_t value)
{
    return vn_buf_printf(out, "# TYPE verno_hub_%s %s\n# HELP verno_hub_%s %s\nverno_hub_%s%s %lld\n", name,
                         type, name, help, name, strcmp(type, "counter") == 0 ? "_total" : "",
                         (long long)value);
}

static enum vn_status write_enrolments(const struct vn_levels *levels, struct vn_buf *out)
{
    enum vn_status status = vn_buf_append_str(out, "# TYPE verno_hub_enrolments gauge\n"
                                                   "# HELP verno_hub_enrolments Enrolments of tills.\n");
    for (size_t state = 0; state < VN_ENROLMENT_STATES && status == VN_OK; state++) {
        status = vn_buf_printf(out, "verno_hub_enrolments{state=\"%s\"} %lld\n",
                               vn_enrolment_state_name((enum vn_enrolment_state)state),
                               (long long)levels->enrolments[state]);
    }
    return status;
}

static enum vn_status write_requoted(const struct vn_levels *levels, struct vn_buf *out)
{
    enum vn_status status =
        vn_buf_append_str(out, "# TYPE verno_hub_receipts_requoted gauge\n"
                               "# HELP verno_hub_receipts_requoted Posted receipts, quoted again.\n");
    for (unsigned i = 0; i < levels->requoted_count && status == VN_OK; i++) {
        status = vn_buf_printf(out, "verno_hub_receipts_requoted{answer=\"%s\"} %lld\n",
                               levels->requoted[i].name, (long long)levels->requoted[i].value);
    }
    return status;
}

enum vn_status vn_metrics_write(const struct vn_metrics *metrics, const struct vn_levels *levels,
                                struct vn_buf *out)
{
    const struct {
        const char *name, *type, *help;
        int64_t value;
    } rows[] = {
        {"up_seconds", "gauge", "Since the start.", levels->up_ms / 1000},
        {"epoch", "gauge", "Raised each time the hub was set back.", levels->epoch},
        {"connections", "gauge", "Connections of tills.", levels->connections},
        {"tasks", "gauge", "Requests under way.", levels->tasks},
        {"entries_acknowledged", "gauge",
         "Entries of journals that are durably taken in; less when the hub was set back.",
         levels->acknowledged},
        {"entries_posted", "gauge", "Those of them that are in the ledger or in quarantine.", levels->posted},
        {"entries_quarantined", "gauge", "Entries that could not be applied.", levels->quarantined},
        {"transactions_repeated", "counter", "Transactions that collided with others and ran again.",
         levels->repeats},
        {"enrolments_quiet", "gauge", "Active enrolments that were not heard for a day.", levels->quiet},
        {"troubles", "gauge", "Sentences of the health answer.", levels->troubles},
        {"requote_lag_entries", "gauge", "Posted entries that were not quoted again yet.",
         levels->requote_lag},
        {"backup_timestamp_seconds", "gauge", "The last backup off this machine.", levels->backup_ms / 1000},
        {"issuing_certificate_end_timestamp_seconds", "gauge",
         "End of the certificate that signs tills and the hub.", levels->issuing_until_ms / 1000},
        {"server_certificate_end_timestamp_seconds", "gauge", "End of the hub's own certificate.",
         levels->server_until_ms / 1000},
    };
    enum vn_status status = write_replies(metrics, out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == VN_OK; i++) {
        status = write_one(out, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
    }
    if (status == VN_OK) {
        status = write_enrolments(levels, out);
    }
    if (status == VN_OK) {
        status = write_requoted(levels, out);
    }
    return status == VN_OK ? vn_buf_append_str(out, "# EOF\n") : status;
}
