#include "tests/unit/till_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/crypto/hash.h"
#include "agent/loyalty/accounts.h"

static const struct world_account accounts[] = {{"w1", 700, 0}, {"w2", 100, 0}, {"c1", 1, 0}, {"c2", 1, 0}};

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static int64_t wall_ms(void *ctx)
{
    return 1795334400000 + ((struct world *)ctx)->now_ms;
}

static int64_t mono_ns(void *ctx)
{
    return ((struct world *)ctx)->now_ms * 1000000;
}

/* --- what the till asks for --------------------------------------------------------------------------------------- */

static void on_lookup(void *ctx, struct vn_till_lookup *lookup)
{
    struct world *world = ctx;
    world->overlaps += world->lookup != NULL;
    world->lookup = lookup;
}

static void on_inspect(void *ctx, struct vn_till_inspect *inspect)
{
    struct world *world = ctx;
    world->overlaps += world->inspect != NULL;
    world->inspect = inspect;
}

static void on_write(void *ctx, struct vn_till_write *write)
{
    struct world *world = ctx;
    world->overlaps += world->write != NULL;
    world->write = write;
}

static void on_rights(void *ctx, const struct vn_rights_request *request)
{
    struct world *world = ctx;
    world->asked = true;
    world->asked_count++;
    world->request = *request;
}

static bool on_nearby(void *ctx, const char *account)
{
    struct world *world = ctx;
    if (world->nearby_busy) {
        return false;
    }
    world->looked_nearby++;
    (void)snprintf(world->nearby, sizeof world->nearby, "%s", account);
    return true;
}

static void note(struct world *world, uint64_t call, int http_status, const char *body, size_t len,
                 const char *pointer)
{
    must(call > 0 && call < WORLD_CALLS);
    struct world_answer *answer = &world->answers[call];
    answer->count++;
    answer->http = http_status;
    free(answer->body);
    answer->body = strndup(body, len);
    (void)snprintf(answer->pointer, sizeof answer->pointer, "%s", pointer);
}

static void on_answer(void *ctx, uint64_t call, int http_status, struct vn_view json)
{
    note(ctx, call, http_status, (const char *)json.data, json.len, "");
}

static void on_problem(void *ctx, uint64_t call, int http_status, const char *title, const char *detail,
                       const char *pointer)
{
    must(detail[0] != '\0');
    note(ctx, call, http_status, title, strlen(title), pointer);
}

static void on_changed(void *ctx)
{
    ((struct world *)ctx)->changes++;
}

static void on_event(void *ctx, const struct vn_till_event *event)
{
    struct world *world = ctx;
    switch (event->kind) {
    case VN_TILL_EVENT_SCAN:
        world->scans++;
        (void)snprintf(world->last_scan, sizeof world->last_scan, "%s", event->code);
        break;
    case VN_TILL_EVENT_CARD:
        world->cards++;
        world->last_card = event->card;
        break;
    case VN_TILL_EVENT_OUTCOME:
        world->outcomes++;
        world->last_payable_minor = event->outcome->payable_minor;
        break;
    }
}

/* --- serving ------------------------------------------------------------------------------------------------------ */

void world_number(char out[16], const char *prefix, int which)
{
    for (int check = 0; check <= 9; check++) {
        (void)snprintf(out, 16, "%s%08d%d", prefix, which, check);
        if (vn_check_digit_gs1(vn_view_str(out))) {
            return;
        }
    }
    abort();
}

static int which_of(const char *prefix, const struct vn_hash *hash)
{
    static const uint8_t key[VN_HASH_SIZE] = {1};
    for (int which = 1; which <= CROWD_LAST; which++) {
        char number[16];
        struct vn_hash expected;
        world_number(number, prefix, which);
        vn_hmac_sha256(vn_view_of(key, sizeof key), vn_view_str(number), expected.bytes);
        if (memcmp(expected.bytes, hash->bytes, VN_HASH_SIZE) == 0) {
            return which;
        }
    }
    return 0;
}

