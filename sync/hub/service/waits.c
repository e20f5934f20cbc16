#include "sync/hub/service/waits.h"

#include <stdlib.h>

struct vn_waits {
    struct vn_service *service;
    struct vn_wait first; /* of a ring: no wait itself */
    uv_timer_t look;      /* runs while somebody waits */
};

enum vn_status vn_waits_create(struct vn_service *service, struct vn_waits **out)
{
    struct vn_waits *waits = calloc(1, sizeof *waits);
    *out = waits;
    if (waits == NULL) {
        return VN_NOMEM;
    }
    waits->service = service;
    waits->first.next = waits->first.prev = &waits->first;
    (void)uv_timer_init(service->loop, &waits->look);
    waits->look.data = waits;
    return VN_OK;
}

void vn_waits_close(struct vn_waits *waits)
{
    if (waits != NULL) {
        uv_close((uv_handle_t *)&waits->look, NULL);
    }
}

void vn_waits_free(struct vn_waits *waits)
{
    free(waits);
}

void vn_waits_remove(struct vn_waits *waits, struct vn_wait *wait)
{
    if (wait->waits) {
        wait->next->prev = wait->prev;
        wait->prev->next = wait->next;
        wait->waits = false;
    }
    if (waits->first.next == &waits->first) {
        (void)uv_timer_stop(&waits->look);
    }
}

static void end(struct vn_waits *waits, struct vn_wait *wait, bool late)
{
    vn_waits_remove(waits, wait);
    wait->over(wait, late);
}

static void on_look(uv_timer_t *timer)
{
    struct vn_waits *waits = timer->data;
    uint64_t now_ms = uv_now(waits->service->loop);
    struct vn_wait *next = NULL;
    for (struct vn_wait *wait = waits->first.next; wait != &waits->first; wait = next) {
        next = wait->next;
        if (wait->until_ms <= now_ms) {
            end(waits, wait, true);
        }
    }
}

void vn_waits_add(struct vn_waits *waits, struct vn_wait *wait)
{
    wait->next = &waits->first;
    wait->prev = waits->first.prev;
    wait->prev->next = wait;
    waits->first.prev = wait;
    wait->waits = true;
    if (!uv_is_active((uv_handle_t *)&waits->look)) {
        (void)uv_timer_start(&waits->look, on_look, VN_RIGHTS_LOOK_MS, VN_RIGHTS_LOOK_MS);
    }
}

static bool concerns(const struct vn_wait *wait, const int64_t *accounts, unsigned count)
{
    for (unsigned i = 0; i < wait->account_count; i++) {
        for (unsigned j = 0; j < count; j++) {
            if (wait->accounts[i] == accounts[j]) {
                return true;
            }
        }
    }
    return false;
}

void vn_waits_news(struct vn_waits *waits, const int64_t *accounts, unsigned count)
{
    struct vn_wait *next = NULL;
    for (struct vn_wait *wait = waits->first.next; wait != &waits->first; wait = next) {
        next = wait->next;
        if (concerns(wait, accounts, count)) {
            end(waits, wait, false);
        }
    }
}

void vn_waits_end(struct vn_waits *waits)
{
    while (waits->first.next != &waits->first) {
        end(waits, waits->first.next, true);
    }
}
