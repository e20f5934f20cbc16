/* What the hub keeps, behind one interface: fleet, raw entries, double-entry postings, lots, rights, members,
 * catalogue, coupons, published rulesets and the changes that feed the tills.
 *
 * It stores and finds rows and knows no rules: what a commit moves is in ledger.h, what a batch may be in
 * ingest.h. SQL stands in this folder and nowhere else, written once over two drivers (storage/sql.h).
 *
 * Single-threaded; every function blocks on the disk. Writes belong between begin and commit, and are durable
 * when commit returned VN_OK. Statuses of all functions: VN_OK; VN_IO, VN_FULL (disk), VN_CORRUPT, VN_NOMEM,
 * VN_AGAIN (busy, or collided with another), VN_GONE (the database is away): the transaction must be rolled back; VN_ABSENT,
 * VN_CONFLICT where a function says so.
 * Visitors: a status other than VN_OK stops the walk and is returned. Rows given to them live until they
 * return; a visitor must not write. */
#ifndef VN_HUB_STORAGE_H
#define VN_HUB_STORAGE_H

#include "agent/base/bytes.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/random.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/member.h"
#include "sync/wire/chain.h"
#include "sync/wire/entry.h"
#include "sync/wire/feed.h"
#include "sync/wire/rights.h"

#define VN_HUB_FLAGS_MAX 128
#define VN_REPORT_MAX    4096 /* bytes of a till's POST /v1/status */
#define VN_STORAGE_TRIES 10   /* of a unit */

struct vn_storage; /* opaque: one connection */

/* How a transaction sees what others do meanwhile. */
enum vn_sql_kind {
    VN_SQL_WRITE,    /* as if it ran alone */
    VN_SQL_READ,     /* reads only; each statement sees what was committed by then */
    VN_SQL_SNAPSHOT, /* reads only; all of it sees one moment */
};

struct vn_storage_options {
    const char *vfs;         /* NULL: SQLite's own disk */
    bool reader;             /* reads only */
    struct vn_clock clock;   /* when the database went away, and when it is tried again */
    struct vn_random random; /* draws how long a unit waits before it runs again */
    int cache_kib;           /* of SQLite's own page cache; 0: what a hub is served well by */
};

/* `database` is hub.db's path, or postgresql://... in libpq's words, of which several processes may have one open. `options`
 * NULL: a writer on the system's disk, clock and randomness; what they point to outlives the storage. VN_ABSENT: there is no such
 * database, or no chain in it; VN_UNSUPPORTED: made by a newer version; VN_GONE: nobody answers. */
VN_MUST_USE enum vn_status vn_storage_open(const char *database, const struct vn_storage_options *options,
                                           struct vn_storage **out, struct vn_error *error);
/* The same, and creates the file when it is absent, or the tables in a PostgreSQL database; VN_CONFLICT: that one has them. */
VN_MUST_USE enum vn_status vn_storage_create(const char *database, const struct vn_storage_options *options,
                                             struct vn_storage **out, struct vn_error *error);
void vn_storage_close(struct vn_storage *storage);
void vn_storage_describe(struct vn_storage *storage, enum vn_status status, struct vn_error *error);
/* What ended the transaction under way before its end: a server's answer to a statement. VN_OK: nothing, it may go on. */
VN_MUST_USE enum vn_status vn_storage_failed(const struct vn_storage *storage);

/* Runs `fn` in a transaction of this kind and commits. VN_AGAIN, from `fn` or from the commit, runs all of it again, up to
 * VN_STORAGE_TRIES times with a pause drawn in between; so does VN_GONE, as long as the database is there again at once. Any
 * other failure rolls back and is returned. Whether a commit that ended in VN_GONE was done, nobody knows: so `fn` begins from
 * what it reads, leaves nothing in memory that a second run would find changed, and does nothing twice that was done. It writes
 * in any case, because a commit without a write does not wait for a standby. */
VN_MUST_USE enum vn_status vn_storage_unit(struct vn_storage *storage, enum vn_sql_kind kind,
                                           enum vn_status (*fn)(void *ctx, struct vn_storage *storage),
                                           void *ctx);

