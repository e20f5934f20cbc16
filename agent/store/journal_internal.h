/* What the files of the journal share. Nobody else includes this. */
#ifndef VN_STORE_JOURNAL_INTERNAL_H
#define VN_STORE_JOURNAL_INTERNAL_H

#include "agent/db/db.h"
#include "agent/store/journal.h"

/* Prepared once at open; one row each in journal.c's table. */
enum journal_sql {
    SQL_HEAD,
    SQL_META,
    SQL_ENTRY,
    SQL_ENTRIES_FROM,
    SQL_ENTRY_ADD,
    SQL_STEP,
    SQL_STEP_ADD,
    SQL_STEPS,
    SQL_COUNTERS,
    SQL_COUNTERS_SET,
    SQL_RELEASED_SET,
    SQL_AVAILABLE,
    SQL_RISKED,
    SQL_RISKED_SET,
    SQL_RISKED_DROP,
    SQL_RISKED_CLEAR,
    SQL_RISK_MEMBER_SET,
    SQL_EARNED,
    SQL_EARNED_SET,
    SQL_EARNED_DROP,
    SQL_TAKEN,
    SQL_TAKEN_ALL,
    SQL_TAKEN_SET,
    SQL_TAKEN_DROP,
    SQL_HOLD,
    SQL_HOLD_SET,
    SQL_HOLD_DROP,
    SQL_HOLDS,
    SQL_GRANT_SET,
    SQL_ACKED_SET,
    SQL_POINTS_ACCOUNT,
    SQL_POINTS_CARD,
    SQL_BODY,
    SQL_CARRIED,
    SQL_CARRY,
    SQL_CARRY_DROP,
    SQL_KEEP_BODIES,
    SQL_PRUNED_SET,
    SQL_PRUNE,
    SQL_BASE_SET,
    SQL_AGED,
    SQL_AGED_LEFT,
    SQL_AGED_TAKEN_DROP,
    SQL_AGED_BODIES_DROP,
    SQL_AGED_STEPS_DROP,
    SQL_AGED_TRANSFERS_DROP,
    SQL_TRANSFER,
    SQL_TRANSFER_ADD,
    SQL_TRANSFER_END,
    SQL_TRANSFERS_OPEN,
    SQL_COUNT,
};

struct vn_journal {
    struct vn_db *db;
    struct vn_statement *sql[SQL_COUNT];
    struct vn_enrolment_id enrolment;
    struct vn_journal_head head;
    bool broken; /* a write failed in a way that leaves open what is on the disk */
};

/* Prepares one of the statements. */
enum vn_status journal_prepare(struct vn_journal *journal, enum journal_sql which, struct vn_error *error);
/* What a read came to: a page that can't be read is as good as damaged, since what is on the disk is not in doubt. Right after
 * the read; never of a begin or a commit, which write. */
enum vn_status journal_judge(const struct vn_journal *journal, enum vn_status status);
/* Binds POS, date and receipt to parameters first, first + 1, first + 2. */
void journal_bind_sale(struct vn_statement *statement, int first, const struct vn_sale_key *sale);
/* hash(seq) of an entry that is there, or of the base. VN_ABSENT. */
enum vn_status journal_hash_of(struct vn_journal *journal, int64_t seq, struct vn_hash *out);

/* The sale's state without the bodies. VN_ABSENT: nothing is known; out->last is VN_ENTRY_KINDS then. */
enum vn_status journal_sale_scan(struct vn_journal *journal, const struct vn_sale_key *sale,
                                 struct vn_sale_state *out);

/* Works out what the entry does to its rights, fills its counters and writes them; inside the transaction. */
enum vn_status journal_move_rights(struct vn_journal *journal, struct vn_entry *entry,
                                   struct vn_error *error);
enum vn_status journal_read_counters(struct vn_journal *journal, struct vn_counters *counters,
                                     int64_t *released);
enum vn_status journal_write_counters(struct vn_journal *journal, const struct vn_counters *counters);
/* The same for an entry of kind release; `back` as in struct vn_journal_append. */
enum vn_status journal_release(struct vn_journal *journal, struct vn_entry *entry,
                               const struct vn_right_back *back, unsigned back_count, struct vn_error *error);
/* What a member was given at risk is so much more, or less; inside the transaction. */
enum vn_status journal_risk_more(struct vn_journal *journal, const char *member, int64_t amount);

/* Who earned so much more in his day, at this time of the till's clock; inside the transaction. */
enum vn_status journal_earn_more(struct vn_journal *journal, const struct vn_entry *commit, int64_t amount);

/* After a transaction: its status, or VN_IO when it could not be undone, so that nobody reads what was never written. */
enum vn_status journal_undone(struct vn_journal *journal, enum vn_status status, struct vn_error *error);

/* What an entry does to its transfer, if it is of one. */
struct transfer_step {
    bool is_one, is_new;
    struct vn_give give;
    enum vn_transfer_state state;
};
/* Whether the transfer can have this entry; noted once that has its number. Both inside the transaction. */
enum vn_status journal_transfer_check(struct vn_journal *journal, const struct vn_entry *entry,
                                      struct transfer_step *step, struct vn_error *error);
enum vn_status journal_transfer_note(struct vn_journal *journal, const struct transfer_step *step,
                                     int64_t seq);
typedef enum vn_status (*lazy_write)(struct vn_journal *journal, void *ctx);
/* Runs `write` in a transaction that does not wait for the disk: the next append brings it there. Damage that it comes upon is
 * no reason to refuse the next sale: what was written is taken back, and appends go elsewhere. */
enum vn_status journal_run_lazily(struct vn_journal *journal, lazy_write write, void *ctx,
                                  struct vn_error *error);

#endif
