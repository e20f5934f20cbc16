#include "sync/hub/feed/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/storage/items.h"

#define MARKS_MAX      8192              /* of one unit */
#define CHECKPOINT_MAX 2000              /* rows after which a checkpoint is closed, where one may be */
#define KEEP_MS        INT64_C(3600000)  /* how long closed checkpoints are listed */
#define SLOW_CLOSED    "feed-slow-ms"    /* the number that says when the slow lane was emptied last */
#define SCOPES_MAX     (VN_NEAR_MAX + 8) /* stores of one row; above that it goes to all at once */

/* Groups, in the order in which they are numbered: the ruleset with its stops, members by their number, everything else. */
#define RULES 0
#define ALONE INT64_MAX /* belongs to nothing else */

struct thing {
    struct vn_change_mark mark;
    int64_t group;
};

struct work {
    struct vn_hub *hub;
    struct vn_storage *storage;
    struct thing *things;
    unsigned count;
    bool full; /* there may be more marks than were read */
    bool at_once;
    bool slow_due;
    bool from_slow; /* what is numbered now comes out of the slow lane */
    int64_t now_ms;
    int64_t next, last;   /* of the numbers taken */
    struct vn_buf scopes; /* of the checkpoint that is being closed, as lines */
    bool everybody;
};

/* --- what is to be numbered --------------------------------------------------------------------------------- */

static enum vn_status group_of(struct work *work, const struct vn_change_mark *mark, int64_t *group)
{
    struct vn_coupon_row coupon;
    int64_t id = 0;
    *group = ALONE;
    if (mark->kind == VN_FEED_RULESET || mark->kind == VN_FEED_STOP) {
        *group = RULES;
    } else if (mark->kind == VN_FEED_MEMBER && vn_account_member(mark->key, &id)) {
        *group = id;
    } else if (mark->kind == VN_FEED_COUPON && vn_account_coupon(mark->key, &id)) {
        enum vn_status status = vn_storage_coupon_get(work->storage, id, &coupon);
        if (status != VN_OK) {
            return status == VN_ABSENT ? VN_OK : status;
        }
        *group = coupon.member > 0 ? coupon.member : ALONE;
    }
    return VN_OK;
}

static bool is_members(int64_t group)
{
    return group > RULES && group < ALONE;
}

static bool same_row(const struct thing *a, const struct thing *b)
{
    return a->mark.kind == b->mark.kind && strcmp(a->mark.key, b->mark.key) == 0;
}

static bool same_group(const struct thing *a, const struct thing *b)
{
    return a->group == b->group && (a->group != ALONE || same_row(a, b));
}

/* Where not all marks could be read, the last group may be cut: it waits for the next unit, unless it is all there is. */
static void leave_last_group(struct work *work)
{
    unsigned count = work->count;
    while (work->full && count > 0 && same_group(&work->things[count - 1], &work->things[work->count - 1])) {
        count--;
    }
    work->count = count > 0 ? count : work->count;
}

/* Rules first, then by group and row, so that what belongs together stands together. */
static int by_group(const void *a, const void *b)
{
    const struct thing *left = a;
    const struct thing *right = b;
    if (left->group != right->group) {
        return left->group < right->group ? -1 : 1;
    }
    if (left->mark.kind != right->mark.kind) {
        return left->mark.kind < right->mark.kind ? -1 : 1;
    }
    int order = strcmp(left->mark.key, right->mark.key);
    return order != 0 ? order : left->mark.id < right->mark.id ? -1 : left->mark.id > right->mark.id;
}