/* The same by hand, of kind VN_SQL_WRITE. */
VN_MUST_USE enum vn_status vn_storage_begin(struct vn_storage *storage);
VN_MUST_USE enum vn_status vn_storage_commit(struct vn_storage *storage); /* rolls back when it fails */
/* A commit, or moving the log into the database after one, ended in VN_IO: nobody knows what is on the disk, and asking it
 * again gives the page cache's answer. Or the file was found damaged, by any statement, and what is written over it makes it
 * worse. From then on begin and commit say VN_IO or VN_CORRUPT, and vn_storage_describe why; the program has to end, and
 * nothing that it would still say may be believed. */
bool vn_storage_is_lost(const struct vn_storage *storage);
void vn_storage_rollback(struct vn_storage *storage);
/* Whether it is PostgreSQL, which several hubs may have open, and which has backups of its own. */
bool vn_storage_is_server(const struct vn_storage *storage);
/* Since when the database has not been there, by the wall clock; 0: it is there. Every call says VN_GONE meanwhile, and tries
 * to connect again with a growing pause between tries. May be asked from any thread. */
int64_t vn_storage_away_since_ms(const struct vn_storage *storage);
/* How often a unit ran again since the storage was opened, because it had collided with another. From any thread. */
int64_t vn_storage_repeats(const struct vn_storage *storage);
/* Numbers of the hub itself ("epoch", "published"). VN_ABSENT leaves *out. */
VN_MUST_USE enum vn_status vn_storage_number(struct vn_storage *storage, const char *name, int64_t *out);
VN_MUST_USE enum vn_status vn_storage_number_or(struct vn_storage *storage, const char *name,
                                                int64_t otherwise, int64_t *out);
VN_MUST_USE enum vn_status vn_storage_number_put(struct vn_storage *storage, const char *name, int64_t value);
VN_MUST_USE enum vn_status vn_storage_number_drop(struct vn_storage *storage, const char *name);

/* How far the hub has come, in numbers that only rise. */
struct vn_position {
    int64_t epoch;
    int64_t change;    /* the highest that a till may have been told */
    int64_t movement;  /* at or above each that was used */
    int64_t published; /* the last ruleset or stop */
};
VN_MUST_USE enum vn_status vn_storage_position(struct vn_storage *storage, struct vn_position *out);
/* Leaves out the next `by` numbers of changes but the last, and the gaps of long ago are forgotten. */
VN_MUST_USE enum vn_status vn_storage_unnumber(struct vn_storage *storage, int64_t by);
/* Whether the number of a change was left out: no cursor of this hub ends there. */
VN_MUST_USE enum vn_status vn_storage_is_unnumbered(struct vn_storage *storage, int64_t number, bool *out);
/* The beginning of an epoch above `seen`: all series go on above what anybody may have seen, and up to the number of changes at
 * this moment cursors of earlier epochs remain true. One-time codes of before are good no more. */
VN_MUST_USE enum vn_status vn_storage_epoch_open(struct vn_storage *storage, const struct vn_position *seen,
                                                 const char *why, int64_t now_ms);
/* When the word of an enrolment's till was enough for one last; 0: not lately. */
VN_MUST_USE enum vn_status vn_storage_epoch_by(struct vn_storage *storage, int64_t enrolment,
                                               int64_t *out_ms);
/* It is now. What was noted of tills until `forget_ms` goes. */
VN_MUST_USE enum vn_status vn_storage_epoch_by_put(struct vn_storage *storage, int64_t enrolment,
                                                   int64_t now_ms, int64_t forget_ms);
/* Enrolments that have not shown in the epoch under way what they have, or of which it is not posted yet, and whose rights were
 * not written off: a hub that was set back may have granted them more than it knows. 0 in the first epoch. Those that had ended
 * when the epoch opened are none of them. */
