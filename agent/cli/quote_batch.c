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
    long long number, done,
        failed; /* of the lines: the last that was read; how many were not empty; of them */
};

enum got { GOT_LINE, GOT_LONG, GOT_END };

/* Reads a line without its end; of one that is too long the rest is passed over. What a failure cut off is no line. */
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
    if (c == EOF && (*len == 0 || ferror(file) != 0)) {
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
    enum vn_status status = vn_papers_check_mark(line, error);
    if (status == VN_OK) {
        status = vn_json_parse(line, &request, error);
    }
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

static int finish(const char *verb, const struct batch *batch)
{
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fprintf(stderr, "verno %s: what is printed can't be written: %s\n", verb, strerror(errno));
        return 1;
    }
    if (batch->failed > 0) {
        (void)fprintf(stderr, "verno %s: %lld of %lld %s can't be reckoned: \"error\" says why\n", verb,
                      batch->failed, batch->done, batch->done == 1 ? "line" : "lines");
        return 1;
    }
    return 0;
}

int vn_quote_batch(const char *verb, const char *path, const char *place, struct vn_desk *desk)
{
    struct batch batch = {.desk = desk, .place = place};
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    struct vn_error error = {VN_OK, "", ""};
    enum got got = GOT_LINE;
    size_t len = 0;
    if (file == NULL) {
        (void)vn_papers_fail_file(errno, &error);
        return vn_papers_failed(verb, path, &error);
    }
    int code = 1;
    vn_buf_init(&batch.text, LINE_MAX_BYTES);
    batch.line = malloc(LINE_MAX_BYTES + 1);
    if (batch.line == NULL) {
        (void)fprintf(stderr, "verno %s: out of memory\n", verb);
        goto cleanup;
    }
    while (ferror(stdout) == 0 && (got = next_line(file, batch.line, &len)) != GOT_END) {
        batch.number++;
        if (got == GOT_LONG || !vn_papers_is_blank(vn_view_of(batch.line, len))) {
            take_line(&batch, got, len);
        }
    }
    if (ferror(file) != 0) {
        (void)vn_papers_fail_file(errno, &error);
        code = vn_papers_failed(verb, path, &error);
    } else {
        code = finish(verb, &batch);
    }
cleanup:
    free(batch.line);
    vn_buf_deinit(&batch.text);
    if (!is_stdin) {
        (void)fclose(file);
    }
    return code;
}
