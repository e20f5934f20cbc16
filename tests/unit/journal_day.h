/* A till's day in its journal on a disk that can fail or lose what was not synced: what this till promised to its POS so far, and
 * whether it is still so. Asserts with cmocka. */
#ifndef VN_TESTS_JOURNAL_DAY_H
#define VN_TESTS_JOURNAL_DAY_H

#include "tests/sim/faildisk.h"
#include "tests/unit/journal_world.h"

#define JOURNAL_DAY_ENTRIES 128

struct journal_day {
    struct faildisk disk;
    struct world world;
    int64_t acked_seq; /* what this till promised to its POS */
    struct vn_hash acked_hash;
    enum vn_status status; /* of what ended the day early */
    bool made;             /* the journal itself was promised */
    bool aged;             /* the answers of old sales may be gone */
    /* How it stood behind each entry, from the day that was played whole; the same days are the same entries. */
    struct journal_day_mark {
        struct vn_hash hash;
        struct vn_counters counters;
        enum vn_entry_kind kind;
        char receipt[8];  /* "": no sale's */
        int64_t transfer; /* the count in its number, see journal_day.c; 0: none */
        enum vn_transfer_state state;
    } marks[JOURNAL_DAY_ENTRIES];
    bool learning, learnt;
};

int journal_day_setup(void **state); /* cmocka: *state becomes a struct journal_day * */
int journal_day_teardown(void **state);

bool journal_day_create(struct journal_day *day); /* on an empty disk */
bool journal_day_open(struct journal_day *day);
void journal_day_close(struct journal_day *day);
void journal_day_end(struct journal_day *day); /* also of its disk: the next one is empty */
/* Journals an entry: `move` of account w1, if any. */
bool journal_day_put(struct journal_day *day, enum vn_entry_kind kind, const char *receipt, int64_t move);
/* All that a journal does in a day, from the boot on, until something fails. */
bool journal_day_sell(struct journal_day *day);
/* Plays the day on a disk that is well, and notes how it went. The disk is empty again. */
void journal_day_learn(struct journal_day *day);

/* Opens what is there: it has all that was promised, answers included, at most the entry under way beside it, counters that are
 * those of its entries, and its chain verifies. It is closed again, after one more entry. */
void journal_day_assert_kept(struct journal_day *day);

#endif
