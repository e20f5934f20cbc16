#include "agent/cli/quote_papers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/loyalty/loyalty_json.h"
#include "sync/wire/feed.h"

#define READ_CHUNK 65536

long long vn_papers_line(const struct vn_error *error, const char **sentence)
{
    static const char before[] = "line ";
    char *end = NULL;
    *sentence = error->text;
    if (strncmp(error->text, before, sizeof before - 1) != 0) {
        return 0;
    }
    long long number = strtoll(error->text + sizeof before - 1, &end, 10);
    if (number < 1 || strncmp(end, ": ", 2) != 0) {
        return 0;
    }
    *sentence = end + 2;
    return number;
}

const char *vn_papers_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

bool vn_papers_is_blank(struct vn_view line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r' && line.data[i] != '\n') {
            return false;
        }
    }
    return true;
}

static bool begins(struct vn_view text, const char *mark, size_t len)
{
    return text.len >= len && memcmp(text.data, mark, len) == 0;
}

enum vn_status vn_papers_check_mark(struct vn_view text, struct vn_error *error)
{
    if (begins(text, "\xff\xfe", 2) || begins(text, "\xfe\xff", 2)) {
        return vn_fail(error, VN_INPUT, "it is UTF-16: save the file as UTF-8");
    }
    return begins(text, "\xef\xbb\xbf", 3)
               ? vn_fail(error, VN_INPUT, "a byte order mark comes first: save the file as UTF-8 without it")
               : VN_OK;
}

int vn_papers_failed(const char *verb, const char *path, const struct vn_error *error)
{
    const char *name = path == NULL ? "" : vn_papers_name(path);
    const char *sentence = NULL;
    (void)vn_papers_line(error, &sentence);
    (void)fprintf(stderr, "verno %s: %s%s%.*s%s%s%s\n", verb, name, path == NULL ? "" : ": ",
                  (int)(sentence - error->text), error->text, error->pointer,
                  error->pointer[0] == '\0' ? "" : ": ",
                  sentence[0] == '\0' ? vn_status_name(error->status) : sentence);
    return 1;
}

enum vn_status vn_papers_fail_file(int os_error, struct vn_error *error)
{
    switch (os_error) {
    case ENOENT: return vn_fail(error, VN_ABSENT, "there is no such file");
    case EACCES: return vn_fail(error, VN_DENIED, "the file may not be read");
    case EISDIR: return vn_fail(error, VN_IO, "it is a folder, and a file is wanted");
    default: return vn_fail(error, VN_IO, "it can't be read to its end: %s", strerror(os_error));
    }
}

static enum vn_status read_stream(FILE *file, struct vn_buf *out, struct vn_error *error)
{
    size_t got = 0;
    do {
        enum vn_status status = vn_buf_reserve(out, READ_CHUNK);
        if (status != VN_OK) {
            return status == VN_FULL
                       ? vn_fail(error, status, "it is larger than %zu bytes", out->max - READ_CHUNK)
                       : vn_fail(error, status, "out of memory");
        }
        got = fread(out->data + out->len, 1, READ_CHUNK - 1, file);
        out->len += got;
        out->data[out->len] = '\0';
    } while (got == READ_CHUNK - 1);
    return ferror(file) == 0 ? VN_OK : vn_papers_fail_file(errno, error);
}

enum vn_status vn_papers_read(const char *path, size_t max, struct vn_buf *out, struct vn_error *error)
{
    *error = (struct vn_error){VN_OK, "", ""};
    vn_buf_init(out, max + READ_CHUNK);
    if (strcmp(path, "-") == 0) {
        return read_stream(stdin, out, error);
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return vn_papers_fail_file(errno, error);
    }
    enum vn_status status = read_stream(file, out, error);
    (void)fclose(file);
    return status;
}

enum vn_status vn_papers_read_json(const char *path, size_t max, json_t **out, struct vn_error *error)
{
    struct vn_buf text;
    *out = NULL;
    enum vn_status status = vn_papers_read(path, max, &text, error);
    if (status == VN_OK) {
        status = vn_papers_check_mark(vn_buf_view(&text), error);
    }
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&text), out, error);
    }
    vn_buf_deinit(&text);
    return status;
}

