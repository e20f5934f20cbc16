#include "sync/hub/feed/polls.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 64 /* a power of two above VN_POLL_WAIT_S_MAX + 1 */
_Static_assert(VN_POLL_WAIT_S_MAX + 1 < SLOTS, "a slot holds one second of one turn of the wheel");
#define TABLE_MIN 64 /* a power of two */

struct vn_poll_bucket {
    struct vn_poll_bucket *next; /* of the same place in the table */
    struct vn_poll *first;
    char store[VN_ID_MAX];
};

struct vn_polls {
    struct vn_poll_bucket **table;
    size_t places, buckets;
    struct vn_poll *wheel[SLOTS];
    unsigned now; /* the slot of this second */
    struct vn_poll *queue, *queue_last;
    size_t count, queued;
};

static size_t place_of(const char *store, size_t places)
{
    size_t hash = 1469598103u;
    for (; *store != '\0'; store++) {
        hash = (hash ^ (unsigned char)*store) * 16777619u;
    }
    return hash & (places - 1);
}

static struct vn_poll_bucket *find(const struct vn_polls *polls, const char *store)
{
    struct vn_poll_bucket *bucket = polls->table[place_of(store, polls->places)];
    while (bucket != NULL && strcmp(bucket->store, store) != 0) {
        bucket = bucket->next;
    }
    return bucket;
}

/* Twice the places, so that chains stay short. Without memory they get longer, that is all. */
static void grow(struct vn_polls *polls)
{
    size_t places = polls->places * 2;
    struct vn_poll_bucket **table = calloc(places, sizeof(struct vn_poll_bucket *));
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < polls->places; i++) {
        while (polls->table[i] != NULL) {
            struct vn_poll_bucket *bucket = polls->table[i];
            struct vn_poll_bucket **to = &table[place_of(bucket->store, places)];
            polls->table[i] = bucket->next;
            bucket->next = *to;
            *to = bucket;
        }
    }
    free(polls->table);
    polls->table = table;
    polls->places = places;
}

/* Buckets stay: there are as many as stores. */
static struct vn_poll_bucket *bucket_for(struct vn_polls *polls, const char *store)
{
    struct vn_poll_bucket *bucket = find(polls, store);
    if (bucket != NULL) {
        return bucket;
    }
    bucket = calloc(1, sizeof *bucket);
    if (bucket == NULL) {
        return NULL;
    }
    if (polls->buckets++ >= polls->places) {
        grow(polls);
    }
    memcpy(bucket->store, store, strlen(store) + 1);
    struct vn_poll_bucket **place = &polls->table[place_of(store, polls->places)];
    bucket->next = *place;
    *place = bucket;
    return bucket;
}

enum vn_status vn_polls_create(struct vn_polls **out)
{
    *out = NULL;
    struct vn_polls *polls = calloc(1, sizeof *polls);
    if (polls == NULL) {
        return VN_NOMEM;
    }
    polls->places = TABLE_MIN;
    polls->table = calloc(TABLE_MIN, sizeof(struct vn_poll_bucket *));
    if (polls->table == NULL) {
        free(polls);
        return VN_NOMEM;
    }
    *out = polls;
    return VN_OK;
}

void vn_polls_destroy(struct vn_polls *polls)
{
    for (size_t i = 0; polls != NULL && i < polls->places; i++) {
        while (polls->table[i] != NULL) {
            struct vn_poll_bucket *bucket = polls->table[i];
            polls->table[i] = bucket->next;
            free(bucket);
        }
    }
    if (polls != NULL) {
        free(polls->table);
        free(polls);
    }
}

enum vn_status vn_polls_add(struct vn_polls *polls, struct vn_poll *poll, const char *store, unsigned wait_s)
{
    if (wait_s == 0 || wait_s > VN_POLL_WAIT_S_MAX || strlen(store) >= VN_ID_MAX) {
        return VN_ARG;
    }
    struct vn_poll_bucket *bucket = bucket_for(polls, store);
    if (bucket == NULL) {
        return VN_NOMEM;
    }
    /* One slot more: the second that runs has begun already. */
    unsigned slot = (polls->now + wait_s + 1) % SLOTS;
    *poll = (struct vn_poll){.next = bucket->first,
                             .wheel_next = polls->wheel[slot],
                             .bucket = bucket,
                             .slot = slot,
                             .waits = true};
    if (bucket->first != NULL) {
        bucket->first->prev = poll;
    }
    if (polls->wheel[slot] != NULL) {
        polls->wheel[slot]->wheel_prev = poll;
    }
    bucket->first = poll;
    polls->wheel[slot] = poll;
    polls->count++;
    return VN_OK;
}

