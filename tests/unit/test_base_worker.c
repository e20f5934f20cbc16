#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <cmocka.h>

#include "agent/base/limits.h"
#include "agent/base/worker.h"

#define JOBS 200

struct world {
    uv_loop_t loop;
    struct vn_worker *worker;
    uv_thread_t loop_thread;
    uv_sem_t gate; /* a job that has `waits` set begins when it is opened */
    int order;     /* what the worker alone owns */
    int done;
    bool wrong_thread;
    bool destroy_in_done;
    int again; /* how often a job is posted anew from its done */
};

struct task {
    struct vn_job job; /* first */
    struct world *world;
    int number;
    int ran_as;
    bool waits;
    bool opens; /* the gate, for another that waits */
    bool joins; /* what is next in its lane, as much as there is */
    bool is_done;
};

static bool on_loop(struct world *world)
{
    uv_thread_t self = uv_thread_self();
    return uv_thread_equal(&self, &world->loop_thread) != 0;
}

static void run(struct vn_job *job, void *owned)
{
    struct task *task = (struct task *)job;
    int *order = owned;
    if (task->waits) {
        uv_sem_wait(&task->world->gate);
    }
    if (task->opens) {
        uv_sem_post(&task->world->gate);
        return;
    }
    task->world->wrong_thread = task->world->wrong_thread || on_loop(task->world);
    task->ran_as = (*order)++;
    while (task->joins && vn_worker_join(task->world->worker, job) != NULL) {
    }
}

static void done(struct vn_job *job)
{
    struct task *task = (struct task *)job;
    struct world *world = task->world;
    world->wrong_thread = world->wrong_thread || !on_loop(world);
    task->is_done = true;
    world->done++;
    if (world->again > 0) {
        world->again--;
        task->is_done = false;
        assert_int_equal(vn_worker_post(world->worker, job), VN_OK);
    } else if (world->destroy_in_done) {
        world->destroy_in_done = false;
        vn_worker_destroy(world->worker);
        world->worker = NULL;
    }
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL || uv_loop_init(&world->loop) != 0 || uv_sem_init(&world->gate, 0) != 0) {
        free(world);
        return -1;
    }
    world->loop_thread = uv_thread_self();
    *state = world;
    return vn_worker_create(&world->loop, &world->order, &world->worker) == VN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct world *world = *state;
    vn_worker_destroy(world->worker);
    while (uv_run(&world->loop, UV_RUN_DEFAULT) != 0) {
    }
    int busy = uv_loop_close(&world->loop);
    uv_sem_destroy(&world->gate);
    free(world);
    return busy;
}

static void init_tasks(struct world *world, struct task *tasks, int count)
{
    memset(tasks, 0, sizeof *tasks * (size_t)count);
    for (int i = 0; i < count; i++) {
        tasks[i].job = (struct vn_job){.run = run, .done = done};
        tasks[i].world = world;
        tasks[i].number = i;
        tasks[i].ran_as = -1;
    }
}

static void run_until_done(struct world *world, int count)
{
    while (world->done < count) {
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    }
}

static void test_jobs_run_in_order_on_the_workers_thread_and_end_on_the_loops(void **state)
{
    struct world *world = *state;
    struct task tasks[JOBS];
    init_tasks(world, tasks, JOBS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(vn_worker_post(world->worker, &tasks[i].job), VN_OK);
    }
    run_until_done(world, JOBS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(tasks[i].ran_as, i);
        assert_true(tasks[i].is_done);
    }
    assert_false(world->wrong_thread);
}

static void test_a_full_queue_refuses_and_the_job_stays_the_callers(void **state)
{
    struct world *world = *state;
    static struct task tasks[VN_WORKER_QUEUE_MAX + 3];
    int posted = 0;
    init_tasks(world, tasks, VN_WORKER_QUEUE_MAX + 3);
    tasks[0].waits = true;
    while (posted < VN_WORKER_QUEUE_MAX + 2 && vn_worker_post(world->worker, &tasks[posted].job) == VN_OK) {
        posted++;
    }
    /* one more when the thread has taken the first already */
    assert_in_range(posted, VN_WORKER_QUEUE_MAX, VN_WORKER_QUEUE_MAX + 1);
    uv_sem_post(&world->gate);
    run_until_done(world, posted);
    assert_int_equal(tasks[posted].ran_as, -1);
    assert_int_equal(vn_worker_post(world->worker, &tasks[posted].job), VN_OK);
    run_until_done(world, posted + 1);
}

static void test_a_done_may_post_its_job_again(void **state)
{
    struct world *world = *state;
    struct task task;
    init_tasks(world, &task, 1);
    world->again = 5;
    assert_int_equal(vn_worker_post(world->worker, &task.job), VN_OK);
    run_until_done(world, 6);
    assert_int_equal(task.ran_as, 5);
}

static void test_destroy_runs_and_ends_what_was_queued(void **state)
{
    struct world *world = *state;
    struct task tasks[JOBS];
    init_tasks(world, tasks, JOBS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(vn_worker_post(world->worker, &tasks[i].job), VN_OK);
    }
    vn_worker_destroy(world->worker);
    world->worker = NULL;
    assert_int_equal(world->done, JOBS);
    assert_int_equal(world->order, JOBS);
}

static void test_a_done_may_destroy_the_worker(void **state)
{
    struct world *world = *state;
    struct task tasks[8];
    init_tasks(world, tasks, 8);
    world->destroy_in_done = true;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(vn_worker_post(world->worker, &tasks[i].job), VN_OK);
    }
    run_until_done(world, 8);
    assert_null(world->worker);
}

