#include "agent/cli/quote_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/loyalty/loyalty_json.h"

#define LINE_MAX_BYTES (4 * 1024 * 1024)

struct batch {
    struct vn_desk *desk;
    const char *place;
    char *line; /* LINE_MAX_BYTES and a NUL */
    struct vn_buf text;
    long long number, done, failed;
};

enum got { GOT_LINE, GOT_LONG, GOT_END };

/* Reads a line without its end; of one that is too long the rest is passed over. */
static enum got next_line(FILE *file, char *out, size_t *len)
{
    int c = 0;
    *len = 0;
    bool fits = true;
    while ((c = getc_unlocked(file)) != EOF && c != '\n') {
        fits = fits && *len < LINE_MAX_BYTES;
        if (fits) {
            out[(*len)++] = (char)c;
        }
    }
    if (c == EOF && *len == 0) {
        return GOT_END;
    }
    if (*len > 0 && out[*len - 1] == '\r') {
        --*len;
    }
    return fits ? GOT_LINE : GOT_LONG;
}

static enum vn_status print_json(struct batch *batch, json_t *value)
{
    vn_buf_clear(&batch->text);
    enum vn_status status = value == NULL ? VN_NOMEM : vn_json_dump(value, &batch->text);
    if (status == VN_OK) {
        (void)printf("%.*s\n", (int)batch->text.len, (const char *)batch->text.data);
    }
    json_decref(value);
    return status;
}

static enum vn_status quote_line(struct batch *batch, struct vn_view line, struct vn_error *error)
{
    json_t *request = NULL;
    enum vn_status status = vn_json_parse(line, &request, error);
    if (status == VN_OK && batch->place != NULL && json_is_object(request) &&
        json_object_get(request, "place") == NULL &&
        json_object_set_new(request, "place", json_string(batch->place)) != 0) {
        status = vn_fail(error, VN_INPUT, "--place is not UTF-8");
    }
    if (status == VN_OK) {
        status = vn_desk_quote(batch->desk, request, error);
    }
    json_decref(request);
    if (status == VN_OK) {
        status = print_json(batch, vn_outcome_write(&batch->desk->outcome));
    }
    return status;
}

static void take_line(struct batch *batch, enum got got, size_t len)
{
    struct vn_error error = {VN_OK, "", ""};
    batch->done++;
    if (got == GOT_LONG) {
        (void)vn_fail(&error, VN_FULL, "longer than %d bytes", LINE_MAX_BYTES);
    } else {
        error.status = quote_line(batch, vn_view_of(batch->line, len), &error);
    }
    if (error.status == VN_OK) {
        return;
    }
    batch->failed++;
    json_t *said = json_pack("{s:I, s:s, s:s}", "line", (json_int_t)batch->number, "error",
                             error.text[0] == '\0' ? vn_status_name(error.status) : error.text, "pointer",
                             error.pointer);
    if (print_json(batch, said) != VN_OK) {
        (void)printf("{\"line\":%lld,\"error\":\"out of memory\",\"pointer\":\"\"}\n", batch->number);
    }
}

static int finish(const char *verb, const char *path, const struct batch *batch, bool broken)
{
    if (broken) {
        (void)fprintf(stderr, "verno %s: %s: it can't be read to its end\n", verb, path);
        return 1;
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fprintf(stderr, "verno %s: what is printed can't be written: %s\n", verb, strerror(errno));
        return 1;
    }
    if (batch->failed > 0) {
        (void)fprintf(stderr, "verno %s: %lld of %lld lines can't be reckoned; their \"error\" says why\n",
                      verb, batch->failed, batch->done);
        return 1;
    }
    return 0;
}

int vn_quote_batch(const char *verb, const char *path, const char *place, struct vn_desk *desk)
{
    struct batch batch = {.desk = desk, .place = place};
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    enum got got = GOT_LINE;
    size_t len = 0;
    if (file == NULL) {
        (void)fprintf(stderr, "verno %s: %s: %s\n", verb, path, strerror(errno));
        return 1;
    }
    int code = 1;
    vn_buf_init(&batch.text, LINE_MAX_BYTES);
    batch.line = malloc(LINE_MAX_BYTES + 1);
    if (batch.line == NULL) {
        (void)fprintf(stderr, "verno %s: out of memory\n", verb);
        goto cleanup;
    }
    while ((got = next_line(file, batch.line, &len)) != GOT_END) {
        batch.number++;
        if (len > 0) {
            take_line(&batch, got, len);
        }
    }
    code = finish(verb, path, &batch, ferror(file) != 0);
cleanup:
    free(batch.line);
    vn_buf_deinit(&batch.text);
    if (!is_stdin) {
        (void)fclose(file);
    }
    return code;
}
