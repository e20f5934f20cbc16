/* What the files of the admin socket's verbs share: api/admin.c has the table of routes. */
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

/* GET /admin/quarantine?till=&class=&decided=, GET /admin/quarantine/entry?till=&seq=, POST /admin/quarantine/release and discard. */
void vn_api_quarantine(struct vn_admin *admin);
void vn_api_quarantined(struct vn_admin *admin);
void vn_api_release(struct vn_admin *admin);
void vn_api_discard(struct vn_admin *admin);

/* That there is such a till; "" is all of them. VN_ABSENT with a sentence. */
VN_MUST_USE enum vn_status vn_admin_check_till(struct vn_admin *admin, const char *till);

/* GET and POST /admin/settings. */
void vn_api_settings(struct vn_admin *admin);
void vn_api_set(struct vn_admin *admin);

/* GET /admin/export/<kind>?after=<key>, /admin/member?id=, /admin/rulesets: see report.h. */
void vn_api_export(struct vn_admin *admin);
void vn_api_member(struct vn_admin *admin);
void vn_api_rulesets(struct vn_admin *admin);

#endif
