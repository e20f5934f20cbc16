/* The journal's thread: pruning goes on between entries, never before one that waits; a start that did not fit on the disk comes
 * first when there is room. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "tests/unit/journal_world.h"

#include "agent/app/journal_thread.h"

/* Nothing here loses power: a thousand entries need not wait for the disk. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

static atomic_bool disk_is_full;

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    if (atomic_load(&disk_is_full)) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return pwrite64(fd, data, len, at);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

#define ENTRIES (3 * VN_JOURNAL_SLICE_MAX)

struct run {
    struct world world;
    uv_loop_t loop;
    uv_timer_t patience;
    struct vn_journal_thread *thread;
    struct vn_till_write write;
    enum vn_status expected;
    int64_t pruned_at_write; /* base_seq when the entry was written; -1: not yet */
    unsigned slices;
    struct vn_journal_head head;
};

static void on_inspected(void *ctx, enum vn_status status)
{
    (void)ctx;
    (void)status;
    fail();
}

static void on_batch(void *ctx, const struct vn_uplink_batch *batch)
{
    (void)ctx;
    (void)batch;
    fail();
}

static void on_written(void *ctx, const struct vn_till_write *write, const struct vn_journal_head *head)
{
    struct run *run = ctx;
    assert_int_equal(write->status, run->expected);
    run->head = *head;
    run->pruned_at_write = head->base_seq;
}

static void on_pruned(void *ctx, enum vn_status status, const struct vn_journal_head *head)
{
    struct run *run = ctx;
    assert_int_equal(status, VN_OK);
    run->slices += head->base_seq > run->head.base_seq;
    run->head = *head;
}

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("nothing more happens");
}

static int setup(void **state)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return -1;
    }
    struct vn_journal_events events = {on_inspected, on_written, on_batch, on_pruned, run};
    world_create(&run->world);
    for (int i = 0; i < ENTRIES; i++) {
        assert_int_equal(world_put(&run->world, VN_ENTRY_FINDING, "", NULL, 0), VN_OK);
    }
    assert_int_equal(vn_journal_acked(run->world.journal, ENTRIES, ENTRIES, 0), VN_OK);
    vn_journal_head(run->world.journal, &run->head);
    run->pruned_at_write = -1;
    assert_int_equal(uv_loop_init(&run->loop), 0);
    assert_int_equal(uv_timer_init(&run->loop, &run->patience), 0);
    assert_int_equal(uv_timer_start(&run->patience, on_patience, 20000, 0), 0);
    assert_int_equal(vn_journal_thread_create(&run->loop, run->world.journal, &events, &run->thread), VN_OK);
    *state = run;
    return 0;
}

static int teardown(void **state)
{
    struct run *run = *state;
    vn_journal_thread_destroy(run->thread); /* closes the journal */
    uv_close((uv_handle_t *)&run->patience, NULL);
    (void)uv_run(&run->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&run->loop);
    run->world.journal = NULL;
    world_destroy(&run->world);
    free(run);
    return 0;
}

static void write_one(struct run *run)
{
    run->write.entry = entry_of(VN_ENTRY_BOOT, "", NULL, 0);
    vn_buf_init(&run->write.reply, 100);
    vn_journal_thread_write(run->thread, &run->write, 0);
}

static void test_an_entry_that_waits_goes_before_the_next_slice(void **state)
{
    struct run *run = *state;
    vn_journal_thread_prune(run->thread, ENTRIES, 1);
    write_one(run); /* while the first slice is under way, or before it has begun */
    while (run->pruned_at_write < 0) {
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    }
    assert_true(run->pruned_at_write <= VN_JOURNAL_SLICE_MAX);
    while (run->head.base_seq < ENTRIES) {
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    }
    assert_int_equal(run->slices, 3);
    assert_int_equal(run->head.seq, ENTRIES + 1);
}

static void test_no_slice_begins_while_an_entry_waits(void **state)
{
    struct run *run = *state;
    write_one(run);
    vn_journal_thread_prune(run->thread, ENTRIES, 1);
    while (run->pruned_at_write < 0) {
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    }
    assert_int_equal(run->pruned_at_write, 0);
    while (run->head.base_seq < ENTRIES) {
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    }
}

/* Until the entry is written, or is not. */
static void put(struct run *run, enum vn_entry_kind kind, enum vn_status expected)
{
    vn_entry_deinit(&run->write.entry);
    run->write.entry = entry_of(kind, "", NULL, 0);
    run->expected = expected;
    run->pruned_at_write = -1;
    vn_journal_thread_write(run->thread, &run->write, 0);
    while (run->pruned_at_write < 0) {
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    }
}

