#define _GNU_SOURCE /* strcasestr */
#include "tests/unit/pos_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* --- the till's outside ------------------------------------------------------------------------------------------- */

static void on_lookup(void *ctx, struct vn_till_lookup *lookup)
{
    ((struct pos_world *)ctx)->lookup = lookup;
}

static void on_inspect(void *ctx, struct vn_till_inspect *inspect)
{
    ((struct pos_world *)ctx)->inspect = inspect;
}

static void on_write(void *ctx, struct vn_till_write *write)
{
    ((struct pos_world *)ctx)->write = write;
}

static void on_rights(void *ctx, const struct vn_rights_request *request)
{
    ((struct pos_world *)ctx)->asked += request->count;
}

static void on_answer(void *ctx, uint64_t call, int http_status, struct vn_view json)
{
    vn_local_api_answer(((struct pos_world *)ctx)->api, call, http_status, json);
}

static void on_problem(void *ctx, uint64_t call, int http_status, const char *title, const char *detail,
                       const char *pointer)
{
    vn_local_api_problem(((struct pos_world *)ctx)->api, call, http_status, title, detail, pointer);
}

static void on_changed(void *ctx)
{
    vn_local_api_changed(((struct pos_world *)ctx)->api);
}

static void on_event(void *ctx, const struct vn_till_event *event)
{
    vn_local_api_event(((struct pos_world *)ctx)->api, event);
}

static void serve_lookup(struct pos_world *world)
{
    struct vn_till_lookup *lookup = world->lookup;
    world->lookup = NULL;
    lookup->card_status = VN_OK;
    lookup->member_found =
        (struct vn_member){.known = true, .account = "w1", .first_name = "Milica", .balance = 900};
    lookup->member_right = (struct vn_counters){.account = "w1"};
    lookup->coupon_status = VN_ABSENT;
    for (unsigned i = 0; i < lookup->code_count; i++) {
        memset(&lookup->items[i], 0, sizeof lookup->items[i]);
    }
    vn_till_on_lookup(world->till);
}

static void serve(struct pos_world *world)
{
    if (world->lookup != NULL) {
        serve_lookup(world);
    } else if (world->inspect != NULL) {
        world->inspect = NULL;
        vn_till_on_inspect(world->till);
    } else if (world->write != NULL) {
        struct vn_till_write *write = world->write;
        world->write = NULL;
        world->written++;
        free(world->last_body);
        world->last_body = json_dumps(write->entry.body, JSON_COMPACT);
        memcpy(world->last_digest, write->digest, sizeof world->last_digest);
        write->status = VN_OK;
        write->seq = ++world->seq;
        vn_till_on_written(world->till);
    }
}

/* --- the API's other sources -------------------------------------------------------------------------------------- */

static json_t *status_of(void *ctx)
{
    (void)ctx;
    return json_pack("{s:s}", "state", "live");
}

static enum vn_status journal_of(void *ctx, int64_t from, int64_t count,
                                 void (*done)(void *done_ctx, enum vn_status status, struct vn_view lines),
                                 void *done_ctx)
{
    struct pos_world *world = ctx;
    world->journal_from = from;
    world->journal_count = count;
    world->journal_done = done;
    world->journal_ctx = done_ctx;
    return world->journal_status == VN_AGAIN ? VN_AGAIN : VN_OK;
}

