/* A store of three tills without a hub: real journals, the state machines, and between them messages and a clock that the test
 * owns. Everything that happens is a numbered step, so that a test can let something go wrong at each of them. */
#ifndef VN_TESTS_PEER_WORLD_H
#define VN_TESTS_PEER_WORLD_H

#include "tests/unit/journal_world.h"

#include "sync/peer/peer.h"

#define WORLD_TILLS    3
#define WORLD_MESSAGES 64
#define WORLD_JOBS     16

enum world_fault {
    FAULT_NONE,
    FAULT_LOSE,       /* the message of this step */
    FAULT_CRASH,      /* the till whom it reaches, before it does */
    FAULT_CRASH_DONE, /* right after it, before anything of it is known */
};

struct world_message {
    bool used, is_reply;
    int64_t at_ms; /* when it arrives */
    unsigned from, to;
    unsigned neighbour; /* of the asker */
    uint64_t life;      /* of the asker, when it was asked */
    uint64_t call;
    char path[40];
    int status; /* of a reply; 0: there is none */
    char text[VN_ERROR_TEXT_MAX];
    size_t len;
    uint8_t body[VN_PEER_BODY_MAX];
};

struct peer_world;
struct world_till {
    struct peer_world *world;
    unsigned number;
    struct world journal;
    struct vn_key *key;
    struct vn_peer *peer;
    uint64_t life; /* rises with each start */
    struct vn_peer_job *jobs[WORLD_JOBS];
    size_t job_count;
    int64_t timer_ms; /* -1: none */
    unsigned told;    /* how often io->borrowed came, and with what last */
    unsigned got_count;
    struct vn_counters got[VN_RIGHTS_MAX];
    unsigned looked; /* how often io->nearby came, and with what last */
    int64_t nearby;
    unsigned nearby_answered;
    bool dead, deaf; /* is not started again; hears and says nothing */
};

struct peer_world {
    int64_t now_ms;
    uint64_t seed;
    struct vn_random random;
    struct vn_key *publishing, *stranger;
    struct world_till tills[WORLD_TILLS];
    struct world_message messages[WORLD_MESSAGES];
    uint64_t calls;
    int64_t step, fault_step;
    enum world_fault fault;
    int full;                   /* so many entries find no room on the disk */
    const struct vn_give *open; /* of a lender that is gone, in the next rosters; NULL: none */
    /* Changes a reply before it arrives; NULL: none does. */
    void (*twist)(struct peer_world *world, struct world_message *message);
};

void peers_create(struct peer_world *world);
void peers_destroy(struct peer_world *world);
/* Signs a roster of all tills (or of those in `mask`) and shows it to one till. */
struct roster_terms {
    const char *store;
    int64_t epoch, number;
    unsigned mask;
    unsigned gone; /* mask */
    bool forged;
};
enum vn_status peers_show_roster(struct peer_world *world, unsigned till, const struct roster_terms *terms);
void peers_grant(struct peer_world *world, unsigned till, const char *account, int64_t granted);
/* The till would like to have so much more of the account. */
void peers_wish(struct peer_world *world, unsigned till, const char *account, int64_t more);
void peers_crash(struct peer_world *world, unsigned number);
/* Until nothing is to be done before `until_ms` from now; at most some thousand steps. */
void peers_run(struct peer_world *world, int64_t until_ms);
int64_t peers_available(struct peer_world *world, unsigned till, const char *account);
int64_t peers_available_in_all(struct peer_world *world, const char *account);
size_t peers_open_gives(struct peer_world *world);
/* What the till says of its neighbour. */
const char *peers_trouble(struct peer_world *world, unsigned till, unsigned neighbour);
/* As if till `from` asked `to` something by itself; its answer's status, its body in *reply. */
int peers_ask(struct peer_world *world, unsigned from, unsigned to, const char *path, struct vn_view body,
              struct world_message *reply);

#endif
