/* Sales that are taken back at tills that lack them: by what was stored, once, and when the sale is there. */
#include "tests/unit/hub_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/quarantine.h"

/* Two lines of 100.00; 40 points earned; 60 of a right spent, as a discount of the first line. */
#define BASKET                                                                                               \
    "\"basket\":{\"sale\":{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"1\"},\"lines\":["             \
    "{\"id\":1,\"code\":\"a\",\"qty_milli\":1000,\"amount_minor\":10000},"                                   \
    "{\"id\":2,\"code\":\"b\",\"qty_milli\":1000,\"amount_minor\":10000}]},"
#define OUTCOME                                                                                              \
    "\"outcome\":{\"engine\":2,\"total_minor\":20000,\"discount_minor\":6000,\"payable_minor\":14000,"       \
    "\"points_earned\":40,\"points_spent\":60,\"points_value_minor\":6000,"                                  \
    "\"consumptions\":[{\"account\":\"w1\",\"amount\":60}],"                                                 \
    "\"applications\":[{\"promotion\":\"\",\"stage\":\"points\",\"line\":1,\"discount_minor\":6000,"         \
    "\"qty_milli\":1000}],\"lines\":["                                                                       \
    "{\"id\":1,\"discount_minor\":6000,\"payable_minor\":4000,\"qty_milli\":1000,\"list_minor\":10000,"      \
    "\"earn_minor\":4000},"                                                                                  \
    "{\"id\":2,\"payable_minor\":10000,\"qty_milli\":1000,\"list_minor\":10000,\"earn_minor\":10000}]}"

/* The same, and nothing earned. */
#define SPENT                                                                                                \
    "\"outcome\":{\"engine\":2,\"total_minor\":20000,\"discount_minor\":6000,\"payable_minor\":14000,"       \
    "\"points_spent\":60,\"points_value_minor\":6000,"                                                       \
    "\"consumptions\":[{\"account\":\"w1\",\"amount\":60}],"                                                 \
    "\"applications\":[{\"promotion\":\"\",\"stage\":\"points\",\"line\":1,\"discount_minor\":6000,"         \
    "\"qty_milli\":1000}],\"lines\":["                                                                       \
    "{\"id\":1,\"discount_minor\":6000,\"payable_minor\":4000,\"qty_milli\":1000,\"list_minor\":10000},"     \
    "{\"id\":2,\"payable_minor\":10000,\"qty_milli\":1000,\"list_minor\":10000}]}"

/* The same two lines, nothing spent. */
#define EARNED                                                                                               \
    "\"outcome\":{\"engine\":2,\"total_minor\":20000,\"discount_minor\":0,\"payable_minor\":20000,"          \
    "\"points_earned\":40,\"lines\":["                                                                       \
    "{\"id\":1,\"payable_minor\":10000,\"qty_milli\":1000,\"list_minor\":10000,\"earn_minor\":10000},"       \
    "{\"id\":2,\"payable_minor\":10000,\"qty_milli\":1000,\"list_minor\":10000,\"earn_minor\":10000}]}"

static void append(struct world_till *till, const char *kind, const char *account, const char *rights,
                   const char *body)
{
    char text[4096];
    (void)snprintf(text, sizeof text,
                   "{\"v\":1,\"kind\":\"%s\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"1\"],"
                   "\"account\":\"%s\",\"points\":%d%s,\"body\":{%s}}",
                   kind, (long long)till->world->now_ms, account, strcmp(kind, "commit") == 0 ? -20 : 0,
                   rights, body);
    world_append_raw(till, text);
}

static void append_commit(struct world_till *till)
{
    append(till, "commit", "w1",
           ",\"rights\":[{\"account\":\"w1\",\"granted\":100,\"in\":0,\"out\":60,\"move\":60}]",
           BASKET OUTCOME);
}

static void append_void(struct world_till *till)
{
    append(till, "void", "", "", "\"elsewhere\":true");
}

static void append_lines(struct world_till *till, int line)
{
    char body[128];
    (void)snprintf(body, sizeof body,
                   "\"receipt\":[\"2\",\"2026-11-22\",\"9\"],\"lines\":[{\"id\":%d,\"qty_milli\":1000}]",
                   line);
    append(till, "return", "", "", body);
}

