/* What people ask the hub, as JSON: docs/hub.md shows each document. Reading only. */
#ifndef VN_HUB_REPORT_H
#define VN_HUB_REPORT_H

#include "sync/hub/service.h"

/* All: *out is a new reference when VN_OK. Statuses of the store, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_report_fleet(struct vn_service *service, json_t **out);
/* account "": the sums over all accounts. VN_ABSENT: nothing is known of the account. */
VN_MUST_USE enum vn_status vn_report_ledger(struct vn_hub *hub, const char *account, json_t **out);
VN_MUST_USE enum vn_status vn_report_sales(struct vn_hub *hub, const char *till, json_t **out);
VN_MUST_USE enum vn_status vn_report_quarantine(struct vn_hub *hub, json_t **out);
VN_MUST_USE enum vn_status vn_report_audit(struct vn_hub *hub, json_t **out);
VN_MUST_USE enum vn_status vn_report_ruleset(struct vn_hub *hub, json_t **out); /* VN_ABSENT */

#endif
