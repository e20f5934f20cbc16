/* Holds each line of the input against a schema: "<name> <document>" -> "ok", or "no <status> <pointer> <text>". For
 * test_schemas.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/limits.h"
#include "agent/loyalty/rules/schema.h"

static const struct {
    const char *name;
    const struct vn_schema *schema;
} schemas[] = {
    {"basket", &vn_schema_basket},       {"choices", &vn_schema_choices},
    {"coupon", &vn_schema_coupon},       {"item", &vn_schema_item},
    {"member", &vn_schema_member},       {"price-row", &vn_schema_price_row},
    {"promotion", &vn_schema_promotion}, {"ruleset-header", &vn_schema_ruleset_header},
};

static const struct vn_schema *named(const char *name)
{
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        if (strcmp(schemas[i].name, name) == 0) {
            return schemas[i].schema;
        }
    }
    return NULL;
}

static void judge(const struct vn_schema *schema, const char *document)
{
    struct vn_error error;
    json_t *root = NULL;
    if (vn_json_parse(vn_view_str(document), &root, &error) == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &error);
        (void)vn_schema_check(schema, &in);
        json_decref(root);
    }
    if (error.status == VN_OK) {
        (void)puts("ok");
    } else {
        (void)printf("no %s %s %s\n", vn_status_name(error.status), error.pointer, error.text);
    }
}

int main(void)
{
    static char line[VN_ENTRY_MAX];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *space = strchr(line, ' ');
        char *end = strchr(line, '\n');
        if (space == NULL || end == NULL) {
            (void)fputs("schema_lines: a line without a name, or too long\n", stderr);
            return EXIT_FAILURE;
        }
        *space = '\0';
        *end = '\0';
        const struct vn_schema *schema = named(line);
        if (schema == NULL) {
            (void)fprintf(stderr, "schema_lines: no schema %s\n", line);
            return EXIT_FAILURE;
        }
        judge(schema, space + 1);
    }
    return EXIT_SUCCESS;
}