/* Its own void gives itself a right again: counters of `account`, as the till has them after it. */
static void append_raise(struct world_till *till, const char *account, int in, int move)
{
    bool wallet = strcmp(account, "w1") == 0;
    char rights[160];
    (void)snprintf(rights, sizeof rights,
                   ",\"rights\":[{\"account\":\"%s\",\"granted\":%d,\"in\":%d,\"out\":%d,\"move\":%d}]",
                   account, wallet ? 100 : 0, in, wallet ? 60 : 0, move);
    append(till, "void", "w1", rights, "");
}

static void append_own_void(struct world_till *till)
{
    append_raise(till, "w1", 60, 60);
}

struct tills {
    struct world *world;
    struct world_till sale, second, third;
};

/* Till t1 sold 200.00 to member 1, who has 500 points, and spent 60 of its right to 100. */
static void start(struct world *world, struct tills *tills)
{
    tills->world = world;
    world_start(world, &tills->sale);
    world_till_start(world, &tills->second, "t2");
    world_till_start(world, &tills->third, "t3");
    assert_int_equal(world_rights(&tills->sale, "w1", 100), 100);
    append_commit(&tills->sale);
}

static void end(struct tills *tills)
{
    world_audit(tills->world);
    world_till_end(&tills->sale);
    world_till_end(&tills->second);
    world_till_end(&tills->third);
}

static int64_t place_of(struct tills *tills, enum vn_ledger_place place)
{
    bool own = place == VN_PLACE_RIGHT || place == VN_PLACE_HELD || place == VN_PLACE_SUSPENSE;
    return world_balance(tills->world, "w1", place, own ? tills->sale.id : 0);
}

static void test_a_void_elsewhere_frees_all_that_the_sale_used(void **state)
{
    struct tills tills;
    struct vn_sale_row sale;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 480);
    append_void(&tills.second);
    assert_int_equal(world_sync(&tills.second), 0);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(place_of(&tills, VN_PLACE_FREE), 460);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 40); /* what it had left */
    world_sale(*state, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    assert_string_equal(sale.till, "t1");
    assert_string_equal(sale.flags, "back-elsewhere");
    end(&tills);
}

/* How often a till took back what others had sold, as the fleet tells it. */
static int64_t taken_back(const struct world_till *till)
{
    struct vn_enrolment_row row;
    world_row(till, &row);
    return row.back;
}

static void test_what_a_till_takes_back_of_others_is_counted(void **state)
{
    struct tills tills;
    start(*state, &tills);
    append_lines(&tills.second, 1); /* it waits for the sale */
    assert_int_equal(world_sync(&tills.second), 1);
    assert_int_equal(taken_back(&tills.second), 0);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(taken_back(&tills.second), 1);
    append_lines(&tills.third, 2);
    assert_int_equal(world_sync(&tills.third), 0);
    append_void(&tills.third); /* refused: nothing is left */
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(taken_back(&tills.third), 1);
    end(&tills);
}

static void test_it_waits_for_the_sale(void **state)
{
    struct tills tills;
    start(*state, &tills);
    append_void(&tills.second);
    assert_int_equal(world_sync(&tills.second), 1);
    append_lines(&tills.third, 9); /* there is no such line */
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 500); /* the void went on */
    assert_int_equal(world_sync(&tills.second), 0);
    assert_int_equal(world_sync(&tills.third), 1); /* refused */
    end(&tills);
}

static void test_a_sale_that_is_only_held_is_waited_for(void **state)
{
    struct tills tills;
    struct world *world = *state;
    tills.world = world;
    world_start(world, &tills.sale);
    world_till_start(world, &tills.second, "t2");
    world_till_start(world, &tills.third, "t3");
    struct world_step step = {.kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w2", .earned = 30};
    world_append(&tills.sale, &step);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_void(&tills.second);
    append(&tills.third, "return", "", "", "");
    assert_int_equal(world_sync(&tills.second), 1);
    assert_int_equal(world_sync(&tills.third), 1);
    step.kind = VN_ENTRY_COMMIT;
    world_append(&tills.sale, &step);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(world, "w2"), 0);
    assert_int_equal(world_sync(&tills.second) + world_sync(&tills.third), 1); /* one of the two was late */
    end(&tills);
}