VN_MUST_USE enum vn_status vn_storage_unshown(struct vn_storage *storage, int64_t *out);
/* 1: this enrolment is one of them; else 0. */
VN_MUST_USE enum vn_status vn_storage_unshown_of(struct vn_storage *storage, int64_t enrolment, int64_t *out);
/* Of them those that may tell it still, being neither revoked nor a branch: until then VN_QUARANTINE_WAITS_TILLS waits. What was
 * not tried since then makes an enrolment one that has not shown, above. */
VN_MUST_USE enum vn_status vn_storage_not_told(struct vn_storage *storage, int64_t *out);
/* There are none in this epoch any more: from now on nobody looks for them. */
VN_MUST_USE enum vn_status vn_storage_all_shown(struct vn_storage *storage, int64_t epoch);
/* The newest one begins after all enrolments that there are, whatever the hub's clock says by now. */
VN_MUST_USE enum vn_status vn_storage_epoch_above(struct vn_storage *storage);
/* When the last one that was not the first began; 0: there is none. An enrolment of before is older, one of later is not. */
VN_MUST_USE enum vn_status vn_storage_set_back_ms(struct vn_storage *storage, int64_t *out);
/* And its number; 0: there is none. */
VN_MUST_USE enum vn_status vn_storage_set_back_epoch(struct vn_storage *storage, int64_t *out);
/* Up to where the cursors of an epoch are true: INT64_MAX for the last one. */
VN_MUST_USE enum vn_status vn_storage_epoch_branch(struct vn_storage *storage, int64_t epoch, int64_t *out);

/* When the hub acknowledged something last; 0: never. */
VN_MUST_USE enum vn_status vn_storage_last_ack(struct vn_storage *storage, int64_t *out_ms);

/* --- fleet ---------------------------------------------------------------------------------------------- */

VN_MUST_USE enum vn_status vn_storage_store_put(struct vn_storage *storage, const char *id, const char *name);
VN_MUST_USE enum vn_status vn_storage_store_name(struct vn_storage *storage, const char *id,
                                                 char name[VN_NAME_MAX]); /* VN_ABSENT */

struct vn_code_row {
    uint8_t hash[VN_HASH_SIZE];
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    int64_t expires_ms;
};
/* Makes the till of the store when it is new. VN_CONFLICT: it belongs to another store. */
VN_MUST_USE enum vn_status vn_storage_till_put(struct vn_storage *storage, const char *store,
                                               const char *till);
/* Makes the code's till as well. VN_CONFLICT: the till belongs to another store than the code names. */
VN_MUST_USE enum vn_status vn_storage_code_put(struct vn_storage *storage, const struct vn_code_row *code);
/* Takes the code away: VN_ABSENT when it is unknown, used, or expired at now_ms. */
VN_MUST_USE enum vn_status vn_storage_code_take(struct vn_storage *storage, const uint8_t hash[VN_HASH_SIZE],
                                                int64_t now_ms, struct vn_code_row *out);

enum vn_enrolment_state {
    VN_ENROLMENT_ACTIVE,
    VN_ENROLMENT_BRANCH, /* its journal contradicted itself: it has ended */
    VN_ENROLMENT_REVOKED,
    VN_ENROLMENT_HANDED_IN, /* no till's: a branch that a later enrolment handed in (storage/branch.h) */
    VN_ENROLMENT_STATES,
};
const char *vn_enrolment_state_name(enum vn_enrolment_state state); /* static */

