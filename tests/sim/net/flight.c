#include "tests/sim/net/flight.h"

#include <stdlib.h>

struct sim_line *sim_line_hold(struct sim_line *line)
{
    line->refs++;
    return line;
}

void sim_line_drop(struct sim_line *line)
{
    if (line != NULL && --line->refs == 0) {
        free(line);
    }
}

void sim_line_answered(const struct sim_line *line, const struct vn_http_request *request, int status,
                       int64_t asked_ns)
{
    const struct sim_net_answer answer = {.client_host = sim_proc_host(line->client_proc),
                                          .server_host = sim_proc_host(line->server_proc),
                                          .name = line->peer.name,
                                          .method = request->method,
                                          .path = request->path,
                                          .status = status,
                                          .asked_ns = asked_ns};
    if (line->peer.name[0] != '\0') {
        sim_net_answered(&answer);
    }
}

struct sim_call *sim_call_hold(struct sim_call *call)
{
    call->refs++;
    return call;
}

void sim_call_drop(struct sim_call *call)
{
    if (call == NULL || --call->refs > 0) {
        return;
    }
    for (size_t i = 0; i < call->header_count; i++) {
        free(call->names[i]);
        free(call->values[i]);
    }
    free(call->method);
    free(call->path);
    vn_buf_deinit(&call->body);
    free(call);
}

struct sim_answer *sim_answer_new(struct sim_call *call, struct sim_line *line, enum sim_news news)
{
    struct sim_answer *answer = calloc(1, sizeof *answer);
    if (answer == NULL) {
        abort();
    }
    answer->call = sim_call_hold(call);
    answer->line = sim_line_hold(line);
    answer->news = news;
    vn_buf_init(&answer->body, VN_HTTP_REPLY_MAX);
    return answer;
}

void sim_answer_free(struct sim_answer *answer)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        free(answer->names[i]);
        free(answer->values[i]);
    }
    sim_call_drop(answer->call);
    sim_line_drop(answer->line);
    vn_buf_deinit(&answer->body);
    free(answer);
}
