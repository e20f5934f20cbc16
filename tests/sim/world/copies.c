/* What a till's disk holds of rights, read out of its journal as a stranger would who found the disk: for the oracle, which
 * lets a copy spend that once more, and nothing else. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define LOOKED_AT "/simdisk/looked-at"

/* What it may use, what its open holds have, and what it lent and may get back, since nobody has ended that yet. */
static const char held[] =
    "SELECT account, granted + came_in - went_out FROM counters"
    " UNION ALL SELECT account, amount FROM taken JOIN holds USING (pos, date, receipt)"
    " UNION ALL SELECT account, amount FROM transfers WHERE state = 0 AND lender = (SELECT enrolment FROM "
    "meta)";

static void must(int status, sqlite3 *db)
{
    if (status != SQLITE_OK) {
        (void)fprintf(stderr, "sim: a journal can't be looked at: %s\n", sqlite3_errmsg(db));
        abort();
    }
}

static void read_journal(struct sim_copies *copies, const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    must(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), db);
    must(sqlite3_prepare_v2(db, held, -1, &rows, NULL), db);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        int64_t amount = sqlite3_column_int64(rows, 1);
        if (amount > 0) {
            sim_copies_add(copies, (const char *)sqlite3_column_text(rows, 0), amount);
        }
    }
    must(sqlite3_finalize(rows), db);
    must(sqlite3_close(db), db);
}

void sim_note_copy(struct sim_world *world, const struct sim_machine *till, const struct disk *image)
{
    char path[VN_PATH_MAX];
    struct disk *disk = disk_clone(image);
    if (disk_rename(disk, till->root, LOOKED_AT) != 0) {
        abort();
    }
    disks_mount(&world->disks, LOOKED_AT, disk);
    (void)snprintf(path, sizeof path, LOOKED_AT "/e%u/journal.db", till->enrolments);
    if (disk_there(disk, path) ==
        DISK_FILE) { /* else it is of before its present identity, and nobody runs it */
        read_journal(&world->oracle.copies, path);
    }
    disks_mount(&world->disks, LOOKED_AT, NULL);
    disk_destroy(disk);
}
