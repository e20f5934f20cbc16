/* What the files of the admin socket's verbs share: api/admin.c has the table of routes, and what runs for each stands in the
 * file of its subject. The functions run on the thread of their lane, and answer the task. */
#ifndef VN_HUB_API_ADMIN_H
#define VN_HUB_API_ADMIN_H

#include "sync/hub/api/report.h"
#include "sync/hub/service/service.h"

#define VN_WHO_MAX 24

struct vn_admin;

struct vn_admin_route {
    const char *method;
    const char *path; /* ending in "/": what follows is `rest` */
    void (*run)(struct vn_admin *admin);
    enum vn_lane lane;
    enum vn_status (*before)(struct vn_admin *admin); /* on the loop; may be NULL */
    bool (*ended)(struct vn_task *task);              /* likewise */
};

/* A request of a verb. */
struct vn_admin {
    struct vn_task task; /* first */
    const struct vn_admin_route *route;
    const char *rest; /* of the path */
    struct vn_hub *hub;
    struct vn_error error;
    char who[VN_WHO_MAX];               /* asks */
    char till[VN_NAME_MAX];             /* that was revoked */
    bool more;                          /* waits for what was imported */
    struct vn_report_contacts contacts; /* for the fleet */
};

/* Who is at the other end of the socket: "uid 1001". */
void vn_admin_who(const struct vn_http_peer *peer, char out[VN_WHO_MAX]);
/* Answers with *value when status is VN_OK, else with the status and admin->error. */
void vn_admin_reply(struct vn_admin *admin, enum vn_status status, json_t *value);

/* Two texts of the request's object; key2 may be NULL. VN_INPUT with a sentence. */
VN_MUST_USE enum vn_status vn_admin_read_texts(struct vn_admin *admin, const char *key1,
                                               char out1[VN_NAME_MAX], const char *key2,
                                               char out2[VN_NAME_MAX]);
/* Texts that people give are kept and shown: VN_INPUT with a sentence when one has a payment card's number in it. */
VN_MUST_USE enum vn_status vn_admin_no_payment_card(struct vn_admin *admin, const char *what,
                                                    const char *text);

/* That there is such a till; "" is all of them. VN_ABSENT with a sentence. */
VN_MUST_USE enum vn_status vn_admin_check_till(struct vn_admin *admin, const char *till);

/* --- what a route runs, by file -------------------------------------------------------------------------------- */

/* api/fleet.c: GET and POST /admin/stores; GET and POST /admin/codes, POST /admin/codes/revoke; GET /admin/fleet?after=<key> or
 * ?till=<name>; POST /admin/revoke; GET /admin/old-certificates. */
void vn_api_stores(struct vn_admin *admin);
void vn_api_store_add(struct vn_admin *admin);
void vn_api_codes(struct vn_admin *admin);
void vn_api_code_make(struct vn_admin *admin);
void vn_api_codes_revoke(struct vn_admin *admin);
void vn_api_fleet(struct vn_admin *admin);
VN_MUST_USE enum vn_status vn_api_contacts(struct vn_admin *admin); /* before it, on the loop. VN_NOMEM */
void vn_api_revoke(struct vn_admin *admin);
bool vn_api_revoked(struct vn_task *task); /* after it, on the loop */
void vn_api_old_certificates(struct vn_admin *admin);

/* api/write_off.c: POST /admin/write-off */
void vn_api_write_off(struct vn_admin *admin);

/* api/settle.c: GET and POST /admin/risk */
void vn_api_risks(struct vn_admin *admin);
void vn_api_settle(struct vn_admin *admin);

/* api/masters.c: POST /admin/import/<kind>, /admin/publish?allow_skipped=, /admin/stop. */
void vn_api_import(struct vn_admin *admin);
bool vn_api_imported(struct vn_task *task); /* after it, on the loop */
void vn_api_publish(struct vn_admin *admin);
void vn_api_stop(struct vn_admin *admin);

/* api/ledger.c: GET /admin/ledger?member= or ?account=, /admin/sales?till=&differing=, /admin/branches, /admin/branch?number=,
 * /admin/entry?till=&seq=, /admin/audit. */
void vn_api_ledger(struct vn_admin *admin);
void vn_api_sales(struct vn_admin *admin);
void vn_api_branches(struct vn_admin *admin);
void vn_api_branch(struct vn_admin *admin);
void vn_api_entry(struct vn_admin *admin);
void vn_api_audit(struct vn_admin *admin);

/* api/backup.c: POST /admin/durable. */
void vn_api_durable(struct vn_admin *admin);

/* api/quarantine.c: GET /admin/quarantine?till=&class=&decided=, GET /admin/quarantine/entry?till=&seq=, POST
 * /admin/quarantine/release and discard. */
void vn_api_quarantine(struct vn_admin *admin);
void vn_api_quarantined(struct vn_admin *admin);
void vn_api_release(struct vn_admin *admin);
void vn_api_discard(struct vn_admin *admin);

/* api/setting.c: GET and POST /admin/settings. */
void vn_api_settings(struct vn_admin *admin);
void vn_api_set(struct vn_admin *admin);

/* api/export.c: GET /admin/export/<kind>?after=<key>, /admin/member?id=, /admin/rulesets, /admin/ruleset: see report.h. */
void vn_api_export(struct vn_admin *admin);
void vn_api_member(struct vn_admin *admin);
void vn_api_rulesets(struct vn_admin *admin);
void vn_api_ruleset(struct vn_admin *admin);

#endif
