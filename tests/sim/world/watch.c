#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <string.h>

#include "sync/wire/transfer.h"
#include "tests/sim/net/model.h"
#include "tests/sim/world/caller.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/world.h"

static void cover(const char *kind, const json_t *value)
{
    char what[80];
    const char *text = json_string_value(value);
    if (text != NULL) {
        (void)snprintf(what, sizeof what, "%s: %s", kind, text);
        sim_cover(what);
    }
}

void sim_watch_till(const struct sim_machine *till)
{
    struct sim_caller caller;
    json_t *status = NULL;
    const struct vn_http_target target = {.socket_path = till->socket, .label = "the agent"};
    sim_caller_open(&caller, &target);
    (void)sim_caller_json(&caller, "GET", "/v1/status", NULL, 4000, &status);
    sim_caller_close(&caller);
    cover("uplink", json_object_get(status, "state"));
    if (json_integer_value(json_object_get(json_object_get(status, "journal"), "pruned")) > 0) {
        sim_cover("till: pruned");
    }
    json_decref(status);
}

/* --- on the line --------------------------------------------------------------------------------------------------- */

/* The kinds of entries that travel. */
static void watch_entries(struct vn_view batch)
{
    static const char key[] = "\"kind\":\"";
    const char *at = (const char *)batch.data;
    const char *end = at + batch.len;
    for (; (at = memmem(at, (size_t)(end - at), key, sizeof key - 1)) != NULL;) {
        char what[40];
        at += sizeof key - 1;
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (quote != NULL) {
            (void)snprintf(what, sizeof what, "entry: %.*s", (int)(quote - at), at);
            sim_cover(what);
        }
    }
}

static json_t *parse(struct vn_view text)
{
    return text.len == 0 ? NULL : json_loadb((const char *)text.data, text.len, 0, NULL);
}

/* What an exchange of rights is about: asked for, ahead, asked back. */
static void watch_rights(const struct sim_net_seen *seen)
{
    json_t *asked = parse(seen->asked);
    json_t *answered = parse(seen->answered);
    bool wants = json_array_size(json_object_get(asked, "wants")) > 0;
    size_t index = 0;
    json_t *grant = NULL;
    json_array_foreach(json_object_get(answered, "grants"), index, grant)
    {
        bool granted = json_array_size(json_object_get(grant, "slices")) > 0;
        if (granted) {
            sim_cover(wants ? "right: granted on demand" : "right: granted unasked");
        } else if (wants) {
            sim_cover("right: not granted");
        }
    }
    if (json_array_size(json_object_get(answered, "back")) > 0) {
        sim_cover("right: asked back");
    }
    if (json_integer_value(json_object_get(answered, "risk_member")) > 0) {
        sim_cover("right: may be risked");
    }
    if (json_string_length(json_object_get(answered, "reason")) > 0) {
        sim_cover("right: nothing is granted at present");
    }
    json_decref(asked);
    json_decref(answered);
}

static void on_line(void *ctx, const struct sim_net_seen *seen)
{
    struct sim_world *world = ctx;
    char what[80];
    bool at_hub = strcmp(seen->server, SIM_HUB_HOST) == 0;
    bool of_one = strncmp(seen->path, "/v1/members/", 12) == 0;
    (void)snprintf(what, sizeof what, "%s answers %s %.30s: %d", at_hub ? "hub" : "neighbour", seen->method,
                   of_one ? "/v1/members/..." : seen->path, seen->status);
    sim_cover(what);
    if (strcmp(seen->path, "/v1/journal") == 0 && seen->status == 200) {
        watch_entries(seen->asked);
        sim_epochs_see(world, seen->answered);
    } else if (strcmp(seen->path, "/v1/rights") == 0 && seen->status == 200) {
        watch_rights(seen);
    } else if (strcmp(seen->path, VN_PEER_LEND_PATH) == 0 && seen->status == 200) {
        sim_fault_lent(world, seen->server);
    }
}

void sim_watch_begin(struct sim_world *world)
{
    sim_net_watch(on_line, world);
}

/* --- at the end ---------------------------------------------------------------------------------------------------- */

static void watch_net(void)
{
    const struct sim_net_counts *counts = sim_net_counts();
    sim_cover_times("message: lost", counts->lost);
    sim_cover_times("message: late", counts->slow);
    sim_cover_times("message: repeated", counts->repeated);
    sim_cover_times("message: cut off", counts->cut);
    sim_cover_times("message: a connection that breaks", counts->resets);
    sim_cover_times("message: a certificate that has expired", counts->expired_certificates);
}

static void watch_disks(const struct sim_world *world)
{
    sim_cover_times("hub: a write met a full disk", disk_met_full(world->hub.disk));
    for (unsigned i = 0; i < world->till_count; i++) {
        sim_cover_times("till: a write met a full disk", disk_met_full(world->tills[i].disk));
    }
}

/* Limits of receipts, by what they say. */
static void watch_receipts(const struct sim_oracle *oracle)
{
    for (size_t i = 0; i < oracle->sale_count; i++) {
        const struct sim_printed *printed = &oracle->sales[i].printed;
        sim_cover_times("right: risked", printed->risked > 0 ? 1 : 0);
        for (unsigned u = 0; u < printed->use_count; u++) {
            char what[80];
            (void)snprintf(what, sizeof what, "receipt: %s", sim_promotion(printed->uses[u].of));
            sim_cover(what);
        }
    }
}

static void watch_places(const struct sim_world *world)
{
    json_t *ledger = sim_admin(&world->hub, "GET", "/admin/ledger", "");
    const char *place = NULL;
    json_t *sum = NULL;
    json_object_foreach(json_object_get(ledger, "totals"), place, sum)
    {
        char what[80];
        (void)snprintf(what, sizeof what, "ledger: %s", place);
        sim_cover_times(what, json_integer_value(sum) != 0 ? 1 : 0);
    }
    json_decref(ledger);
}

void sim_watch_end(struct sim_world *world)
{
    size_t index = 0;
    json_t *row = NULL;
    watch_net();
    watch_disks(world);
    watch_receipts(&world->oracle);
    watch_places(world);
    json_t *sales = sim_admin(&world->hub, "GET", "/admin/sales", "");
    json_array_foreach(json_object_get(sales, "sales"), index, row)
    {
        cover("sale at the hub", json_object_get(row, "kind"));
    }
    json_decref(sales);
    json_t *fleet = sim_admin(&world->hub, "GET", "/admin/fleet", "");
    json_array_foreach(json_object_get(fleet, "tills"), index, row)
    {
        cover("enrolment", json_object_get(row, "state"));
    }
    json_decref(fleet);
    json_t *quarantine = sim_admin(&world->hub, "GET", "/admin/quarantine", "");
    json_array_foreach(json_object_get(quarantine, "quarantine"), index, row)
    {
        cover("quarantine", json_object_get(row, "class"));
    }
    json_decref(quarantine);
}
