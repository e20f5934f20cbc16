#define _GNU_SOURCE /* memfd_create */
#include "tests/sim/world/machine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/app/agent.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/store/claim.h"
#include "sync/hub/app/run.h"
#include "sync/hub/core/hub.h"
#include "tests/sim/disks.h"
#include "tests/sim/world/caller.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"

#define AGAIN_MS           2000 /* systemd's pause before it starts a program again, */
#define ADMIN_FAILURES_MAX 450  /* in a day, about */
#define ADMIN_PAUSE_MS     600000
#define STEPS_MAX          5 /* which it doubles so often when it ends by itself again and again */

/* --- the disk -------------------------------------------------------------------------------------------------- */

static int judge(void *ctx, struct disk *disk, const struct disk_call *call)
{
    struct sim_machine *machine = ctx;
    if (call->kind == DISK_OPEN || call->kind == DISK_READ || call->kind == DISK_SHM ||
        disk_is_frozen(disk)) {
        return 0;
    }
    machine->writes++;
    if (machine->there && machine->crash_in > 0 &&
        --machine->crash_in == 0) { /* NOLINT(bugprone-inc-dec-in-conditions) */
        disk_freeze(disk);
        sim_machine_crash(machine, machine->crash_pause_ms);
        return 0;
    }
    if (call->kind == DISK_SYNC && machine->sync_us > 0 && sim_self() != NULL) {
        sim_sleep(sim_between(1, machine->sync_us) * 1000);
    }
    return 0;
}

void sim_machine_init(struct sim_machine *machine, struct disks *disks, const char *logs, const char *name,
                      bool is_hub)
{
    char path[VN_PATH_MAX];
    unsigned store = 0;
    unsigned till = 0;
    memset(machine, 0, sizeof *machine);
    machine->disk_seed = sim_draw(UINT64_MAX);
    machine->disk_random = vn_random_seeded(&machine->disk_seed);
    machine->disk = disk_create(&machine->disk_random);
    disk_judge_by(machine->disk, judge, machine);
    (void)snprintf(machine->name, sizeof machine->name, "%s", name);
    (void)snprintf(machine->host, sizeof machine->host, "%s", is_hub ? SIM_HUB_HOST : name);
    /* NOLINTNEXTLINE(cert-err34-c): names are ours; tills know each other by addresses */
    if (sscanf(name, "s%ut%u", &store, &till) == 2) {
        (void)snprintf(machine->host, sizeof machine->host, "10.0.%u.%u", store, till);
    }
    (void)snprintf(machine->root, sizeof machine->root, "/simdisk/%s", name);
    (void)snprintf(machine->dir, sizeof machine->dir, "/simdisk/%s/%s", name, is_hub ? "hub" : "none");
    (void)snprintf(machine->socket, sizeof machine->socket, "/simdisk/%s/%s.sock", name,
                   is_hub ? "hub/admin" : "pos");
    (void)snprintf(path, sizeof path, "%.200s/%s.log", logs == NULL ? "" : logs, name);
    disks_mount(disks, machine->root, machine->disk);
    machine->is_hub = is_hub;
    machine->log_fd = logs == NULL ? memfd_create(name, MFD_CLOEXEC)
                                   : open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

void sim_machine_deinit(struct sim_machine *machine)
{
    (void)close(machine->log_fd);
    disk_destroy(machine->image);
    disk_destroy(machine->disk);
}

void sim_machine_read_log(const struct sim_machine *machine)
{
    struct stat info;
    if (fstat(machine->log_fd, &info) != 0 || info.st_size == 0) {
        return;
    }
    char *text = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, machine->log_fd, 0);
    if (text != MAP_FAILED) {
        sim_cover_log(machine->is_hub ? "hub" : "till", text, (uint64_t)info.st_size);
        (void)munmap(text, (size_t)info.st_size);
    }
}

/* --- the programs ------------------------------------------------------------------------------------------ */

static void hub_main(void *arg)
{
    struct sim_machine *hub = arg;
    struct vn_error error = {VN_OK, "", ""};
    struct sim_proc *proc = sim_self_proc();
    const struct vn_run_options options = {
        .dir = hub->dir,
        .listen = {"0.0.0.0", SIM_HUB_PORT},
        .world = {sim_proc_clock(proc), sim_proc_random(proc), hub->log_fd}};
    enum vn_status status = vn_hub_run(&options, &error);
    if (status != VN_OK) {
        (void)snprintf(hub->last_error, sizeof hub->last_error, "%s", error.text);
    }
}

