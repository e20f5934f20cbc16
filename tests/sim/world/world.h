/* One simulated chain from one seed: machines, people, and what goes wrong. world.c puts it together and runs it. */
#ifndef SIM_WORLD_WORLD_H
#define SIM_WORLD_WORLD_H

#include "tests/sim/disks.h"
#include "tests/sim/oracle/oracle.h"
#include "tests/sim/world/customer.h"
#include "tests/sim/world/elder.h"
#include "tests/sim/world/epochs.h"
#include "tests/sim/world/machine.h"
#include "tests/sim/world/office.h"
#include "tests/sim/world/pos.h"
#include "tests/sim/world/revoked.h"

#define SIM_TILLS_MAX   64
#define SIM_MEMBERS_MAX 512

enum sim_fault {
    SIM_FAULT_LOSS = 1 << 0,      /* messages are lost */
    SIM_FAULT_SLOW = 1 << 1,      /* late, and so in another order */
    SIM_FAULT_REPEAT = 1 << 2,    /* delivered again, later */
    SIM_FAULT_CUT = 1 << 3,       /* tills are cut off, one way or both */
    SIM_FAULT_CRASH = 1 << 4,     /* tills lose power at a write or sync */
    SIM_FAULT_HUB_CRASH = 1 << 5, /* so does the hub */
    SIM_FAULT_STOP = 1 << 6,      /* programs are ended and started in the ordinary way */
    SIM_FAULT_CLOCK = 1 << 7,     /* tills' clocks are wrong, and jump */
    SIM_FAULT_FULL = 1 << 8,      /* disks are full for a while */
    SIM_FAULT_BACK = 1 << 9,      /* a till's disk is set back to an earlier image */
    SIM_FAULT_CLONE = 1 << 10,    /* a copy of a till's disk runs beside it */
    SIM_FAULT_LOST = 1 << 11,     /* a till's disk is gone for good */
    SIM_FAULT_HUB_BACK = 1 << 12, /* the hub's disk is set back */
    SIM_FAULT_RESTORE = 1 << 13,  /* the hub is restored from a backup */
    SIM_FAULT_REVOKE = 1 << 14,   /* an operator revokes a till */
    SIM_FAULT_LIE = 1 << 15,      /* neighbours lend what they never gave */
    SIM_FAULT_ANEW = 1 << 16,     /* a technician enrols tills anew that need not be */
    SIM_FAULTS = 17,
    SIM_FAULTS_BY_SEED = 1 << SIM_FAULTS /* some of all, which the seed draws */
};

/* No seed draws them: ways of people and tills that make some stories likely. */
enum sim_habit {
    SIM_HABIT_DALLY = 1 << 0, /* between a hold and its receipt some pay by card, which takes a while */
    SIM_HABIT_COUNT = 1 << 1, /* poison of the old till has counters of a right, which go on from there */
    SIM_HABIT_PERISH =
        1 << 2, /* a till that has just lent: no neighbour hears of it any more, and soon its disk is gone */
    /* One till hears no news of the hub for a while, and its journal arrives and is backed up each two minutes. */
    SIM_HABIT_MUTE = 1 << 3,
    SIM_HABITS = 4,
};

struct sim_world;

const char *sim_habit_name(unsigned bit); /* "dally", ... by its place; NULL behind the last one */
bool sim_has_habit(const struct sim_world *world, enum sim_habit habit);

const char *sim_fault_name(unsigned bit); /* "loss", ... by its place; NULL behind the last one */

struct sim_options;
unsigned sim_faults_of(const struct sim_options *options); /* enum sim_fault, drawn if need be */

struct sim_options {
    uint64_t seed;
    unsigned days;                          /* 0: by the seed, one for most */
    unsigned stores, tills, members, sales; /* tills of a store; sales of a till and day */
    unsigned faults;                        /* enum sim_fault, or SIM_FAULTS_BY_SEED */
    unsigned habits;                        /* enum sim_habit */
    bool story;
    const char *logs; /* a folder, or NULL */
};

/* How far a till's journal was when the newest backup was made. */
struct sim_safe {
    unsigned enrolments; /* which journal of its */
    int64_t entries;     /* INT64_MAX: it did not say */
};

