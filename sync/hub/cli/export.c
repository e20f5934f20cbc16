/* Exports: lines on stdout that the imports take back. A page a request, so that neither end holds all of it. */
#include <stdio.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/limits.h"
#include "sync/hub/cli/cli.h"

#define SAY_NS    1000000000
#define AFTER_MAX 80 /* the key of a page's last row */

struct export
{
    const struct vn_cli *cli;
    const char *kind;
    long long lines;
    int64_t said_ns;
};

/* Progress, where somebody looks. */
static void say(struct export *export)
{
    struct vn_clock clock = vn_clock_system();
    int64_t now_ns = vn_clock_mono_ns(&clock);
    if (isatty(STDERR_FILENO) != 0 && now_ns - export->said_ns > SAY_NS) {
        export->said_ns = now_ns;
        (void)fprintf(stderr, "%s: %lld lines\n", export->kind, export->lines);
    }
}

/* Prints the page and writes the key of the next one, "" at the end. */
static int print_page(struct export *export, const json_t *page, char after[AFTER_MAX])
{
    size_t i = 0;
    json_t *row = NULL;
    bool written = true;
    const char *next = json_string_value(json_object_get(page, "next"));
    json_array_foreach(json_object_get(page, "rows"), i, row)
    {
        if (!vn_cli_write_json(row) || putchar('\n') == EOF) {
            written = false;
            break;
        }
        export->lines++;
    }
    (void)snprintf(after, AFTER_MAX, "%s", next == NULL ? "" : next);
    if (!written || ferror(stdout) != 0 || (next == NULL && fflush(stdout) != 0)) {
        (void)fprintf(stderr, "verno-hub: what was exported can't be written; lines before that: %lld\n",
                      export->lines);
        return 1;
    }
    say(export);
    return 0;
}

static int export_all(const struct vn_cli *cli, const char *kind)
{
    struct vn_clock clock = vn_clock_system();
    struct vn_error error = {VN_OK, "", ""};
    struct export export = {.cli = cli, .kind = kind, .said_ns = vn_clock_mono_ns(&clock)};
    char after[AFTER_MAX] = "";
    char path[VN_HTTP_TARGET_MAX];
    int code = 0;
    do {
        json_t *page = NULL;
        int len = snprintf(path, sizeof path, "/admin/export/%s?after=", kind);
        (void)vn_cli_escape(path + len, sizeof path - (size_t)len, after);
        if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &page, &error) != VN_OK) {
            return vn_cli_failed(&error);
        }
        code = print_page(&export, page, after);
        json_decref(page);
    } while (code == 0 && after[0] != '\0');
    return code;
}

int vn_cli_export_catalogue(const struct vn_cli *cli)
{
    return export_all(cli, "catalogue");
}

int vn_cli_export_members(const struct vn_cli *cli)
{
    return export_all(cli, "members");
}

int vn_cli_export_coupons(const struct vn_cli *cli)
{
    return export_all(cli, "coupons");
}

int vn_cli_export_cards(const struct vn_cli *cli)
{
    return export_all(cli, "cards");
}
