#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "sync/hub/cli/cli.h"
#include "sync/hub/core/hub.h"
#include "sync/net/client.h"

#define CALL_TIMEOUT_MS  120000
#define AUDIT_TIMEOUT_MS 3600000 /* it reads everything: minutes for twenty million members */

struct call {
    json_t **out;
    struct vn_error *error;
    enum vn_status status;
    bool writes;
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
        call->status =
            vn_fail(call->error, status, "%s%s", vn_http_client_reason(call->client),
                    call->writes ? ": it may be done or not; look, then try again" : "; try again");
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

/* Asks whether anybody listens there, so that what is lost later on is not taken for a hub that does not run. */
static enum vn_status knock(const char *dir, const char *socket_path, struct vn_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum vn_status status = VN_OK;
    if (vn_view_copy_str(vn_view_str(socket_path), address.sun_path, sizeof address.sun_path) != VN_OK) {
        return vn_fail(error, VN_ARG, "%s: longer than a socket's path may be", socket_path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return vn_fail(error, VN_IO, "no socket can be opened: %s", strerror(errno));
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ECONNREFUSED) {
            status = vn_fail(error, VN_GONE,
                             "no hub is running in %s (if one ended, its log says why); start it with "
                             "verno-hub run --dir %s",
                             dir, dir);
        } else {
            status = vn_fail(error, errno == EACCES ? VN_DENIED : VN_IO, "%s: %s%s", socket_path,
                             strerror(errno), errno == EACCES ? "; run this as the hub's user" : "");
        }
    }
    (void)close(fd);
    return status;
}

/* Runs the loop until the answer is there. */
static enum vn_status ask(uv_loop_t *loop, const char *socket_path, const struct vn_http_request_out *request,
                          struct call *call)
{
    const struct vn_http_target target = {.socket_path = socket_path, .label = "the hub"};
    enum vn_status status = vn_http_client_create(loop, vn_clock_system(), vn_random_system(), NULL, &target,
                                                  &call->client, call->error);
    if (status != VN_OK) {
        return status;
    }
    status = vn_http_client_send(call->client, request, on_done, call);
    if (status != VN_OK) {
        vn_http_client_destroy(call->client);
        call->status = vn_fail(call->error, status, "the request can't be sent: %s", vn_status_name(status));
    }
    (void)uv_run(loop, UV_RUN_DEFAULT);
    return call->status;
}

enum vn_status vn_cli_call(const struct vn_cli *cli, const char *method, const char *path,
                           struct vn_view body, json_t **out, struct vn_error *error)
{
    uv_loop_t loop;
    char socket_path[VN_PATH_MAX];
    struct call call = {.out = out, .error = error, .status = VN_GONE, .writes = strcmp(method, "GET") != 0};
    const struct vn_http_request_out request = {
        .method = method,
        .path = path,
        .body = body,
        .timeout_ms = strcmp(path, "/admin/audit") == 0 ? AUDIT_TIMEOUT_MS : CALL_TIMEOUT_MS,
        .response_max = VN_HTTP_REPLY_MAX};
    *out = NULL;
    enum vn_status status = vn_file_path(cli->dir, "admin.sock", socket_path, error);
    if (status == VN_OK) {
        status = knock(cli->dir, socket_path, error);
    }
    if (status != VN_OK) {
        return status;
    }
    if (uv_loop_init(&loop) != 0) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    status = ask(&loop, socket_path, &request, &call);
    (void)uv_loop_close(&loop);
    return status;
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

int vn_cli_wrong(const char *format, ...)
{
    va_list args;
    (void)fputs("verno-hub: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputs(" (--help tells more)\n", stderr);
    return 2;
}

bool vn_cli_is_number(const char *text)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && number >= 1 &&
           number <= VN_NUMBER_MAX;
}

bool vn_cli_write_json(const json_t *value)
{
    struct vn_buf text;
    vn_buf_init(&text, VN_HTTP_REPLY_MAX);
    bool there = value != NULL && vn_json_dump(value, &text) == VN_OK;
    if (!there) {
        (void)fprintf(stderr, "verno-hub: out of memory\n");
    }
    bool written = there && fwrite(text.data, 1, text.len, stdout) == text.len;
    vn_buf_deinit(&text);
    return written;
}

int vn_cli_unwritten(void)
{
    (void)fprintf(stderr, "verno-hub: what is printed can't be written: %s\n", strerror(errno));
    return 1;
}

int vn_cli_print_json(json_t *value)
{
    bool written = vn_cli_write_json(value) && putchar('\n') != EOF;
    json_decref(value);
    return written ? 0 : ferror(stdout) != 0 ? vn_cli_unwritten() : 1;
}

enum vn_status vn_cli_send(const struct vn_cli *cli, const char *path, const json_t *body, json_t **out,
                           struct vn_error *error)
{
    struct vn_buf text;
    *out = NULL;
    vn_buf_init(&text, VN_HTTP_REPLY_MAX);
    enum vn_status status = vn_json_dump(body, &text);
    status = status == VN_OK
                 ? vn_cli_call(cli, "POST", path, vn_buf_view(&text), out, error)
                 : vn_fail(error, status, "the request can't be made: %s", vn_status_name(status));
    vn_buf_deinit(&text);
    return status;
}

int vn_cli_post(const struct vn_cli *cli, const char *path, json_t *body, json_t **out)
{
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = body == NULL
                                ? vn_fail(&error, VN_INPUT, "an argument is not UTF-8, or there is no memory")
                                : vn_cli_send(cli, path, body, out, &error);
    json_decref(body);
    return status == VN_OK ? 0 : vn_cli_failed(&error);
}
