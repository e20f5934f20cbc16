/* What leaves the journal: never more than the hub has off its machine and every row includes, never what the POS may still
 * ask for, and no balance shown changes by it. */
#include "tests/unit/journal_world.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DAY_MS  INT64_C(86400000)
#define TODAY   (INT64_C(20000) * DAY_MS)
#define CARDS   3
#define UNKNOWN 2 /* cards that nobody knows; the third is w1's */

static const char *const cards[CARDS] = {
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "11112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "22112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
};

/* What the entry number `seq` is: told from its number, so that a killed process needs to tell nobody. */
static int64_t points_of(int64_t seq)
{
    return seq % 7 == 0 ? -(seq % 11) : seq % 13 + 1;
}

static int card_of(int64_t seq)
{
    return (int)(seq % CARDS);
}

static bool is_known(int64_t seq)
{
    return card_of(seq) >= UNKNOWN;
}

static enum vn_status append(struct vn_journal *journal, struct vn_error *error)
{
    struct vn_journal_head head;
    char receipt[24];
    int64_t seq = 0;
    vn_journal_head(journal, &head);
    (void)snprintf(receipt, sizeof receipt, "%" PRId64, head.seq + 1);
    struct vn_entry entry = entry_of(VN_ENTRY_COMMIT, receipt, NULL, 0);
    entry.points = points_of(head.seq + 1);
    (void)snprintf(entry.card, sizeof entry.card, "%s", cards[card_of(head.seq + 1)]);
    (void)snprintf(entry.account, sizeof entry.account, "%s", is_known(head.seq + 1) ? "w1" : "");
    struct vn_journal_append what = {
        .entry = &entry, .reply_status = 200, .reply = vn_view_str("{\"ok\":1}")};
    return vn_journal_append(journal, &what, &seq, error);
}

static void fill(struct world *world, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(append(world->journal, &world->error), VN_OK);
    }
}

static struct vn_journal_head head_of(struct world *world)
{
    struct vn_journal_head head;
    vn_journal_head(world->journal, &head);
    return head;
}

/* Prunes until there is nothing more; how many slices it took. */
static int prune(struct world *world, int64_t included_seq, int64_t now_ms)
{
    int slices = 0;
    bool more = true;
    while (more) {
        assert_int_equal(vn_journal_prune(world->journal, included_seq, now_ms, &more, &world->error), VN_OK);
        slices += more;
    }
    return slices;
}

static int64_t own_points(int64_t after, int64_t up_to, int card)
{
    int64_t sum = 0;
    for (int64_t seq = after + 1; seq <= up_to; seq++) {
        sum += card_of(seq) == card ? points_of(seq) : 0;
    }
    return sum;
}

/* The member's row includes everything up to `included_seq`; of the other cards there is no row. */
static void assert_balances(struct world *world, int64_t included_seq)
{
    struct vn_journal_head head = head_of(world);
    int64_t points = 0;
    assert_int_equal(vn_journal_points_since(world->journal, "w1", included_seq, &points), VN_OK);
    assert_int_equal(own_points(0, included_seq, UNKNOWN) + points, own_points(0, head.seq, UNKNOWN));
    for (int card = 0; card < UNKNOWN; card++) {
        assert_int_equal(vn_journal_points_of_card(world->journal, cards[card], -1, &points), VN_OK);
        assert_int_equal(points, own_points(0, head.seq, card));
        /* now his row comes: it includes what it says, and the rest is added */
        assert_int_equal(vn_journal_points_of_card(world->journal, cards[card], included_seq, &points),
                         VN_OK);
        assert_int_equal(points, own_points(included_seq, head.seq, card));
    }
    assert_int_equal(vn_journal_points_of_card(world->journal, cards[UNKNOWN], -1, &points), VN_OK);
    assert_int_equal(points, 0);
}

