/* What people ask the hub, as JSON: docs/hub.md shows each document. Reading only. */
#ifndef VN_HUB_REPORT_H
#define VN_HUB_REPORT_H

#include <jansson.h>

#include "sync/hub/core/hub.h"
#include "sync/hub/fleet/table.h"
#include "sync/hub/masters/import.h"
#include "sync/hub/storage/ledger.h"

/* When each enrolment was last heard: a copy, for another thread than the table's. */
struct vn_report_contact {
    int64_t enrolment;
    int64_t at_ms; /* 0: not since the start */
};
struct vn_report_contacts {
    struct vn_report_contact *rows; /* by number of the enrolment */
    size_t count;
};
VN_MUST_USE enum vn_status vn_report_contacts_take(struct vn_report_contacts *contacts,
                                                   const struct vn_fleet_table *fleet); /* VN_NOMEM */
void vn_report_contacts_deinit(struct vn_report_contacts *contacts);

#define VN_FLEET_PAGE 1000

/* All: *out is a new reference when VN_OK. Statuses of the store, VN_NOMEM. */

/* Up to VN_FLEET_PAGE enrolments and as many tills that wait for theirs, above the key `after`, "" at first; "next" is the key of
 * the next page, if there is one. VN_ABSENT: there is no such key. */
VN_MUST_USE enum vn_status vn_report_fleet(struct vn_hub *hub, const struct vn_report_contacts *contacts,
                                           const char *after, json_t **out);
/* The enrolments of one till, in the same form; or the till, when it waits for its first. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_report_till(struct vn_hub *hub, const struct vn_report_contacts *contacts,
                                          const char *till, json_t **out);
/* account "": the sums over all accounts. VN_ABSENT: nothing is known of the account. */
VN_MUST_USE enum vn_status vn_report_ledger(struct vn_hub *hub, const char *account, json_t **out);
VN_MUST_USE enum vn_status vn_report_sales(struct vn_hub *hub, const char *till, json_t **out);
/* Those that came out otherwise when they were quoted again (requote.h); till "": of all. */
VN_MUST_USE enum vn_status vn_report_differing(struct vn_hub *hub, const char *till, json_t **out);
VN_MUST_USE enum vn_status vn_report_stores(struct vn_hub *hub, json_t **out);
VN_MUST_USE enum vn_status vn_report_codes(struct vn_hub *hub, json_t **out);
VN_MUST_USE enum vn_status vn_report_branches(struct vn_hub *hub, json_t **out);
/* With its sales. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_report_branch(struct vn_hub *hub, int64_t number, json_t **out,
                                            struct vn_error *error);
/* till "": of all; class VN_QUARANTINE_CLASSES: all; those that wait, or those about which somebody decided. */
VN_MUST_USE enum vn_status vn_report_quarantine(struct vn_hub *hub, const char *till,
                                                enum vn_quarantine_class class_, bool decided, json_t **out);
/* One of them with its body. VN_ABSENT with a sentence. */
VN_MUST_USE enum vn_status vn_report_quarantined(struct vn_hub *hub, const char *till, int64_t seq,
                                                 json_t **out, struct vn_error *error);
/* Puts an entry's bytes into `out`: a text as "body", anything else as "body_hex". VN_NOMEM. */
VN_MUST_USE enum vn_status vn_report_put_body(json_t *out, struct vn_view body);
/* `till` is its name, which means its newest enrolment that has the entry, or an enrolment's id in hex. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_report_entry(struct vn_hub *hub, const char *till, int64_t seq, json_t **out);
VN_MUST_USE enum vn_status vn_report_audit(struct vn_hub *hub, json_t **out);
VN_MUST_USE enum vn_status vn_report_ruleset(struct vn_hub *hub, json_t **out); /* VN_ABSENT */
/* The newest rulesets and stops. */
VN_MUST_USE enum vn_status vn_report_rulesets(struct vn_hub *hub, json_t **out);

/* {"rows":[...],"next":"..."}: a page of lines that the import of that kind takes back, above the key `after` ("": from the
 * beginning); no "next" at the end. VN_ABSENT: that kind is not exported. */
VN_MUST_USE enum vn_status vn_report_export(struct vn_hub *hub, enum vn_import_kind kind, const char *after,
                                            json_t **out);
/* A member's line alone, a debt as a balance below 0. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_report_member(struct vn_hub *hub, int64_t id, json_t **out);

#endif