struct vn_enrolment_row { /* NOLINT(clang-analyzer-optin.performance.Padding): in the order of the table */
    int64_t id;           /* the hub's own number, > 0 */
    struct vn_enrolment_id enrolment;
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    char serial[VN_SERIAL_TEXT_MAX]; /* of the certificate in use */
    enum vn_enrolment_state state;
    int64_t high_seq;    /* taken in so far */
    int64_t posted_seq;  /* up to here it is posted or in quarantine */
    struct vn_hash head; /* hash(high_seq) */
    int64_t grant;       /* highest grant number */
    int64_t quarantined;
    int64_t
        ack_ms; /* hub time of the last acknowledgement that left nothing unsent, or ingest.h: what it had then was sent */
    int64_t created_ms;
    int64_t durable_seq; /* up to here it outlives this machine: see vn_storage_durable_raise */
    int64_t
        epoch; /* the last one in which it has shown where it stands: from then on what it shows is no news */
    int64_t shown_seq; /* the head of its journal then: what it was granted is known when that is posted */
    int64_t asked;     /* how often rights were asked back of it (vn_storage_claim_ask) */
    bool ahead;        /* it fetches what it did not ask for, so it is granted ahead */
    int64_t more_ms;   /* when it said first since then that it has more than it sends, */
    int64_t more_day,
        more_days; /* the last day on which it did, since 1970, and how many they were; 0: none */
    int64_t back;  /* how many times it took back goods or receipts of other tills */
};
/* Sets row->id. */
VN_MUST_USE enum vn_status vn_storage_enrolment_add(struct vn_storage *storage, struct vn_enrolment_row *row);
VN_MUST_USE enum vn_status vn_storage_enrolment_get(struct vn_storage *storage,
                                                    const struct vn_enrolment_id *enrolment,
                                                    struct vn_enrolment_row *out); /* VN_ABSENT */
/* The highest number of one; 0: there is none. */
VN_MUST_USE enum vn_status vn_storage_enrolment_newest(struct vn_storage *storage, int64_t *out);
VN_MUST_USE enum vn_status vn_storage_enrolment_by_number(struct vn_storage *storage, int64_t id,
                                                          struct vn_enrolment_row *out); /* VN_ABSENT */
/* Many at once: the row of number i's id into *rows[i], whose id is 0 where there is none. */
VN_MUST_USE enum vn_status vn_storage_enrolments_load(struct vn_storage *storage,
                                                      const struct vn_enrolment_id *const *ids,
                                                      struct vn_enrolment_row *const *rows, size_t count);
/* Writes what may change: state, high_seq, posted_seq, head, grant, quarantined, ack_ms, epoch, shown_seq, ahead, back, more_ms,
 * more_day, more_days.
 * The rows were read in the same transaction. */
VN_MUST_USE enum vn_status vn_storage_enrolment_put(struct vn_storage *storage,
                                                    const struct vn_enrolment_row *row);
VN_MUST_USE enum vn_status vn_storage_enrolments_put(struct vn_storage *storage,
                                                     const struct vn_enrolment_row *const *rows,
                                                     size_t count);
/* Whether commits wait for a standby, so that one which returns VN_OK is on another machine, too. The operator may end that while
 * one waits, which then returns well: it holds for a commit if it was so before and after. */
VN_MUST_USE enum vn_status vn_storage_held(struct vn_storage *storage, bool *out);

enum vn_certificate_state {
    VN_CERTIFICATE_ISSUED,   /* not used yet; beside it the one before is good */
    VN_CERTIFICATE_IN_USE,   /* the enrolment's own */
    VN_CERTIFICATE_REPLACED, /* by one that was used: refused */
};
struct vn_certificate_row {
    int64_t enrolment;
    char serial[VN_SERIAL_TEXT_MAX];
    char issuer[VN_SERIAL_TEXT_MAX]; /* serial of the issuing certificate; "": not known */
    enum vn_certificate_state state;
    int64_t until_ms;
};
/* An earlier one that was issued and never used is replaced by it. Rows are kept for ever: one that is not there is taken
 * for one that was issued after a backup, see below. */
VN_MUST_USE enum vn_status vn_storage_certificate_add(struct vn_storage *storage,
                                                      const struct vn_certificate_row *row);
VN_MUST_USE enum vn_status vn_storage_certificate_get(struct vn_storage *storage, int64_t enrolment,
                                                      const char *serial,
                                                      struct vn_certificate_row *out); /* VN_ABSENT */
/* It was shown: it is in use from now on, and all others of the enrolment are replaced. One that is not known (it was
 * issued after the backup that this hub was set back to) is taken all the same; one that was replaced stays so. */
VN_MUST_USE enum vn_status vn_storage_certificate_use(struct vn_storage *storage, int64_t enrolment,
                                                      const char *serial);