static enum vn_status reply_of(struct world *world, int64_t seq)
{
    static const uint8_t digest[VN_HASH_SIZE];
    char receipt[24];
    struct vn_buf reply;
    int status = 0;
    int64_t found = 0;
    vn_buf_init(&reply, 1000);
    (void)snprintf(receipt, sizeof receipt, "%lld", (long long)seq);
    struct vn_sale_key key = sale_of(receipt);
    enum vn_status result =
        vn_journal_reply(world->journal, &key, VN_ENTRY_COMMIT, 0, digest, &status, &reply, &found);
    if (result == VN_OK) {
        assert_int_equal(found, seq);
        assert_true(vn_view_is(vn_buf_view(&reply), "{\"ok\":1}"));
    }
    vn_buf_deinit(&reply);
    return result;
}

/* The commit's own bytes, as a void needs them. */
static void assert_commit_body(struct world *world, const char *receipt, bool there)
{
    struct vn_sale_key key = sale_of(receipt);
    struct vn_sale_state state;
    struct vn_buf hold;
    struct vn_buf commit;
    struct vn_entry entry;
    vn_buf_init(&hold, VN_ENTRY_MAX);
    vn_buf_init(&commit, VN_ENTRY_MAX);
    assert_int_equal(vn_journal_sale(world->journal, &key, &state, &hold, &commit),
                     there ? VN_OK : VN_ABSENT);
    if (there) {
        assert_int_equal(vn_entry_decode(vn_buf_view(&commit), &entry, &world->error), VN_OK);
        assert_string_equal(entry.sale.receipt, receipt);
        vn_entry_deinit(&entry);
    }
    vn_buf_deinit(&hold);
    vn_buf_deinit(&commit);
}

static void test_pruned_is_what_is_durable_and_included(void **state)
{
    (void)state;
    static const struct {
        int64_t durable, included, base;
    } cases[] = {{0, 20, 0}, {7, 0, 0}, {7, 20, 7}, {18, 5, 7}, {18, 12, 12}, {20, 99, 20}};
    struct world world;
    int64_t bad_seq = 0;
    world_create(&world);
    fill(&world, 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(vn_journal_acked(world.journal, 20, cases[i].durable, 0), VN_OK);
        (void)prune(&world, cases[i].included, TODAY);
        assert_int_equal(head_of(&world).base_seq, cases[i].base);
        assert_balances(&world, cases[i].base);
        world_reopen(&world);
        assert_int_equal(head_of(&world).base_seq, cases[i].base);
        assert_int_equal(head_of(&world).seq, 20);
        assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_OK);
    }
    fill(&world, 3); /* the chain goes on from a journal that is empty */
    assert_int_equal(head_of(&world).seq, 23);
    world_reopen(&world);
    assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_OK);
    world_destroy(&world);
}

static void test_pruning_goes_slice_by_slice(void **state)
{
    (void)state;
    struct world world;
    const int64_t up_to = 2 * VN_JOURNAL_SLICE_MAX + 5;
    bool more = false;
    world_create(&world);
    fill(&world, 2 * VN_JOURNAL_SLICE_MAX + 10);
    assert_int_equal(vn_journal_acked(world.journal, up_to, up_to, 0), VN_OK);
    assert_int_equal(vn_journal_prune(world.journal, up_to, TODAY, &more, &world.error), VN_OK);
    assert_true(more);
    assert_int_equal(head_of(&world).base_seq, VN_JOURNAL_SLICE_MAX);
    assert_int_equal(prune(&world, up_to, TODAY), 2);
    assert_int_equal(head_of(&world).base_seq, up_to);
    assert_balances(&world, up_to);
    world_destroy(&world);
}

static void test_batches_begin_behind_what_was_pruned(void **state)
{
    (void)state;
    struct world world;
    struct vn_batch batch;
    struct vn_buf memory;
    struct vn_buf bytes;
    vn_buf_init(&memory, VN_BATCH_BYTES_MAX);
    vn_buf_init(&bytes, VN_BATCH_BYTES_MAX);
    world_create(&world);
    fill(&world, 20);
    assert_int_equal(vn_journal_acked(world.journal, 12, 12, 0), VN_OK);
    (void)prune(&world, 12, TODAY);
    assert_int_equal(vn_journal_batch(world.journal, 12, 500, 100000, &batch, &memory), VN_OK);
    assert_int_equal(batch.from_seq, 13);
    assert_int_equal(batch.count, 8);
    assert_int_equal(vn_batch_encode(&batch, &bytes), VN_OK);
    assert_int_equal(vn_batch_decode(vn_buf_view(&bytes), &batch, &world.error),
                     VN_OK); /* from the base's hash */
    assert_int_equal(vn_journal_batch(world.journal, 11, 500, 100000, &batch, &memory), VN_ABSENT);
    vn_buf_deinit(&memory);
    vn_buf_deinit(&bytes);
    world_destroy(&world);
}

