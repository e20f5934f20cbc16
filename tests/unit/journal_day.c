#include "tests/unit/journal_day.h"

#define GRANTED   700
#define LATER_MS  (INT64_C(60) * 86400000) /* after VN_REPLY_DAYS */
#define REPLY     "{\"ok\":true}"
#define REPLY_LEN (sizeof REPLY - 1)

bool journal_day_open(struct journal_day *day)
{
    struct world *world = &day->world;
    day->status =
        vn_journal_open(world->path, &world->enrolment, &world->random, NULL, &world->journal, &world->error);
    return day->status == VN_OK;
}

void journal_day_close(struct journal_day *day)
{
    vn_journal_close(day->world.journal);
    day->world.journal = NULL;
}

void journal_day_end(struct journal_day *day)
{
    journal_day_close(day);
    faildisk_fresh(&day->disk, NULL);
}

bool journal_day_create(struct journal_day *day)
{
    struct world *world = &day->world;
    memset(world, 0, sizeof *world);
    memset(world->enrolment.bytes, 0x42, sizeof world->enrolment.bytes);
    world->random = vn_random_seeded(&world->seed);
    (void)snprintf(world->path, sizeof world->path, FAILDISK_ROOT "/journal.db");
    day->acked_seq = 0;
    day->made = day->aged = false;
    vn_chain_start(&world->enrolment, &day->acked_hash);
    day->status = vn_journal_create(world->path, &world->enrolment, NULL, &world->error);
    day->made = day->status == VN_OK;
    return day->made;
}

static bool kept(struct journal_day *day, enum vn_entry_kind kind, const char *receipt, enum vn_status status)
{
    struct vn_journal_head head;
    day->status = status;
    if (status != VN_OK) {
        return false;
    }
    vn_journal_head(day->world.journal, &head);
    day->acked_seq = head.seq;
    day->acked_hash = head.hash;
    assert_true(head.seq < JOURNAL_DAY_ENTRIES);
    struct journal_day_mark *mark = &day->marks[head.seq];
    if (day->learning) {
        *mark = (struct journal_day_mark){.hash = head.hash, .kind = kind};
        (void)snprintf(mark->receipt, sizeof mark->receipt, "%s", receipt);
        assert_int_equal(vn_journal_counters(day->world.journal, "w1", &mark->counters), VN_OK);
    }
    return true;
}

/* A sale's entries are answered, and a POS that asks again gets the same answer. */
bool journal_day_put(struct journal_day *day, enum vn_entry_kind kind, const char *receipt, int64_t move)
{
    struct vn_entry entry = entry_of(kind, receipt, move > 0 ? "w1" : NULL, move);
    struct vn_journal_append append = {.entry = &entry};
    int64_t seq = 0;
    if (receipt[0] != '\0') {
        append.reply_status = 200;
        append.reply = (struct vn_view){(const uint8_t *)REPLY, REPLY_LEN};
        memset(append.digest, kind, sizeof append.digest);
    }
    enum vn_status status = vn_journal_append(day->world.journal, &append, &seq, &day->world.error);
    vn_entry_deinit(&entry);
    return kept(day, kind, receipt, status);
}

static bool grant(struct journal_day *day, int64_t number)
{
    return kept(day, VN_ENTRY_GRANT, "", world_grant(&day->world, number, "w1", GRANTED * number));
}

/* What this till (0x42) lends, and what it borrows, by the count in the transfer's number. */
static const struct day_transfer {
    bool lends;
    int64_t amount;
} transfers[] = {{false, 0}, {true, 60}, {true, 30}, {false, 80}, {false, 50}};

static struct vn_give give_of(int64_t count)
{
    struct vn_give give = {.account = "w1", .amount = transfers[count].amount};
    memset(give.lender.bytes, transfers[count].lends ? 0x42 : 0x99, VN_ID_BYTES);
    memset(give.borrower.bytes, transfers[count].lends ? 0x99 : 0x42, VN_ID_BYTES);
    vn_transfer_number(&give.borrower, count, give.transfer);
    return give;
}

static enum vn_status append_transfer(struct journal_day *day, enum vn_entry_kind kind, int64_t count)
{
    const struct vn_signature signature = {3, {1, 2, 3}};
    const struct vn_give give = give_of(count);
    struct vn_entry entry = entry_of(kind, "", NULL, 0);
    struct vn_journal_append append = {.entry = &entry};
    int64_t seq = 0;
    bool is_signed = kind == VN_ENTRY_TAKE || kind == VN_ENTRY_BACK;
    enum vn_status status = vn_entry_transfer_write(&entry, &give, is_signed ? &signature : NULL);
    if (status == VN_OK) {
        status = vn_journal_append(day->world.journal, &append, &seq, &day->world.error);
    }
    vn_entry_deinit(&entry);
    return status;
}

