#include "agent/client/client.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/base/json.h"
#include "agent/base/random.h"
#include "sync/net/client.h"

struct follow {
    struct vn_client *client;
    struct vn_http_client *http; /* NULL: the place is free */
    struct vn_client_follower follower;
    struct vn_buf line;
    bool too_long;
    bool ended; /* destroyed at the next pump: the library is still on the stack when a stream ends */
};

struct vn_client {
    uv_loop_t loop;
    uv_timer_t limit; /* ends a pump that nothing else ends */
    struct vn_http_client *http;
    struct vn_http_target target;
    char path[VN_PATH_MAX];
    struct follow follows[VN_CLIENT_FOLLOWS_MAX];
    uint64_t events; /* answers and lines so far: a pump ends when there was one */
    /* the call under way */
    bool answered;
    enum vn_status status;
    int http_status;
    struct vn_buf *reply;
};

static enum vn_status make_http(struct vn_client *client, struct vn_http_client **out, struct vn_error *error)
{
    return vn_http_client_create(&client->loop, vn_clock_system(), vn_random_system(), NULL, &client->target,
                                 out, error);
}

enum vn_status vn_client_open(const char *socket_path, struct vn_client **out, struct vn_error *error)
{
    *out = NULL;
    struct vn_client *client = calloc(1, sizeof *client);
    if (!client) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    if (vn_view_copy_str(vn_view_str(socket_path), client->path, sizeof client->path) != VN_OK) {
        free(client);
        return vn_fail(error, VN_ARG, "the socket's path is too long");
    }
    client->target = (struct vn_http_target){.socket_path = client->path, .label = "the agent"};
    if (uv_loop_init(&client->loop) != 0) {
        free(client);
        return vn_fail(error, VN_IO, "no event loop");
    }
    uv_timer_init(&client->loop, &client->limit);
    enum vn_status status = make_http(client, &client->http, error);
    if (status != VN_OK) {
        vn_client_close(client);
        return status;
    }
    *out = client;
    return VN_OK;
}

void vn_client_close(struct vn_client *client)
{
    if (!client) {
        return;
    }
    for (size_t i = 0; i < VN_CLIENT_FOLLOWS_MAX; i++) {
        struct follow *follow = &client->follows[i];
        follow->ended = true; /* so that the cancelled request tells nobody */
        vn_http_client_destroy(follow->http);
        vn_buf_deinit(&follow->line);
    }
    vn_http_client_destroy(client->http);
    uv_close((uv_handle_t *)&client->limit, NULL);
    while (uv_run(&client->loop, UV_RUN_DEFAULT) != 0) {
    }
    (void)uv_loop_close(&client->loop);
    free(client);
}

/* --- calls ------------------------------------------------------------------------------------------------
 */

static void on_answer(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct vn_client *client = ctx;
    client->answered = true;
    client->events++;
    client->status = status;
    if (response) {
        client->http_status = response->status;
        client->status = vn_buf_append(client->reply, response->body);
    }
}

enum vn_status vn_client_call(struct vn_client *client, const char *method, const char *path,
                              struct vn_view body, int64_t timeout_ms, int *http_status, struct vn_buf *reply,
                              struct vn_error *error)
{
    *http_status = 0;
    vn_buf_clear(reply);
    /* The loop stood still since the last call: its own idea of now is as old, and the time limit would be over. */
    uv_update_time(&client->loop);
    client->answered = false;
    client->http_status = 0;
    client->reply = reply;
    struct vn_http_request_out request = {
        .method = method, .path = path, .body = body, .timeout_ms = timeout_ms, .response_max = reply->max};
    enum vn_status status = vn_http_client_send(client->http, &request, on_answer, client);
    if (status != VN_OK) {
        return vn_fail(error, status, "the request could not be sent: %s", vn_status_name(status));
    }
    while (!client->answered) {
        uv_run(&client->loop, UV_RUN_ONCE);
    }
    client->reply = NULL;
    if (client->status != VN_OK) {
        return vn_fail(error, client->status, "%s", vn_http_client_reason(client->http));
    }
    *http_status = client->http_status;
    return VN_OK;
}

void vn_client_problem(int http_status, struct vn_view reply, struct vn_error *error)
{
    char title[VN_ERROR_TEXT_MAX / 2] = "", detail[VN_ERROR_TEXT_MAX] = "", pointer[VN_JSON_POINTER_MAX] = "";
    json_t *root = NULL;
    struct vn_error ignored;
    if (vn_json_parse(reply, &root, &ignored) == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &ignored);
        vn_json_str(&in, "title", VN_OPTIONAL, title, sizeof title);
        vn_json_str(&in, "detail", VN_OPTIONAL, detail, sizeof detail);
        vn_json_str(&in, "pointer", VN_OPTIONAL, pointer, sizeof pointer);
    }
    json_decref(root);
    if (title[0] == '\0' && detail[0] == '\0') {
        vn_fail(error, VN_INPUT, "the agent answered %d", http_status);
    } else {
        vn_fail(error, VN_INPUT, "%s%s%s", title, title[0] && detail[0] ? ": " : "", detail);
    }
    memcpy(error->pointer, pointer, sizeof pointer);
}

