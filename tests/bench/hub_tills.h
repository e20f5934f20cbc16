/* Tills that exist only as far as a hub can see: an enrolment, a chained journal of receipts, a TLS connection. For
 * the load and the fleet generator (hub_load.c, hub_fleet.c), which are processes of their own beside the hub.
 *
 * All tills of one run share one key, since the hub asks only that a certificate's key is proved: making 10,000
 * keys would say nothing about the hub. Everything else is each till's own. Receipts are quoted with the ruleset and
 * catalogue of bench.h, as a till does, so that the hub posts them; cards are drawn from the imported members.
 *
 * One thread, one libuv loop. Whatever fails ends the program with a sentence (bench_die). */
#ifndef VN_TESTS_BENCH_HUB_TILLS_H
#define VN_TESTS_BENCH_HUB_TILLS_H

#include <jansson.h>
#include <uv.h>

#include "agent/crypto/sign.h"
#include "sync/net/client.h"
#include "sync/wire/enrol.h"
#include "sync/wire/stamp.h"

#define BENCH_HUB_PROMOTIONS 10 /* a line in five gets one */

struct bench_receipts; /* quotes receipts; opaque */

struct bench_hub {
    uv_loop_t loop;
    const char *dir; /* the hub's folder: its authority and its admin socket */
    uint16_t port;
    struct vn_http_client *admin;  /* admin.sock */
    struct vn_http_client *nobody; /* TLS without a certificate: enrolling */
    struct vn_buf ca;
    struct vn_key *key;
    struct vn_buf csr;
    struct bench_receipts *receipts;
};

enum bench_sale_kind {
    BENCH_PLAIN,   /* what was paid and earned */
    BENCH_BASKETS, /* also all lines and the whole outcome, as a till journals them */
};

struct bench_till {
    struct bench_hub *hub;
    struct vn_http_client *client;
    struct vn_enrolment_id enrolment;
    uint8_t boot[VN_ID_BYTES];
    int64_t head_seq;
    struct vn_hash head;
    int64_t acked_seq;
    int64_t receipts;
};

/* `members`: how many were imported (bench_hub_members). */
void bench_hub_open(struct bench_hub *hub, const char *dir, int port, long members,
                    enum bench_sale_kind kind);
/* Runs the loop until all is closed. Tills are closed before. */
void bench_hub_close(struct bench_hub *hub);

/* One request to the admin socket, answered before this returns: the document, owned by the caller. */
json_t *bench_hub_admin(struct bench_hub *hub, const char *method, const char *path, struct vn_view body);

/* Imports the catalogue and members 1 to `members` (0: none) as `verno-hub members import` does, and publishes the ruleset. */
void bench_hub_fill(struct bench_hub *hub, long members);

void bench_hub_store(struct bench_hub *hub, const char *store);
/* Enrols a till with the key of the run. */
void bench_hub_enrol(struct bench_hub *hub, const char *store, const char *name,
                     struct vn_enrol_reply *reply);
/* The same in store "s1", and makes its client; connects nothing yet. */
void bench_till_start(struct bench_hub *hub, struct bench_till *till, const char *name);
void bench_till_end(struct bench_till *till);
/* What a GET brings, the caller's to free; waits for it. */
void bench_till_get(struct bench_till *till, const char *path, struct vn_buf *out);

/* Asks for no rights, as a till does when it starts: it is granted ahead from then on. Waits for the answer. `stamp` is the one
 * of the last batch that was sent. */
void bench_till_rights(struct bench_till *till, const char *stamp);

/* The first entry of a journal: the agent started. Appended to `out`. */
void bench_boot_entry(const uint8_t boot[VN_ID_BYTES], struct vn_buf *out);

/* The next `count` entries of its journal as a zipped batch, as POST /v1/journal takes it, and the stamp to send with it. The
 * first batch of a till begins with its boot. */
struct bench_batch {
    struct vn_buf zipped;
    size_t plain_bytes;
    unsigned entries, receipts;
    int64_t last_seq;
    char stamp[VN_STAMP_TEXT_MAX];
};
void bench_till_batch(struct bench_till *till, unsigned count, struct bench_batch *out);
void bench_batch_deinit(struct bench_batch *batch);

/* Sends it; `done` as vn_http_client_send. The batch may go when this returned. */
void bench_till_send(struct bench_till *till, const struct bench_batch *batch, vn_http_done done, void *ctx);

/* A receipt's entry in plain, for loops beside the hub: appended to `out`. */
void bench_receipt_entry(struct bench_receipts *receipts, int64_t number, struct vn_buf *out);
struct bench_receipts *bench_receipts_make(long members, enum bench_sale_kind kind);
void bench_receipts_free(struct bench_receipts *receipts);

#endif
