/* The local API on a real unix socket, with a till whose journal and look-ups are played. */
#ifndef VN_TESTS_POS_WORLD_H
#define VN_TESTS_POS_WORLD_H

#include <uv.h>

#include "agent/pos/local_api.h"
#include "tests/unit/folder.h"

struct pos_world {
    uv_loop_t loop;
    char folder[FOLDER_PATH], path[96];
    struct vn_local_api *api;
    struct vn_till *till;
    struct vn_till_lookup *lookup;
    struct vn_till_inspect *inspect;
    struct vn_till_write *write;
    bool stalled; /* the journal does not answer */
    int64_t seq;
    unsigned written;
    char *last_body; /* of the entry that was written last, as JSON */
    uint8_t last_digest[VN_HASH_SIZE];
    unsigned asked; /* the hub, for rights */
    /* GET /v1/journal */
    int64_t journal_from, journal_count;
    enum vn_status journal_status; /* VN_AGAIN: refused at once */
    void (*journal_done)(void *done_ctx, enum vn_status status, struct vn_view lines);
    void *journal_ctx;
    void (*rights_done)(void *done_ctx, json_t *rights); /* GET /v1/rights */
    void *rights_ctx;
};

int pos_setup(void **state);
int pos_teardown(void **state);
void pos_run_ms(struct pos_world *world, int ms); /* the loop, and what the till waits for */

int pos_connect(const struct pos_world *world);
/* Sends a request and reads until the response is whole, or for half a second; NUL-terminated. The HTTP status, 0: none.
 */
int pos_call(struct pos_world *world, const char *method, const char *path, const char *headers,
             const char *body, char *out, size_t out_size);
void pos_send(int fd, const char *method, const char *path, const char *headers, const char *body);
/* What has arrived meanwhile, appended to what is in `out`. False: the other end has closed. */
bool pos_receive(struct pos_world *world, int fd, char *out, size_t out_size);

#endif
