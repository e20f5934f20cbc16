#include "sync/hub/app/run_room.h"

#include <malloc.h>
#include <sys/resource.h>

#define LOOK_MS 10000
#define LEAST   64 /* connections that are gone, and an eighth of those that stay */

void vn_run_room_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

size_t vn_run_room_connections(void)
{
    struct rlimit limit;
    rlim_t most = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
    if (most == RLIM_INFINITY || most >= VN_HTTP_CONNECTIONS_MAX + VN_HUB_FILES_KEPT) {
        return VN_HTTP_CONNECTIONS_MAX;
    }
    return most > 2 * VN_HUB_FILES_KEPT ? (size_t)most - VN_HUB_FILES_KEPT : (size_t)most / 2;
}

/* What a connection had lies between what others have, and the C library keeps it. Its whole pages go back to the system: of
 * 10,000 tills that had two connections and have one, half of all that the hub has. */
static void on_timer(uv_timer_t *timer)
{
    struct vn_run_room *room = timer->data;
    size_t now = vn_http_server_connections(room->server);
    if (room->most > now + now / 8 + LEAST) {
        (void)malloc_trim(0);
        room->most = now;
    } else if (now > room->most) {
        room->most = now;
    }
}

void vn_run_room_watch(struct vn_run_room *room, uv_loop_t *loop, const struct vn_http_server *server)
{
    room->server = server;
    (void)uv_timer_init(loop, &room->timer); /* can't fail */
    room->timer.data = room;
    (void)uv_timer_start(&room->timer, on_timer, LOOK_MS, LOOK_MS);
}

void vn_run_room_close(struct vn_run_room *room)
{
    if (room->server != NULL) {
        uv_close((uv_handle_t *)&room->timer, NULL);
    }
}
