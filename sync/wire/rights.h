/* POST /v1/rights: the one exchange of rights between a till and the hub (decision 27). Wants go up; grants, and what the hub
 * asks back, come down. Counters in both directions are targets, so that a message that is lost, late or repeated changes
 * nothing. The hub answers when the till's journal is ingested up to the head that the stamp names, otherwise 409.
 *
 *     {"schema":1,"wants":[{"account":"w7","granted":1200},
 *                          {"account":"n0123456789abcdef","granted":1,"of":{"promotion":"p","member":"w7","day":20779}}]}
 *     {"schema":1,"enrolment":"<hex>","number":8,
 *      "grants":[{"account":"w7","granted":1200,"free":340,"elsewhere":100,"slices":[...]}],
 *      "back":[{"account":"w9","released":300,"seen":120}],"asked":4,"risk_member":50,"reason":"..."}
 *
 * "enrolment" is the one that the reply is for: a till takes nothing of one that names another. Tills of the first versions send
 * no "of" and read over "enrolment", "elsewhere", "back", "asked", "risk_member" and "reason"; hubs of the first versions do not
 * say these. The answer to a long-poll says in the header Verno-Rights whether there is something to fetch here. */
#ifndef VN_WIRE_RIGHTS_H
#define VN_WIRE_RIGHTS_H

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "agent/base/limits.h"
#include "sync/wire/chain.h"

/* What the name of an account was made of that has no number (agent/loyalty/accounts.h). */
struct vn_right_of {
    char promotion[VN_ID_MAX]; /* of a limit, a count, a budget; of stamps the one that takes them */
    char member[VN_ID_MAX];    /* his account: of a limit and of stamps */
    int64_t day;               /* of a limit: the first of its period; 0: ever */
    char card[VN_ID_MAX];      /* of stamps */
};

struct vn_right_want {
    char account[VN_ID_MAX];
    int64_t granted; /* the counter that the till would like to see */
    bool has_of;
    struct vn_right_of of;
};

struct vn_rights_request {
    unsigned count;
    struct vn_right_want wants[VN_RIGHTS_MAX];
};

/* A named part of a lot that a grant moved to the till. */
struct vn_slice {
    int64_t lot;
    int64_t amount;
    int64_t expires_ms;
};

struct vn_grant {
    char account[VN_ID_MAX];
    int64_t
        granted; /* the counter as it is now: more than was wanted when the hub grants ahead, never less than before */
    int64_t free;      /* what the account has left at the hub, for "available here" */
    int64_t elsewhere; /* at other tills, in open receipts and on its way too, as far as the hub knows */
    unsigned slice_count;
    struct vn_slice slices[VN_LOTS_MAX]; /* of this grant alone */
};

/* So much the till shall have released of the account in all, by its entries of kind release. It releases what is available
 * up to that at once, and the rest when it becomes available. `seen` is what the hub has heard of: an older agent did not
 * count. */
struct vn_right_back {
    char account[VN_ID_MAX];
    int64_t released;
    int64_t seen;
};

struct vn_rights_reply {
    bool has_enrolment; /* false: of a hub that does not say it */
    struct vn_enrolment_id enrolment;
    /* The highest grant that is told, all before it are, too; 0: the till has journaled all there are. Accounts that were
     * wanted and got nothing are among the grants with no slices. */
    int64_t number;
    unsigned count;
    struct vn_grant grants[VN_RIGHTS_MAX];
    unsigned back_count;
    struct vn_right_back back[VN_RIGHTS_MAX]; /* all that the hub asks back; some of it when it is more */
    int64_t
        asked; /* the header's counter, if all of `back` is told; else less, so that the till comes again */
    int64_t risk_member; /* points that one member may have at risk while this till is alone; 0: none */
    char reason[VN_ERROR_TEXT_MAX]; /* why nothing is granted at present, for people; "" */
};

/* The header of an answer to GET /v1/feed, "G.A": the enrolment's highest grant, and how often it was asked back. A till that
 * has journaled less than G, or was not told of A by a reply, posts to /v1/rights, with no wants if it has none. */
#define VN_RIGHTS_HEADER   "Verno-Rights"
#define VN_RIGHTS_MARK_MAX 40
struct vn_rights_mark {
    int64_t grant;
    int64_t asked;
};
void vn_rights_mark_write(const struct vn_rights_mark *mark, char out[VN_RIGHTS_MARK_MAX]);
VN_MUST_USE enum vn_status vn_rights_mark_read(struct vn_view text,
                                               struct vn_rights_mark *out); /* VN_INPUT */

VN_MUST_USE enum vn_status vn_rights_request_encode(const struct vn_rights_request *request,
                                                    struct vn_buf *out);
VN_MUST_USE enum vn_status vn_rights_request_decode(struct vn_view bytes, struct vn_rights_request *out,
                                                    struct vn_error *error);
VN_MUST_USE enum vn_status vn_rights_reply_encode(const struct vn_rights_reply *reply, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_rights_reply_decode(struct vn_view bytes, struct vn_rights_reply *out,
                                                  struct vn_error *error);

#endif