/* Active enrolments whose certificate is of none but this issuer, or of none that is known. */
VN_MUST_USE enum vn_status vn_storage_certificates_of(struct vn_storage *storage, const char *issuer,
                                                      int64_t *out);

/* A backup off this machine has the enrolment's journal up to `seq`; a lower one than before changes nothing. */
VN_MUST_USE enum vn_status vn_storage_durable_raise(struct vn_storage *storage,
                                                    const struct vn_enrolment_id *enrolment, int64_t seq);
/* Entries in quarantine, of all enrolments. */
VN_MUST_USE enum vn_status vn_storage_quarantined(struct vn_storage *storage, int64_t *out);
VN_MUST_USE enum vn_status vn_storage_report_put(struct vn_storage *storage, int64_t enrolment,
                                                 const char *json, int64_t now_ms);
/* `report` is what the till said last in POST /v1/status, "" if nothing, at report_ms. */
typedef enum vn_status (*vn_enrolment_visit)(void *ctx, const struct vn_enrolment_row *row,
                                             const char *report, int64_t report_ms);
/* In the order of stores, tills and numbers, as all three. Read in pages: outside of a transaction they are of different
 * moments. */
VN_MUST_USE enum vn_status vn_storage_enrolments(struct vn_storage *storage, vn_enrolment_visit visit,
                                                 void *ctx);
/* Up to `max` after enrolment number `after`; 0: from the beginning. */
VN_MUST_USE enum vn_status vn_storage_enrolments_page(struct vn_storage *storage, int64_t after, unsigned max,
                                                      vn_enrolment_visit visit, void *ctx);
/* Of one till. */
VN_MUST_USE enum vn_status vn_storage_enrolments_of(struct vn_storage *storage, const char *till,
                                                    vn_enrolment_visit visit, void *ctx);
/* Those that are revoked, by number, above `after`: at most `max`. */
VN_MUST_USE enum vn_status vn_storage_revoked(struct vn_storage *storage, int64_t after, unsigned max,
                                              struct vn_enrolment_row *out, unsigned *count);
VN_MUST_USE enum vn_status vn_storage_till_store(struct vn_storage *storage, const char *till,
                                                 char store[VN_ID_MAX]); /* VN_ABSENT */
/* Tills that a code was made for and that have not enrolled yet: up to `max` above `after`, by name. */
typedef enum vn_status (*vn_till_visit)(void *ctx, const char *store, const char *till);
VN_MUST_USE enum vn_status vn_storage_tills_waiting(struct vn_storage *storage, const char *after,
                                                    unsigned max, vn_till_visit visit, void *ctx);

VN_MUST_USE enum vn_status vn_storage_boot_put(struct vn_storage *storage, int64_t enrolment,
                                               const uint8_t boot[VN_ID_BYTES], int64_t seq);
/* The boot in force at `seq`: that of the last boot entry at or below it. VN_ABSENT: none. */
VN_MUST_USE enum vn_status vn_storage_boot_at(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                              uint8_t boot[VN_ID_BYTES]);
/* The last one of all. VN_ABSENT: none. */
VN_MUST_USE enum vn_status vn_storage_boot_last(struct vn_storage *storage, int64_t enrolment, int64_t *seq,
                                                uint8_t boot[VN_ID_BYTES]);
/* That of each enrolment that has one, as numbers of enrolments rise. Read in pages: outside of a transaction they are of
 * different moments. */
typedef enum vn_status (*vn_boot_visit)(void *ctx, int64_t enrolment, int64_t seq,
                                        const uint8_t boot[VN_ID_BYTES]);
VN_MUST_USE enum vn_status vn_storage_boots_last(struct vn_storage *storage, vn_boot_visit visit, void *ctx);
VN_MUST_USE enum vn_status vn_storage_boot_known(struct vn_storage *storage, int64_t enrolment,
                                                 const uint8_t boot[VN_ID_BYTES]); /* VN_ABSENT */

/* --- entries: storage/segments.h ------------------------------------------------------------------------- */

