#define _GNU_SOURCE /* memmem */
#include "tests/sim/world/elder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/wire/batch.h"
#include "sync/wire/entry.h"
#include "tests/sim/world/caller.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define POS       "o1"
#define POISONED  2000 /* of 10,000 entries */
#define MEMBER    6000
#define ANSWER_MS 15000

/* --- its journal ------------------------------------------------------------------------------------------------ */

static struct vn_hash head_of(const struct sim_elder *elder, int64_t seq)
{
    struct vn_hash hash;
    if (seq > 0) {
        return elder->entries[seq - 1].hash;
    }
    vn_chain_start(&elder->enrolment.id, &hash);
    return hash;
}

static void add(struct sim_elder *elder, struct vn_view body, bool poison)
{
    struct sim_elder_entry *entry = &elder->entries[elder->count];
    struct vn_hash before = head_of(elder, elder->count);
    vn_buf_init(&entry->body, VN_ENTRY_MAX);
    if (vn_buf_append(&entry->body, body) != VN_OK) {
        abort();
    }
    entry->poison = poison;
    entry->at_ms = sim_wall_ms();
    vn_chain_next(&before, ++elder->count, body, &entry->hash);
}

static void add_entry(struct sim_elder *elder, struct vn_entry *entry)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_ENTRY_MAX);
    entry->version = 1;
    entry->wall_ms = sim_wall_ms();
    entry->mono_ms = sim_now_ns() / SIM_MS;
    if (vn_entry_encode(entry, &body) != VN_OK) {
        abort();
    }
    add(elder, vn_buf_view(&body), false);
    vn_buf_deinit(&body);
    vn_entry_deinit(entry);
}

static void add_boot(struct sim_elder *elder)
{
    struct vn_random random = sim_proc_random(sim_self_proc());
    struct vn_entry entry;
    char boot[2 * VN_ID_BYTES + 1];
    if (vn_random_fill(&random, elder->boot, sizeof elder->boot) != VN_OK) {
        abort();
    }
    vn_hex_encode(vn_view_of(elder->boot, sizeof elder->boot), boot);
    vn_entry_init(&entry, VN_ENTRY_BOOT);
    entry.body = json_pack("{s:s, s:s, s:i}", "boot", boot, "version", "0.1.0", "engine", 1);
    if (elder->counted > 0) { /* as they stand */
        struct vn_counters *counters = &entry.rights[entry.right_count++];
        (void)snprintf(counters->account, sizeof counters->account, "w1");
        counters->in = counters->out = elder->counted;
    }
    add_entry(elder, &entry);
}

/* Of a kind to come, which takes of a right and gives it back; then the till starts anew, and names its counters. */
static void count_in_poison(struct sim_elder *elder)
{
    char text[320];
    elder->counted += sim_between(1, 50);
    (void)snprintf(text, sizeof text,
                   "{\"v\":2,\"kind\":\"dance\",\"t\":%lld,\"up_since\":1,\"rights\":[{\"account\":\"w1\","
                   "\"granted\":0,\"in\":%lld,\"out\":%lld,\"move\":0}],\"body\":{}}",
                   (long long)sim_wall_ms(), (long long)elder->counted, (long long)elder->counted);
    add(elder, vn_view_str(text), true);
    sim_cover("poison: with counters of a right");
    sim_story(elder->machine.name, "entry %lld is poison, and has moved counters to %lld",
              (long long)elder->count, (long long)elder->counted);
    add_boot(elder);
}

