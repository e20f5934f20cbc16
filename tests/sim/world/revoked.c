#include "tests/sim/world/revoked.h"

#include <stdio.h>
#include <string.h>

#include "tests/sim/net/model.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define UNDER_WAY_MS 2000 /* so long an answer may take that was asked for before */

static struct sim_identity *identity_of(struct sim_revocations *all, const char *name)
{
    for (unsigned i = 0; i < all->count; i++) {
        if (strcmp(all->seen[i].name, name) == 0) {
            return &all->seen[i];
        }
    }
    return NULL;
}

static void see(void *ctx, const struct sim_net_answer *answer)
{
    struct sim_world *world = ctx;
    struct sim_revocations *all = &world->revocations;
    struct sim_identity *one = identity_of(all, answer->name);
    if (strcmp(answer->server_host, SIM_HUB_HOST) != 0 || answer->status >= 400) {
        return;
    }
    if (one == NULL && all->count < SIM_IDENTITIES) {
        one = &all->seen[all->count++];
        (void)snprintf(one->name, sizeof one->name, "%s", answer->name);
        (void)snprintf(one->host, sizeof one->host, "%s", answer->client_host);
    }
    if (one == NULL || !one->revoked) {
        return;
    }
    if (answer->asked_ns > one->revoked_ns || sim_now_ns() > one->revoked_ns + UNDER_WAY_MS * SIM_MS) {
        sim_violation(&world->oracle, 12, "%s was revoked, and %s %s is answered %d %lld ms later", one->host,
                      answer->method, answer->path, answer->status,
                      (long long)((sim_now_ns() - one->revoked_ns) / SIM_MS));
    }
}

void sim_revocations_watch(struct sim_world *world)
{
    sim_net_witness(see, world);
}

bool sim_revoke(struct sim_world *world, const struct sim_machine *till)
{
    char text[64];
    (void)snprintf(text, sizeof text, "{\"till\":\"%s\"}", till->name);
    json_t *reply = sim_admin(&world->hub, "POST", "/admin/revoke", text);
    bool unkept = json_string_length(json_object_get(reply, "unkept")) > 0;
    for (unsigned i = 0; i < world->revocations.count && reply != NULL; i++) {
        struct sim_identity *one = &world->revocations.seen[i];
        if (strcmp(one->host, till->host) == 0 && !one->revoked) {
            one->revoked = true;
            one->unkept = unkept;
            one->revoked_ns = sim_now_ns();
        }
    }
    json_decref(reply);
    sim_story("operator", "%s is revoked%s", till->name, unkept ? ", and the hub could not note it" : "");
    return reply != NULL;
}

void sim_revocations_restored(struct sim_world *world)
{
    for (unsigned i = 0; i < world->revocations.count; i++) {
        struct sim_identity *one = &world->revocations.seen[i];
        one->revoked = one->revoked && !one->unkept;
    }
}

void sim_revocations_forgotten(struct sim_world *world, int64_t since_ns)
{
    for (unsigned i = 0; i < world->revocations.count; i++) {
        struct sim_identity *one = &world->revocations.seen[i];
        one->revoked = one->revoked && one->revoked_ns < since_ns;
    }
}
