/* Power can't be cut in a unit test, but a process can be killed in the midst of its appends: whatever append
 * called OK must be there afterwards, and nothing half. */
#include "tests/unit/journal_world.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* Appends until it is killed, and tells every seq that was OK. */
static void child(struct world *world, int out)
{
    struct vn_journal *journal = NULL;
    if (vn_journal_open(world->path, &world->enrolment, &world->random, NULL, &journal, &world->error) !=
        VN_OK) {
        _exit(2);
    }
    for (int i = 0;; i++) {
        struct vn_entry entry = entry_of(i % 2 == 0 ? VN_ENTRY_HOLD : VN_ENTRY_CANCEL, "1", "w1", 10);
        struct vn_journal_append append = {.entry = &entry, .step = i, .reply = {(const uint8_t *)"{}", 2}};
        struct vn_journal_head head;
        int64_t seq = 0;
        vn_journal_head(journal, &head);
        append.step = (int)head.seq;
        if (vn_journal_append(journal, &append, &seq, &world->error) != VN_OK ||
            write(out, &seq, sizeof seq) != sizeof seq) {
            _exit(3);
        }
    }
}

static void test_journal_keeps_all_that_was_confirmed_when_killed(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    for (int round = 0; round < 12; round++) {
        int ends[2];
        vn_journal_close(world.journal);
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            (void)close(ends[0]);
            child(&world, ends[1]);
        }
        (void)close(ends[1]);
        struct timespec pause = {0, 15000000L + 3700000L * round};
        (void)nanosleep(&pause, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        int how = 0;
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFSIGNALED(how));
        int64_t confirmed = 0;
        for (int64_t seq = 0; read(ends[0], &seq, sizeof seq) == sizeof seq;) {
            confirmed = seq;
        }
        (void)close(ends[0]);
        world_open(&world);
        struct vn_journal_head head;
        struct vn_counters counters;
        struct vn_sale_key keys[2];
        size_t open_holds = 0;
        int64_t bad_seq = 0;
        vn_journal_head(world.journal, &head);
        assert_true(head.seq == confirmed || head.seq == confirmed + 1 || confirmed == 0);
        assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_OK);
        assert_int_equal(vn_journal_counters(world.journal, "w1", &counters), VN_OK);
        assert_int_equal(vn_journal_open_holds(world.journal, "1", keys, 2, &open_holds), VN_OK);
        assert_int_equal(vn_counters_available(&counters), open_holds == 1 ? 90 : 100);
        assert_int_equal(counters.out, 10 * (head.seq / 2));
        if (open_holds == 1) { /* so that the next round begins with a hold */
            struct vn_entry cancel = entry_of(VN_ENTRY_CANCEL, "1", NULL, 0);
            assert_int_equal(world_append(&world, &cancel, (int)head.seq), VN_OK);
        }
    }
    struct vn_journal_head head;
    vn_journal_head(world.journal, &head);
    assert_true(head.seq > 20);
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_keeps_all_that_was_confirmed_when_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
