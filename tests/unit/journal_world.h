/* A journal in a temporary folder, and entries for it in one line each. */
#ifndef VN_TESTS_JOURNAL_WORLD_H
#define VN_TESTS_JOURNAL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/db/db.h"
#include "agent/store/journal.h"
#include "tests/unit/folder.h"

struct world {
    struct folder folder;
    struct vn_enrolment_id enrolment;
    uint64_t seed;
    struct vn_random random;
    struct vn_journal *journal;
    struct vn_error error;
    char path[400];
};

static inline void world_open(struct world *world)
{
    enum vn_status status =
        vn_journal_open(world->path, &world->enrolment, &world->random, NULL, &world->journal, &world->error);
    if (status != VN_OK) {
        fail_msg("%s", world->error.text);
    }
}

static inline void world_create(struct world *world)
{
    memset(world, 0, sizeof *world);
    folder_create(&world->folder);
    memset(world->enrolment.bytes, 0x42, sizeof world->enrolment.bytes);
    world->random = vn_random_seeded(&world->seed);
    (void)snprintf(world->path, sizeof world->path, "%s", folder_file(&world->folder, "journal.db"));
    assert_int_equal(vn_journal_create(world->path, &world->enrolment, NULL, &world->error), VN_OK);
    world_open(world);
}

static inline void world_reopen(struct world *world)
{
    vn_journal_close(world->journal);
    world_open(world);
}

static inline void world_destroy(struct world *world)
{
    vn_journal_close(world->journal);
    folder_remove(&world->folder);
}

/* Does to the file what no journal does, by a connection of its own. */
static inline void run_beside(struct world *world, const char *sql)
{
    struct vn_db *db = NULL;
    struct vn_db_options options = {.mode = VN_DB_DURABLE};
    assert_int_equal(vn_db_open(world->path, &options, &db, &world->error), VN_OK);
    if (vn_db_exec(db, sql, &world->error) != VN_OK) {
        fail_msg("%s", world->error.text);
    }
    vn_db_close(db);
}

/* The same when the journal is closed; it stays so. */
static inline void run_sql(struct world *world, const char *sql)
{
    vn_journal_close(world->journal);
    world->journal = NULL;
    run_beside(world, sql);
}

static inline struct vn_sale_key sale_of(const char *receipt)
{
    struct vn_sale_key key = {"1", "2026-11-22", ""};
    (void)snprintf(key.receipt, sizeof key.receipt, "%s", receipt);
    return key;
}

/* An entry of a sale ("" none) that moves `move` of `account` (NULL: no right). */
static inline struct vn_entry entry_of(enum vn_entry_kind kind, const char *receipt, const char *account,
                                       int64_t move)
{
    struct vn_entry entry;
    vn_entry_init(&entry, kind);
    entry.wall_ms = 1795334400123;
    entry.mono_ms = 81234;
    entry.has_sale = receipt[0] != '\0';
    entry.sale = sale_of(receipt);
    if (account != NULL) {
        entry.right_count = 1;
        (void)snprintf(entry.rights[0].account, sizeof entry.rights[0].account, "%s", account);
        entry.rights[0].move = move;
    }
    return entry;
}

/* Appends and lets go of the entry's body; its filled counters stay readable. */
static inline enum vn_status world_append(struct world *world, struct vn_entry *entry, int step)
{
    struct vn_journal_append append = {.entry = entry, .step = step};
    int64_t seq = 0;
    struct vn_journal_head before;
    struct vn_journal_head after;
    vn_journal_head(world->journal, &before);
    enum vn_status status = vn_journal_append(world->journal, &append, &seq, &world->error);
    vn_journal_head(world->journal, &after);
    assert_int_equal(after.seq, status == VN_OK ? before.seq + 1 : before.seq);
    assert_int_equal(seq, status == VN_OK ? after.seq : 0);
    vn_entry_deinit(entry);
    return status;
}

static inline enum vn_status world_put(struct world *world, enum vn_entry_kind kind, const char *receipt,
                                       const char *account, int64_t move)
{
    struct vn_entry entry = entry_of(kind, receipt, account, move);
    return world_append(world, &entry, 0);
}

static inline enum vn_status world_grant(struct world *world, int64_t number, const char *account,
                                         int64_t granted)
{
    struct vn_entry entry = entry_of(VN_ENTRY_GRANT, "", account, 0);
    entry.rights[0].granted = granted;
    entry.body = json_pack("{s:I,s:[]}", "number", (json_int_t)number, "slices");
    return world_append(world, &entry, 0);
}

static inline void assert_counters(struct world *world, const char *account, int64_t granted, int64_t in,
                                   int64_t out)
{
    struct vn_counters counters;
    assert_int_equal(vn_journal_counters(world->journal, account, &counters), VN_OK);
    assert_string_equal(counters.account, account);
    assert_int_equal(counters.granted, granted);
    assert_int_equal(counters.in, in);
    assert_int_equal(counters.out, out);
}

#endif