enum vn_status vn_papers_read_ruleset(const char *path, struct vn_ruleset **out, struct vn_error *error)
{
    struct vn_buf text;
    *out = NULL;
    enum vn_status status = vn_papers_read(path, VN_RULESET_MAX, &text, error);
    if (status == VN_OK) {
        status = vn_papers_check_mark(vn_buf_view(&text), error);
    }
    if (status == VN_OK) {
        status = vn_ruleset_parse(vn_buf_view(&text), out, error);
    }
    vn_buf_deinit(&text);
    return status;
}

/* --- the catalogue */

/* Lines as they come; an alias has the place of its line. */
struct reading {
    struct vn_item *items;
    size_t count, room;
    struct vn_catalogue_alias *aliases;
    size_t alias_count, alias_room;
};

/* Room for one more element. */
static bool grow(void **elements, size_t size, size_t count, size_t *room)
{
    if (count < *room) {
        return true;
    }
    size_t more = *room == 0 ? 1024 : 2 * *room;
    void *grown = realloc(*elements, more * size);
    if (grown == NULL) {
        return false;
    }
    *elements = grown;
    *room = more;
    return true;
}

static bool add_item(struct reading *reading, const struct vn_item *item)
{
    void *items = reading->items;
    bool good = grow(&items, sizeof *reading->items, reading->count, &reading->room);
    reading->items = items;
    if (good) {
        reading->items[reading->count++] = *item;
    }
    return good;
}

/* Of the line that comes next. VN_NOMEM. */
static enum vn_status read_aliases(const struct vn_json_in *in, struct reading *reading)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "aliases", VN_OPTIONAL, VN_ALIASES_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        void *aliases = reading->aliases;
        bool good = grow(&aliases, sizeof *reading->aliases, reading->alias_count, &reading->alias_room);
        reading->aliases = aliases;
        if (!good) {
            return VN_NOMEM;
        }
        struct vn_catalogue_alias *alias = &reading->aliases[reading->alias_count++];
        *alias = (struct vn_catalogue_alias){.item = reading->count};
        vn_json_str(&at, NULL, VN_REQUIRED, alias->code, sizeof alias->code);
    }
    return VN_OK;
}

