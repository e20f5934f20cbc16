/* The machines of the chain and the programs on them, as they ship: the hub is vn_hub_run() and a till is what
 * verno-agent's main() does, each in fibers of a process of its own.
 *
 * A program that ends by itself is started again a moment later, as systemd would. A crash freezes the disk and the
 * network of the process; see core/sim.h. All functions are called outside of the process that they are about. */
#ifndef SIM_WORLD_MACHINE_H
#define SIM_WORLD_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"
#include "tests/sim/core/sim.h"
#include "tests/sim/disk.h"
#include "tests/sim/uv/loop.h"

#define SIM_HUB_HOST "hub.sim"
#define SIM_HUB_PORT 7443

#define SIM_FORMER_MAX 32

struct sim_caller;

struct sim_machine {
    char name[32], host[32], root[VN_PATH_MAX], dir[VN_PATH_MAX], socket[VN_PATH_MAX];
    unsigned enrolments;                 /* folders of a till, one after the other */
    char enrolment[2 * VN_ID_BYTES + 1]; /* of the newest; "": none yet */
    char former[SIM_FORMER_MAX][2 * VN_ID_BYTES + 1];
    unsigned former_count;
    char store[16], till[16]; /* of a till */
    bool is_hub, enrolling;
    struct sim_proc *proc; /* of the program, or the one that ended last */
    uv_loop_t *loop;       /* of a till's program, while it runs */
    bool wanted;           /* it is to run; started again when it ends */
    bool there;            /* it runs */
    int64_t skew_ms;       /* of the wall clock */
    int64_t starts, crashes, failures;
    unsigned fails_in_row;
    int log_fd;
    struct disk *disk; /* mounted at `dir` */
    struct vn_random disk_random;
    uint64_t disk_seed;
    int64_t sync_us;        /* how long one takes at most */
    int64_t crash_in;       /* calls that change the disk or sync it, until the power goes at one; 0: never */
    int64_t crash_pause_ms; /* and how long it stays away then */
    int64_t writes;         /* such calls so far */
    struct disk *image;     /* of the disk at some time; NULL: none */
    int64_t image_ns;
    unsigned set_backs; /* how often its disk was another one afterwards */
    bool put_back;      /* and a till was not enrolled anew since then */
    bool set_back;      /* when the crash is over, the disk is that image */
    char last_error[VN_ERROR_TEXT_MAX];
};

struct disks;

/* With an empty disk, mounted among `disks`. `logs`: a folder for what the programs log, or NULL. */
void sim_machine_init(struct sim_machine *machine, struct disks *disks, const char *logs, const char *name,
                      bool is_hub);
void sim_machine_deinit(struct sim_machine *machine); /* it has ended */
/* Counts the events in its log (coverage.h). */
void sim_machine_read_log(const struct sim_machine *machine);
/* The folder of a hub, with a chain in it. In a fiber. */
void sim_hub_make(struct sim_machine *hub);
/* A till's identity, by a one-time code, in a new folder. `replaces`: the one that it had before, whose journal is handed in;
 * NULL: none. In a fiber; false: the hub was not there, or refused; then the till has the folder that it had, or none. */
bool sim_till_enrol(struct sim_machine *till, const char *hub_dir, const char *code, const char *replaces);

/* All folders that it had before, oldest first: a hub that was set back may lack what it was handed. While its program doesn't
 * run. */
void sim_till_hand_in_again(const struct sim_machine *till);

void sim_machine_start(struct sim_machine *machine);
/* Asked to end in the ordinary way; it has when !machine->there. */
void sim_machine_stop(struct sim_machine *machine);
/* The power goes, and comes back after `pause_ms`; -1, or when it is being stopped: it stays away until sim_machine_start. What
 * was not synced is kept, lost, torn or garbled. */
void sim_machine_crash(struct sim_machine *machine, int64_t pause_ms);
/* Takes an image of the disk; and crashes it, to go on with that image. */
void sim_machine_take_image(struct sim_machine *machine);
void sim_machine_set_back(struct sim_machine *machine, int64_t pause_ms);
void sim_machine_set_clock(struct sim_machine *machine, int64_t skew_ms);

/* --- an operator at the hub, in a fiber of the hub's machine --------------------------------------------- */

/* POST or GET on the admin socket, until it is answered (a hub that is away is waited for). The answer is the caller's; NULL:
 * refused, and the story says why. */
json_t *sim_admin(const struct sim_machine *hub, const char *method, const char *path, const char *text);

#endif