static void test_parts_come_back_at_several_tills_and_then_no_void(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_lines(&tills.second, 1);
    assert_int_equal(world_sync(&tills.second), 0);
    int64_t owned = world_owned(*state, "w1");
    assert_int_equal(owned, 480 + 60 - 11); /* 40 points for 140.00, of which 40.00 come back */
    append_void(&tills.third);
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_owned(*state, "w1"), owned);
    append_lines(&tills.third, 1); /* the same piece once more */
    assert_int_equal(world_sync(&tills.third), 2);
    assert_int_equal(world_owned(*state, "w1"), owned);
    append_lines(&tills.third, 2);
    assert_int_equal(world_sync(&tills.third), 2);
    assert_int_equal(world_owned(*state, "w1"), 500);
    end(&tills);
}

/* The till of the sale has not heard of the void elsewhere, and voids it too: it has its right again, and nobody more points. */
static void test_a_void_at_two_tills_counts_once(void **state)
{
    struct tills tills;
    struct vn_sale_row sale;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_void(&tills.second);
    assert_int_equal(world_sync(&tills.second), 0);
    append_own_void(&tills.sale);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 100);
    assert_int_equal(place_of(&tills, VN_PLACE_FREE), 400);
    assert_int_equal(place_of(&tills, VN_PLACE_SUSPENSE), 0);
    world_sale(*state, "1", &sale);
    assert_string_equal(sale.flags, "back-elsewhere void-after-return");
    append_own_void(&tills.sale); /* and again, without raising it */
    assert_int_equal(world_sync(&tills.sale), 1);
    assert_int_equal(world_owned(*state, "w1"), 500);
    end(&tills);
}

/* What a till gives itself by the void of a sale that came back elsewhere is what the sale took by right, and not more. */
static void test_a_void_again_raises_what_the_sale_took_alone(void **state)
{
    const char *const others[] = {"w2", "c1", "r"}; /* the sale used none of them */
    struct tills tills;
    struct vn_sale_row sale;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_void(&tills.second);
    assert_int_equal(world_sync(&tills.second), 0);
    append_raise(&tills.sale, "w1", 61, 61);
    assert_int_equal(world_sync(&tills.sale), 1);
    for (int i = 0; i < 3; i++) {
        append_raise(&tills.sale, others[i], 5000, 5000);
        assert_int_equal(world_sync(&tills.sale), 2 + i);
        assert_int_equal(world_balance(*state, others[i], VN_PLACE_RIGHT, tills.sale.id), 5000);
        assert_int_equal(world_balance(*state, others[i], VN_PLACE_SUSPENSE, tills.sale.id), -5000);
        assert_int_equal(world_balance(*state, others[i], VN_PLACE_DEBT, 0), 0);
    }
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT) + place_of(&tills, VN_PLACE_SUSPENSE), 40);
    assert_int_equal(place_of(&tills, VN_PLACE_FREE), 460);
    assert_int_equal(place_of(&tills, VN_PLACE_DEBT), 0);
    world_sale(*state, "1", &sale);
    assert_string_equal(sale.flags, "back-elsewhere");
    end(&tills);
}

/* It is made good once, however often the till says it. */
static void test_a_void_again_is_made_good_once(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_lines(&tills.second, 1);
    assert_int_equal(world_sync(&tills.second), 0);
    append_raise(&tills.sale, "w1", 20, 20); /* a part of what it took: the rest is the member's */
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 60);
    assert_int_equal(world_owned(*state, "w1"), 500);
    append_raise(&tills.sale, "w1", 60, 40);
    assert_int_equal(world_sync(&tills.sale), 1);
    append_raise(&tills.sale, "w1", 60, 0); /* nor without raising it */
    assert_int_equal(world_sync(&tills.sale), 2);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT) + place_of(&tills, VN_PLACE_SUSPENSE), 60);
    assert_int_equal(world_owned(*state, "w1"), 500);
    end(&tills);
}

