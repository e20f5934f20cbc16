#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "sync/hub/cli.h"
#include "sync/hub/hub.h"
#include "sync/net/client.h"

#define CALL_TIMEOUT_MS 120000 /* an audit of a large chain reads everything */

struct call {
    json_t **out;
    struct vn_error *error;
    enum vn_status status;
    struct vn_http_client *client;
};

static void read_problem(const struct vn_http_response *response, const json_t *root, struct vn_error *error)
{
    const char *detail = json_string_value(json_object_get(root, "detail"));
    const char *title = json_string_value(json_object_get(root, "title"));
    const char *pointer = json_string_value(json_object_get(root, "pointer"));
    (void)vn_fail(error, response->status == 404 ? VN_ABSENT : VN_INPUT, "%s",
                  detail != NULL  ? detail
                  : title != NULL ? title
                                  : "the hub refused");
    if (pointer != NULL) {
        (void)snprintf(error->pointer, sizeof error->pointer, "%s", pointer);
    }
}

static void on_done(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct call *call = ctx;
    call->status = status;
    if (status != VN_OK) {
        call->status = vn_fail(call->error, status, "%s", vn_http_client_reason(call->client));
    } else {
        enum vn_status parsed = vn_json_parse(response->body, call->out, call->error);
        if (response->status != 200) {
            read_problem(response, *call->out, call->error);
            call->status = call->error->status;
            json_decref(*call->out);
            *call->out = NULL;
        } else {
            call->status = parsed;
        }
    }
    vn_http_client_destroy(call->client);
}

enum vn_status vn_cli_call(const struct vn_cli *cli, const char *method, const char *path,
                           struct vn_view body, json_t **out, struct vn_error *error)
{
    uv_loop_t loop;
    char socket_path[VN_PATH_MAX];
    struct call call = {.out = out, .error = error, .status = VN_GONE};
    *out = NULL;
    if (cli->dir == NULL || vn_file_path(cli->dir, "admin.sock", socket_path, NULL) != VN_OK) {
        return vn_fail(error, VN_ARG, "--dir names no folder");
    }
    if (access(socket_path, F_OK) != 0) {
        return vn_fail(error, VN_GONE, "no hub is running in %s; start it with verno-hub run --dir %s",
                       cli->dir, cli->dir);
    }
    if (uv_loop_init(&loop) != 0) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    const struct vn_http_target target = {.socket_path = socket_path, .label = "the hub"};
    const struct vn_http_request_out request = {.method = method,
                                                .path = path,
                                                .body = body,
                                                .timeout_ms = CALL_TIMEOUT_MS,
                                                .response_max = VN_HTTP_REPLY_MAX};
    enum vn_status status = vn_http_client_create(&loop, vn_clock_system(), vn_random_system(), NULL, &target,
                                                  &call.client, error);
    if (status == VN_OK) {
        status = vn_http_client_send(call.client, &request, on_done, &call);
        if (status != VN_OK) {
            vn_http_client_destroy(call.client);
            (void)vn_fail(error, status, "the request can't be sent: %s", vn_status_name(status));
        }
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop);
    if (status == VN_OK && (call.status == VN_GONE || call.status == VN_ABSENT) && *out == NULL &&
        error->status == call.status && call.status == VN_GONE) {
        return vn_fail(error, VN_GONE, "no hub is running in %s; start it with verno-hub run --dir %s",
                       cli->dir, cli->dir);
    }
    return status == VN_OK ? call.status : status;
}

int vn_cli_escape(char *out, size_t size, const char *value)
{
    int len = 0;
    out[0] = '\0';
    for (; value != NULL && *value != '\0' && (size_t)len + 4 < size; value++) {
        unsigned char c = (unsigned char)*value;
        bool plain = isalnum(c) || c == '-' || c == '_' || c == '.';
        len += snprintf(out + len, size - (size_t)len, plain ? "%c" : "%%%02X", c);
    }
    return len;
}

int vn_cli_failed(const struct vn_error *error)
{
    (void)fprintf(stderr, "verno-hub: %s%s%s\n", error->text[0] == '\0' ? "it did not work" : error->text,
                  error->pointer[0] == '\0' ? "" : ", at ", error->pointer);
    return 1;
}

int vn_cli_print_json(json_t *value)
{
    (void)json_dumpf(value, stdout, JSON_COMPACT);
    (void)putchar('\n');
    json_decref(value);
    return 0;
}