/* A receipt of one line, as the first engine reckoned it. */
static void sell(struct sim_world *world)
{
    struct sim_elder *elder = &world->elder;
    struct sim_good good;
    struct vn_entry entry;
    char date[VN_TIME_TEXT_MAX];
    struct sim_sale facts = {.state = SIM_SALE_ASKED, .begun_ms = sim_wall_ms()};
    sim_good((unsigned)sim_draw(SIM_GOODS), &good);
    facts.member = sim_chance(MEMBER) ? 1 + (unsigned)sim_draw(world->options.members) : 0;
    facts.earned = facts.member == 0 ? 0 : good.price_minor / 1000;
    vn_time_text(facts.begun_ms, date);
    elder->sold_ms = facts.begun_ms;
    (void)snprintf(facts.till, sizeof facts.till, "%s", elder->machine.name);
    (void)snprintf(facts.pos, sizeof facts.pos, POS);
    (void)snprintf(facts.date, sizeof facts.date, "%.10s", date);
    (void)snprintf(facts.receipt, sizeof facts.receipt, "%05u", ++elder->receipts);
    json_int_t price = good.price_minor;
    json_t *basket =
        json_pack("{s:{s:s, s:s, s:s}, s:I, s:[{s:i, s:s, s:s, s:I}]}", "sale", "pos", facts.pos, "date",
                  facts.date, "receipt", facts.receipt, "started_ms", (json_int_t)facts.begun_ms, "lines",
                  "id", 1, "code", good.code, "name", good.name, "amount_minor", price);
    json_t *outcome =
        json_pack("{s:i, s:I, s:I, s:I, s:[{s:i, s:I}]}", "ruleset", 1, "total_minor", price, "payable_minor",
                  price, "points_earned", (json_int_t)facts.earned, "lines", "id", 1, "payable_minor", price);
    vn_entry_init(&entry, VN_ENTRY_COMMIT);
    entry.has_sale = true;
    (void)snprintf(entry.sale.pos, sizeof entry.sale.pos, "%s", facts.pos);
    (void)snprintf(entry.sale.date, sizeof entry.sale.date, "%s", facts.date);
    (void)snprintf(entry.sale.receipt, sizeof entry.sale.receipt, "%s", facts.receipt);
    if (facts.member != 0) {
        (void)snprintf(entry.account, sizeof entry.account, "w%u", facts.member);
    }
    entry.points = facts.earned;
    entry.body = json_pack("{s:s, s:o, s:o}", "fiscal", facts.receipt, "basket", basket, "outcome", outcome);
    add_entry(elder, &entry);
    size_t index = sim_oracle_asks(&world->oracle, &facts);
    sim_oracle_sold(&world->oracle, index, facts.earned, 0, sim_wall_ms());
    sim_story(elder->machine.name, "%s, member %u: entry %lld, %lld earned", facts.receipt, facts.member,
              (long long)elder->count, (long long)facts.earned);
}

/* What a hub of today can't read, or can't post. */
static void poison(struct sim_elder *elder)
{
    static const char *const texts[] = {
        "{\"v\":97,\"kind\":\"commit\",\"t\":1796284800000,\"up_since\":1,\"sale\":[\"" POS
        "\",\"2026-01-01\",\"p\"],\"body\":{}}",
        "{\"v\":2,\"kind\":\"dance\",\"t\":1796284800000,\"up_since\":1,\"body\":{}}",
        "{\"v\":1,\"kind\":\"commit\",\"t\":1796284800000,\"mono\":",
        "{\"v\":1,\"kind\":\"void\",\"t\":1796284800000,\"mono\":1,\"sale\":[\"" POS
        "\",\"2026-01-01\",\"never\"],"
        "\"account\":\"w1\",\"points\":5}",
        "{\"v\":1,\"kind\":\"commit\",\"t\":1796284800000,\"mono\":1,\"sale\":[\"" POS
        "\",\"2026-01-01\",\"n\"],"
        "\"account\":\"w999999\",\"points\":5,\"body\":{}}"};
    static const char *const names[] = {"a version to come", "a kind to come", "no JSON",
                                        "no such sale",      "no outcome",     "a sale that is done already"};
    size_t count = sizeof texts / sizeof *texts;
    size_t which = (size_t)sim_draw(count + 1);
    char text[320];
    char what[64];
    if (which == count && elder->receipts == 0) {
        which = 0;
    }
    if (which == count) { /* the last receipt's hold is given back, after its commit */
        char date[VN_TIME_TEXT_MAX];
        vn_time_text(elder->sold_ms, date);
        (void)snprintf(
            text, sizeof text,
            "{\"v\":1,\"kind\":\"cancel\",\"t\":%lld,\"mono\":1,\"sale\":[\"%s\",\"%.10s\",\"%05u\"]}",
            (long long)sim_wall_ms(), POS, date, elder->receipts);
    } else {
        (void)snprintf(text, sizeof text, "%s", texts[which]);
    }
    add(elder, vn_view_str(text), true);
    (void)snprintf(what, sizeof what, "poison: %s", names[which]);
    sim_cover(what);
    sim_story(elder->machine.name, "entry %lld is poison: %s", (long long)elder->count, names[which]);
}

