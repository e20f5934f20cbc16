/* What connections of the TLS library alone take of memory: the floor under a hub's idle tills.
 *
 *     bench_hub_tls COUNT      prints one JSON object
 *
 * COUNT clients and servers shake hands over memory, with certificates on both sides. What the heap gives back when a side is
 * closed is what that side had. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "sync/net/tls_conn.h"
#include "sync/net/tls_tickets.h"
#include "tests/bench/bench.h"

#define WIRE_MAX 65536
#define YEAR_MS  INT64_C(31536000000)
#define STEPS    20

struct side {
    struct vn_tls_context *context;
    struct vn_tls_conn *conn;
    struct vn_buf wire;
};

struct identity {
    struct vn_key *key;
    struct vn_buf pem;
};

static struct vn_random randomness;

static void must(enum vn_status status, const char *what, const struct vn_error *error)
{
    if (status != VN_OK) {
        bench_die(what, error->text[0] == '\0' ? vn_status_name(status) : error->text);
    }
}

static void make_identity(struct identity *authority, enum vn_cert_kind kind, struct identity *out)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf csr;
    struct vn_clock clock = vn_clock_system();
    int64_t now_ms = vn_clock_wall_ms(&clock);
    const char *const hosts[] = {"localhost"};
    const struct vn_cert_terms terms = {
        kind, "bench", now_ms - YEAR_MS, now_ms + YEAR_MS, hosts, kind == VN_CERT_SERVER ? 1 : 0};
    vn_buf_init(&out->pem, VN_PEM_MAX - 1);
    must(vn_key_generate(&randomness, &out->key), "key", &error);
    if (authority == NULL) {
        must(vn_ca_create(out->key, &randomness, "bench", now_ms - YEAR_MS, now_ms + YEAR_MS, &out->pem,
                          &error),
             "ca", &error);
        return;
    }
    vn_buf_init(&csr, VN_PEM_MAX - 1);
    must(vn_csr_create(out->key, &randomness, "bench", &csr, &error), "csr", &error);
    must(vn_cert_issue(authority->key, vn_buf_view(&authority->pem), vn_buf_view(&csr), &terms, &randomness,
                       &out->pem, &error),
         "certificate", &error);
    vn_buf_deinit(&csr);
}

/* As far as it comes with what the other side sent. */
static bool step(struct side *side, struct side *other)
{
    struct vn_error error = {VN_OK, "", ""};
    vn_tls_lend(side->conn, vn_buf_view(&other->wire));
    enum vn_status status = vn_tls_handshake(side->conn, "the other side", &error);
    if (status != VN_OK && status != VN_AGAIN) {
        bench_die("handshake", error.text);
    }
    vn_tls_lend(side->conn, VN_VIEW_NONE);
    vn_buf_deinit(&other->wire);
    return status == VN_OK;
}

static void shake_hands(struct side *client, struct side *server)
{
    bool done = false;
    for (int i = 0; i < STEPS && !done; i++) {
        bool client_done = step(client, server);
        bool server_done = step(server, client);
        done = client_done && server_done;
    }
    if (!done) {
        bench_die("handshake", "it does not end");
    }
}

static void open_side(struct side *side, struct vn_tls_context *context)
{
    vn_buf_init(&side->wire, WIRE_MAX);
    must(vn_tls_conn_create(context, &side->wire, &side->conn), "connection", &(struct vn_error){0});
}

static void destroy_identity(struct identity *identity)
{
    vn_key_destroy(identity->key);
    vn_buf_deinit(&identity->pem);
}

static void destroy_sides(struct side *sides, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        vn_tls_conn_destroy(sides[i].conn);
        vn_tls_context_destroy(sides[i].context);
        vn_buf_deinit(&sides[i].wire);
    }
    free(sides);
}

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

int main(int argc, char **argv)
{
    struct vn_error error = {VN_OK, "", ""};
    struct identity authority;
    struct identity of_server;
    struct identity of_client;
    struct vn_tls_tickets *tickets = NULL;
    struct vn_tls_context *servers = NULL;
    long count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (count < 1 || count > 100000) {
        (void)fprintf(stderr, "Usage: bench_hub_tls COUNT\n");
        return 2;
    }
    struct side *sides = calloc(2 * (size_t)count, sizeof *sides);
    if (sides == NULL) {
        bench_die("sides", "out of memory");
    }
    randomness = vn_random_system();
    make_identity(NULL, VN_CERT_SERVER, &authority);
    make_identity(&authority, VN_CERT_SERVER, &of_server);
    make_identity(&authority, VN_CERT_CLIENT, &of_client);
    const struct vn_tls_server_options server = {
        .cert_pem = vn_buf_view(&of_server.pem), .key = of_server.key, .ca_pem = vn_buf_view(&authority.pem)};
    const struct vn_tls_client_options client = {
        .ca_pem = vn_buf_view(&authority.pem), .cert_pem = vn_buf_view(&of_client.pem), .key = of_client.key};
    must(vn_tls_tickets_create(NULL, 0, &tickets), "tickets", &error);
    must(vn_tls_server_context(&server, tickets, &servers, &error), "server", &error);
    for (long i = 0; i < count; i++) {
        must(vn_tls_client_context(&client, "localhost", &randomness, &sides[2 * i].context, &error),
             "client", &error);
        open_side(&sides[2 * i], sides[2 * i].context);
        open_side(&sides[2 * i + 1], servers);
        shake_hands(&sides[2 * i], &sides[2 * i + 1]);
    }
    size_t before = in_use();
    for (long i = 0; i < count; i++) {
        vn_tls_conn_destroy(sides[2 * i + 1].conn);
        sides[2 * i + 1].conn = NULL;
    }
    (void)printf("{\"connections\":%ld,\"server_bytes\":%zu}\n", count, before - in_use());
    destroy_sides(sides, 2 * (size_t)count);
    vn_tls_context_destroy(servers);
    vn_tls_tickets_destroy(tickets);
    destroy_identity(&of_client);
    destroy_identity(&of_server);
    destroy_identity(&authority);
    return 0;
}