static void find_member(struct world *world, struct vn_till_lookup *lookup)
{
    int which = which_of("2990", &lookup->card);
    struct vn_member *member = &lookup->member_found;
    char card[2 * VN_HASH_SIZE + 1];
    int64_t own = 0;
    memset(member, 0, sizeof *member);
    memset(&lookup->member_right, 0, sizeof lookup->member_right);
    vn_hex_encode(vn_view_of(lookup->card.bytes, VN_HASH_SIZE), card);
    int64_t earned = 0;
    lookup->card_status = (which >= MILICA && which <= BLOCKED) || which >= CROWD ? VN_OK : VN_ABSENT;
    if (lookup->card_status == VN_OK) {
        member->known = true;
        member->blocked = which == BLOCKED;
        (void)snprintf(member->account, sizeof member->account, "w%d", which);
        (void)snprintf(member->first_name, sizeof member->first_name, "%s",
                       which == MILICA ? "Milica" : "Jovan");
        member->balance = which == MILICA ? 700 : 100;
        must(vn_journal_points_since(world->journal, member->account, 0, &own) == VN_OK);
        member->balance += own;
        must(vn_journal_counters(world->journal, member->account, &lookup->member_right) == VN_OK);
    }
    must(vn_journal_earned(world->journal, member->account[0] != '\0' ? member->account : card,
                           lookup->now_ms, &earned) == VN_OK);
    member->earned_today = earned;
}

static void find_coupon(struct world *world, struct vn_till_lookup *lookup)
{
    int which = which_of("2991", &lookup->coupon);
    struct vn_coupon *coupon = &lookup->coupon_found;
    memset(coupon, 0, sizeof *coupon);
    memset(&lookup->coupon_right, 0, sizeof lookup->coupon_right);
    lookup->coupon_status = which >= COUPON_ONE && which <= COUPON_EXPIRED ? VN_OK : VN_ABSENT;
    if (lookup->coupon_status != VN_OK) {
        return;
    }
    coupon->single_use = which != COUPON_MANY;
    coupon->spent = which == COUPON_SPENT;
    coupon->valid_until_ms = which == COUPON_EXPIRED ? 5 : 0;
    (void)snprintf(coupon->promotion, sizeof coupon->promotion, "coupon-50");
    if (coupon->single_use) {
        (void)snprintf(coupon->account, sizeof coupon->account, "c%d", which);
        must(vn_journal_counters(world->journal, coupon->account, &lookup->coupon_right) == VN_OK);
    }
}

static void find_rights(struct world *world, struct vn_till_lookup *lookup)
{
    size_t count = 0;
    for (unsigned i = 0; i < lookup->right_count; i++) {
        char account[VN_ID_MAX];
        memcpy(account, lookup->rights[i].account, VN_ID_MAX);
        must(vn_journal_counters(world->journal, account, &lookup->rights[i]) == VN_OK);
        world->rights_looked_up++;
    }
    if (lookup->want_chain) {
        const char *from = lookup->chain_after[0] == '\0' ? "a" : lookup->chain_after;
        must(vn_journal_available(world->journal, from, "c", lookup->rights, VN_RIGHTS_MAX, &count) == VN_OK);
        lookup->right_count = (unsigned)count;
    }
    if (lookup->want_risk) {
        const char *member = lookup->want_card ? lookup->member_found.account : lookup->risk_member;
        must(vn_journal_counters(world->journal, VN_ACCOUNT_RISK, &lookup->risk_right) == VN_OK);
        must(vn_journal_risked(world->journal, member, &lookup->risked) == VN_OK);
    }
}

static void serve_lookup(struct world *world)
{
    struct vn_till_lookup *lookup = world->lookup;
    world->lookup = NULL;
    if (lookup->want_card) {
        find_member(world, lookup);
        lookup->card_status = world->fail_lookup != VN_OK ? world->fail_lookup : lookup->card_status;
    }
    if (lookup->want_coupon) {
        find_coupon(world, lookup);
    }
    find_rights(world, lookup);
    lookup->items_since = lookup->items_at = (struct vn_cursor){1, 7};
    for (unsigned i = 0; i < lookup->code_count; i++) {
        struct vn_item *item = &lookup->items[i];
        memset(item, 0, sizeof *item);
        item->known = strncmp(lookup->codes[i], "milk", 4) == 0;
        if (item->known) {
            item->tag_count = 1;
            (void)snprintf(item->tags[0], sizeof item->tags[0], "milk");
        }
        memcpy(item->code, lookup->codes[i], VN_CODE_MAX);
    }
    vn_till_on_lookup(world->till);
}