/* --- on the line --------------------------------------------------------------------------------------------------- */

static void stamp(const struct sim_elder *elder, char out[VN_STAMP_TEXT_MAX])
{
    struct vn_stamp now = {.enrolment = elder->enrolment.id,
                           .head_seq = elder->count,
                           .head_hash = head_of(elder, elder->count),
                           .acked_seq = elder->acked,
                           .cursor = elder->cursor};
    memcpy(now.boot, elder->boot, sizeof now.boot);
    vn_stamp_write(&now, out);
}

/* The HTTP status; 0: no answer. */
static int ask(const struct sim_elder *elder, struct sim_caller *caller, const char *method, const char *path,
               struct vn_view body)
{
    char text[VN_STAMP_TEXT_MAX];
    const struct vn_http_header_out headers[] = {{VN_STAMP_HEADER, text}, {"Accept", "application/x-ndjson"}};
    stamp(elder, text);
    caller->headers = headers;
    caller->header_count = sizeof headers / sizeof *headers;
    caller->content_type = body.len == 0 ? NULL : "application/x-ndjson";
    int http = sim_caller_ask(caller, method, path, body, ANSWER_MS);
    caller->headers = NULL;
    caller->header_count = 0;
    return http;
}

static void begin_again(struct sim_elder *elder, const struct sim_caller *caller)
{
    struct vn_expected expected;
    struct vn_error error;
    if (vn_expected_decode(vn_buf_view(&caller->reply), &expected, &error) == VN_OK &&
        expected.expected_seq >= 1 && expected.expected_seq <= elder->count + 1) {
        elder->sent = expected.expected_seq -
                      1; /* what was acknowledged once stays so: a hub that was set back is told of it */
    }
}

static void end(struct sim_world *world)
{
    struct sim_elder *elder = &world->elder;
    elder->ended = true;
    sim_oracle_set_back(&world->oracle, elder->machine.name, world->oracle.chain.forgot_since_ms);
    sim_story(elder->machine.name, "is taken for two tills, and ends");
    sim_cover("old till: taken for two");
}

/* The first time its word alone is enough. */
static bool is_taken_for_two(const struct sim_world *world, const struct sim_caller *caller, int http)
{
    struct vn_view reply = vn_buf_view(&caller->reply);
    return http == 403 && world->oracle.set_backs > 1 &&
           memmem(reply.data, reply.len, "\"branch\"", 8) != NULL;
}

