/* A chain in a temporary folder, and tills that write entries as a real journal does: the counters of rights,
 * the chain, batches. Everything that should work is asserted on the way. */
#ifndef VN_TESTS_HUB_WORLD_H
#define VN_TESTS_HUB_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/loyalty/outcome.h"
#include "sync/hub/core/hub.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/ingest/ingest.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/ledger/posting.h"
#include "sync/hub/masters/import.h"
#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/pack.h"
#include "sync/wire/transfer.h"
#include "tests/unit/database.h"
#include "tests/unit/folder.h"

#define WORLD_ENTRIES_MAX 64

struct world {
    char dir[FOLDER_PATH];
    char uri[DATABASE_URI];
    const char *database; /* `uri`, or NULL: hub.db */
    int64_t now_ms;
    uint64_t seed;
    struct vn_hub_keys keys;
    struct vn_settings settings; /* all by default */
    struct vn_hub hub;
    void (*harness)(
        bool works); /* what follows is the test's own work, or is it no more; NULL: nobody wants to know */
};

struct world_till {
    struct world *world;
    struct vn_enrolment_id enrolment;
    int64_t id; /* the hub's number of the enrolment */
    int64_t head_seq;
    struct vn_hash hashes[WORLD_ENTRIES_MAX]; /* by seq */
    char *bodies[WORLD_ENTRIES_MAX];
    struct vn_counters rights[4];
    unsigned right_count;
    uint8_t boot[VN_ID_BYTES];
    int64_t grant;  /* highest grant number that was journaled */
    int64_t behind; /* so many entries more it says that it has, when it sends */
};

int world_setup(void **state); /* cmocka: *state becomes a struct world * */
int world_teardown(void **state);
void world_close(struct world *world); /* its database */
void world_open(struct world *world);
void world_reopen(struct world *world); /* both */

/* The hub comes up from a backup, and opens an epoch. */
void world_set_back(struct world *world);
void world_slow_lane(struct world *world, int64_t every_s);
void world_store(struct world *world, const char *store);
void world_import(struct world *world, enum vn_import_kind kind, const char *text);
/* Two members, "w1" (500 points, card 2990000000017) and "w2" (none), and a coupon of single use (2991000000016). */
void world_fill(struct world *world);
/* A till of store "s1" that has enrolled. */
void world_till_start(struct world *world, struct world_till *till, const char *name);
void world_till_start_at(struct world *world, struct world_till *till, const char *store, const char *name);
/* The members, the coupon and till "t1". */
void world_start(struct world *world, struct world_till *till);
void world_till_end(struct world_till *till);

/* What an entry says; zeros and NULLs say nothing. */
struct world_step {
    enum vn_entry_kind kind;
    const char *receipt; /* of sale key {"1", "2026-11-22", receipt}; a return: of the original */
    const char *account; /* member */
    const char *card;    /* hash in hex */
    int64_t total_minor, earned, spent;
    const char *right;          /* the account whose right moves: spends `spent`, or 1 of a coupon */
    int64_t in, out;            /* by how much its counters move */
    const char *at_risk;        /* an account that the outcome takes 1 of, and no right moves */
    int64_t granted;            /* grant: the counter */
    int64_t qualifying;         /* counts for the tier */
    const struct vn_give *give; /* of a give, take, refuse or back, whose right is moved by it */
    const struct vn_signature *signature;
};
/* Appends to the till's journal. */
void world_append(struct world_till *till, const struct world_step *step);
void world_append_raw(struct world_till *till, const char *body);

/* A commit without rights: what was paid and what it earned. */
void world_commit(struct world_till *till, const char *receipt, const char *account, int64_t total_minor,
                  int64_t earned);

/* Sends entries from_seq to the head in one batch, in a transaction of its own; it is not posted. */
void world_take(struct world_till *till, int64_t from_seq, struct vn_ingest_result *out);
/* Posts all that was taken in. */
void world_post(struct world *world);
/* Both. Whatever the store says; nothing is asserted. */
enum vn_status world_try_send(struct world_till *till, int64_t from_seq, struct vn_ingest_result *out);
/* The same; it must work. */
void world_send(struct world_till *till, int64_t from_seq, struct vn_ingest_result *out);
/* Sends what is new; it must be taken. Returns the number of quarantined entries. */
int64_t world_sync(struct world_till *till);
void world_stamp(const struct world_till *till, struct vn_stamp *out);
void world_row(const struct world_till *till, struct vn_enrolment_row *out);
/* Asks for `granted` and journals what comes. Returns the counter. */
int64_t world_rights(struct world_till *till, const char *account, int64_t granted);
/* The same without a journal's entry, which the test has. */
int64_t world_grant(struct world_till *till, const char *account, int64_t granted);

/* Numbers what was committed, as the hub does after each turn: the feed has it now. Returns the last number. */
int64_t world_publish(struct world *world);
bool world_cursor_usable(struct world *world, const struct vn_cursor *cursor);

int64_t world_account(struct world *world, const char *account); /* its number */
/* What an enrolment may take of an account; slices by lot. */
struct world_claim {
    struct vn_claim_row row;
    struct vn_slices slices;
};
void world_claim(struct world *world, int64_t enrolment, const char *account, struct world_claim *out);
int64_t world_balance(struct world *world, const char *account, enum vn_ledger_place place,
                      int64_t enrolment);
int64_t world_owned(struct world *world, const char *account);
/* What the hub has of till t1's sale {"1", "2026-11-22", receipt}; it must have it. */
bool world_has_sale(struct world *world, const char *receipt, struct vn_sale_row *out);
void world_sale(struct world *world, const char *receipt, struct vn_sale_row *out);
/* The audit finds nothing. */
void world_audit(struct world *world);
/* The till is in touch, and has nothing to send. */
void world_show(const struct world_till *till);
/* A round among what waits in quarantine, as each import and ten minutes bring one. */
void world_look_again(struct world *world);

#endif