static void leave_wheel(struct vn_polls *polls, struct vn_poll *poll)
{
    if (poll->wheel_prev != NULL) {
        poll->wheel_prev->wheel_next = poll->wheel_next;
    } else {
        polls->wheel[poll->slot] = poll->wheel_next;
    }
    if (poll->wheel_next != NULL) {
        poll->wheel_next->wheel_prev = poll->wheel_prev;
    }
    poll->wheel_next = poll->wheel_prev = NULL;
}

/* Out of its bucket, or of the queue. */
static void leave_list(struct vn_polls *polls, struct vn_poll *poll)
{
    struct vn_poll **first = poll->queued ? &polls->queue : &poll->bucket->first;
    if (poll->prev != NULL) {
        poll->prev->next = poll->next;
    } else {
        *first = poll->next;
    }
    if (poll->next != NULL) {
        poll->next->prev = poll->prev;
    } else if (poll->queued) {
        polls->queue_last = poll->prev;
    }
    poll->next = poll->prev = NULL;
}

void vn_polls_remove(struct vn_polls *polls, struct vn_poll *poll)
{
    if (!poll->waits) {
        return;
    }
    leave_list(polls, poll);
    if (poll->queued) {
        polls->queued--;
    } else {
        leave_wheel(polls, poll);
    }
    poll->waits = false;
    poll->queued = false;
    polls->count--;
}

static void append(struct vn_polls *polls, struct vn_poll *poll)
{
    poll->queued = true;
    poll->next = NULL;
    poll->prev = polls->queue_last;
    if (polls->queue_last != NULL) {
        polls->queue_last->next = poll;
    } else {
        polls->queue = poll;
    }
    polls->queue_last = poll;
    polls->queued++;
}

void vn_polls_queue(struct vn_polls *polls, struct vn_poll *poll)
{
    *poll = (struct vn_poll){.waits = true};
    polls->count++;
    append(polls, poll);
}

static void queue(struct vn_polls *polls, struct vn_poll *poll, bool expired)
{
    leave_list(polls, poll);
    leave_wheel(polls, poll);
    poll->expired = expired;
    append(polls, poll);
}

static void queue_bucket(struct vn_polls *polls, struct vn_poll_bucket *bucket, bool expired)
{
    while (bucket->first != NULL) {
        queue(polls, bucket->first, expired);
    }
}

static void queue_all(struct vn_polls *polls, bool expired)
{
    for (size_t i = 0; i < polls->places; i++) {
        for (struct vn_poll_bucket *bucket = polls->table[i]; bucket != NULL; bucket = bucket->next) {
            queue_bucket(polls, bucket, expired);
        }
    }
}

void vn_polls_touch(struct vn_polls *polls, const char *store)
{
    struct vn_poll_bucket *bucket = find(polls, store);
    if (bucket != NULL) {
        queue_bucket(polls, bucket, false);
    }
}

void vn_polls_touch_all(struct vn_polls *polls)
{
    queue_all(polls, false);
}

void vn_polls_tick(struct vn_polls *polls)
{
    polls->now = (polls->now + 1) % SLOTS;
    while (polls->wheel[polls->now] != NULL) {
        queue(polls, polls->wheel[polls->now], true);
    }
}

void vn_polls_expire_all(struct vn_polls *polls)
{
    for (struct vn_poll *poll = polls->queue; poll != NULL; poll = poll->next) {
        poll->expired = true;
    }
    queue_all(polls, true);
}

struct vn_poll *vn_polls_take(struct vn_polls *polls)
{
    struct vn_poll *poll = polls->queue;
    if (poll != NULL) {
        vn_polls_remove(polls, poll);
    }
    return poll;
}

size_t vn_polls_count(const struct vn_polls *polls)
{
    return polls->count;
}

size_t vn_polls_queued(const struct vn_polls *polls)
{
    return polls->queued;
}
