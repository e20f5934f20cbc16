#include <stdio.h>
#include <string.h>

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

/* The kinds of its entries that are still there. */
static void watch_journal(const struct sim_machine *till)
{
    static const char key[] = "\"kind\":\"";
    struct sim_caller caller;
    const struct vn_http_target target = {.socket_path = till->socket, .label = "the agent"};
    sim_caller_open(&caller, &target);
    if (sim_caller_ask(&caller, "GET", "/v1/journal?from=1&count=1000", VN_VIEW_NONE, 10000) == 200 &&
        vn_buf_append(&caller.reply, vn_view_of("", 1)) == VN_OK) {
        for (const char *at = strstr((const char *)caller.reply.data, key); at != NULL;
             at = strstr(at, key)) {
            char what[40];
            at += sizeof key - 1;
            (void)snprintf(what, sizeof what, "entry: %.*s", (int)strcspn(at, "\""), at);
            sim_cover(what);
        }
    }
    sim_caller_close(&caller);
}

void sim_watch_end(struct sim_world *world)
{
    size_t index = 0;
    json_t *row = NULL;
    for (unsigned i = 0; i < world->till_count; i++) {
        watch_journal(&world->tills[i]);
    }
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
    json_array_foreach(json_object_get(quarantine, "entries"), index, row)
    {
        cover("quarantine", json_object_get(row, "class"));
    }
    json_decref(quarantine);
}