/* Imported history. VN_CONFLICT: the same receipt is there already. */
VN_MUST_USE enum vn_status vn_storage_receipt_put(struct vn_storage *storage, int64_t member, int64_t at_ms,
                                                  const char *store, int64_t total_minor, int64_t points);

/* --- members, catalogue, coupons, publishing ------------------------------------------------------------ */

/* `facts` is the member's document (import.h) without cards and balance. */
VN_MUST_USE enum vn_status vn_storage_member_put(struct vn_storage *storage, int64_t id,
                                                 struct vn_view facts);
VN_MUST_USE enum vn_status vn_storage_member_get(struct vn_storage *storage, int64_t id,
                                                 struct vn_buf *facts); /* VN_ABSENT; facts may be NULL */
VN_MUST_USE enum vn_status vn_storage_member_drop(struct vn_storage *storage, int64_t id);
/* Puts the card to this member, whoever had it. */
VN_MUST_USE enum vn_status vn_storage_card_put(struct vn_storage *storage, const struct vn_hash *card,
                                               int64_t member);
VN_MUST_USE enum vn_status vn_storage_card_member(struct vn_storage *storage, const struct vn_hash *card,
                                                  int64_t *member); /* VN_ABSENT */
VN_MUST_USE enum vn_status vn_storage_cards(struct vn_storage *storage, int64_t member,
                                            struct vn_hash out[VN_FEED_CARDS_MAX], unsigned *count);
/* Without those that are blocked. */
VN_MUST_USE enum vn_status vn_storage_good_cards(struct vn_storage *storage, int64_t member,
                                                 struct vn_hash out[VN_FEED_CARDS_MAX], unsigned *count);

/* A card that is blocked by itself, whoever's it is, known or not. */
struct vn_blocked_row {
    struct vn_hash card;
    int64_t since_ms;
    char reason[VN_NAME_MAX]; /* a person's words, or "" */
};
/* One that is there keeps its day. */
VN_MUST_USE enum vn_status vn_storage_blocked_put(struct vn_storage *storage,
                                                  const struct vn_blocked_row *row);
VN_MUST_USE enum vn_status vn_storage_blocked_drop(struct vn_storage *storage, const struct vn_hash *card);
/* By the account that stands for it in the feed (storage/account_id.h). VN_ABSENT. */
VN_MUST_USE enum vn_status vn_storage_blocked_get(struct vn_storage *storage, const char *account,
                                                  struct vn_blocked_row *out);

/* `document` is the item's own, also of an alias: a code that leads to the item `alias_of`, "" for its own code. What the code
 * led to before is kept for a while: storage/items.h. */
VN_MUST_USE enum vn_status vn_storage_item_put(struct vn_storage *storage, const char *code,
                                               const char *alias_of, struct vn_view document, int64_t now_ms);
VN_MUST_USE enum vn_status vn_storage_item_get(struct vn_storage *storage, const char *code,
                                               struct vn_buf *document); /* VN_ABSENT */
VN_MUST_USE enum vn_status vn_storage_item_drop(struct vn_storage *storage, const char *code, int64_t now_ms);
/* Which item a code of the catalogue leads to: "" when it is an item's own. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_storage_alias_of(struct vn_storage *storage, const char *code,
                                               char out[VN_CODE_MAX]);
/* The aliases of an item, in the order of their codes. */
VN_MUST_USE enum vn_status vn_storage_aliases(struct vn_storage *storage, const char *code,
                                              char out[VN_ALIASES_MAX][VN_CODE_MAX], unsigned *count);

struct vn_coupon_row {
    int64_t id; /* account "c<id>" */
    struct vn_hash number;
    struct vn_coupon coupon; /* `account` and `spent` are not stored */
    int64_t member;          /* 0: anybody's */
};
/* By number: *fresh says that it was not there. Sets id. */
VN_MUST_USE enum vn_status vn_storage_coupon_put(struct vn_storage *storage, struct vn_coupon_row *row,
                                                 bool *fresh);