static void test_replies_and_bodies_outlive_their_entries_by_a_number_of_days(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    fill(&world, 10);
    assert_int_equal(vn_journal_acked(world.journal, 10, 10, 0), VN_OK);
    (void)prune(&world, 6, TODAY);
    (void)prune(&world, 10, TODAY + DAY_MS);
    for (int day = 2; day <= VN_REPLY_DAYS; day++) {
        assert_int_equal(prune(&world, 10, TODAY + day * DAY_MS), 0);
    }
    assert_int_equal(reply_of(&world, 6), VN_OK);
    assert_commit_body(&world, "6", true);
    assert_int_equal(prune(&world, 10, TODAY + (VN_REPLY_DAYS + 1) * DAY_MS), 1);
    assert_int_equal(reply_of(&world, 6), VN_ABSENT);
    assert_commit_body(&world, "6", false);
    assert_int_equal(reply_of(&world, 7), VN_OK); /* pruned a day later */
    assert_commit_body(&world, "7", true);
    assert_balances(&world, 10);
    assert_int_equal(prune(&world, 10, TODAY + (VN_REPLY_DAYS + 2) * DAY_MS), 1);
    assert_int_equal(reply_of(&world, 7), VN_ABSENT);
    assert_balances(&world, 10); /* points of cards that nobody knows never age */
    world_destroy(&world);
}

/* A void needs the commit's bytes, and gives back what the commit took, long after both were pruned. */
static void test_a_pruned_sale_can_be_voided(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "1", "w1", 40), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "1", "w1", 40), VN_OK);
    assert_int_equal(vn_journal_acked(world.journal, 3, 3, 0), VN_OK);
    (void)prune(&world, 3, TODAY);
    assert_commit_body(&world, "1", true);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "1", NULL, 0), VN_CONFLICT); /* the same step again */
    assert_int_equal(world_put(&world, VN_ENTRY_VOID, "1", NULL, 0), VN_OK);
    assert_counters(&world, "w1", 100, 40, 40);
    world_destroy(&world);
}

static void test_an_open_hold_keeps_its_sale_however_old_it_is(void **state)
{
    (void)state;
    struct world world;
    struct vn_sale_key keys[2];
    struct vn_sale_state sale;
    struct vn_buf hold;
    struct vn_buf commit;
    size_t count = 0;
    vn_buf_init(&hold, VN_ENTRY_MAX);
    vn_buf_init(&commit, VN_ENTRY_MAX);
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "1", "w1", 40), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "2", "w1", 10), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "2", NULL, 0), VN_OK);
    assert_int_equal(vn_journal_acked(world.journal, 4, 4, 0), VN_OK);
    (void)prune(&world, 4, TODAY);
    assert_int_equal(prune(&world, 4, TODAY + 99 * DAY_MS), 1);
    assert_int_equal(vn_journal_open_holds(world.journal, "1", keys, 2, &count), VN_OK);
    assert_int_equal(count, 1);
    assert_int_equal(vn_journal_sale(world.journal, &keys[0], &sale, &hold, &commit), VN_OK);
    assert_true(sale.hold_open && hold.len > 0);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "1", NULL, 0), VN_OK);
    assert_counters(&world, "w1", 100, 50, 50);
    vn_buf_deinit(&hold);
    vn_buf_deinit(&commit);
    world_destroy(&world);
}

/* --- killed in the midst of it ------------------------------------------------------------------------------------ */

