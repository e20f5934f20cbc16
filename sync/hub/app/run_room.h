/* Room for the connections of tills: how many files may be open, and memory that those left who are gone. Loop thread only. */
#ifndef VN_HUB_RUN_ROOM_H
#define VN_HUB_RUN_ROOM_H

#include <uv.h>

#include "sync/net/server.h"

struct vn_run_room {
    uv_timer_t timer;
    const struct vn_http_server *server;
    size_t most; /* connections since memory was given back last */
};

/* A connection is an open file: as many as we may have, at once. */
void vn_run_room_files(void);
/* So many connections that some files are left for everything else. Then the server still hears of one too many, and makes
 * room. */
size_t vn_run_room_connections(void);

/* Looks every few seconds whether many connections are gone. */
void vn_run_room_watch(struct vn_run_room *room, uv_loop_t *loop, const struct vn_http_server *server);
/* Fine when it was not begun. The loop must run on until it is closed. */
void vn_run_room_close(struct vn_run_room *room);

#endif