static void serve_inspect(struct world *world)
{
    struct vn_till_inspect *in = world->inspect;
    int64_t seq = 0;
    world->inspect = NULL;
    in->reply_status = vn_journal_reply(world->journal, &in->sale, in->kind, in->step, in->digest,
                                        &in->reply_http, &in->reply, &seq);
    enum vn_status status =
        vn_journal_sale(world->journal, &in->sale, &in->state, &in->hold_body, &in->commit_body);
    in->status = status == VN_ABSENT ? VN_OK : status;
    in->status = world->fail_inspect != VN_OK ? world->fail_inspect : in->status;
    vn_till_on_inspect(world->till);
}

static void serve_write(struct world *world)
{
    struct vn_till_write *write = world->write;
    struct vn_journal_head head;
    world->write = NULL;
    vn_journal_head(world->journal, &head);
    if (write->entry.kind == VN_ENTRY_BOOT) {
        write->entry.body = vn_till_boot_body(head.boot);
    }
    if (write->reply_has_seq) {
        write->reply.len--;
        must(vn_buf_printf(&write->reply, ",\"seq\":%lld}", (long long)head.seq + 1) == VN_OK);
    }
    struct vn_journal_append append = {.entry = &write->entry,
                                       .step = write->step,
                                       .reply_status = write->reply_http,
                                       .reply = vn_buf_view(&write->reply),
                                       .back = write->back,
                                       .back_count = write->back_count,
                                       .earned = write->earned};
    memcpy(append.digest, write->digest, sizeof append.digest);
    if (world->fail_write != VN_OK) {
        write->status = vn_fail(&write->error, world->fail_write, "what a test said");
        world->fail_write = VN_OK;
    } else {
        write->status = vn_journal_append(world->journal, &append, &write->seq, &write->error);
        if (write->status == VN_OK && write->entry.kind == VN_ENTRY_COMMIT) {
            must(vn_journal_open_holds(world->journal, write->entry.sale.pos, write->open,
                                       VN_TILL_OPEN_HOLDS_MAX, &write->open_count) == VN_OK);
        }
    }
    vn_till_on_written(world->till);
}

bool world_serve(struct world *world)
{
    if (world->lookup != NULL) {
        serve_lookup(world);
    } else if (world->inspect != NULL) {
        serve_inspect(world);
    } else if (world->write != NULL) {
        serve_write(world);
    } else {
        return false;
    }
    return true;
}

void world_pump(struct world *world)
{
    while (world_serve(world)) {
    }
}

void world_grant(struct world *world)
{
    struct vn_rights_reply reply = {.count = world->request.count};
    world->asked = false;
    for (unsigned i = 0; i < reply.count; i++) {
        const struct vn_right_want *want = &world->request.wants[i];
        struct vn_grant *grant = &reply.grants[i];
        struct world_account *account = world->accounts;
        while (account->account[0] != '\0' && strcmp(account->account, want->account) != 0) {
            account++;
        }
        int64_t give = want->granted - account->granted;
        give = give < 0 ? 0 : give > account->free ? account->free : give;
        account->granted += give;
        account->free -= give;
        memcpy(grant->account, want->account, sizeof grant->account);
        grant->granted = account->granted;
        grant->free = account->free;
        world->grant_number += give > 0;
        if (account->granted > world_counters(world, want->account).granted) { /* now, or lost before */
            reply.number = world->grant_number;
            grant->slice_count = 1;
            grant->slices[0] = (struct vn_slice){7, give, 0};
        }
    }
    vn_till_on_rights(world->till, &reply, true);
    world_pump(world);
}

void world_tell(struct world *world, const char *account, int64_t more)
{
    static struct vn_rights_reply reply;
    memset(&reply, 0, sizeof reply);
    reply.count = 1;
    reply.number = ++world->grant_number;
    (void)snprintf(reply.grants[0].account, VN_ID_MAX, "%s", account);
    reply.grants[0].granted = world_counters(world, account).granted + more;
    vn_till_on_rights(world->till, &reply, false);
    world_pump(world);
}