/* `known` says until the end whether the line puts the item in or takes it out. */
static enum vn_status read_item(struct vn_view line, struct reading *reading, struct vn_item *out,
                                struct vn_error *error)
{
    json_t *root = NULL;
    bool gone = false;
    *error = (struct vn_error){VN_OK, "", ""};
    enum vn_status status = vn_papers_check_mark(line, error);
    if (status == VN_OK) {
        status = vn_json_parse(line, &root, error);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    if (!json_is_object(root)) {
        vn_json_fail(&in, NULL, "an object");
    }
    vn_json_bool(&in, "gone", VN_OPTIONAL, &gone);
    vn_item_read(&in, out);
    out->known = !gone;
    status = vn_json_failed(&in) ? VN_OK : read_aliases(&in, reading);
    json_decref(root);
    return status == VN_OK ? error->status : vn_fail(error, status, "out of memory");
}

static enum vn_status read_items(struct vn_view text, struct reading *reading, struct vn_error *error)
{
    struct vn_view line;
    struct vn_item item;
    struct vn_error inner;
    for (size_t number = 1; vn_wire_next_line(&text, &line); number++) {
        if (vn_papers_is_blank(line)) {
            continue;
        }
        enum vn_status status = read_item(line, reading, &item, &inner);
        if (status != VN_OK) {
            (void)vn_fail(error, status, "line %zu: %.200s", number, inner.text);
            memcpy(error->pointer, inner.pointer, sizeof error->pointer);
            return status;
        }
        if (!add_item(reading, &item)) {
            return vn_fail(error, VN_NOMEM, "out of memory");
        }
    }
    return VN_OK;
}

/* By code; of one code in the order of the lines. */
static int before(const void *a, const void *b)
{
    const struct vn_item *one = *(const struct vn_item *const *)a;
    const struct vn_item *two = *(const struct vn_item *const *)b;
    int order = strcmp(one->code, two->code);
    return order != 0 ? order : one < two ? -1 : one > two ? 1 : 0;
}

static int alias_before(const void *a, const void *b)
{
    const struct vn_catalogue_alias *one = a;
    const struct vn_catalogue_alias *two = b;
    int order = strcmp(one->code, two->code);
    return order != 0 ? order : one->item < two->item ? -1 : one->item > two->item;
}

/* Aliases of the lines that count; `place` says where a line's item is, or the number of lines. */
static void settle_aliases(struct reading *reading, const size_t *place, struct vn_catalogue *out)
{
    struct vn_catalogue_alias *aliases = reading->aliases;
    if (reading->alias_count > 0) {
        qsort(aliases, reading->alias_count, sizeof *aliases, alias_before);
    }
    for (size_t i = 0; i < reading->alias_count; i++) {
        size_t item = place[aliases[i].item];
        if (item == reading->count) {
            continue; /* a later line of the item does not name it */
        }
        bool again = out->alias_count > 0 && strcmp(aliases[out->alias_count - 1].code, aliases[i].code) == 0;
        aliases[again ? out->alias_count - 1 : out->alias_count++] = aliases[i];
        aliases[out->alias_count - 1].item = item;
    }
    out->aliases = aliases;
    reading->aliases = NULL;
}

/* Of each code the last line, and only if that puts it in. */
static bool settle(struct reading *reading, struct vn_catalogue *out)
{
    const struct vn_item **order = malloc((reading->count + 1) * sizeof(struct vn_item *));
    size_t *place = malloc((reading->count + 1) * sizeof *place);
    out->items = malloc((reading->count + 1) * sizeof *out->items);
    bool good = order != NULL && place != NULL && out->items != NULL;
    for (size_t i = 0; good && i < reading->count; i++) {
        order[i] = &reading->items[i];
        place[i] = reading->count;
    }
    if (good) {
        qsort(order, reading->count, sizeof(struct vn_item *), before);
    }
    for (size_t i = 0; good && i < reading->count; i++) {
        bool last = i + 1 == reading->count || strcmp(order[i]->code, order[i + 1]->code) != 0;
        if (last && order[i]->known) {
            place[order[i] - reading->items] = out->count;
            out->items[out->count++] = *order[i];
        }
    }
    if (good) {
        settle_aliases(reading, place, out);
    }
    free(order);
    free(place);
    return good;
}

enum vn_status vn_catalogue_read(const char *path, struct vn_catalogue *out, struct vn_error *error)
{
    struct vn_buf text;
    struct reading reading = {.count = 0};
    *out = (struct vn_catalogue){.count = 0};
    enum vn_status status = vn_papers_read(path, VN_CATALOGUE_BYTES_MAX, &text, error);
    if (status == VN_OK) {
        status = read_items(vn_buf_view(&text), &reading, error);
    }
    if (status == VN_OK && !settle(&reading, out)) {
        status = vn_fail(error, VN_NOMEM, "out of memory");
    }
    free(reading.items);
    free(reading.aliases);
    vn_buf_deinit(&text);
    return status;
}

void vn_catalogue_deinit(struct vn_catalogue *catalogue)
{
    free(catalogue->items);
    free(catalogue->aliases);
    *catalogue = (struct vn_catalogue){.count = 0};
}

static int code_order(const void *code, const void *item)
{
    return strcmp(code, ((const struct vn_item *)item)->code);
}

static int alias_order(const void *code, const void *alias)
{
    return strcmp(code, ((const struct vn_catalogue_alias *)alias)->code);
}

const struct vn_item *vn_catalogue_find(const struct vn_catalogue *catalogue, const char *code)
{
    const struct vn_item *item = catalogue->count == 0 ? NULL
                                                       : bsearch(code, catalogue->items, catalogue->count,
                                                                 sizeof *catalogue->items, code_order);
    const struct vn_catalogue_alias *alias = item != NULL || catalogue->alias_count == 0
                                                 ? NULL
                                                 : bsearch(code, catalogue->aliases, catalogue->alias_count,
                                                           sizeof *catalogue->aliases, alias_order);
    return alias != NULL ? &catalogue->items[alias->item] : item;
}