VN_MUST_USE enum vn_status vn_storage_coupon_get(struct vn_storage *storage, int64_t id,
                                                 struct vn_coupon_row *out); /* VN_ABSENT */
VN_MUST_USE enum vn_status vn_storage_coupon_drop(struct vn_storage *storage, const struct vn_hash *number,
                                                  int64_t *id); /* VN_ABSENT */

/* Rulesets and stops: one series of numbers. A stop has the promotion as its text. */
struct vn_published_row {
    enum vn_feed_kind kind;
    int64_t number;
    int64_t at_ms;
    uint8_t signature[VN_SIGNATURE_MAX];
    size_t signature_len;
};
VN_MUST_USE enum vn_status vn_storage_published_put(struct vn_storage *storage,
                                                    const struct vn_published_row *row, struct vn_view text);
/* The last ruleset (promotion NULL), or the last stop of a promotion. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_storage_published_last(struct vn_storage *storage, const char *promotion,
                                                     struct vn_published_row *out, struct vn_buf *text);

/* --- the feed: feed/publisher.h says how these belong together -------------------------------------------- */

/* The row of this kind (VN_FEED_MEMBER, _ITEM, _COUPON, _RULESET, _STOP) and key is new or other than before: leaves a
 * mark. Every till should know at once; or `enrolment` did it, and the tills of its store should. */
VN_MUST_USE enum vn_status vn_storage_change(struct vn_storage *storage, enum vn_feed_kind kind,
                                             const char *key);
VN_MUST_USE enum vn_status vn_storage_change_by(struct vn_storage *storage, enum vn_feed_kind kind,
                                                const char *key, int64_t enrolment);

struct vn_change_mark {
    int64_t id;
    int64_t member; /* in the slow lane: whose row it is; else 0 */
    enum vn_feed_kind kind;
    char key[VN_ID_MAX];
    char store[VN_ID_MAX]; /* where it happened; "": every till should know */
};
/* Up to `max`, by id. What is committed and has a lower id than one that was read, was read. */
VN_MUST_USE enum vn_status vn_storage_marks(struct vn_storage *storage, struct vn_change_mark *out,
                                            unsigned max, unsigned *count);
/* Those up to `last` that this transaction sees. */
VN_MUST_USE enum vn_status vn_storage_marks_drop(struct vn_storage *storage, int64_t last);

/* A numbered change: the last of its row in a scope, "" or a store. */
struct vn_change {
    int64_t number;
    int64_t checkpoint; /* the last number of the checkpoint that it was closed in */
    int64_t at_ms;
    enum vn_feed_kind kind;
    char key[VN_ID_MAX];
};
/* Takes the next `by` numbers, up to *last. Nobody else gets any before this transaction has ended. */
VN_MUST_USE enum vn_status vn_storage_change_raise(struct vn_storage *storage, int64_t by, int64_t *last);
/* The highest number that was ever closed. */
VN_MUST_USE enum vn_status vn_storage_change_last(struct vn_storage *storage, int64_t *number);
/* Supersedes the row's earlier change in that scope. */
VN_MUST_USE enum vn_status vn_storage_change_put(struct vn_storage *storage, const char *scope,
                                                 const struct vn_change *change);
VN_MUST_USE enum vn_status vn_storage_change_drop(struct vn_storage *storage, enum vn_feed_kind kind,
                                                  const char *key); /* in all scopes */
VN_MUST_USE enum vn_status vn_storage_change_forget(struct vn_storage *storage, enum vn_feed_kind kind);
/* Up to `max` changes of a scope above `after`, in order. */
VN_MUST_USE enum vn_status vn_storage_changes(struct vn_storage *storage, const char *scope, int64_t after,
                                              struct vn_change *out, unsigned max, unsigned *count);
/* The number of the scope's last change that is not above `number`; 0. */
VN_MUST_USE enum vn_status vn_storage_change_before(struct vn_storage *storage, const char *scope,
                                                    int64_t number, int64_t *out);

/* Rows that not all stores know yet, by member. */
VN_MUST_USE enum vn_status vn_storage_slow_put(struct vn_storage *storage, int64_t member,
                                               enum vn_feed_kind kind, const char *key);
