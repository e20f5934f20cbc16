/* What the tests of sync/net share: a loop with a server that answers by a small set of paths, a raw client
 * that sends bytes exactly as told, a practice authority with certificates made on the spot, a clock by hand. */
#ifndef VN_TEST_NET_FIXTURE_H
#define VN_TEST_NET_FIXTURE_H

#include "agent/crypto/x509.h"
#include "sync/net/client.h"
#include "sync/net/server.h"
#include "tests/unit/folder.h"

#define DAY_MS   86400000LL
#define TODAY_MS 1795305600000LL /* 2026-11-22T00:00:00Z */

struct net_fixture {
    uv_loop_t loop;
    char folder[FOLDER_PATH];
    char path[128];
    struct vn_http_server_options options; /* change before net_serve */
    vn_http_handler handler;               /* NULL: net_handler; gets the fixture as its ctx */
    struct vn_http_server *server;
    bool server_closed;
    int64_t now_ms; /* what the injected clock says */
    struct vn_clock clock;
    struct vn_random random;

    /* what the handler saw */
    int requests;
    int gone;
    struct vn_http_exchange *held; /* of "/hold" and "/stream" */
    struct vn_http_peer peer;
    char last_late[16]; /* its X-Late header, "" without */
    char last_body[4096];
    size_t last_body_len;
};

int net_setup(void **state);
int net_teardown(void **state);

/* Paths: "/echo" gives back method, query and body; "/big" 100 kB of text; "/hold" is kept in f->held;
 * "/stream" likewise, begun; "/problem" a problem; "/peer" the name and serial. */
void net_handler(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request);

void net_serve_unix(struct net_fixture *f);
void net_serve_tcp(struct net_fixture *f);
void net_close_server(struct net_fixture *f);

/* Runs the loop until *flag or some seconds; returns *flag. */
bool net_run_until(struct net_fixture *f, const bool *flag);
void net_run_ms(struct net_fixture *f, int ms);

/* A raw connection: a blocking-free socket beside the loop. */
int net_raw_open(struct net_fixture *f);
void net_raw_send(struct net_fixture *f, int fd, const char *bytes, size_t len);
/* Reads until one whole response (by Content-Length or the last chunk) or the end; `out` is NUL-terminated.
 * Returns false when it ended or timed out before. */
bool net_raw_response(struct net_fixture *f, int fd, char *out, size_t out_size);
/* Whether the other end closes within a second; bytes until then are thrown away. */
bool net_raw_closed(struct net_fixture *f, int fd);

/* A client's call, waited for. */
struct net_answer {
    bool done;
    enum vn_status status;
    int http_status;
    char body[1 << 17];
    size_t body_len;
    bool was_zipped;
    char type[64];
};
void net_on_answer(void *ctx, enum vn_status status, const struct vn_http_response *response);
void net_call(struct net_fixture *f, struct vn_http_client *client, const struct vn_http_request_out *request,
              struct net_answer *answer);
void net_get(struct net_fixture *f, struct vn_http_client *client, const char *path,
             struct net_answer *answer);
struct vn_http_client *net_client(struct net_fixture *f, const struct vn_http_target *target);
void net_drop_client(struct net_fixture *f, struct vn_http_client *client);

/* One key and its certificate. */
struct net_identity {
    struct vn_key *key;
    struct vn_buf pem;
    struct vn_cert_info info;
};
void net_make_ca(struct net_fixture *f, struct net_identity *ca);
void net_issue(struct net_fixture *f, struct net_identity *ca, enum vn_cert_kind kind, const char *name,
               int64_t not_after_ms, struct net_identity *out);
void net_forget(struct net_identity *identity);

#endif
