#include "tests/unit/hub_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/crypto/x509.h"
#include "agent/loyalty/loyalty_json.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/feed/publisher.h"
#include "sync/hub/rights/rights.h"

static int64_t wall_ms(void *ctx)
{
    return ((struct world *)ctx)->now_ms;
}

static int64_t mono_ns(void *ctx)
{
    return ((struct world *)ctx)->now_ms * 1000000;
}

void world_close(struct world *world)
{
    vn_ledger_detach(&world->hub);
    vn_storage_close(world->hub.storage);
    world->hub.storage = NULL;
}

void world_open(struct world *world)
{
    char path[VN_PATH_MAX];
    struct vn_error error;
    assert_int_equal(vn_file_path(world->dir, "hub.db", path, NULL), VN_OK);
    assert_int_equal(
        vn_storage_open(world->database != NULL ? world->database : path, NULL, &world->hub.storage, &error),
        VN_OK);
    assert_int_equal(vn_ledger_attach(&world->hub, VN_LEDGER_WRITES), VN_OK);
}

void world_reopen(struct world *world)
{
    world_close(world);
    world_open(world);
}

int world_setup(void **state)
{
    struct vn_error error = {VN_OK, "", ""};
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    folder_make(world->dir, "hub");
    world->now_ms = 1795334400000;
    world->seed = 7;
    world->hub = (struct vn_hub){.clock = {wall_ms, mono_ns, world},
                                 .random = vn_random_seeded(&world->seed),
                                 .keys = &world->keys,
                                 .epoch = 1};
    vn_settings_init(&world->settings);
    world->hub.settings = &world->settings;
    world->database = database_make(world->uri);
    const struct vn_hub_plan plan = {
        .dir = world->dir, .root_dir = world->dir, .database = world->database, .name = "Test"};
    assert_int_equal(vn_hub_init(&plan, world->hub.clock, vn_random_system(), &error), VN_OK);
    assert_int_equal(vn_hub_keys_load(world->dir, &world->keys, &error), VN_OK);
    world_reopen(world);
    world_store(world, "s1");
    *state = world;
    return 0;
}

void world_set_back(struct world *world)
{
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_PATH_MAX];
    const struct vn_mark mark = {.position = {.epoch = 1}, .restored = true};
    (void)snprintf(path, sizeof path, "%s/mark", world->dir);
    assert_int_equal(vn_mark_write(path, &mark, &error), VN_OK);
    assert_int_equal(vn_epoch_start(&world->hub, path, &error), VN_OK);
}

void world_slow_lane(struct world *world, int64_t every_s)
{
    vn_setting_set(&world->settings, VN_SETTING_SLOW_LANE_S, every_s);
}

int world_teardown(void **state)
{
    struct world *world = *state;
    char path[VN_PATH_MAX];
    vn_ledger_detach(&world->hub);
    vn_storage_close(world->hub.storage);
    vn_hub_keys_deinit(&world->keys);
    DIR *dir = opendir(world->dir);
    if (dir != NULL) {
        for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
            if (entry->d_name[0] != '.' && vn_file_path(world->dir, entry->d_name, path, NULL) == VN_OK) {
                (void)unlink(path);
            }
        }
        (void)closedir(dir);
    }
    (void)rmdir(world->dir);
    free(world);
    return 0;
}

void world_store(struct world *world, const char *store)
{
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_store_put(world->hub.storage, store, store), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
}