void world_ask_back(struct world *world, const char *account, int64_t released)
{
    static struct vn_rights_reply reply;
    memset(&reply, 0, sizeof reply);
    reply.back_count = account == NULL ? 0 : 1;
    (void)snprintf(reply.back[0].account, VN_ID_MAX, "%s", account == NULL ? "" : account);
    reply.back[0].released = released;
    vn_till_on_rights(world->till, &reply, false);
    world_pump(world);
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

void world_rules(struct world *world, const char *text)
{
    struct vn_ruleset *ruleset = NULL;
    struct vn_error error;
    if (vn_ruleset_parse(vn_view_str(text), &ruleset, &error) != VN_OK) {
        (void)fprintf(stderr, "%s %s\n", error.text, error.pointer);
        abort();
    }
    vn_till_ruleset(world->till, ruleset);
}

void world_ruleset(struct world *world, int64_t number, int milk_off_bp)
{
    char text[4096];
    (void)snprintf(
        text, sizeof text,
        "{\"ruleset\":%lld,\"engine\":1,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"
        "\"rs\","
        "\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":50,\"spend_step\":"
        "10,"
        "\"spend_share_bp\":5000},\"earning\":{\"points\":1,\"per_minor\":5000},"
        "\"groups\":[{\"id\":\"shelf\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"first\"},"
        "{\"id\":\"coupons\",\"stage\":\"coupons\",\"base\":\"running\",\"choice\":\"all\"}],"
        "\"cards\":[{\"prefix\":\"2990\",\"length\":13}],\"coupons\":[{\"prefix\":\"2991\",\"length\":13}]}\n"
        "{\"id\":\"milk\",\"version\":1,\"name\":{\"en\":\"Milk\"},\"group\":\"shelf\",\"priority\":1,"
        "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":%d,\"selector\":{\"tags\":[\"milk\"]}}}\n"
        "{\"id\":\"coupon-50\",\"version\":1,\"name\":{\"en\":\"Coupon\"},\"group\":\"coupons\",\"priority\":"
        "1,"
        "\"if\":{\"coupon\":true},\"then\":{\"kind\":\"amount_off\",\"amount_minor\":5000}}\n",
        (long long)number, milk_off_bp);
    world_rules(world, text);
}

static void start(struct world *world)
{
    struct vn_till_config config = {.place = {"1", "1"}, .card_key = {1}, .locale = "en"};
    config.clock = (struct vn_clock){wall_ms, mono_ns, world};
    struct vn_till_io io = {.lookup = on_lookup,
                            .inspect = on_inspect,
                            .write = on_write,
                            .rights = on_rights,
                            .nearby = on_nearby,
                            .answer = on_answer,
                            .problem = on_problem,
                            .changed = on_changed,
                            .event = on_event,
                            .ctx = world};
    struct vn_random random = vn_random_seeded(&world->seed);
    struct vn_error error;
    char path[400];
    (void)snprintf(path, sizeof path, "%s", folder_file(&world->folder, "journal.db"));
    must(vn_journal_open(path, &world->enrolment, &random, NULL, &world->journal, &error) == VN_OK);
    must(vn_till_create(&config, &io, &world->till) == VN_OK);
    world_ruleset(world, 1, 1000);
    vn_till_network(world->till, true, 0, false);
    vn_till_boot(world->till);
    world_pump(world);
}

static void stop(struct world *world)
{
    vn_till_destroy(world->till);
    vn_journal_close(world->journal);
    world->lookup = NULL;
    world->inspect = NULL;
    world->write = NULL;
    world->asked = false;
}

int world_setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct vn_error error;
    must(world != NULL);
    folder_create(&world->folder);
    memset(world->enrolment.bytes, 0x42, sizeof world->enrolment.bytes);
    memcpy(world->accounts, accounts, sizeof accounts);
    char path[400];
    (void)snprintf(path, sizeof path, "%s", folder_file(&world->folder, "journal.db"));
    must(vn_journal_create(path, &world->enrolment, NULL, &error) == VN_OK);
    start(world);
    *state = world;
    return 0;
}

int world_teardown(void **state)
{
    struct world *world = *state;
    stop(world);
    for (size_t i = 0; i < WORLD_CALLS; i++) {
        free(world->answers[i].body);
    }
    folder_remove(&world->folder);
    free(world);
    return 0;
}

void world_restart(struct world *world)
{
    stop(world);
    start(world);
}
