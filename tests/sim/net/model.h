/* What the network between machines does to messages: how long they take, which are lost, repeated, or cut off.
 *
 * A lost message of a connection is either a connection that is reset, of which its client hears, or one that is silent, of
 * which it hears by its own time-out. A repeated one is a request that an old connection delivers later, too. Nothing
 * happens to what stays on one machine (unix sockets). */
#ifndef SIM_NET_MODEL_H
#define SIM_NET_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/bytes.h"

struct sim_net_weather {
    int64_t delay_min_us, delay_max_us;
    unsigned slow_per_10000; /* takes up to slow_max_ms */
    int64_t slow_max_ms;
    unsigned lose_per_10000;   /* of the messages, each way */
    unsigned repeat_per_10000; /* of the requests */
    int64_t repeat_max_ms;     /* so much later at most */
    unsigned lie_per_10000;    /* of the answers about lending between tills */
};

struct sim_net_counts {
    int64_t requests, replies, lost, resets, repeated, slow, cut, refused_certificates, expired_certificates,
        left;
};

void sim_net_begin(void);
void sim_net_end(void);
void sim_net_set(const struct sim_net_weather *weather);
/* Nothing goes from one machine to another; "" stands for all others. The other way is another call. */
void sim_net_cut(const char *from, const char *to);
void sim_net_heal(const char *from, const char *to); /* takes one such cut back */
void sim_net_heal_all(void);
bool sim_net_is_cut(const char *from, const char *to);
/* No answer to a poll for news reaches this machine any more, and all others do: a proxy on its way gives long requests up. "":
 * all reach all. */
void sim_net_mute(const char *host);
struct sim_net_counts *sim_net_counts(void);

/* An answer that a server began to give to who showed a certificate. */
struct sim_net_answer {
    const char *client_host, *server_host;
    const char *name; /* of the certificate */
    const char *method, *path;
    int status;
    int64_t asked_ns; /* when the request had arrived */
};

/* Told of each of them, where it happens; NULL: nobody. It must not block. */
void sim_net_witness(void (*see)(void *ctx, const struct sim_net_answer *answer), void *ctx);

/* An answer that leaves a machine for another one, as somebody on the line sees it. */
struct sim_net_seen {
    const char *server; /* the host that answers */
    const char *method, *path;
    int status;
    struct vn_view asked, answered; /* bodies */
};
/* Who is shown each of them; NULL: nobody. */
void sim_net_watch(void (*seen)(void *ctx, const struct sim_net_seen *seen), void *ctx);

/* --- for client.c and server.c ------------------------------------------------------------------------------ */

enum sim_fate { SIM_ARRIVES, SIM_IS_RESET, SIM_IS_SILENT };

/* What becomes of a message that leaves now, and how long it takes. */
enum sim_fate sim_net_send(const char *from, const char *to, int64_t *delay_ns);
/* Whether a request is delivered once more, and how much later. */
bool sim_net_repeats(int64_t *later_ns);
int64_t sim_net_plain_delay(void);
bool sim_net_lies(void);
bool sim_net_is_mute(const char *host, const char *path);
void sim_net_answered(const struct sim_net_answer *answer);
void sim_net_show(const struct sim_net_seen *seen);

#endif