static bool transfer(struct journal_day *day, enum vn_entry_kind kind, int64_t count)
{
    const struct vn_give give = give_of(count);
    struct vn_give found;
    if (!kept(day, kind, "", append_transfer(day, kind, count))) {
        return false;
    }
    if (day->learning) {
        struct journal_day_mark *mark = &day->marks[day->acked_seq];
        mark->transfer = count;
        assert_int_equal(vn_journal_transfer(day->world.journal, give.transfer, &found, &mark->state), VN_OK);
    }
    return true;
}

static bool tell(struct journal_day *day, enum vn_status status)
{
    day->status = status;
    return status == VN_OK;
}

static bool acked(struct journal_day *day, int64_t acked_seq, int64_t durable_seq)
{
    return tell(day, vn_journal_acked(day->world.journal, acked_seq, durable_seq, 0));
}

static bool prune(struct journal_day *day, int64_t included_seq, int64_t now_ms)
{
    bool more = true, good = true;
    while (good && more) {
        good =
            tell(day, vn_journal_prune(day->world.journal, included_seq, now_ms, &more, &day->world.error));
    }
    return good;
}

static bool move_log(struct journal_day *day)
{
    return tell(day, vn_journal_checkpoint(day->world.journal));
}

static bool sell_morning(struct journal_day *day)
{
    return journal_day_put(day, VN_ENTRY_BOOT, "", 0) && grant(day, 1) &&
           journal_day_put(day, VN_ENTRY_HOLD, "1", 500) && journal_day_put(day, VN_ENTRY_COMMIT, "1", 500) &&
           journal_day_put(day, VN_ENTRY_HOLD, "2", 100) && journal_day_put(day, VN_ENTRY_CANCEL, "2", 0) &&
           acked(day, 3, 2) && prune(day, 2, 0) && move_log(day);
}

/* Lends twice, one comes back and the other is kept; borrows, and refuses what came too late. */
static bool lend_at_noon(struct journal_day *day)
{
    return transfer(day, VN_ENTRY_GIVE, 1) && transfer(day, VN_ENTRY_GIVE, 2) &&
           transfer(day, VN_ENTRY_TAKE, 3) && transfer(day, VN_ENTRY_REFUSE, 4) &&
           transfer(day, VN_ENTRY_BACK, 1) && journal_day_put(day, VN_ENTRY_HOLD, "7", 10) &&
           journal_day_put(day, VN_ENTRY_COMMIT, "7", 10) &&
           tell(day, vn_journal_give_ended(day->world.journal, give_of(2).transfer, VN_TRANSFER_GIVEN_KEPT));
}

static bool sell_afternoon(struct journal_day *day)
{
    return journal_day_put(day, VN_ENTRY_COMMIT, "3", 0) && journal_day_put(day, VN_ENTRY_VOID, "3", 0) &&
           journal_day_put(day, VN_ENTRY_COMMIT, "4", 200) && grant(day, 2) &&
           journal_day_put(day, VN_ENTRY_HOLD, "5", 50) && journal_day_put(day, VN_ENTRY_USED, "5", 0) &&
           journal_day_put(day, VN_ENTRY_RETURN, "1", 0) && journal_day_put(day, VN_ENTRY_RELEASE, "", 70) &&
           journal_day_put(day, VN_ENTRY_FINDING, "", 0);
}

static bool sell_evening(struct journal_day *day)
{
    const int64_t last = day->acked_seq;
    if (!acked(day, last, last - 1) || !prune(day, last, FAILDISK_NOW)) {
        return false;
    }
    day->aged = true;
    return prune(day, last, FAILDISK_NOW + LATER_MS) && journal_day_put(day, VN_ENTRY_COMMIT, "6", 80) &&
           move_log(day) && journal_day_put(day, VN_ENTRY_BOOT, "", 0);
}

bool journal_day_sell(struct journal_day *day)
{
    return sell_morning(day) && lend_at_noon(day) && sell_afternoon(day) && sell_evening(day);
}

void journal_day_learn(struct journal_day *day)
{
    day->learnt = false;
    day->learning = true;
    if (!journal_day_create(day) || !journal_day_open(day) || !journal_day_sell(day)) {
        fail_msg("%s", day->world.error.text);
    }
    journal_day_end(day);
    day->learning = false;
    day->learnt = true;
}

static bool on_entry(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    const struct journal_day *day = ctx;
    (void)body;
    assert_memory_equal(hash->bytes, day->marks[seq].hash.bytes, sizeof hash->bytes);
    return true;
}