/* A till that has forgotten its receipt asks for the void as others do; it can't say afterwards that it did not know. */
static void test_a_void_by_request_at_its_own_till_is_final(void **state)
{
    struct tills tills;
    struct vn_sale_row sale;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_void(&tills.sale);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 500);
    world_sale(*state, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    assert_string_equal(sale.flags, "");
    assert_int_equal(taken_back(&tills.sale), 0);
    append_own_void(&tills.sale);
    assert_int_equal(world_sync(&tills.sale), 1);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT) + place_of(&tills, VN_PLACE_SUSPENSE), 40);
    assert_int_equal(place_of(&tills, VN_PLACE_FREE), 460);
    end(&tills);
}

static enum vn_status fill(void *ctx, size_t at, const struct vn_sale_row *row)
{
    struct world *world = ctx;
    struct vn_sale_row full = *row;
    const struct vn_sale_row *const rows[] = {&full};
    uint8_t rest[256];
    assert_int_equal(at, 0);
    assert_true(row->rest.len <= sizeof rest);
    memcpy(rest, row->rest.data, row->rest.len);
    full.rest = vn_view_of(rest, row->rest.len);
    memset(full.flags, 'x', sizeof full.flags - 1);
    return vn_storage_sales_put(world->hub.storage, rows, (const bool[]){false}, 1);
}

/* The sale has as many flags as there is room for. */
static void fill_flags(struct world *world)
{
    struct vn_storage *storage = world->hub.storage;
    const struct vn_sale_at at = {.till = "t1", .key = {.pos = "1", .date = "2026-11-22", .receipt = "1"}};
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_storage_sales_load(storage, &at, 1, fill, world), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

/* Flags are for people, and end where there is no room for more: the hub goes by what it keeps of the sale. */
static void test_what_came_back_elsewhere_is_known_without_its_flag(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    fill_flags(*state);
    append_void(&tills.second);
    assert_int_equal(world_sync(&tills.second), 0);
    append_own_void(&tills.sale);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 100);
    append_raise(&tills.sale, "w1", 120, 60);
    assert_int_equal(world_sync(&tills.sale), 1);
    end(&tills);
}

/* A sale that only earned has no right to raise: its void counts all the same. */
static void test_a_void_after_a_part_came_back_elsewhere_takes_what_was_earned(void **state)
{
    struct tills tills;
    struct vn_sale_row sale;
    struct world *world = *state;
    tills.world = world;
    world_start(world, &tills.sale);
    world_till_start(world, &tills.second, "t2");
    world_till_start(world, &tills.third, "t3");
    append(&tills.sale, "commit", "w1", "", BASKET EARNED);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(world, "w1"), 540);
    append_lines(&tills.second, 1);
    assert_int_equal(world_sync(&tills.second), 0);
    assert_int_equal(world_owned(world, "w1"), 520);
    append(&tills.sale, "void", "w1", "", "");
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(world, "w1"), 500);
    world_sale(world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_RETURNED);
    assert_string_equal(sale.flags, "points-differ back-elsewhere void-after-return");
    append(&tills.sale, "void", "w1", "", "");
    assert_int_equal(world_sync(&tills.sale), 1);
    append_lines(&tills.third, 2);
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_owned(world, "w1"), 500);
    end(&tills);
}

static void test_a_void_after_a_part_came_back_elsewhere_brings_the_rest(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_lines(&tills.second, 1);
    assert_int_equal(world_sync(&tills.second), 0);
    append_own_void(&tills.sale);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 100);
    assert_int_equal(place_of(&tills, VN_PLACE_SUSPENSE), 0);
    append_lines(&tills.third, 2);
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_owned(*state, "w1"), 500);
    end(&tills);
}

static void test_a_void_elsewhere_that_moves_a_right_is_refused(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append(&tills.second, "void", "",
           ",\"rights\":[{\"account\":\"w1\",\"granted\":0,\"in\":60,\"out\":0,\"move\":60}]",
           "\"elsewhere\":true");
    assert_int_equal(world_sync(&tills.second), 1);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 40);
    end(&tills);
}

/* --- in each order */

enum sold { SOLD_EARNED, SOLD_SPENT, SOLD_BOTH, SOLD_COUNT };