VN_MUST_USE enum vn_status vn_storage_slow_drop(struct vn_storage *storage, int64_t member,
                                                enum vn_feed_kind kind, const char *key);
VN_MUST_USE enum vn_status vn_storage_slow(struct vn_storage *storage, struct vn_change_mark *out,
                                           unsigned max, unsigned *count);

#define VN_NEAR_MAX 5

/* Where a member shops: first where he joined, then the last stores that he visited, the newest first. */
struct vn_near {
    unsigned count;
    char stores[VN_NEAR_MAX][VN_ID_MAX];
};
VN_MUST_USE enum vn_status vn_storage_near(struct vn_storage *storage, int64_t member, struct vn_near *out);
VN_MUST_USE enum vn_status vn_storage_near_put(struct vn_storage *storage, int64_t member,
                                               const struct vn_near *near);

/* `scopes`: the stores that it touches, as lines; "": everybody. */
VN_MUST_USE enum vn_status vn_storage_checkpoint_put(struct vn_storage *storage, int64_t last, int64_t now_ms,
                                                     const char *scopes);
typedef enum vn_status (*vn_checkpoint_visit)(void *ctx, int64_t last, struct vn_view scopes);
/* Those above `after` that are still listed, in order. */
VN_MUST_USE enum vn_status vn_storage_checkpoints(struct vn_storage *storage, int64_t after,
                                                  vn_checkpoint_visit visit, void *ctx);
/* Takes a few off the list that were closed before. */
VN_MUST_USE enum vn_status vn_storage_checkpoints_forget(struct vn_storage *storage, int64_t before_ms);

/* In the order of their keys, above `after`: for snapshots. */
struct vn_card_row {
    struct vn_hash card;
    int64_t member; /* 0: it is blocked */
};
VN_MUST_USE enum vn_status vn_storage_cards_after(struct vn_storage *storage, const struct vn_hash *after,
                                                  struct vn_card_row *out, unsigned max, unsigned *count);
/* Numbers of coupons, by the hash of what is printed on them. */
VN_MUST_USE enum vn_status vn_storage_coupons_after(struct vn_storage *storage, const struct vn_hash *after,
                                                    int64_t *out, unsigned max, unsigned *count);
VN_MUST_USE enum vn_status vn_storage_items_after(struct vn_storage *storage, const char *after,
                                                  char (*out)[VN_CODE_MAX], unsigned max, unsigned *count);
struct vn_posted_row {
    struct vn_enrolment_id enrolment;
    int64_t posted_seq;
};
VN_MUST_USE enum vn_status vn_storage_posted_after(struct vn_storage *storage,
                                                   const struct vn_enrolment_id *after,
                                                   struct vn_posted_row *out, unsigned max, unsigned *count);

/* Notes that all entries posted by now have their changes in checkpoints. Only where no mark is left. */
VN_MUST_USE enum vn_status vn_storage_tell(struct vn_storage *storage);
/* Up to where that holds of an enrolment's entries; 0. */
VN_MUST_USE enum vn_status vn_storage_told(struct vn_storage *storage, int64_t enrolment, int64_t *out);
/* Enrolments in force, counted up to `most`. */
VN_MUST_USE enum vn_status vn_storage_enrolments_count(struct vn_storage *storage, int64_t most,
                                                       int64_t *out);

/* Promotions that are stopped in the ruleset in force. */
typedef enum vn_status (*vn_sentence_visit)(void *ctx, const char *sentence);
VN_MUST_USE enum vn_status vn_storage_stopped(struct vn_storage *storage, vn_sentence_visit visit, void *ctx);

/* VN_ABSENT: none was published; there is no such ruleset. */
VN_MUST_USE enum vn_status vn_storage_ruleset_in_force(struct vn_storage *storage, int64_t *number);
VN_MUST_USE enum vn_status vn_storage_ruleset_text(struct vn_storage *storage, int64_t number,
                                                   struct vn_buf *text);

#endif