/* As main() of agent/app/main.c. */
static void till_main(void *arg)
{
    struct sim_machine *till = arg;
    struct sim_proc *proc = sim_self_proc();
    struct vn_error error = {VN_OK, "", ""};
    struct vn_app_config config;
    struct vn_agent *agent = NULL;
    char path[VN_PATH_MAX];
    uv_loop_t loop;
    int claim = -1;
    struct vn_log *log = vn_log_create(till->log_fd, VN_LOG_INFO, VN_LOG_TEXT, sim_proc_clock(proc));
    (void)uv_loop_init(&loop);
    (void)snprintf(path, sizeof path, "%.240s/agent.conf", till->dir);
    enum vn_status status = vn_app_config_load(path, &config, &error);
    (void)snprintf(config.socket, sizeof config.socket, "%s",
                   till->socket); /* the same for all its enrolments */
    if (status == VN_OK) {
        status = vn_claim_folder(till->dir, &claim, &error);
    }
    if (status == VN_OK) {
        const struct vn_agent_world world = {&loop, sim_proc_clock(proc), sim_proc_random(proc), log};
        status = vn_agent_create(&world, till->dir, &config, &agent, &error);
    }
    if (status == VN_OK) {
        till->loop = &loop;
        (void)uv_run(&loop, UV_RUN_DEFAULT);
        till->loop = NULL;
        if (vn_agent_failed(agent)) {
            (void)snprintf(till->last_error, sizeof till->last_error,
                           "the disk failed, or a file is damaged");
        }
    } else {
        (void)snprintf(till->last_error, sizeof till->last_error, "%s", error.text);
    }
    vn_agent_destroy(agent);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0) {
        (void)fprintf(stderr, "sim: %s leaves its loop open\n", till->name);
        abort();
    }
    vn_claim_release(claim);
    vn_log_destroy(log);
}

/* --- their life ---------------------------------------------------------------------------------------------- */

static void begin(struct sim_machine *machine);

static void again(void *arg)
{
    struct sim_machine *machine = arg;
    if (machine->wanted && !machine->there && !machine->enrolling) {
        begin(machine);
    }
}

static void program(void *arg)
{
    struct sim_machine *machine = arg;
    machine->last_error[0] = '\0';
    if (machine->is_hub) {
        hub_main(machine);
    } else {
        till_main(machine);
    }
    if (sim_proc_crashed(sim_self_proc())) {
        return;
    }
    machine->there = false;
    machine->fails_in_row = machine->last_error[0] == '\0' ? 0 : machine->fails_in_row + 1;
    if (machine->last_error[0] != '\0') {
        machine->failures++;
        sim_story(machine->name, "ended: %s", machine->last_error);
    } else {
        sim_story(machine->name, "ended");
    }
    if (machine->wanted) {
        unsigned steps = machine->fails_in_row < STEPS_MAX ? machine->fails_in_row : STEPS_MAX;
        sim_after(((int64_t)AGAIN_MS << steps) * SIM_MS, again, machine);
    }
}

static void begin(struct sim_machine *machine)
{
    machine->there = true;
    machine->starts++;
    machine->proc = sim_proc_create(machine->name, machine->host);
    sim_proc_set_skew(machine->proc, machine->skew_ms);
    (void)sim_spawn(machine->proc, program, machine);
    sim_story(machine->name, "started");
}

void sim_machine_start(struct sim_machine *machine)
{
    machine->wanted = true;
    again(machine);
}

static void ask_to_end(void *arg)
{
    struct sim_machine *machine = arg;
    if (machine->is_hub) {
        sim_signal(machine->proc, SIGTERM);
    } else if (machine->loop != NULL) {
        uv_stop(machine->loop);
    }
}

void sim_machine_stop(struct sim_machine *machine)
{
    machine->wanted = false;
    if (machine->there) {
        ask_to_end(machine);
    }
}

struct pause {
    struct sim_machine *machine;
    int64_t pause_ms;
};