struct sim_world {
    struct sim_options options;
    struct disks disks;
    struct sim_machine hub;
    struct disk *vault;             /* where backups are kept */
    char backup[VN_PATH_MAX];       /* the newest; "": none */
    char told_backup[VN_PATH_MAX];  /* the newest that tills were told of: what is in it they may let go of */
    int64_t backup_ms, told_ms;     /* when these were begun */
    int64_t hub_clock_ns;           /* when the hub's clock was last set to something; 0: never */
    int64_t backup_ns, hub_back_ns; /* when it was made; when the hub was set back last */
    struct sim_safe safe[SIM_TILLS_MAX];
    unsigned till_count;
    struct sim_machine tills[SIM_TILLS_MAX];
    struct sim_pos poses[SIM_TILLS_MAX];
    struct sim_machine clone;
    const struct sim_machine *cloned; /* of which that is a copy, now or before; NULL: none */
    struct sim_epochs epochs;
    bool hub_set_back;
    bool striking;                 /* the fiber of faults.c has not returned yet */
    struct sim_machine *perishing; /* SIM_HABIT_PERISH, one at a time; NULL: none */
    bool mute;                     /* SIM_HABIT_MUTE, likewise */
    int64_t morning_ns;
    unsigned poses_open;
    int64_t pace_ms; /* from one customer to the next, at most */
    unsigned days;
    int64_t rest_days; /* from the morning of one day to that of the next */
    unsigned resting;  /* POSes that wait for the morning */
    bool closing;      /* no more sales, and nothing goes wrong any more */
    bool over;         /* and nobody is asked any more */
    int64_t calm_ns;   /* when the last thing went wrong */
    struct sim_elder elder;
    struct sim_oracle oracle;
    struct sim_office office;
    struct sim_revocations revocations;
    int64_t looks;            /* of the office at tills */
    struct sim_machine spare; /* a till without a POS, that the office revokes */
    struct sim_customers customers;
    struct sim_terms terms;
    struct sim_proc *operator_proc;
};

struct sim_result {
    uint64_t digest;
    unsigned violations, first_broken; /* the invariant; 0: none */
    unsigned broken;                   /* each of them, a bit by its number */
    unsigned days;                     /* that the chain was open */
    int64_t sales, simulated_ms;
};

/* All stores are closed until the morning: nobody does anything, and most tills are switched off. */
bool sim_is_night(const struct sim_world *world);
/* Who is at work in the evening does not leave it running: it is started in the morning (pos.c). */
void sim_start_by_day(const struct sim_world *world, struct sim_machine *machine);
/* If it is night: until it is over, and true. In a fiber. */
bool sim_sleeps_till_morning(const struct sim_world *world);
/* Runs it; violations are told to standard output. */
void sim_world_run(const struct sim_options *options, struct sim_result *out);

/* A new identity for this till; in a fiber of the operator's. `replaces`: its present folder is handed in. */
void sim_world_enrol(struct sim_world *world, struct sim_machine *till, bool replaces);

/* faults.c: what goes wrong, in a fiber, until world->closing. Then all is well again. */
void sim_faults_begin(struct sim_world *world);
void sim_notice_hub_clock(
    struct sim_world *world); /* somebody sets it right when it has been years off for an hour */
void sim_faults_end(struct sim_world *world);
/* The till of this host lends, and its answer is about to leave it: now and then, if it is such a world, nobody hears of it. */
void sim_fault_lent(struct sim_world *world, const char *host);

/* hub_disk.c: what becomes of the hub's database. In a fiber. */
/* `told`: tills are told of it, since it is off the machine. False: there is none. */
bool sim_hub_backup(struct sim_world *world, bool told);
/* The newest one that they were told of, or a later one. */
void sim_hub_restore(struct sim_world *world);

/* keeper.c: makes backups now and then, in a fiber, until world->closing. */
void sim_keeper_begin(struct sim_world *world);
void sim_keeper_backup(struct sim_world *world); /* one, now */
/* The till of that number takes so many of its entries for safe. */
void sim_keeper_judge(struct sim_world *world, unsigned number, int64_t durable);

/* drain.c: repairs what needs a person, and waits until everything has arrived; false, and it is a violation: it does not. In a
 * fiber of the operator's. */
bool sim_drain(struct sim_world *world);
/* losses.c: what this till held before it was enrolled anew is written off, as the hub states it. In a fiber of the
 * operator's. */
void sim_write_off_former(struct sim_world *world, const struct sim_machine *till);
/* Enrolments that no till has any more, and that a hub which was set back waits for: the answer that made one was lost, maybe. */
void sim_write_off_unshown(struct sim_world *world);
/* All that members owe of the chain's risk is settled, as the hub states it. Also in a fiber of the office's. */
void sim_settle_risk(struct sim_world *world);
/* A technician looks at this till: when the hub refuses it for good, or its disk is new, it is enrolled anew. */
void sim_repair(struct sim_world *world, struct sim_machine *till);

/* copies.c: the oracle is told what this disk of the till's holds, since it will run beside or behind the till's own. */
void sim_note_copy(struct sim_world *world, const struct sim_machine *till, const struct disk *image);

/* limits.c: after the drain, in a fiber of the operator's: what is kept and waits at the hub and at tills. */
void sim_check_limits(struct sim_world *world);

/* watch.c: what was reached, as far as somebody sees it who stands outside: on the network's lines, in what a till or the hub
 * says of itself. In a fiber, but for the first. */
void sim_watch_begin(struct sim_world *world);
void sim_watch_till(const struct sim_machine *till);
void sim_watch_end(struct sim_world *world);

#endif