struct told { /* by the child, before it does it */
    int64_t durable_seq, included_seq;
};

static uint64_t draw(const struct vn_random *random, uint64_t below)
{
    uint64_t number = 0;
    if (vn_random_fill(random, (uint8_t *)&number, sizeof number) != VN_OK) {
        _exit(4);
    }
    return number % below;
}

static bool step(struct vn_journal *journal, const struct vn_random *random, struct told *told, int out,
                 struct vn_error *error)
{
    struct vn_journal_head head;
    bool more = false;
    vn_journal_head(journal, &head);
    int64_t room = head.seq - told->included_seq;
    switch (draw(random, 8)) {
    case 0: /* the hub says more, or applied frames include more */
        told->durable_seq += (int64_t)draw(random, (uint64_t)(head.seq - told->durable_seq) + 1);
        told->included_seq += (int64_t)draw(random, (uint64_t)room + 1);
        return write(out, told, sizeof *told) == sizeof *told &&
               vn_journal_acked(journal, told->durable_seq, told->durable_seq, 0) == VN_OK;
    case 1:
    case 2: return vn_journal_prune(journal, told->included_seq, TODAY, &more, error) == VN_OK;
    case 3: return vn_journal_checkpoint(journal) == VN_OK;
    default: return append(journal, error) == VN_OK;
    }
}

static void child(struct world *world, struct told told, uint64_t seed, int out)
{
    struct vn_random random = vn_random_seeded(&seed);
    struct vn_journal *journal = NULL;
    bool good = vn_journal_open(world->path, &world->enrolment, &world->random, NULL, &journal,
                                &world->error) == VN_OK;
    while (good) {
        good = step(journal, &random, &told, out, &world->error);
    }
    _exit(3);
}

static bool count_entry(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    int64_t *next = ctx;
    (void)hash;
    (void)body;
    assert_int_equal(seq, *next);
    (*next)++;
    return true;
}

static void check_after_crash(struct world *world, const struct told *told)
{
    int64_t bad_seq = 0;
    struct vn_journal_head head = head_of(world);
    int64_t least = told->durable_seq < told->included_seq ? told->durable_seq : told->included_seq;
    int64_t next = head.base_seq + 1;
    assert_true(head.base_seq <= least);
    assert_true(head.durable_seq <= told->durable_seq);
    assert_int_equal(vn_journal_verify(world->journal, &bad_seq), VN_OK);
    assert_int_equal(vn_journal_each(world->journal, 1, count_entry, &next), VN_OK);
    assert_int_equal(next, head.seq + 1);
    assert_balances(world, told->included_seq);
    for (int64_t seq = head.seq; seq > 0; seq -= 1 + seq / 4) {
        assert_int_equal(reply_of(world, seq), VN_OK);
    }
}

static void test_pruning_survives_being_killed(void **state)
{
    (void)state;
    struct world world;
    struct told told = {0, 0};
    world_create(&world);
    for (unsigned round = 0; round < 12; round++) {
        int ends[2];
        vn_journal_close(world.journal);
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            (void)close(ends[0]);
            child(&world, told, round + 1, ends[1]);
        }
        (void)close(ends[1]);
        struct timespec pause = {0, 20000000L + 2900000L * round};
        (void)nanosleep(&pause, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        int how = 0;
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFSIGNALED(how));
        for (struct told next; read(ends[0], &next, sizeof next) == sizeof next;) {
            told = next;
        }
        (void)close(ends[0]);
        world_open(&world);
        check_after_crash(&world, &told);
    }
    (void)prune(&world, told.included_seq, TODAY);
    check_after_crash(&world, &told);
    assert_true(head_of(&world).base_seq > 0);
    world_destroy(&world);
}

static bool holds(const uint8_t *page, size_t len, const char *mark)
{
    size_t at = 0;
    while (at + strlen(mark) <= len && memcmp(page + at, mark, strlen(mark)) != 0) {
        at++;
    }
    return at + strlen(mark) <= len;
}

