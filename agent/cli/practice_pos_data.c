#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/json.h"
#include "agent/cli/practice_pos.h"
#include "agent/loyalty/loyalty_json.h"

enum vn_status vn_practice_read_file(const char *path, struct vn_buf *out, struct vn_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return vn_fail(error, errno == ENOENT ? VN_ABSENT : VN_IO, "%s: %s", path, strerror(errno));
    }
    enum vn_status status = VN_OK;
    uint8_t piece[65536];
    ssize_t got;
    while (status == VN_OK && (got = read(fd, piece, sizeof piece)) != 0) {
        if (got < 0) {
            status = vn_fail(error, VN_IO, "%s: %s", path, strerror(errno));
        } else if ((status = vn_buf_append(out, vn_view_of(piece, (size_t)got))) != VN_OK) {
            vn_fail(error, status, "%s is too large", path);
        }
    }
    close(fd);
    return status;
}

static struct vn_view next_line(struct vn_view *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    struct vn_view line = vn_view_of(rest->data, len);
    size_t taken = end ? len + 1 : len;
    *rest = vn_view_of(rest->data + taken, rest->len - taken);
    return line;
}

static enum vn_status read_catalogue(struct vn_practice_data *data, struct vn_view text,
                                     struct vn_error *error)
{
    data->items = calloc(VN_PRACTICE_GOODS_MAX, sizeof *data->items);
    if (!data->items) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    while (text.len > 0) {
        struct vn_view line = next_line(&text);
        if (line.len == 0) {
            continue;
        }
        if (data->item_count == VN_PRACTICE_GOODS_MAX) {
            return vn_fail(error, VN_FULL, "more than %d goods in the catalogue", VN_PRACTICE_GOODS_MAX);
        }
        json_t *root = NULL;
        enum vn_status status = vn_json_parse(line, &root, error);
        if (status != VN_OK) {
            return status;
        }
        struct vn_json_in in = vn_json_root(root, error);
        vn_item_read(&in, &data->items[data->item_count]);
        json_decref(root);
        if (error->status != VN_OK) {
            return error->status;
        }
        data->item_count++;
    }
    return data->item_count > 0 ? VN_OK : vn_fail(error, VN_INPUT, "the catalogue is empty");
}

static struct vn_practice_code *add_code(struct vn_practice_data *data, const struct vn_json_in *in,
                                         const char *name)
{
    if (data->code_count == VN_PRACTICE_CODES_MAX) {
        vn_json_fail(in, name, "fewer names");
        return NULL;
    }
    struct vn_practice_code *code = &data->codes[data->code_count++];
    if (vn_view_copy_str(vn_view_str(name), code->name, sizeof code->name) != VN_OK) {
        vn_json_fail(in, name, "a shorter name");
    }
    return code;
}

static void read_codes(struct vn_practice_data *data, const json_t *root, struct vn_error *error)
{
    struct vn_json_in in = vn_json_root(root, error);
    static const char *const kinds[] = {"goods", "cards", "coupons"};
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        struct vn_json_in group = vn_json_object(&in, kinds[kind], VN_REQUIRED);
        if (vn_json_failed(&in)) {
            return;
        }
        for (void *at = json_object_iter((json_t *)(uintptr_t)group.value); at && !vn_json_failed(&in);
             at = json_object_iter_next((json_t *)(uintptr_t)group.value, at)) {
            const char *name = json_object_iter_key(at);
            struct vn_practice_code *code = add_code(data, &group, name);
            if (code && kind == 0) {
                memcpy(code->aim, "]E0", sizeof code->aim);
                vn_json_str(&group, name, VN_REQUIRED, code->data, sizeof code->data);
            } else if (code) {
                struct vn_json_in value = vn_json_object(&group, name, VN_REQUIRED);
                vn_json_str(&value, "aim", VN_REQUIRED, code->aim, sizeof code->aim);
                vn_json_str(&value, "data", VN_REQUIRED, code->data, sizeof code->data);
            }
        }
    }
}

enum vn_status vn_practice_data_read(struct vn_practice_data *data, const char *catalogue_path,
                                     const char *codes_path, struct vn_error *error)
{
    memset(data, 0, sizeof *data);
    struct vn_buf text;
    vn_buf_init(&text, VN_PRACTICE_FILE_MAX);
    enum vn_status status = vn_practice_read_file(catalogue_path, &text, error);
    if (status == VN_OK) {
        status = read_catalogue(data, vn_buf_view(&text), error);
    }
    vn_buf_clear(&text);
    if (status == VN_OK) {
        status = vn_practice_read_file(codes_path, &text, error);
    }
    json_t *root = NULL;
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&text), &root, error);
    }
    if (status == VN_OK) {
        read_codes(data, root, error);
        status = error->status;
    }
    json_decref(root);
    vn_buf_deinit(&text);
    return status;
}

void vn_practice_data_deinit(struct vn_practice_data *data)
{
    free(data->items);
    data->items = NULL;
    data->item_count = 0;
}

const struct vn_item *vn_practice_item(const struct vn_practice_data *data, const char *code)
{
    for (size_t i = 0; i < data->item_count; i++) {
        if (strcmp(data->items[i].code, code) == 0) {
            return &data->items[i];
        }
    }
    return NULL;
}

const struct vn_practice_code *vn_practice_code(const struct vn_practice_data *data, const char *name)
{
    for (size_t i = 0; i < data->code_count; i++) {
        if (strcmp(data->codes[i].name, name) == 0) {
            return &data->codes[i];
        }
    }
    return NULL;
}
