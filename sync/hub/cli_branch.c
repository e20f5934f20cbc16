/* Verbs for branches: what tills handed in when they were enrolled anew. */
#include <stdio.h>

#include "agent/base/clock.h"
#include "agent/base/limits.h"
#include "sync/hub/cli.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void print_branch(const json_t *branch)
{
    char time[VN_TIME_TEXT_MAX];
    vn_time_text(number_of(branch, "opened_ms"), time);
    (void)printf("%s  branch %lld of %s (%s), entries %lld to %lld: %lld sales taken, %lld had before, %lld "
                 "of these with other points; %lld points and %lld coupons lost\n",
                 time, number_of(branch, "branch"), text_of(branch, "till"), text_of(branch, "store"),
                 number_of(branch, "from_seq"), number_of(branch, "high_seq"), number_of(branch, "sales"),
                 number_of(branch, "known"), number_of(branch, "differing"), number_of(branch, "lost_points"),
                 number_of(branch, "lost_coupons"));
}

int vn_cli_branch_list(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = NULL;
    size_t i = 0;
    json_t *branch = NULL;
    if (vn_cli_call(cli, "GET", "/admin/branches", VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    json_array_foreach(json_object_get(out, "branches"), i, branch)
    {
        print_branch(branch);
    }
    json_decref(out);
    return 0;
}

int vn_cli_branch_show(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_HTTP_TARGET_MAX];
    json_t *out = NULL;
    size_t i = 0;
    json_t *sale = NULL;
    int len = snprintf(path, sizeof path, "/admin/branch?number=");
    (void)vn_cli_escape(path + len, sizeof path - (size_t)len, cli->args[0]);
    if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    print_branch(out);
    (void)printf("of enrolment %s%s\n", text_of(out, "enrolment"),
                 json_is_true(json_object_get(out, "enrolment_known")) ? "" : ", which is not known here");
    json_array_foreach(json_object_get(out, "taken"), i, sale)
    {
        const json_t *key = json_object_get(sale, "sale");
        (void)printf("%s %s %s  %s  earned %lld, spent %lld  %s\n", json_string_value(json_array_get(key, 0)),
                     json_string_value(json_array_get(key, 1)), json_string_value(json_array_get(key, 2)),
                     text_of(sale, "state"), number_of(sale, "points_earned"),
                     number_of(sale, "points_spent"), text_of(sale, "flags"));
    }
    json_decref(out);
    return 0;
}