static enum vn_status read_marks(struct work *work, bool slow)
{
    struct vn_change_mark *marks = malloc(MARKS_MAX * sizeof *marks);
    if (marks == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = slow ? vn_storage_slow(work->storage, marks, MARKS_MAX, &work->count)
                                 : vn_storage_marks(work->storage, marks, MARKS_MAX, &work->count);
    for (unsigned i = 0; i < work->count && status == VN_OK; i++) {
        work->things[i] = (struct thing){marks[i], marks[i].member};
        status = slow ? VN_OK : group_of(work, &marks[i], &work->things[i].group);
    }
    free(marks);
    work->full = work->count == MARKS_MAX;
    work->from_slow = slow;
    return status;
}

/* --- where it goes ------------------------------------------------------------------------------------------ */

/* Scopes of one row. */
struct scopes {
    unsigned count;
    const char *stores[SCOPES_MAX];
};

static void add_scope(struct scopes *scopes, const char *store)
{
    for (unsigned i = 0; i < scopes->count; i++) {
        if (strcmp(scopes->stores[i], store) == 0) {
            return;
        }
    }
    if (scopes->count == SCOPES_MAX) {
        scopes->stores[0] = ""; /* so many stores at once: everybody's */
        scopes->count = 1;
    } else if (scopes->count == 0 || scopes->stores[0][0] != '\0') {
        scopes->stores[scopes->count++] = store;
    }
}

/* The first store of all is where he joined, and stays; the others are the last ones, the newest first. */
static bool move_near(struct vn_near *near, const char *store)
{
    unsigned at = 0;
    while (at < near->count && strcmp(near->stores[at], store) != 0) {
        at++;
    }
    if (at < near->count && at <= 1) {
        return false;
    }
    if (near->count == 0) {
        memcpy(near->stores[near->count++], store, strlen(store) + 1);
        return true;
    }
    if (at == near->count && near->count < VN_NEAR_MAX) {
        near->count++;
    }
    at = at < near->count ? at : near->count - 1;
    memmove(near->stores[2], near->stores[1], (at - 1) * sizeof near->stores[0]);
    memcpy(near->stores[1], store, strlen(store) + 1);
    return true;
}

/* Near stores of a member, who was at the stores of these marks. */
static enum vn_status near_of(struct work *work, const struct thing *things, unsigned count,
                              struct vn_near *near)
{
    bool moved = false;
    enum vn_status status = vn_storage_near(work->storage, things->group, near);
    for (unsigned i = 0; i < count && status == VN_OK; i++) {
        if (things[i].mark.store[0] != '\0') {
            moved = move_near(near, things[i].mark.store) || moved;
        }
    }
    return status == VN_OK && moved ? vn_storage_near_put(work->storage, things->group, near) : status;
}

/* The scopes of the marks of one row. */
static void choose_scopes(const struct work *work, const struct thing *things, unsigned count,
                          const struct vn_near *near, struct scopes *out)
{
    out->count = 0;
    if (!is_members(things->group) || work->at_once || work->from_slow) {
        add_scope(out, "");
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        if (things[i].mark.store[0] == '\0') {
            out->count = 0;
            add_scope(out, "");
            return;
        }
    }
    for (unsigned i = 0; i < near->count && i < vn_setting(work->hub->settings, VN_SETTING_NEAR_STORES);
         i++) {
        add_scope(out, near->stores[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        add_scope(out, things[i].mark.store);
    }
}

/* Notes whom the checkpoint concerns. */
static enum vn_status touch(struct work *work, const char *store)
{
    if (work->everybody || store[0] == '\0' || work->scopes.len + VN_ID_MAX > VN_CHECKPOINT_SCOPES) {
        work->everybody = true;
        return VN_OK;
    }
    struct vn_view rest = vn_buf_view(&work->scopes);
    struct vn_view line;
    while (vn_wire_next_line(&rest, &line)) {
        if (vn_view_is(line, store)) {
            return VN_OK;
        }
    }
    return vn_buf_printf(&work->scopes, "%s\n", store);
}

/* --- numbers ------------------------------------------------------------------------------------------------ */

/* A stop of a ruleset that is no longer in force is nobody's news. */
static enum vn_status is_stale(struct work *work, const struct vn_change_mark *mark, bool *out)
{
    struct vn_published_row rules, stop;
    struct vn_buf text;
    *out = false;
    if (mark->kind != VN_FEED_STOP) {
        return VN_OK;
    }
    vn_buf_init(&text, 2 * VN_RULESET_MAX);
    enum vn_status status = vn_storage_published_last(work->storage, NULL, &rules, &text);
    if (status == VN_OK) {
        status = vn_storage_published_last(work->storage, mark->key, &stop, &text);
        *out = status == VN_OK && stop.number < rules.number;
    }
    vn_buf_deinit(&text);
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status put_change(struct work *work, int64_t group, const struct scopes *scopes,
                                 const struct vn_change *change)
{
    struct vn_storage *storage = work->storage;
    bool everybody = scopes->stores[0][0] == '\0';
    enum vn_status status = VN_OK;
    if (change->kind == VN_FEED_RULESET) { /* what it stopped is over */
        status = vn_storage_change_forget(storage, VN_FEED_STOP);
    }
    if (status == VN_OK && everybody) {
        status = vn_storage_change_drop(storage, change->kind, change->key);
    }
    if (status == VN_OK && is_members(group)) {
        status = everybody ? vn_storage_slow_drop(storage, group, change->kind, change->key)
                           : vn_storage_slow_put(storage, group, change->kind, change->key);
    }
    if (status == VN_OK && change->kind == VN_FEED_ITEM) {
        status = vn_storage_item_numbered(storage, change->key, change->number);
    }
    for (unsigned i = 0; i < scopes->count && status == VN_OK; i++) {
        status = vn_storage_change_put(storage, scopes->stores[i], change);
        if (status == VN_OK) {
            status = touch(work, scopes->stores[i]);
        }
    }
    return status;
}

/* Numbers the rows of one group; `checkpoint` is the last number of theirs. */
static enum vn_status number_group(struct work *work, unsigned first, unsigned end, int64_t checkpoint)
{
    struct vn_near near = {.count = 0};
    struct scopes scopes;
    enum vn_status status = VN_OK;
    if (is_members(work->things[first].group) && !work->at_once && !work->from_slow) {
        status = near_of(work, &work->things[first], end - first, &near);
    }
    for (unsigned i = first; i < end && status == VN_OK;) {
        const struct thing *thing = &work->things[i];
        struct vn_change change = {.number = ++work->next,
                                   .checkpoint = checkpoint,
                                   .at_ms = work->now_ms,
                                   .kind = thing->mark.kind};
        unsigned same = i + 1;
        bool stale = false;
        while (same < end && same_row(thing, &work->things[same])) {
            same++;
        }
        memcpy(change.key, thing->mark.key, sizeof change.key);
        choose_scopes(work, thing, same - i, &near, &scopes);
        status = is_stale(work, &thing->mark, &stale);
        if (status == VN_OK && !stale) {
            status = put_change(work, thing->group, &scopes, &change);
        }
        i = same;
    }
    return status;
}

static unsigned group_end(const struct work *work, unsigned first)
{
    unsigned end = first + 1;
    while (end < work->count && same_group(&work->things[first], &work->things[end])) {
        end++;
    }
    return end;
}

/* One checkpoint: whole groups from `first` on. Returns where the next one begins. */
static unsigned checkpoint_end(const struct work *work, unsigned first, int64_t *rows)
{
    unsigned end = first;
    *rows = 0;
    do {
        unsigned next = group_end(work, end);
        for (unsigned i = end; i < next; i++) {
            *rows += i == end || !same_row(&work->things[i - 1], &work->things[i]);
        }
        end = next;
    } while (end < work->count && *rows < CHECKPOINT_MAX && work->things[first].group != RULES);
    return end;
}

static enum vn_status close_checkpoint(struct work *work, unsigned first, unsigned *end)
{
    int64_t rows = 0;
    enum vn_status status = VN_OK;
    *end = checkpoint_end(work, first, &rows);
    int64_t checkpoint = work->next + rows;
    vn_buf_clear(&work->scopes);
    work->everybody = false;
    for (unsigned i = first; i < *end && status == VN_OK; i = group_end(work, i)) {
        status = number_group(work, i, group_end(work, i), checkpoint);
    }
    if (status == VN_OK) {
        status = vn_buf_append(&work->scopes, vn_view_of("", 1));
    }
    return status == VN_OK ? vn_storage_checkpoint_put(work->storage, checkpoint, work->now_ms,
                                                       work->everybody ? "" : (const char *)work->scopes.data)
                           : status;
}

/* Numbers all that was read, one checkpoint after the other. */
static enum vn_status number_all(struct work *work)
{
    int64_t last = 0;
    enum vn_status status = vn_storage_change_raise(work->storage, work->count, &last);
    work->next = last - work->count;
    for (unsigned i = 0; i < work->count && status == VN_OK;) {
        status = close_checkpoint(work, i, &i);
    }
    return status;
}

/* --- units -------------------------------------------------------------------------------------------------- */

static enum vn_status look_at_lanes(struct work *work)
{
    int64_t slow_ms = 1000 * vn_setting(work->hub->settings, VN_SETTING_SLOW_LANE_S);
    int64_t tills = 0, last_ms = 0;
    enum vn_status status = VN_OK;
    if (slow_ms < 0) {
        status = vn_storage_enrolments_count(work->storage, VN_SLOW_FROM_TILLS + 1, &tills);
        slow_ms = tills > VN_SLOW_FROM_TILLS ? VN_SLOW_MS : 0;
    }
    if (status == VN_OK) {
        status = vn_storage_number_or(work->storage, SLOW_CLOSED, 0, &last_ms);
    }
    work->at_once = slow_ms == 0;
    /* A clock that was set back does not stop the lane. */
    work->slow_due = work->at_once || work->now_ms - last_ms >= slow_ms || work->now_ms < last_ms;
    return status;
}

static enum vn_status publish_read(struct work *work)
{
    leave_last_group(work);
    int64_t last_mark = work->things[work->count - 1].mark.id;
    work->count -= VN_PLANTED(CHANGE_SKIPPED) && work->count > 1 && !work->from_slow ? 1 : 0;
    qsort(work->things, work->count, sizeof *work->things, by_group);
    enum vn_status status = number_all(work);
    return status == VN_OK && !work->from_slow ? vn_storage_marks_drop(work->storage, last_mark) : status;
}

/* One page of marks; when there are none, one of the slow lane. */
static enum vn_status publish_page(void *ctx, struct vn_storage *storage)
{
    struct work *work = ctx;
    work->storage = storage;
    enum vn_status status = look_at_lanes(work);
    if (status == VN_OK) {
        status = read_marks(work, false);
    }
    if (status == VN_OK && work->count == 0 && work->slow_due) {
        status = read_marks(work, true);
    }
    if (status == VN_OK && work->count > 0) {
        status = publish_read(work);
    }
    /* The slow lane is empty: the next time it is looked at is when its time has come. */
    bool emptied = (work->from_slow || work->count == 0) && work->slow_due && !work->full;
    if (status == VN_OK && emptied && !work->at_once) {
        status = vn_storage_number_put(storage, SLOW_CLOSED, work->now_ms);
    }
    if (status == VN_OK && work->count > 0 && !work->from_slow && !work->full) {
        status = vn_storage_tell(storage);
    }
    return status == VN_OK ? vn_storage_checkpoints_forget(storage, work->now_ms - KEEP_MS) : status;
}

enum vn_status vn_feed_publish(struct vn_hub *hub, int64_t *last, bool *more)
{
    struct work work = {.hub = hub, .now_ms = vn_hub_now_ms(hub)};
    *last = 0;
    *more = false;
    work.things = malloc(MARKS_MAX * sizeof *work.things);
    if (work.things == NULL) {
        return VN_NOMEM;
    }
    vn_buf_init(&work.scopes, VN_CHECKPOINT_SCOPES + 1);
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, publish_page, &work);
    *more = status == VN_OK && work.count > 0 && (work.full || (!work.from_slow && work.slow_due));
    free(work.things);
    vn_buf_deinit(&work.scopes);
    return status == VN_OK ? vn_storage_change_last(hub->storage, last) : status;
}

/* --- what follows ------------------------------------------------------------------------------------------- */

struct scope_walk {
    vn_scope_visit visit;
    void *ctx;
};

static enum vn_status visit_checkpoint(void *ctx, int64_t number, struct vn_view scopes)
{
    const struct scope_walk *walk = ctx;
    struct vn_view line;
    char store[VN_ID_MAX];
    (void)number;
    if (scopes.len == 0) {
        return walk->visit(walk->ctx, "");
    }
    enum vn_status status = VN_OK;
    while (status == VN_OK && vn_wire_next_line(&scopes, &line)) {
        status =
            vn_view_copy_str(line, store, sizeof store) == VN_OK ? walk->visit(walk->ctx, store) : VN_CORRUPT;
    }
    return status;
}

enum vn_status vn_feed_scopes(struct vn_hub *hub, int64_t after, vn_scope_visit visit, void *ctx)
{
    struct scope_walk walk = {visit, ctx};
    return vn_storage_checkpoints(hub->storage, after, visit_checkpoint, &walk);
}