/* One sale, voided twice by its till, while it comes back elsewhere: as a whole, or a line of it. */
struct course {
    enum sold sold;
    bool line;
    int before; /* the hub hears of what came back elsewhere before the commit (0), a void (1, 2), or at the end (3) */
    int raise[2]; /* by so much the voids raise the till's right */
};

static void append_moved(struct tills *tills, const struct course *course, const char *kind, int in, int move,
                         const char *body)
{
    bool spends = course->sold != SOLD_EARNED;
    char rights[160] = "";
    if (move > 0) {
        (void)snprintf(rights, sizeof rights,
                       ",\"rights\":[{\"account\":\"w1\",\"granted\":%d,\"in\":%d,\"out\":%d,\"move\":%d}]",
                       spends ? 100 : 0, in, spends ? 60 : 0, move);
    }
    append(&tills->sale, kind, "w1", rights, body);
}

/* *own, *other: entries in quarantine. */
static void run_course(struct tills *tills, const struct course *course, int64_t *own, int64_t *other)
{
    static const char *const outcomes[SOLD_COUNT] = {BASKET EARNED, BASKET SPENT, BASKET OUTCOME};
    bool spends = course->sold != SOLD_EARNED;
    int in = 0;
    for (int at = 0; at <= 3; at++) {
        if (at == course->before && course->line) {
            append_lines(&tills->second, 1);
        } else if (at == course->before) {
            append_void(&tills->second);
        }
        (void)world_sync(&tills->second);
        if (at == 0) {
            append_moved(tills, course, "commit", 0, spends ? 60 : 0, outcomes[course->sold]);
        } else if (at < 3) {
            in += course->raise[at - 1];
            append_moved(tills, course, "void", in, course->raise[at - 1], "");
        }
        *own = world_sync(&tills->sale);
    }
    *other = world_sync(&tills->second);
    append_lines(&tills->third, 2); /* nothing is left to come back */
    assert_int_equal(world_sync(&tills->third), 1);
}

static void check_course(void **state, const struct course *course, int64_t own, int64_t other)
{
    struct tills tills;
    int64_t quarantined[2] = {0};
    bool spends = course->sold != SOLD_EARNED;
    int64_t took = spends && course->raise[0] == 60 ? 60 : 0; /* back at the till, once */
    world_start(*state, &tills.sale);
    tills.world = *state;
    world_till_start(*state, &tills.second, "t2");
    world_till_start(*state, &tills.third, "t3");
    if (spends) {
        assert_int_equal(world_rights(&tills.sale, "w1", 100), 100);
    }
    run_course(&tills, course, &quarantined[0], &quarantined[1]);
    assert_int_equal(quarantined[0], own);
    assert_int_equal(quarantined[1], other);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT) + place_of(&tills, VN_PLACE_SUSPENSE),
                     spends ? 40 + took : 0);
    assert_int_equal(place_of(&tills, VN_PLACE_FREE), spends ? 460 - took : 500);
    assert_int_equal(place_of(&tills, VN_PLACE_DEBT), 0);
    end(&tills);
    assert_int_equal(world_teardown(state), 0);
    assert_int_equal(world_setup(state), 0);
}

/* The first void raises what the sale took, or nothing; the second one would raise it once more. */
static void test_in_each_order_all_comes_back_once(void **state)
{
    for (int i = 0; i < SOLD_COUNT * 2 * 4; i++) {
        const struct course course = {.sold = (enum sold)(i / 8),
                                      .line = i % 2 == 1,
                                      .before = i / 2 % 4,
                                      .raise = {i / 8 == SOLD_EARNED ? 0 : 60, 60}};
        bool nothing_left = course.sold == SOLD_EARNED && !course.line && course.before <= 1;
        check_course(state, &course, nothing_left ? 2 : 1, course.before >= 2 ? 1 : 0);
    }
}

/* The first void raises 1 more than the sale took; the second one nothing. */
static void test_in_each_order_more_than_it_took_is_nobodys(void **state)
{
    for (int i = 0; i < 2 * 2 * 4; i++) {
        const struct course course = {.sold = i < 8 ? SOLD_EARNED : SOLD_BOTH,
                                      .line = i % 2 == 1,
                                      .before = i / 2 % 4,
                                      .raise = {i < 8 ? 1 : 61, 0}};
        bool nothing_left = !course.line && course.before <= 2;
        check_course(state, &course, nothing_left ? 2 : 1, course.before == 3 ? 1 : 0);
    }
}

