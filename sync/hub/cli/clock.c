/* Verbs about the clock that the hub goes by (clock_guard.h). A hub that runs is asked; of one that does not, the mark tells when
 * it last ran. */
#include <stdio.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "sync/hub/cli/cli.h"
#include "sync/hub/core/clock_guard.h"
#include "sync/hub/core/mark.h"

/* VN_ABSENT: the hub of this folder never ran, or is of a version that did not write down when. */
static enum vn_status read_mark(const struct vn_cli *cli, char path[VN_PATH_MAX], struct vn_mark *mark,
                                struct vn_error *error)
{
    enum vn_status status = vn_file_path(cli->dir, "mark", path, error);
    if (status == VN_OK) {
        status = vn_mark_read(path, mark, error);
    }
    return status == VN_OK && mark->time_ms == 0 ? VN_ABSENT : status;
}

static struct vn_clock_view look_at_mark(const struct vn_mark *mark)
{
    const struct vn_clock clock = vn_clock_system();
    struct vn_clock_guard guard;
    vn_clock_guard_init(&guard, clock, mark->time_ms);
    return vn_clock_guard_look(&guard);
}

enum vn_status vn_cli_clock_check(const struct vn_cli *cli, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    char machine[VN_TIME_TEXT_MAX];
    char known[VN_TIME_TEXT_MAX];
    struct vn_mark mark;
    enum vn_status status = read_mark(cli, path, &mark, error);
    if (status == VN_ABSENT || status == VN_INPUT) {
        return VN_OK; /* nothing is known, as it is in a folder that was set up anew */
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_clock_view view = look_at_mark(&mark);
    if (!view.doubted) {
        return VN_OK;
    }
    vn_time_text(view.machine_ms, machine);
    vn_time_text(mark.time_ms, known);
    return vn_fail(
        error, VN_DENIED,
        "certificates would get wrong dates: this machine's clock says %s, and the hub last ran at "
        "%s; set the clock, or if it is right: verno-hub clock accept",
        machine, known);
}

static int say(const struct vn_cli *cli, json_t *out)
{
    char machine[VN_TIME_TEXT_MAX];
    char known[VN_TIME_TEXT_MAX];
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    vn_time_text(json_integer_value(json_object_get(out, "machine_ms")), machine);
    vn_time_text(json_integer_value(json_object_get(out, "hub_ms")), known);
    if (json_is_true(json_object_get(out, "doubted"))) {
        (void)printf("the machine's clock says %s, the hub goes by %s: set the clock, or if it is right:\n"
                     "verno-hub clock accept\n",
                     machine, known);
    } else {
        (void)printf("the hub goes by the machine's clock: %s\n", machine);
    }
    json_decref(out);
    return 0;
}

int vn_cli_clock_show(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = NULL;
    return vn_cli_call(cli, "GET", "/admin/clock", VN_VIEW_NONE, &out, &error) == VN_OK
               ? say(cli, out)
               : vn_cli_failed(&error);
}

/* For a hub that does not run. */
static int accept_in_mark(const struct vn_cli *cli)
{
    const struct vn_clock clock = vn_clock_system();
    char path[VN_PATH_MAX];
    struct vn_mark mark;
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = read_mark(cli, path, &mark, &error);
    mark.time_ms = vn_clock_wall_ms(&clock);
    if (status == VN_OK) {
        status = vn_mark_write(path, &mark, &error);
    } else if (status == VN_ABSENT) {
        (void)vn_fail(&error, status,
                      "no hub ran in %s yet, so there is nothing that a clock could be held against",
                      cli->dir);
    }
    return status == VN_OK ? say(cli, json_pack("{s:I, s:I, s:b}", "machine_ms", (json_int_t)mark.time_ms,
                                                "hub_ms", (json_int_t)mark.time_ms, "doubted", 0))
                           : vn_cli_failed(&error);
}

int vn_cli_clock_accept(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = NULL;
    enum vn_status status = vn_cli_call(cli, "POST", "/admin/clock", VN_VIEW_NONE, &out, &error);
    if (status == VN_GONE) {
        return accept_in_mark(cli);
    }
    return status == VN_OK ? say(cli, out) : vn_cli_failed(&error);
}