void world_import(struct world *world, enum vn_import_kind kind, const char *text)
{
    struct vn_error error = {VN_OK, "", ""};
    int64_t count = 0;
    if (vn_import(&world->hub, kind, vn_view_str(text), &count, &error) != VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
}

void world_fill(struct world *world)
{
    world_import(world, VN_IMPORT_MEMBERS,
                 "{\"id\":1,\"cards\":[\"2990000000017\"],\"first_name\":\"Ana\",\"balance\":500}\n"
                 "{\"id\":2,\"cards\":[\"2990000000024\"],\"balance\":0}\n");
    world_import(world, VN_IMPORT_COUPONS,
                 "{\"number\":\"2991000000016\",\"promotion\":\"c100\",\"single_use\":true}\n");
}

void world_till_start_at(struct world *world, struct world_till *till, const char *store, const char *name)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    struct vn_enrol_request *request = calloc(1, sizeof *request);
    struct vn_enrol_reply *reply = calloc(1, sizeof *reply);
    struct vn_key *key = NULL;
    struct vn_buf csr;
    memset(till, 0, sizeof *till);
    till->world = world;
    vn_buf_init(&csr, VN_PEM_MAX);
    assert_non_null(request);
    assert_non_null(reply);
    assert_int_equal(vn_key_generate(&random, &key), VN_OK);
    assert_int_equal(vn_csr_create(key, &random, "till", &csr, &error), VN_OK);
    assert_int_equal(vn_view_copy_str(vn_buf_view(&csr), request->csr, sizeof request->csr), VN_OK);
    assert_int_equal(vn_fleet_code(&world->hub, store, name, request->code, &error), VN_OK);
    if (vn_fleet_enrol(&world->hub, request, reply, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    till->enrolment = reply->enrolment;
    vn_chain_start(&till->enrolment, &till->hashes[0]);
    struct vn_enrolment_row row;
    world_row(till, &row);
    till->id = row.id;
    vn_key_destroy(key);
    vn_buf_deinit(&csr);
    free(request);
    free(reply);
}

void world_till_start(struct world *world, struct world_till *till, const char *name)
{
    world_till_start_at(world, till, "s1", name);
}

void world_start(struct world *world, struct world_till *till)
{
    world_fill(world);
    world_till_start(world, till, "t1");
}

void world_till_end(struct world_till *till)
{
    for (int64_t i = 1; i <= till->head_seq; i++) {
        free(till->bodies[i]);
    }
}

void world_append_raw(struct world_till *till, const char *body)
{
    int64_t seq = ++till->head_seq;
    assert_true(seq < WORLD_ENTRIES_MAX);
    till->bodies[seq] = strdup(body);
    vn_chain_next(&till->hashes[seq - 1], seq, vn_view_str(body), &till->hashes[seq]);
}

static struct vn_counters *right_of(struct world_till *till, const char *account)
{
    for (unsigned i = 0; i < till->right_count; i++) {
        if (strcmp(till->rights[i].account, account) == 0) {
            return &till->rights[i];
        }
    }
    assert_true(till->right_count < 4);
    struct vn_counters *right = &till->rights[till->right_count++];
    (void)snprintf(right->account, sizeof right->account, "%s", account);
    return right;
}

static json_t *outcome_json(const struct world_step *step)
{
    struct vn_outcome *outcome = calloc(1, sizeof *outcome);
    assert_non_null(outcome);
    outcome->optimal = true;
    outcome->total_minor = step->total_minor;
    outcome->payable_minor = step->total_minor;
    outcome->points_earned = step->earned;
    outcome->qualifying = step->qualifying;
    outcome->points_spent = step->spent;
    if (step->right != NULL) {
        (void)snprintf(outcome->consumptions[0].account, VN_ID_MAX, "%s", step->right);
        outcome->consumptions[0].amount = step->spent > 0 ? step->spent : 1;
        outcome->consumption_count = 1;
    }
    if (step->at_risk != NULL) {
        struct vn_consumption *row = &outcome->consumptions[outcome->consumption_count++];
        (void)snprintf(row->account, sizeof row->account, "%s", step->at_risk);
        row->amount = 1;
        row->risk = true;
    }
    json_t *json = vn_outcome_write(outcome);
    free(outcome);
    return json;
}

static json_t *body_json(const struct world_till *till, const struct world_step *step)
{
    char hex[2 * VN_ID_BYTES + 1];
    switch (step->kind) {
    case VN_ENTRY_BOOT:
        vn_hex_encode(vn_view_of(till->boot, VN_ID_BYTES), hex);
        return json_pack("{s:s, s:s, s:i}", "boot", hex, "version", "test", "engine", 1);
    case VN_ENTRY_GRANT: return json_pack("{s:I, s:[]}", "number", (json_int_t)till->grant, "slices");
    case VN_ENTRY_HOLD: return json_pack("{s:o}", "outcome", outcome_json(step));
    case VN_ENTRY_COMMIT: return json_pack("{s:s, s:o}", "fiscal", "F-1", "outcome", outcome_json(step));
    case VN_ENTRY_RETURN: return json_pack("{s:[s,s,s]}", "receipt", "2", "2026-11-22", "900");
    case VN_ENTRY_FINDING: return json_pack("{s:s}", "what", "test");
    default: return json_object();
    }
}

static json_t *transfer_json(const struct world_step *step)
{
    struct vn_entry entry;
    vn_entry_init(&entry, step->kind);
    assert_int_equal(vn_entry_transfer_write(&entry, step->give, step->signature), VN_OK);
    return entry.body;
}

void world_append(struct world_till *till, const struct world_step *step)
{
    struct vn_entry entry;
    struct vn_buf body;
    char text[32768];
    vn_entry_init(&entry, step->kind);
    vn_buf_init(&body, sizeof text - 1);
    entry.wall_ms = till->world->now_ms;
    entry.points = step->earned - step->spent;
    entry.has_sale = step->receipt != NULL;
    if (entry.has_sale) {
        (void)snprintf(entry.sale.pos, VN_ID_MAX, "1");
        (void)snprintf(entry.sale.date, VN_ID_MAX, "2026-11-22");
        (void)snprintf(entry.sale.receipt, VN_ID_MAX, "%s", step->receipt);
    }
    (void)snprintf(entry.account, sizeof entry.account, "%s", step->account == NULL ? "" : step->account);
    (void)snprintf(entry.card, sizeof entry.card, "%s", step->card == NULL ? "" : step->card);
    if (step->right != NULL) {
        struct vn_counters *right = right_of(till, step->right);
        right->in += step->in;
        right->out += step->out;
        right->granted = step->granted > right->granted ? step->granted : right->granted;
        right->move = step->in + step->out;
        entry.rights[entry.right_count++] = *right;
    }
    entry.body = step->give != NULL ? transfer_json(step) : body_json(till, step);
    assert_int_equal(vn_entry_encode(&entry, &body), VN_OK);
    assert_int_equal(vn_view_copy_str(vn_buf_view(&body), text, sizeof text), VN_OK);
    world_append_raw(till, text);
    vn_buf_deinit(&body);
    vn_entry_deinit(&entry);
}

void world_row(const struct world_till *till, struct vn_enrolment_row *out)
{
    assert_int_equal(vn_storage_enrolment_get(till->world->hub.storage, &till->enrolment, out), VN_OK);
}

void world_commit(struct world_till *till, const char *receipt, const char *account, int64_t total_minor,
                  int64_t earned)
{
    world_append(till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                            .receipt = receipt,
                                            .account = account,
                                            .total_minor = total_minor,
                                            .earned = earned});
}

static enum vn_status take_batch(struct world_till *till, const struct vn_intake *intake,
                                 struct vn_ingest_result *out)
{
    struct vn_hub *hub = &till->world->hub;
    struct vn_enrolment_row row;
    struct vn_ingest_group group;
    enum vn_status status = vn_storage_begin(hub->storage);
    if (status != VN_OK) {
        return status;
    }
    status = vn_ingest_begin(hub, 1, &group);
    if (status == VN_OK) {
        status = vn_storage_enrolment_get(hub->storage, &till->enrolment, &row);
    }
    if (status == VN_OK) {
        status = vn_ingest_batch(hub, &group, &row, intake, till->head_seq + till->behind, out);
    }
    if (status == VN_OK) {
        status = vn_ingest_store(hub, &group);
    }
    vn_ingest_end(&group);
    if (status != VN_OK) {
        vn_storage_rollback(hub->storage);
        return status;
    }
    return vn_storage_commit(hub->storage);
}

static void harness(const struct world *world, bool works)
{
    if (world->harness != NULL) {
        world->harness(works);
    }
}

static enum vn_status try_take(struct world_till *till, int64_t from_seq, struct vn_ingest_result *out)
{
    harness(till->world, true);
    struct vn_batch *batch = calloc(1, sizeof *batch);
    struct vn_intake *intake = NULL;
    struct vn_error error;
    struct vn_buf bytes;
    assert_non_null(batch);
    memset(out, 0, sizeof *out);
    batch->enrolment = till->enrolment;
    batch->from_seq = from_seq;
    batch->prev_hash = till->hashes[from_seq - 1];
    batch->head = till->hashes[till->head_seq];
    for (int64_t seq = from_seq; seq <= till->head_seq; seq++) {
        batch->bodies[batch->count++] = vn_view_str(till->bodies[seq]);
    }
    vn_buf_init(&bytes, VN_BATCH_BYTES_MAX);
    assert_int_equal(vn_batch_encode(batch, &bytes), VN_OK);
    harness(till->world, false);
    enum vn_status status = vn_intake_read(vn_buf_view(&bytes), false, &intake, &error);
    status = status == VN_OK ? take_batch(till, intake, out) : status;
    vn_intake_destroy(intake);
    vn_buf_deinit(&bytes);
    free(batch);
    return status;
}

static enum vn_status try_post(struct world *world)
{
    struct vn_posting posting = {.after = 0};
    struct vn_posting_result result = {.more = true};
    enum vn_status status = VN_OK;
    while (status == VN_OK && result.more) {
        status = vn_posting_slice(&world->hub, &posting, VN_POSTING_ENTRIES_MAX, 1000, &result);
    }
    return status;
}

void world_post(struct world *world)
{
    assert_int_equal(try_post(world), VN_OK);
}

void world_take(struct world_till *till, int64_t from_seq, struct vn_ingest_result *out)
{
    assert_int_equal(try_take(till, from_seq, out), VN_OK);
}

enum vn_status world_try_send(struct world_till *till, int64_t from_seq, struct vn_ingest_result *out)
{
    enum vn_status status = try_take(till, from_seq, out);
    return status == VN_OK ? try_post(till->world) : status;
}

void world_send(struct world_till *till, int64_t from_seq, struct vn_ingest_result *out)
{
    assert_int_equal(world_try_send(till, from_seq, out), VN_OK);
}

static enum vn_status on_quarantine(void *ctx, const struct vn_quarantine_row *row)
{
    (void)ctx;
    print_message("enrolment %lld entry %lld (%s, %s): %s\n", (long long)row->enrolment, (long long)row->seq,
                  row->kind, vn_quarantine_class_name(row->class_), row->reason);
    return VN_OK;
}

int64_t world_sync(struct world_till *till)
{
    const struct vn_quarantine_choice all = {.class_ = VN_QUARANTINE_CLASSES, .max = 100};
    struct vn_enrolment_row row;
    struct vn_ingest_result result;
    world_row(till, &row);
    world_send(till, row.high_seq + 1, &result);
    assert_int_equal(result.verdict, VN_INGEST_TAKEN);
    assert_int_equal(result.ack.acked_seq, till->head_seq);
    assert_int_equal(vn_storage_quarantine(till->world->hub.storage, &all, on_quarantine, NULL), VN_OK);
    world_row(till, &row);
    return row.quarantined;
}

void world_stamp(const struct world_till *till, struct vn_stamp *out)
{
    memset(out, 0, sizeof *out);
    out->enrolment = till->enrolment;
    out->head_seq = till->head_seq;
    out->head_hash = till->hashes[till->head_seq];
    memcpy(out->boot, till->boot, sizeof out->boot);
    out->grant = till->grant;
}

/* Asks for `granted`; what comes is not journaled. */
static void ask_right(const struct world_till *till, const char *account, int64_t granted,
                      struct vn_rights_reply *reply)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_rights_request request = {.count = 1};
    struct vn_enrolment_row row;
    (void)snprintf(request.wants[0].account, VN_ID_MAX, "%s", account);
    request.wants[0].granted = granted;
    assert_int_equal(vn_storage_begin(till->world->hub.storage), VN_OK);
    world_row(till, &row);
    assert_int_equal(vn_rights_grant(&till->world->hub, &row, &request, till->grant, reply, &error), VN_OK);
    assert_int_equal(vn_storage_commit(till->world->hub.storage), VN_OK);
}

int64_t world_grant(struct world_till *till, const char *account, int64_t granted)
{
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    ask_right(till, account, granted, reply);
    int64_t counter = reply->grants[0].granted;
    till->grant = reply->number;
    free(reply);
    return counter;
}

int64_t world_rights(struct world_till *till, const char *account, int64_t granted)
{
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    ask_right(till, account, granted, reply);
    int64_t counter = reply->grants[0].granted;
    if (reply->number > till->grant) {
        till->grant = reply->number;
        const struct world_step step = {.kind = VN_ENTRY_GRANT, .right = account, .granted = counter};
        world_append(till, &step);
    }
    free(reply);
    return counter;
}

int64_t world_publish(struct world *world)
{
    int64_t last = 0;
    bool more = true;
    while (more) {
        assert_int_equal(vn_feed_publish(&world->hub, &last, &more), VN_OK);
    }
    return last;
}

bool world_cursor_usable(struct world *world, const struct vn_cursor *cursor)
{
    struct vn_feed_bounds bounds;
    bool usable = false;
    assert_int_equal(vn_feed_bounds(&world->hub, &bounds), VN_OK);
    assert_int_equal(vn_feed_usable(&world->hub, &bounds, cursor, &usable), VN_OK);
    return usable;
}
