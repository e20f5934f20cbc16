/* Verbs for branches: what tills handed in when they were enrolled anew. */
#include <stdio.h>

#include "agent/base/limits.h"
#include "sync/hub/cli/cli.h"

static void print_branch(const json_t *branch)
{
    char time[VN_TIME_TEXT_MAX];
    (void)printf("%s  branch %lld of %s (%s), entries %lld to %lld: %lld sales taken, %lld had before, %lld "
                 "of these with other points; %lld points and %lld coupons lost\n",
                 vn_cli_time(branch, "opened_ms", time), vn_cli_number(branch, "branch"),
                 vn_cli_text(branch, "till"), vn_cli_text(branch, "store"), vn_cli_number(branch, "from_seq"),
                 vn_cli_number(branch, "high_seq"), vn_cli_number(branch, "sales"),
                 vn_cli_number(branch, "known"), vn_cli_number(branch, "differing"),
                 vn_cli_number(branch, "lost_points"), vn_cli_number(branch, "lost_coupons"));
}

static void print_list(const json_t *document)
{
    vn_cli_rows(document, "branches", "no branches", print_branch);
}

int vn_cli_branch_list(const struct vn_cli *cli)
{
    return vn_cli_show(cli, "/admin/branches", print_list);
}

static void print_sale(const json_t *sale)
{
    const json_t *key = json_object_get(sale, "sale");
    (void)printf("%s %s %s  %s  earned %lld, spent %lld  %s\n", json_string_value(json_array_get(key, 0)),
                 json_string_value(json_array_get(key, 1)), json_string_value(json_array_get(key, 2)),
                 vn_cli_text(sale, "state"), vn_cli_number(sale, "points_earned"),
                 vn_cli_number(sale, "points_spent"), vn_cli_text(sale, "flags"));
}

static void print_whole(const json_t *branch)
{
    print_branch(branch);
    (void)printf("of enrolment %s%s\n", vn_cli_text(branch, "enrolment"),
                 json_is_true(json_object_get(branch, "enrolment_known")) ? "" : ", which is not known here");
    vn_cli_rows(branch, "taken", "no sales were taken from it", print_sale);
}

int vn_cli_branch_show(const struct vn_cli *cli)
{
    char path[VN_HTTP_TARGET_MAX] = "/admin/branch";
    if (!vn_cli_is_number(cli->args[0])) {
        return vn_cli_wrong("a branch is named by its number, not '%s'", cli->args[0]);
    }
    vn_cli_query(path, "number", cli->args[0]);
    return vn_cli_show(cli, path, print_whole);
}
