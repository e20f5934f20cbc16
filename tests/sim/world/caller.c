#include "tests/sim/world/caller.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/json.h"
#include "agent/base/limits.h"

void sim_caller_open(struct sim_caller *caller, const struct vn_http_target *target)
{
    struct vn_error error;
    struct sim_proc *proc = sim_self_proc();
    *caller = (struct sim_caller){.target = *target};
    vn_buf_init(&caller->reply, VN_FEED_BYTES_MAX);
    (void)uv_loop_init(&caller->loop);
    if (vn_http_client_create(&caller->loop, sim_proc_clock(proc), sim_proc_random(proc), NULL, target,
                              &caller->client, &error) != VN_OK) {
        (void)fprintf(stderr, "sim: a caller: %s\n", error.text);
        abort();
    }
}

void sim_caller_close(struct sim_caller *caller)
{
    vn_http_client_destroy(caller->client);
    (void)uv_run(&caller->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&caller->loop);
    vn_buf_deinit(&caller->reply);
}

static void on_done(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct sim_caller *caller = ctx;
    caller->status = status;
    if (status == VN_OK) {
        caller->http = response->status;
        caller->status = vn_buf_append(&caller->reply, response->body);
    }
}

int sim_caller_ask(struct sim_caller *caller, const char *method, const char *path, struct vn_view body,
                   int64_t timeout_ms)
{
    const struct vn_http_request_out request = {.method = method,
                                                .path = path,
                                                .headers = caller->headers,
                                                .header_count = caller->header_count,
                                                .content_type = caller->content_type,
                                                .body = body,
                                                .timeout_ms = timeout_ms};
    caller->http = 0;
    vn_buf_clear(&caller->reply);
    uv_update_time(&caller->loop); /* its timers count from there */
    caller->status = vn_http_client_send(caller->client, &request, on_done, caller);
    if (caller->status == VN_OK) {
        (void)uv_run(&caller->loop, UV_RUN_DEFAULT);
    }
    return caller->status == VN_OK ? caller->http : 0;
}

int sim_caller_json(struct sim_caller *caller, const char *method, const char *path, json_t *body,
                    int64_t timeout_ms, json_t **out)
{
    struct vn_buf text;
    struct vn_error error;
    vn_buf_init(&text, VN_POS_BODY_MAX);
    *out = NULL;
    if (body != NULL && vn_json_dump(body, &text) != VN_OK) {
        abort();
    }
    json_decref(body);
    int http = sim_caller_ask(caller, method, path, vn_buf_view(&text), timeout_ms);
    if (http != 0 && vn_json_parse(vn_buf_view(&caller->reply), out, &error) != VN_OK) {
        *out = NULL;
    }
    vn_buf_deinit(&text);
    return http;
}