/* --- streams ----------------------------------------------------------------------------------------------
 */

static void end_follow(struct follow *follow, enum vn_status status)
{
    if (follow->ended) {
        return;
    }
    follow->ended = true;
    follow->client->events++;
    if (follow->follower.on_end) {
        follow->follower.on_end(follow->follower.ctx, status);
    }
}

/* Hands out the complete lines of what has collected. */
static void on_piece(void *ctx, struct vn_view piece)
{
    struct follow *follow = ctx;
    if (follow->ended || follow->too_long) {
        return;
    }
    if (vn_buf_append(&follow->line, piece) != VN_OK) {
        follow->too_long = true;
        return;
    }
    size_t start = 0;
    for (size_t i = follow->line.len - piece.len; i < follow->line.len; i++) {
        if (follow->line.data[i] == '\n') {
            follow->client->events++;
            follow->follower.on_line(follow->follower.ctx, vn_view_of(follow->line.data + start, i - start));
            start = i + 1;
        }
    }
    vn_buf_drop_front(&follow->line, start);
}

static void on_stream_end(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct follow *follow = ctx;
    bool refused = response && response->status != 200;
    end_follow(follow, refused ? VN_UNSUPPORTED : status == VN_OK ? VN_GONE : status);
}

enum vn_status vn_client_follow(struct vn_client *client, const char *path,
                                const struct vn_client_follower *follower, struct vn_error *error)
{
    struct follow *follow = NULL;
    for (size_t i = 0; i < VN_CLIENT_FOLLOWS_MAX && !follow; i++) {
        follow = client->follows[i].http ? NULL : &client->follows[i];
    }
    if (!follow) {
        return vn_fail(error, VN_FULL, "no more than %d streams can be followed", VN_CLIENT_FOLLOWS_MAX);
    }
    *follow = (struct follow){.client = client, .follower = *follower};
    enum vn_status status = make_http(client, &follow->http, error);
    if (status != VN_OK) {
        return status;
    }
    vn_buf_init(&follow->line, VN_CLIENT_LINE_MAX);
    struct vn_http_request_out request = {
        .method = "GET", .path = path, .on_chunk = on_piece, .timeout_ms = VN_CLIENT_FOLLOW_MS};
    status = vn_http_client_send(follow->http, &request, on_stream_end, follow);
    if (status != VN_OK) {
        follow->ended = true;
        return vn_fail(error, status, "the stream could not be asked for: %s", vn_status_name(status));
    }
    return VN_OK;
}

/* Ends what broke during this turn; afterwards its place is free. */
static void sweep(struct vn_client *client)
{
    for (size_t i = 0; i < VN_CLIENT_FOLLOWS_MAX; i++) {
        struct follow *follow = &client->follows[i];
        if (follow->http && follow->too_long) {
            end_follow(follow, VN_FULL);
        }
        if (follow->http && follow->ended) {
            vn_http_client_destroy(follow->http);
            vn_buf_deinit(&follow->line);
            follow->http = NULL;
        }
    }
}

static void on_limit(uv_timer_t *timer)
{
    (void)timer; /* it ends uv_run, that is all */
}

void vn_client_pump(struct vn_client *client, int64_t wait_ms)
{
    /* Until nothing comes any more; the turn after it gives the kernel the descriptors that were opened. */
    uint64_t before;
    uint64_t first = client->events;
    do {
        before = client->events;
        uv_run(&client->loop, UV_RUN_NOWAIT);
        uv_run(&client->loop, UV_RUN_NOWAIT);
    } while (client->events != before);
    if (wait_ms > 0 && client->events == first) {
        uv_update_time(&client->loop);
        uv_timer_start(&client->limit, on_limit, (uint64_t)wait_ms, 0);
        while (client->events == first && uv_is_active((const uv_handle_t *)&client->limit)) {
            uv_run(&client->loop, UV_RUN_ONCE);
        }
        uv_timer_stop(&client->limit);
    }
    sweep(client);
}

int vn_client_fd(const struct vn_client *client)
{
    return uv_backend_fd(&client->loop);
}

int vn_client_wait_ms(const struct vn_client *client)
{
    /* Of a loop on which nothing is under way libuv says 0, because it would not wait for anything. */
    return uv_loop_alive(&client->loop) != 0 ? uv_backend_timeout(&client->loop) : -1;
}