static void assert_answered(struct journal_day *day, int64_t seq)
{
    const struct journal_day_mark *mark = &day->marks[seq];
    const struct vn_sale_key sale = sale_of(mark->receipt);
    uint8_t digest[VN_HASH_SIZE];
    struct vn_buf reply;
    int http = 0;
    int64_t found = 0;
    memset(digest, mark->kind, sizeof digest);
    vn_buf_init(&reply, VN_ENTRY_MAX);
    enum vn_status status =
        vn_journal_reply(day->world.journal, &sale, mark->kind, 0, digest, &http, &reply, &found);
    if (status != VN_ABSENT || !day->aged) {
        assert_int_equal(status, VN_OK);
        assert_int_equal(http, 200);
        assert_int_equal(found, seq);
        assert_true(vn_view_equal(vn_buf_view(&reply), vn_view_str(REPLY)));
    }
    vn_buf_deinit(&reply);
}

/* A transfer is where the last entry of it brought it, and the same entry again is refused: it is lent, taken, given back
 * once. */
static void assert_transferred(struct journal_day *day, int64_t seq, int64_t head_seq)
{
    const struct journal_day_mark *mark = &day->marks[seq];
    const struct vn_give give = give_of(mark->transfer);
    struct vn_give found;
    enum vn_transfer_state state = VN_TRANSFER_STATES;
    enum vn_transfer_state wanted = mark->state;
    for (int64_t later = seq + 1; later <= head_seq; later++) {
        wanted = day->marks[later].transfer == mark->transfer ? day->marks[later].state : wanted;
    }
    enum vn_status status = vn_journal_transfer(day->world.journal, give.transfer, &found, &state);
    if (status == VN_ABSENT && day->aged) { /* it ended long ago */
        return;
    }
    assert_int_equal(status, VN_OK);
    assert_true(vn_give_equal(&give, &found));
    assert_true(state == wanted || (wanted == VN_TRANSFER_GIVEN && state == VN_TRANSFER_GIVEN_KEPT));
    assert_int_equal(append_transfer(day, mark->kind, mark->transfer), VN_CONFLICT);
}

static void assert_marks(struct journal_day *day, const struct vn_journal_head *head)
{
    struct vn_counters counters;
    const struct vn_counters *expected = &day->marks[head->seq].counters;
    assert_int_equal(vn_journal_each(day->world.journal, head->base_seq + 1, on_entry, day), VN_OK);
    assert_int_equal(vn_journal_counters(day->world.journal, "w1", &counters), VN_OK);
    assert_int_equal(counters.granted, expected->granted);
    assert_int_equal(counters.in, expected->in);
    assert_int_equal(counters.out, expected->out);
    for (int64_t seq = 1; seq <= day->acked_seq; seq++) {
        if (day->marks[seq].receipt[0] != '\0') {
            assert_answered(day, seq);
        }
        if (day->marks[seq].transfer != 0) {
            assert_transferred(day, seq, head->seq);
        }
    }
}

/* What an interrupted creation left is none, and creating goes on from it. */
static void make_if_not_begun(struct journal_day *day)
{
    struct world *world = &day->world;
    bool begun = false;
    assert_int_equal(vn_journal_is_begun(world->path, NULL, &begun, &world->error), VN_OK);
    assert_true(begun || !day->made);
    assert_int_equal(vn_journal_create(world->path, &world->enrolment, NULL, &world->error),
                     begun ? VN_CONFLICT : VN_OK);
}

void journal_day_assert_kept(struct journal_day *day)
{
    struct vn_journal_head head;
    int64_t bad_seq = 0;
    if (!day->made) {
        make_if_not_begun(day);
    }
    if (!journal_day_open(day)) {
        fail_msg("%s", day->world.error.text);
    }
    vn_journal_head(day->world.journal, &head);
    assert_in_range(head.seq, day->acked_seq, day->acked_seq + 1);
    assert_true(head.base_seq <= head.durable_seq && head.durable_seq <= head.acked_seq);
    assert_true(head.acked_seq <= head.seq);
    assert_int_equal(vn_journal_verify(day->world.journal, &bad_seq), VN_OK);
    if (head.seq == day->acked_seq) {
        assert_memory_equal(head.hash.bytes, day->acked_hash.bytes, sizeof head.hash.bytes);
    }
    if (day->learnt) {
        assert_marks(day, &head);
    }
    assert_true(journal_day_put(day, VN_ENTRY_BOOT, "", 0));
    journal_day_close(day);
}

int journal_day_setup(void **state)
{
    struct journal_day *day = calloc(1, sizeof *day);
    if (day == NULL) {
        return -1;
    }
    faildisk_start(&day->disk);
    *state = day;
    return 0;
}

int journal_day_teardown(void **state)
{
    struct journal_day *day = *state;
    journal_day_close(day);
    faildisk_end(&day->disk);
    free(day);
    return 0;
}
