#include "agent/cli/agent_call.h"

#include <stdio.h>

#include "agent/base/limits.h"
#include "agent/client/client.h"
#include "agent/store/claim.h"

#define CALL_MS 5000

bool vn_agent_get(const char *verb, const char *folder, const char *socket, const char *path,
                  struct vn_buf *reply)
{
    char default_path[VN_PATH_MAX];
    struct vn_client *client = NULL;
    struct vn_error error;
    int http_status = 0;
    vn_buf_init(reply, VN_CLIENT_REPLY_MAX);
    (void)snprintf(default_path, sizeof default_path, "%s/pos.sock", folder == NULL ? "." : folder);
    const char *where = socket != NULL ? socket : default_path;
    enum vn_status status = vn_client_open(where, &client, &error);
    if (status == VN_OK) {
        status = vn_client_call(client, "GET", path, VN_VIEW_NONE, CALL_MS, &http_status, reply, &error);
    }
    if (status == VN_OK && http_status != 200) {
        vn_client_problem(http_status, vn_buf_view(reply), &error);
    }
    vn_client_close(client);
    bool gone = status == VN_ABSENT || status == VN_GONE;
    if (gone && folder != NULL && vn_claim_noted(folder, error.text)) {
        (void)fprintf(stderr, "verno %s: no agent answers at %s; the last one ended: %s\n", verb, where,
                      error.text);
    } else if (gone) {
        (void)fprintf(
            stderr,
            "verno %s: no agent answers at %s; is verno-agent running? If it ended, its log says why\n", verb,
            where);
    } else if (status != VN_OK || http_status != 200) {
        (void)fprintf(stderr, "verno %s: %s\n", verb, error.text);
    }
    return status == VN_OK && http_status == 200;
}