static void upload(struct sim_world *world, struct sim_caller *caller)
{
    struct sim_elder *elder = &world->elder;
    struct vn_buf body;
    struct vn_batch *batch = calloc(1, sizeof *batch);
    struct vn_ack ack;
    struct vn_error error;
    if (batch == NULL) {
        abort();
    }
    batch->enrolment = elder->enrolment.id;
    batch->from_seq = elder->sent + 1;
    batch->prev_hash = head_of(elder, elder->sent);
    for (int64_t seq = elder->sent; seq < elder->count && batch->count < SIM_ELDER_BATCH; seq++) {
        batch->bodies[batch->count++] = vn_buf_view(&elder->entries[seq].body);
    }
    batch->head = head_of(elder, elder->sent + batch->count);
    vn_buf_init(&body, VN_BATCH_BYTES_MAX);
    if (vn_batch_encode(batch, &body) != VN_OK) {
        abort();
    }
    int http = ask(elder, caller, "POST", "/v1/journal", vn_buf_view(&body));
    if (http == 200 && vn_ack_decode(vn_buf_view(&caller->reply), &ack, &error) == VN_OK) {
        elder->sent = ack.acked_seq <= elder->count ? ack.acked_seq : elder->count;
        elder->acked = elder->sent > elder->acked ? elder->sent : elder->acked;
    } else if (http == 409) {
        begin_again(elder, caller);
    } else if (is_taken_for_two(world, caller, http)) {
        end(world);
    }
    vn_buf_deinit(&body);
    free(batch);
}

/* Frames as they were before tills shared them. */
static void follow(struct sim_world *world, struct sim_caller *caller)
{
    struct sim_elder *elder = &world->elder;
    char cursor[VN_ID_MAX];
    char path[VN_ID_MAX + 32];
    vn_cursor_write(&elder->cursor, cursor);
    (void)snprintf(path, sizeof path, "/v1/feed?cursor=%s&wait=0", cursor);
    int http = ask(elder, caller, "GET", path, VN_VIEW_NONE);
    if (http == 200) {
        const char *text = (const char *)caller->reply.data;
        const char *end = caller->reply.len == 0 ? NULL : memchr(text, '\n', caller->reply.len);
        json_t *head = end == NULL ? NULL : json_loadb(text, (size_t)(end - text), 0, NULL);
        const char *next = json_string_value(json_object_get(head, "cursor"));
        if (next != NULL && vn_cursor_read(vn_view_str(next), &elder->cursor) == VN_OK) {
            elder->frames++;
            sim_cover("old schema: a frame of the feed");
        }
        json_decref(head);
        elder->contact_ns = sim_now_ns();
    } else if (http == 410) { /* it would take a snapshot; this one goes on from what is kept */
        elder->cursor.number++;
        elder->contact_ns = sim_now_ns();
    } else if (http == 409) {
        begin_again(elder, caller);
    } else if (is_taken_for_two(world, caller, http)) {
        end(world);
    }
}

static void work(struct sim_world *world)
{
    struct sim_elder *elder = &world->elder;
    unsigned entries = (unsigned)sim_between(0, 3);
    for (unsigned i = 0; i < entries && elder->count < SIM_ELDER_ENTRIES; i++) {
        if (sim_has_habit(world, SIM_HABIT_COUNT) && sim_chance(POISONED) &&
            elder->count + 1 < SIM_ELDER_ENTRIES) {
            count_in_poison(elder);
        } else if (sim_chance(POISONED)) {
            poison(elder);
        } else {
            sell(world);
        }
    }
}

static void elder_main(void *arg)
{
    struct sim_world *world = arg;
    struct sim_elder *elder = &world->elder;
    struct sim_caller caller;
    const struct vn_tls_client_options tls = {.ca_pem = vn_view_str(elder->enrolment.hub_ca),
                                              .cert_pem = vn_view_str(elder->enrolment.certificate)};
    const struct vn_http_target target = {
        .host = SIM_HUB_HOST, .port = SIM_HUB_PORT, .tls = &tls, .label = "the hub"};
    sim_caller_open(&caller, &target);
    add_boot(elder);
    while (!world->over && !elder->ended) {
        sim_sleep(world->closing ? 5 * SIM_S : sim_between(5, 90) * SIM_S);
        if (!world->closing && !sim_is_night(world)) {
            work(world);
        }
        if (elder->sent < elder->count) {
            upload(world, &caller);
        }
        if (!elder->ended) {
            follow(world, &caller);
        }
    }
    sim_caller_close(&caller);
}