static void test_a_job_posted_while_destroying_is_left_to_its_caller(void **state)
{
    struct world *world = *state;
    struct task task;
    init_tasks(world, &task, 1);
    world->again = 1;
    assert_int_equal(vn_worker_post(world->worker, &task.job), VN_OK);
    vn_worker_destroy(world->worker);
    world->worker = NULL;
    assert_int_equal(world->done, 1);
    assert_int_equal(world->order, 1);
    assert_false(task.is_done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Posts them while the thread is held by one that waits, then lets it go. */
static void post_behind_one(struct world *world, struct task *held, struct task *tasks, const unsigned *lanes,
                            int count)
{
    init_tasks(world, held, 1);
    held->waits = true;
    assert_int_equal(vn_worker_post(world->worker, &held->job), VN_OK);
    for (int i = 0; i < count; i++) {
        assert_int_equal(vn_worker_post_lane(world->worker, &tasks[i].job, lanes[i]), VN_OK);
    }
    uv_sem_post(&world->gate);
    run_until_done(world, count + 1);
}

static void test_the_first_lane_goes_first(void **state)
{
    struct world *world = *state;
    const unsigned lanes[] = {3, 1, 2, 0, 0};
    const int order[] = {5, 3, 4, 1, 2};
    struct task held;
    struct task tasks[5];
    init_tasks(world, tasks, 5);
    post_behind_one(world, &held, tasks, lanes, 5);
    assert_int_equal(held.ran_as, 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(tasks[i].ran_as, order[i]);
    }
}

static void test_a_lane_that_is_passed_over_gets_its_turn(void **state)
{
    struct world *world = *state;
    enum { COUNT = 3 * VN_WORKER_PASSES_MAX };
    struct task held;
    struct task tasks[COUNT + 1];
    unsigned lanes[COUNT + 1] = {2};
    init_tasks(world, tasks, COUNT + 1);
    post_behind_one(world, &held, tasks, lanes, COUNT + 1);
    assert_in_range(tasks[0].ran_as, VN_WORKER_PASSES_MAX - 1, VN_WORKER_PASSES_MAX + 1);
    assert_true(tasks[COUNT].ran_as > tasks[0].ran_as);
}

static void test_a_job_takes_along_what_waits_in_its_lane(void **state)
{
    struct world *world = *state;
    const unsigned lanes[] = {0, 0, 1, 0};
    struct task held;
    struct task tasks[4];
    init_tasks(world, tasks, 4);
    tasks[0].joins = true;
    post_behind_one(world, &held, tasks, lanes, 4);
    assert_int_equal(tasks[0].ran_as, 1);
    assert_int_equal(tasks[1].ran_as, -1);
    assert_int_equal(tasks[2].ran_as, 2);
    assert_int_equal(tasks[3].ran_as, -1);
    for (int i = 0; i < 4; i++) {
        assert_true(tasks[i].is_done);
    }
}

static void test_a_pool_runs_jobs_side_by_side(void **state)
{
    struct world *world = *state;
    const struct vn_worker_options options = {.threads = 2, .queue_max = 2};
    struct vn_worker *pool = NULL;
    struct task tasks[2];
    init_tasks(world, tasks, 2);
    tasks[0].waits = true; /* for ever, on one thread */
    tasks[1].opens = true;
    assert_int_equal(vn_worker_create_with(&world->loop, &world->order, &options, &pool), VN_OK);
    assert_int_equal(vn_worker_post(pool, &tasks[0].job), VN_OK);
    assert_int_equal(vn_worker_post(pool, &tasks[1].job), VN_OK);
    run_until_done(world, 2);
    vn_worker_destroy(pool);
    const struct vn_worker_options none = {.threads = 0, .queue_max = 2};
    assert_int_equal(vn_worker_create_with(&world->loop, NULL, &none, &pool), VN_ARG);
}

struct named {
    struct vn_job job;
    char name[16];
    bool done;
};

static void read_name(struct vn_job *job, void *owned)
{
    (void)owned;
    (void)prctl(PR_GET_NAME, ((struct named *)job)->name);
}

static void read_done(struct vn_job *job)
{
    ((struct named *)job)->done = true;
}

static void test_a_thread_has_the_name_that_it_was_given(void **state)
{
    struct world *world = *state;
    const struct vn_worker_options options = {.threads = 1, .queue_max = 2, .name = "a name that is cut"};
    struct vn_worker *worker = NULL;
    struct named named = {.job = {.run = read_name, .done = read_done}};
    assert_int_equal(vn_worker_create_with(&world->loop, NULL, &options, &worker), VN_OK);
    assert_int_equal(vn_worker_post(worker, &named.job), VN_OK);
    vn_worker_destroy(worker);
    assert_true(named.done);
    assert_string_equal(named.name, "a name that is ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_jobs_run_in_order_on_the_workers_thread_and_end_on_the_loops),
        TEST(test_a_full_queue_refuses_and_the_job_stays_the_callers),
        TEST(test_a_done_may_post_its_job_again),
        TEST(test_destroy_runs_and_ends_what_was_queued),
        TEST(test_a_done_may_destroy_the_worker),
        TEST(test_a_job_posted_while_destroying_is_left_to_its_caller),
        TEST(test_the_first_lane_goes_first),
        TEST(test_a_lane_that_is_passed_over_gets_its_turn),
        TEST(test_a_job_takes_along_what_waits_in_its_lane),
        TEST(test_a_pool_runs_jobs_side_by_side),
        TEST(test_a_thread_has_the_name_that_it_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