static void overwrite_page(const struct world *world, long at)
{
    uint8_t page[4096];
    memset(page, 0xff, sizeof page);
    int fd = open(world->path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, page, sizeof page, at), sizeof page);
    assert_int_equal(close(fd), 0);
}

/* The page that has the entry of this receipt. */
static void damage_page(struct world *world, const char *receipt)
{
    uint8_t page[4096];
    char mark[40];
    long at = 0;
    (void)snprintf(mark, sizeof mark, "\"2026-11-22\",\"%s\"]", receipt);
    vn_journal_close(world->journal);
    world->journal = NULL;
    int fd = open(world->path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    while (pread(fd, page, sizeof page, at) == sizeof page && !holds(page, sizeof page, mark)) {
        at += (long)sizeof page;
    }
    assert_int_equal(close(fd), 0);
    assert_true(holds(page, sizeof page, mark));
    overwrite_page(world, at);
}

static void damage_root(struct world *world, const char *name)
{
    const struct vn_db_options options = {.mode = VN_DB_DURABLE};
    struct vn_db *db = NULL;
    struct vn_statement *root = NULL;
    vn_journal_close(world->journal);
    world->journal = NULL;
    assert_int_equal(vn_db_open(world->path, &options, &db, &world->error), VN_OK);
    assert_int_equal(
        vn_db_prepare(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?", &root, &world->error), VN_OK);
    vn_bind_text(root, 1, name);
    assert_int_equal(vn_statement_step(root), VN_OK);
    long page = (long)vn_column_int(root, 0);
    vn_statement_destroy(root);
    vn_db_close(db);
    overwrite_page(world, (page - 1) * 4096);
}

/* What needs the page is refused each time; what does not is taken, before and after. */
static void test_damage_refuses_only_the_entries_that_it_concerns(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    fill(&world, 20);
    damage_root(&world, "entries_account"); /* of entries with points */
    world_open(&world);
    for (int64_t seq = 21; seq <= 23; seq++) {
        char receipt[24];
        (void)snprintf(receipt, sizeof receipt, "without-%" PRId64, seq);
        assert_int_equal(append(world.journal, &world.error), VN_CORRUPT);
        assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, receipt, NULL, 0), VN_OK);
        assert_int_equal(head_of(&world).seq, seq);
    }
    int64_t bad_seq = -1;
    assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_OK);
    world_destroy(&world);
}

static void test_what_is_damaged_stays_and_the_till_sells_on(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world world;
        bool more = true;
        world_create(&world);
        fill(&world, 300);
        assert_int_equal(vn_journal_acked(world.journal, 300, 300, 0), VN_OK);
        if (i == 0) {
            run_sql(&world, "DELETE FROM entries WHERE seq = 100");
        } else {
            damage_page(&world, "100");
        }
        world_open(&world);
        assert_false(head_of(&world).stuck);
        assert_int_equal(vn_journal_prune(world.journal, 100, TODAY, &more, &world.error), VN_CORRUPT);
        assert_false(more);
        assert_true(head_of(&world).stuck);
        assert_int_equal(head_of(&world).base_seq, 0);
        assert_int_equal(append(world.journal, &world.error), VN_OK);
        assert_int_equal(vn_journal_acked(world.journal, 301, 300, 0), VN_OK);
        world_reopen(&world);
        assert_int_equal(head_of(&world).seq, 301);
        assert_int_equal(head_of(&world).acked_seq, 301);
        world_destroy(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pruned_is_what_is_durable_and_included),
        cmocka_unit_test(test_pruning_goes_slice_by_slice),
        cmocka_unit_test(test_batches_begin_behind_what_was_pruned),
        cmocka_unit_test(test_replies_and_bodies_outlive_their_entries_by_a_number_of_days),
        cmocka_unit_test(test_a_pruned_sale_can_be_voided),
        cmocka_unit_test(test_an_open_hold_keeps_its_sale_however_old_it_is),
        cmocka_unit_test(test_what_is_damaged_stays_and_the_till_sells_on),
        cmocka_unit_test(test_damage_refuses_only_the_entries_that_it_concerns),
        cmocka_unit_test(test_pruning_survives_being_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
