#include "sync/hub/service/mark.h"

#include <stdio.h>

#include "sync/hub/core/clock_guard.h"

#define EVERY_MS    1000
#define LISTS_TURNS 5

struct note {
    struct vn_task task; /* first */
    struct vn_mark_keeper *keeper;
    bool lists; /* of what was enrolled and revoked elsewhere, too */
};

static void write_mark(struct vn_mark_keeper *keeper, struct vn_hub *hub)
{
    struct vn_error error = {VN_OK, "", ""};
    int64_t times = 0;
    if (vn_epoch_note(hub, keeper->path, &keeper->noted, &error) == VN_OK) {
        vn_said_worked(&keeper->said);
    } else if (vn_said_failed(&keeper->said, vn_hub_mono_ms(hub), error.text, &times)) {
        vn_log_event(hub->log, VN_LOG_WARN, "mark_not_written", VN_S("reason", error.text),
                     VN_I("times", times));
    }
}

static void run_note(struct vn_task *task, struct vn_hub *hub)
{
    const struct note *note = (struct note *)task;
    write_mark(note->keeper, hub);
    if (note->lists) {
        vn_epoch_note_lists(hub, &note->keeper->lists);
    }
}

static bool note_ended(struct vn_task *task)
{
    ((struct note *)task)->keeper->busy = false;
    return false;
}

static void look_at_clock(struct vn_mark_keeper *keeper)
{
    const struct vn_hub *hub = keeper->service->hub;
    struct vn_clock_view view = vn_clock_guard_look(hub->guard);
    char machine[VN_TIME_TEXT_MAX];
    char known[VN_TIME_TEXT_MAX];
    if (view.doubted == keeper->doubted) {
        return;
    }
    keeper->doubted = view.doubted;
    vn_time_text(view.machine_ms, machine);
    vn_time_text(view.hub_ms, known);
    vn_log_event(hub->log, view.doubted ? VN_LOG_WARN : VN_LOG_NOTICE,
                 view.doubted ? "clock_doubted" : "clock_believed", VN_S("machine", machine),
                 VN_S("hub", known));
}

static void on_timer(uv_timer_t *timer)
{
    struct vn_mark_keeper *keeper = timer->data;
    look_at_clock(keeper);
    struct note *note = keeper->busy ? NULL : vn_task_own(sizeof *note, keeper->service);
    if (note != NULL) {
        keeper->busy = true;
        note->keeper = keeper;
        note->lists = keeper->turns == 0;
        keeper->turns = note->lists ? LISTS_TURNS - 1 : keeper->turns - 1;
        note->task.run = run_note;
        note->task.ended = note_ended;
        vn_task_post(&note->task, VN_LANE_LOOKS);
    }
}

void vn_mark_keeper_start(struct vn_mark_keeper *keeper, struct vn_service *service, const char *path)
{
    *keeper = (struct vn_mark_keeper){.service = service, .turns = LISTS_TURNS};
    (void)snprintf(keeper->path, sizeof keeper->path, "%s", path);
    (void)uv_timer_init(service->loop, &keeper->timer);
    keeper->timer.data = keeper;
    (void)uv_timer_start(&keeper->timer, on_timer, EVERY_MS, EVERY_MS);
}

void vn_mark_keeper_close(struct vn_mark_keeper *keeper)
{
    uv_close((uv_handle_t *)&keeper->timer, NULL);
}

void vn_mark_keeper_finish(struct vn_mark_keeper *keeper)
{
    if (!keeper->service->lost) {
        write_mark(keeper, keeper->service->hub);
    }
}
