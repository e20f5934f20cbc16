/* What client.c and server.c share: a call is one request on its way with its answer, a line is what a TCP connection
 * would be. Both are counted; whoever has a pointer holds a reference. */
#ifndef SIM_NET_FLIGHT_H
#define SIM_NET_FLIGHT_H

#include "agent/crypto/x509.h"
#include "sync/net/client.h"
#include "sync/net/server.h"
#include "tests/sim/net/model.h"
#include "tests/sim/uv/loop.h"

#define SIM_CALL_HEADERS 12

struct sim_line {
    unsigned refs;
    struct vn_http_server *server; /* NULL: it has closed */
    struct vn_http_client *client; /* NULL: it has dropped the line */
    struct sim_proc *client_proc, *server_proc;
    bool local;  /* on one machine */
    bool broken; /* nothing travels on it any more */
    bool used;   /* an answer came on it */
    struct vn_http_peer peer;
    struct vn_cert_info server_cert;
    bool server_cert_shown;
    int64_t used_ns; /* last */
};

struct sim_call {
    unsigned refs;
    struct vn_http_client *client; /* NULL: it waits no longer */
    bool head_sent, zips;
    char *method, *path, *query;
    char *names[SIM_CALL_HEADERS], *values[SIM_CALL_HEADERS];
    struct vn_http_header headers[SIM_CALL_HEADERS];
    size_t header_count;
    struct vn_buf body;
};

enum sim_news { SIM_REPLY, SIM_HEAD, SIM_PIECE, SIM_END, SIM_RESET };

/* Something on its way to a client. */
struct sim_answer {
    struct sim_post post; /* first */
    struct sim_call *call;
    struct sim_line *line;
    enum sim_news news;
    int status;
    bool zipped;
    char *names[SIM_CALL_HEADERS], *values[SIM_CALL_HEADERS];
    size_t header_count;
    struct vn_buf body;
};

struct sim_line *sim_line_hold(struct sim_line *line);
void sim_line_drop(struct sim_line *line);
/* The request that arrived on this line then is answered: for who looks at answers (model.h). */
void sim_line_answered(const struct sim_line *line, const struct vn_http_request *request, int status,
                       int64_t asked_ns);
struct sim_call *sim_call_hold(struct sim_call *call);
void sim_call_drop(struct sim_call *call);
struct sim_answer *sim_answer_new(struct sim_call *call, struct sim_line *line, enum sim_news news);
void sim_answer_free(struct sim_answer *answer);

/* listen.c: who listens there, or NULL; at a port those who come by IPv6 find another one than all others. */
struct vn_http_server *sim_server_at_path(const char *path);
struct vn_http_server *sim_server_at(const char *host, uint16_t port);
struct vn_http_server *sim_listener_at(const char *host, uint16_t port, bool six);
/* `path` "": at the port. Until it listens no more. */
void sim_listen_at(struct vn_http_server *server, const char *path, uint16_t port, bool six);
void sim_listen_no_more(const struct vn_http_server *server);
/* server.c */
struct sim_proc *sim_server_proc(const struct vn_http_server *server);
int64_t sim_server_mono_ms(const struct vn_http_server *server);
int64_t sim_server_idle_ms(const struct vn_http_server *server);
/* The certificate that it shows; false: none. `trusted`: the authorities by which it judges clients. */
bool sim_server_tls(const struct vn_http_server *server, struct vn_view *cert, struct vn_view *trusted);
/* A connection was made: until it is gone, or the server closes, the line knows the server. */
void sim_server_know(struct vn_http_server *server, struct sim_line *line);
/* The request reaches it on this line, on its loop. */
void sim_server_deliver(struct vn_http_server *server, struct sim_call *call, struct sim_line *line);
/* The line is broken at the client's end: what waits on it is gone. */
void sim_server_line_gone(struct vn_http_server *server, struct sim_line *line);

/* client.c: lets it travel to the client. Takes the answer over. */
void sim_answer_send(struct sim_answer *answer);

/* liar.c: what the neighbour says instead, if the weather is such (model.h). */
void sim_lie(struct sim_answer *answer);

/* trust.c: whether the first certificate is signed by one of these authorities. Remembered: signatures are dear. */
bool sim_trusts(struct vn_view cert, struct vn_view authorities);
void sim_trust_forget(void);

#endif
