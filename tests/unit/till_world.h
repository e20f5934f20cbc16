/* A till with a real journal in a temporary folder, small tables for cards and coupons, and a hub that grants rights from
 * what is free. Whatever the till asks for waits until the test serves it. */
#ifndef VN_TESTS_TILL_WORLD_H
#define VN_TESTS_TILL_WORLD_H

#include "agent/store/journal.h"
#include "agent/till/till.h"
#include "tests/unit/folder.h"

#define WORLD_CALLS 40000

/* Cards (EAN-13 of range 2990) and coupons (2991): which of them is told apart by the number in the middle. */
enum { MILICA = 1, JOVAN = 2, BLOCKED = 3, STRANGER = 9, CROWD = 20, CROWD_LAST = 59 };
enum {
    COUPON_ONE = 1,
    COUPON_TWO = 2,
    COUPON_MANY = 3,
    COUPON_SPENT = 4,
    COUPON_EXPIRED = 5,
    COUPON_UNKNOWN = 9
};

struct world_answer {
    unsigned count; /* how often it was answered */
    int http;
    char *body; /* of the last answer; a problem: its title */
    char pointer[64];
};

struct world_account {
    char account[VN_ID_MAX];
    int64_t free, granted;
};

struct world {
    struct folder folder;
    struct vn_enrolment_id enrolment;
    uint64_t seed;
    struct vn_journal *journal;
    struct vn_till *till;
    int64_t now_ms;

    struct vn_till_lookup *lookup; /* what waits to be served */
    struct vn_till_inspect *inspect;
    struct vn_till_write *write;
    bool asked;
    struct vn_rights_request request;
    unsigned asked_count;
    bool nearby_busy;       /* they are asked for something else */
    unsigned looked_nearby; /* how often neighbours were asked what they have, */
    char nearby[VN_ID_MAX]; /* and of what */
    unsigned rights_looked_up;
    unsigned overlaps; /* two of a kind under way: must stay 0 */

    enum vn_status fail_write; /* the next write ends so, nothing is written */
    enum vn_status fail_inspect, fail_lookup;
    struct world_account accounts[8];
    int64_t grant_number;

    uint64_t last_call;
    struct world_answer answers[WORLD_CALLS];
    unsigned changes, outcomes, cards, scans;
    enum vn_session_card last_card;
    char last_scan[64];
    int64_t last_payable_minor; /* of the last outcome event */
};

int world_setup(void **state);
int world_teardown(void **state);
void world_restart(struct world *world);                 /* the agent is killed and started again */
void world_rules(struct world *world, const char *text); /* NDJSON */
void world_ruleset(struct world *world, int64_t number, int milk_off_bp);

/* Serves one thing that waits; false when nothing does. */
bool world_serve(struct world *world);
void world_pump(struct world *world);                                    /* until nothing waits */
void world_grant(struct world *world);                                   /* the hub answers the question */
void world_tell(struct world *world, const char *account, int64_t more); /* it grants so much ahead */
void world_ask_back(struct world *world, const char *account,
                    int64_t released); /* all that it asks back is this; NULL: nothing */

void world_number(char out[16], const char *prefix, int which);
void world_card(struct world *world, int which); /* scanned, and served */
void world_coupon(struct world *world, int which);

/* Calls: return the id; `_async` ones are not served yet. A basket of `milk` and `other` lines of 100.00 each. */
struct vn_basket *world_basket(const char *receipt, int milk, int other);
uint64_t world_call_async(struct world *world, enum vn_till_call_kind kind, const char *receipt, int step,
                          struct vn_basket *basket, const char *content);
uint64_t world_quote(struct world *world, const char *receipt, int milk, int other);
uint64_t world_hold(struct world *world, const char *receipt, int step, int milk, int other);
uint64_t world_step(struct world *world, enum vn_till_call_kind kind, const char *receipt, int step);
uint64_t world_choose(struct world *world, const char *receipt, int64_t points);
uint64_t world_return(struct world *world, const char *receipt, const char *of, const char *content);

int world_http(const struct world *world, uint64_t call); /* 0: not answered */
const char *world_body(const struct world *world, uint64_t call);
int64_t world_field(const struct world *world, uint64_t call, const char *name); /* of the JSON answer; -1 */
struct vn_counters world_counters(struct world *world, const char *account);
int64_t world_points(struct world *world, const char *account); /* sum of the journal's effects */
unsigned world_entries(struct world *world, enum vn_entry_kind kind);
struct vn_sale_key world_key(const char *receipt);

#endif