static void buried(void *arg)
{
    struct pause *pause = arg;
    struct sim_machine *machine = pause->machine;
    machine->there = false;
    if (machine->set_back) {
        disk_restore(machine->disk, machine->image);
        disk_set_room(machine->disk,
                      DISK_UNLIMITED); /* the image may be of when it was full, and nobody would make room */
        machine->set_back = false;
    } else {
        disk_crash(machine->disk, &machine->disk_random, sim_chance(5000) ? &disk_mixes : &disk_mixes_names);
    }
    machine->crash_in = 0;
    if (pause->pause_ms >= 0) {
        machine->wanted = true;
        sim_after(pause->pause_ms * SIM_MS, again, machine);
    }
    free(pause);
}

static void ask_crashed(void *arg)
{
    ask_to_end(((struct pause *)arg)->machine);
}

void sim_machine_crash(struct sim_machine *machine, int64_t pause_ms)
{
    if (!machine->there || sim_proc_crashed(machine->proc)) {
        return;
    }
    struct pause *pause = malloc(sizeof *pause);
    if (pause == NULL) {
        abort();
    }
    *pause = (struct pause){machine, machine->wanted ? pause_ms : -1};
    machine->wanted = false;
    machine->crashes++;
    disk_freeze(machine->disk);
    if (!machine->set_back) {
        sim_cover(machine->is_hub ? "hub: lost power" : "till: lost power");
    }
    sim_story(machine->name, "crashed");
    sim_proc_crash(machine->proc, ask_crashed, buried, pause);
}

void sim_machine_take_image(struct sim_machine *machine)
{
    if (!disk_is_frozen(machine->disk)) {
        disk_destroy(machine->image);
        machine->image = disk_clone(machine->disk);
        machine->image_ns = sim_now_ns();
    }
}

void sim_machine_set_back(struct sim_machine *machine, int64_t pause_ms)
{
    if (machine->there && !sim_proc_crashed(machine->proc) && machine->image != NULL) {
        machine->set_back = true;
        machine->put_back = true;
        sim_machine_crash(machine, pause_ms);
        sim_story(machine->name, "its disk is set back");
    }
}

void sim_machine_set_clock(struct sim_machine *machine, int64_t skew_ms)
{
    machine->skew_ms = skew_ms;
    if (machine->proc != NULL) {
        sim_proc_set_skew(machine->proc, skew_ms);
    }
    sim_story(machine->name, "its clock is wrong by %lld s", (long long)(skew_ms / 1000));
}

/* --- the hub's folder and its operator --------------------------------------------------------------------- */

void sim_hub_make(struct sim_machine *hub)
{
    static const char *const hosts[] = {SIM_HUB_HOST};
    const struct vn_hub_plan plan = {.dir = hub->dir, .name = "Simulated", .hosts = hosts, .host_count = 1};
    struct vn_error error = {VN_OK, "", ""};
    struct sim_proc *proc = sim_self_proc();
    if (vn_hub_init(&plan, sim_proc_clock(proc), sim_proc_random(proc), &error) != VN_OK) {
        (void)fprintf(stderr, "sim: %s\n", error.text);
        abort();
    }
}

json_t *sim_admin(const struct sim_machine *hub, const char *method, const char *path, const char *text)
{
    struct sim_caller caller;
    json_t *reply = NULL;
    const struct vn_http_target target = {.socket_path = hub->socket, .label = "the hub"};
    int64_t pause_ms = 1000;
    unsigned failures = 0;
    sim_caller_open(&caller, &target);
    for (;;) {
        struct vn_error error;
        int http = sim_caller_ask(&caller, method, path, vn_view_str(text), 60000);
        if (http == 200 && vn_json_parse(vn_buf_view(&caller.reply), &reply, &error) == VN_OK) {
            break;
        }
        if (http >= 400 && http < 500) {
            sim_story("operator", "%s is refused: %.*s", path, (int)caller.reply.len,
                      (const char *)caller.reply.data);
            break;
        }
        failures += http >= 500 ? 1 : 0; /* it is there, and can't */
        if (failures == ADMIN_FAILURES_MAX) {
            sim_story("operator", "%s fails again and again: HTTP %d", path, http);
            break;
        }
        sim_sleep(pause_ms * SIM_MS);
        pause_ms += pause_ms < ADMIN_PAUSE_MS ? pause_ms / 50 : 0; /* it may be away for months */
    }
    sim_caller_close(&caller);
    return reply;
}