/* --- rows */

/* A row of before it was kept apart that a sale came back elsewhere is read, and written as it was. */
static void test_an_older_row_of_a_sale_is_read(void **state)
{
    static const uint8_t older[] = {2, 0, 2, 14, 6, 120, 2, 2, 14, 80, 2, 2, 100, 10}; /* each doubled */
    static const uint8_t newer[] = {4, 0, 2, 14, 6, 120, 2, 2, 14, 80, 2, 2, 100, 10, 6, 2, 14, 40};
    struct vn_sale_rest *rest = calloc(1, sizeof *rest);
    struct vn_buf out;
    (void)state;
    assert_non_null(rest);
    vn_buf_init(&out, 1024);
    assert_int_equal(vn_sale_rest_read(vn_view_of(newer, sizeof newer), rest), VN_OK);
    assert_true(rest->elsewhere && rest->again);
    assert_int_equal(rest->gone_count, 1);
    assert_int_equal(rest->gone[0].account, 7);
    assert_int_equal(rest->gone[0].amount, 20);
    assert_int_equal(vn_sale_rest_write(rest, &out), VN_OK);
    assert_true(vn_view_equal(vn_buf_view(&out), vn_view_of(newer, sizeof newer)));
    assert_int_equal(vn_sale_rest_read(vn_view_of(newer, sizeof newer - 1), rest), VN_CORRUPT);
    assert_int_equal(vn_sale_rest_read(vn_view_of(older, sizeof older), rest), VN_OK);
    assert_false(rest->elsewhere || rest->again);
    assert_int_equal(rest->gone_count, 0);
    assert_int_equal(rest->uses[0].amount, 60);
    assert_int_equal(rest->charged_minor, 5);
    vn_buf_clear(&out);
    assert_int_equal(vn_sale_rest_write(rest, &out), VN_OK);
    assert_true(vn_view_equal(vn_buf_view(&out), vn_view_of(older, sizeof older)));
    vn_buf_deinit(&out);
    free(rest);
}

/* A sale lets a few go on by itself; the others are looked for later. */
static void test_all_that_wait_for_a_sale_go_on(void **state)
{
    struct tills tills;
    struct world *world = *state;
    start(world, &tills);
    for (int i = 0; i < VN_RELEASE_SALE_MAX + 2; i++) {
        append_lines(&tills.second, 9); /* before the good one, and not to be applied */
    }
    append_void(&tills.third);
    assert_int_equal(world_sync(&tills.second), VN_RELEASE_SALE_MAX + 2);
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(world, "w1"), 480);
    world_look_again(world);
    assert_int_equal(world_owned(world, "w1"), 500);
    assert_int_equal(world_sync(&tills.third), 0);
    end(&tills);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_void_elsewhere_frees_all_that_the_sale_used),
        TEST(test_what_a_till_takes_back_of_others_is_counted),
        TEST(test_it_waits_for_the_sale),
        TEST(test_a_sale_that_is_only_held_is_waited_for),
        TEST(test_parts_come_back_at_several_tills_and_then_no_void),
        TEST(test_a_void_at_two_tills_counts_once),
        TEST(test_a_void_again_raises_what_the_sale_took_alone),
        TEST(test_a_void_again_is_made_good_once),
        TEST(test_a_void_by_request_at_its_own_till_is_final),
        TEST(test_what_came_back_elsewhere_is_known_without_its_flag),
        TEST(test_a_void_after_a_part_came_back_elsewhere_takes_what_was_earned),
        TEST(test_a_void_after_a_part_came_back_elsewhere_brings_the_rest),
        TEST(test_a_void_elsewhere_that_moves_a_right_is_refused),
        TEST(test_in_each_order_all_comes_back_once),
        TEST(test_in_each_order_more_than_it_took_is_nobodys),
        TEST(test_an_older_row_of_a_sale_is_read),
        TEST(test_all_that_wait_for_a_sale_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