struct seen {
    unsigned count, boots;
    bool boot_first;
};

static bool see(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    struct seen *seen = ctx;
    char text[1000];
    (void)hash;
    assert_true(seq == ENTRIES + (int64_t)++seen->count);
    assert_true(body.len < sizeof text);
    memcpy(text, body.data, body.len);
    text[body.len] = '\0';
    bool boot = strstr(text, "\"engine\"") != NULL;
    seen->boots += boot ? 1 : 0;
    seen->boot_first = seen->boot_first || (boot && seen->count == 1);
    return true;
}

/* Of the entries of now the first, and it alone, says that the program started. */
static void check_that_the_start_is_first(struct run *run, unsigned count)
{
    struct seen seen = {0};
    assert_int_equal(run->head.seq, ENTRIES + count);
    assert_int_equal(vn_journal_each(run->world.journal, ENTRIES + 1, see, &seen), VN_OK);
    assert_int_equal(seen.boots, 1);
    assert_true(seen.boot_first);
}

static void test_a_start_that_did_not_fit_comes_before_all_else(void **state)
{
    struct run *run = *state;
    atomic_store(&disk_is_full, true);
    put(run, VN_ENTRY_BOOT, VN_FULL);
    put(run, VN_ENTRY_FINDING, VN_FULL);
    assert_int_equal(run->head.seq, ENTRIES);
    atomic_store(&disk_is_full, false);
    put(run, VN_ENTRY_FINDING, VN_OK);
    put(run, VN_ENTRY_FINDING, VN_OK);
    check_that_the_start_is_first(run, 3);
    vn_entry_deinit(&run->write.entry);
}

/* What a neighbour asks for, as a task. */
struct asked {
    struct run *run;
    bool done;
};

static void run_asked(void *ctx, struct vn_journal *journal)
{
    struct asked *asked = ctx;
    struct vn_entry entry = entry_of(VN_ENTRY_FINDING, "", NULL, 0);
    const struct vn_journal_append append = {.entry = &entry};
    struct vn_error error = {VN_OK, "", ""};
    int64_t seq = 0;
    (void)journal;
    asked->run->write.status = vn_journal_thread_append(asked->run->thread, &append, &seq, &error);
    vn_entry_deinit(&entry);
}

static void asked_done(void *ctx, const struct vn_journal_head *head)
{
    struct asked *asked = ctx;
    asked->run->head = *head;
    asked->done = true;
}

static void must_be_asked(struct run *run, enum vn_status expected)
{
    struct asked asked = {.run = run};
    assert_int_equal(vn_journal_thread_run(run->thread, run_asked, asked_done, &asked), VN_OK);
    while (!asked.done) {
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    }
    assert_int_equal(run->write.status, expected);
}

static void test_a_start_that_did_not_fit_comes_before_what_neighbours_ask_for(void **state)
{
    struct run *run = *state;
    atomic_store(&disk_is_full, true);
    put(run, VN_ENTRY_BOOT, VN_FULL);
    must_be_asked(run, VN_FULL);
    atomic_store(&disk_is_full, false);
    must_be_asked(run, VN_OK);
    must_be_asked(run, VN_OK);
    check_that_the_start_is_first(run, 3);
    vn_entry_deinit(&run->write.entry);
}

static void *no_memory(size_t size)
{
    (void)size;
    return NULL;
}

static void test_a_start_that_there_was_no_memory_for_comes_before_all_else(void **state)
{
    struct run *run = *state;
    json_malloc_t had = NULL;
    json_free_t freed = NULL;
    json_get_alloc_funcs(&had, &freed);
    json_set_alloc_funcs(no_memory, freed);
    put(run, VN_ENTRY_BOOT, VN_NOMEM);
    put(run, VN_ENTRY_FINDING, VN_NOMEM);
    json_set_alloc_funcs(had, freed);
    put(run, VN_ENTRY_FINDING, VN_OK);
    check_that_the_start_is_first(run, 2);
    vn_entry_deinit(&run->write.entry);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_entry_that_waits_goes_before_the_next_slice),
        TEST(test_no_slice_begins_while_an_entry_waits),
        TEST(test_a_start_that_did_not_fit_comes_before_all_else),
        TEST(test_a_start_that_did_not_fit_comes_before_what_neighbours_ask_for),
        TEST(test_a_start_that_there_was_no_memory_for_comes_before_all_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