/* --- its life -------------------------------------------------------------------------------------------------------- */

void sim_elder_begin(struct sim_world *world)
{
    struct sim_elder *elder = &world->elder;
    struct vn_error error;
    sim_machine_init(&elder->machine, &world->disks, world->options.logs, "elder", false);
    elder->there = true;
    json_t *reply = sim_admin(&world->hub, "POST", "/admin/codes", "{\"store\":\"s1\",\"till\":\"elder\"}");
    const char *code = json_string_value(json_object_get(reply, "code"));
    if (code == NULL || !sim_till_enrol(&elder->machine, world->hub.dir, code, NULL) ||
        vn_enrolment_load(elder->machine.dir, &elder->enrolment, &error) != VN_OK) {
        (void)fprintf(stderr, "sim: the old till can't be enrolled\n");
        abort(); /* nothing goes wrong yet */
    }
    json_decref(reply);
    elder->cursor = (struct vn_cursor){elder->enrolment.epoch, 0};
    (void)sim_spawn(sim_proc_create("elder", elder->machine.host), elder_main, world);
}

bool sim_elder_drained(const struct sim_world *world)
{
    const struct sim_elder *elder = &world->elder;
    return !elder->there || elder->ended ||
           (elder->sent == elder->count && elder->contact_ns > world->calm_ns);
}

static const json_t *find(const json_t *list, int64_t seq)
{
    size_t index = 0;
    json_t *row = NULL;
    json_array_foreach(list, index, row)
    {
        if (json_integer_value(json_object_get(row, "seq")) == seq) {
            return row;
        }
    }
    return NULL;
}

static void discard(struct sim_world *world, int64_t seq)
{
    char text[96];
    (void)snprintf(text, sizeof text, "{\"till\":\"elder\",\"seq\":%lld,\"why\":\"it was poison\"}",
                   (long long)seq);
    json_t *reply = sim_admin(&world->hub, "POST", "/admin/quarantine/discard", text);
    if (reply == NULL) {
        sim_violation(&world->oracle, 9, "entry %lld of the old till can't be given up", (long long)seq);
    }
    json_decref(reply);
}

void sim_elder_check(struct sim_world *world)
{
    const struct sim_elder *elder = &world->elder;
    if (!elder->there) {
        return;
    }
    json_t *reply = sim_admin(&world->hub, "GET", "/admin/quarantine?till=elder", "");
    const json_t *list = json_object_get(reply, "quarantine");
    for (int64_t seq = 1; seq <= elder->count; seq++) {
        const json_t *row = find(list, seq);
        const char *class_ = json_string_value(json_object_get(row, "class"));
        bool lost = elder->ended && row == NULL &&
                    elder->entries[seq - 1].at_ms >= world->oracle.chain.forgot_since_ms;
        if (elder->entries[seq - 1].poison != (row != NULL) && !lost) {
            sim_violation(&world->oracle, 9, "entry %lld of the old till is %s, and %s in quarantine",
                          (long long)seq, row == NULL ? "poison" : "a sale", row == NULL ? "not" : "it is");
        }
        if (row != NULL) {
            char what[64];
            (void)snprintf(what, sizeof what, "quarantine: %s", class_ == NULL ? "?" : class_);
            sim_cover(what);
            discard(world, seq);
        }
    }
    json_decref(reply);
    if (elder->frames == 0) {
        sim_violation(&world->oracle, 9, "the old till got no frame of the feed in a form that it reads");
    }
}

void sim_elder_deinit(struct sim_world *world)
{
    struct sim_elder *elder = &world->elder;
    if (elder->there) {
        for (int64_t i = 0; i < elder->count; i++) {
            vn_buf_deinit(&elder->entries[i].body);
        }
        sim_machine_deinit(&elder->machine);
    }
}