static enum vn_status rights_of(void *ctx, void (*done)(void *done_ctx, json_t *rights), void *done_ctx)
{
    struct pos_world *world = ctx;
    world->rights_done = done;
    world->rights_ctx = done_ctx;
    return world->journal_status == VN_AGAIN ? VN_AGAIN : VN_OK;
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

static void give_ruleset(struct pos_world *world)
{
    static const char text[] =
        "{\"ruleset\":1,\"engine\":1,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"
        "\"rs\","
        "\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":50,\"spend_step\":"
        "10,"
        "\"spend_share_bp\":5000},\"earning\":{\"points\":1,\"per_minor\":5000},\"groups\":[],"
        "\"cards\":[{\"prefix\":\"2990\",\"length\":13}]}\n";
    struct vn_ruleset *ruleset = NULL;
    struct vn_error error;
    must(vn_ruleset_parse(vn_view_str(text), &ruleset, &error) == VN_OK);
    vn_till_ruleset(world->till, ruleset);
}

int pos_setup(void **state)
{
    struct pos_world *world = calloc(1, sizeof *world);
    struct vn_error error;
    must(world != NULL && uv_loop_init(&world->loop) == 0);
    folder_make(world->folder, "pos");
    (void)snprintf(world->path, sizeof world->path, "%s/pos.sock", world->folder);
    struct vn_local_api_sources sources = {
        .status = status_of, .journal = journal_of, .rights = rights_of, .ctx = world};
    must(vn_local_api_create(&world->loop, vn_clock_system(), NULL, world->path, "en", &sources, &world->api,
                             &error) == VN_OK);
    struct vn_till_config config = {.place = {"1", "1"}, .locale = "en", .clock = vn_clock_system()};
    struct vn_till_io io = {.lookup = on_lookup,
                            .inspect = on_inspect,
                            .write = on_write,
                            .rights = on_rights,
                            .answer = on_answer,
                            .problem = on_problem,
                            .changed = on_changed,
                            .event = on_event,
                            .ctx = world};
    must(vn_till_create(&config, &io, &world->till) == VN_OK);
    vn_local_api_till(world->api, world->till);
    give_ruleset(world);
    vn_till_network(world->till, true, 0, false);
    *state = world;
    return 0;
}

int pos_teardown(void **state)
{
    struct pos_world *world = *state;
    vn_local_api_destroy(world->api);
    (void)uv_run(&world->loop, UV_RUN_DEFAULT);
    vn_till_destroy(world->till);
    int left = uv_loop_close(&world->loop);
    int removed = rmdir(world->folder);
    free(world->last_body);
    free(world);
    return left == 0 && removed == 0 ? 0 : -1;
}

void pos_run_ms(struct pos_world *world, int ms)
{
    for (int i = 0; i < ms; i++) {
        (void)uv_run(&world->loop, UV_RUN_NOWAIT);
        if (!world->stalled) {
            serve(world);
        }
        (void)usleep(1000);
    }
}

/* --- a client ----------------------------------------------------------------------------------------------------- */

int pos_connect(const struct pos_world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", world->path);
    must(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

void pos_send(int fd, const char *method, const char *path, const char *headers, const char *body)
{
    char head[2048];
    int len = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n",
                       method, path, strlen(body), headers);
    must(send(fd, head, (size_t)len, MSG_NOSIGNAL) == len);
    for (size_t sent = 0, left = strlen(body); left > 0;) {
        ssize_t done = send(fd, body + sent, left < 65536 ? left : 65536, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (done <= 0) {
            return; /* refused before it was all sent */
        }
        sent += (size_t)done;
        left -= (size_t)done;
    }
}

bool pos_receive(struct pos_world *world, int fd, char *out, size_t out_size)
{
    pos_run_ms(world, 2);
    size_t have = strlen(out);
    ssize_t got = recv(fd, out + have, out_size - have - 1, MSG_DONTWAIT);
    out[have + (got > 0 ? (size_t)got : 0)] = '\0';
    return got != 0;
}

static bool whole(const char *out)
{
    const char *end = strstr(out, "\r\n\r\n");
    const char *length = strcasestr(out, "content-length:");
    return end != NULL && length != NULL && strlen(end + 4) >= (size_t)strtoul(length + 15, NULL, 10);
}

int pos_call(struct pos_world *world, const char *method, const char *path, const char *headers,
             const char *body, char *out, size_t out_size)
{
    int fd = pos_connect(world);
    out[0] = '\0';
    pos_send(fd, method, path, headers, body);
    for (int i = 0; i < 250 && !whole(out) && pos_receive(world, fd, out, out_size); i++) {
    }
    (void)close(fd);
    pos_run_ms(world, 3);
    return strncmp(out, "HTTP/1.1 ", 9) == 0 ? (int)strtol(out + 9, NULL, 10) : 0;
}
