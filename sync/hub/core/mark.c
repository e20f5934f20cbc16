#include "sync/hub/core/mark.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/json.h"

#define MARK_BYTES 1024

enum vn_status vn_mark_read(const char *path, struct vn_mark *out, struct vn_error *error)
{
    char text[MARK_BYTES];
    size_t len = 0;
    json_t *root = NULL;
    *out = (struct vn_mark){.restored = false};
    enum vn_status status = vn_file_read(path, VN_FILE_OPEN, text, sizeof text, &len, error);
    if (status == VN_OK) {
        status = vn_json_parse(vn_view_of(text, len), &root, error);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_error why = {VN_OK, "", ""};
    struct vn_json_in in = vn_json_root(root, &why);
    vn_json_int(&in, "epoch", VN_REQUIRED, 1, INT64_MAX, &out->position.epoch);
    vn_json_int(&in, "change", VN_REQUIRED, 0, INT64_MAX, &out->position.change);
    vn_json_int(&in, "movement", VN_REQUIRED, 0, INT64_MAX, &out->position.movement);
    vn_json_int(&in, "published", VN_REQUIRED, 0, INT64_MAX, &out->position.published);
    vn_json_int(&in, "time_ms", VN_OPTIONAL, 0, INT64_MAX, &out->time_ms);
    vn_json_bool(&in, "restored", VN_OPTIONAL, &out->restored);
    json_decref(root);
    return why.status == VN_OK ? VN_OK : vn_fail(error, VN_INPUT, "%s: %s %s", path, why.pointer, why.text);
}

enum vn_status vn_mark_write(const char *path, const struct vn_mark *mark, struct vn_error *error)
{
    char text[MARK_BYTES];
    const struct vn_position *at = &mark->position;
    (void)snprintf(text, sizeof text,
                   "{\"epoch\":%lld,\"change\":%lld,\"movement\":%lld,\"published\":%lld,\"time_ms\":%lld,"
                   "\"restored\":%s}\n",
                   (long long)at->epoch, (long long)at->change, (long long)at->movement,
                   (long long)at->published, (long long)mark->time_ms, mark->restored ? "true" : "false");
    return vn_file_replace(path, vn_view_str(text), error);
}
