/* A cache in a temporary folder, its writer and a reader, and frames made of one line each. */
#ifndef VN_TESTS_CACHE_WORLD_H
#define VN_TESTS_CACHE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/crypto/sign.h"
#include "agent/store/cache.h"
#include "tests/unit/folder.h"

struct world {
    struct folder folder;
    struct vn_enrolment_id enrolment;
    uint64_t seed;
    struct vn_random random;
    struct vn_key *key;
    char pem[VN_PEM_MAX];
    bool unsigned_chain;            /* no publishing key is known */
    int64_t included_seq, told_seq; /* as the headers of a frame say; -1 */
    struct vn_cache_writer *writer;
    struct vn_cache_reader *reader;
    struct vn_buf frame; /* in the making: items without their header */
    unsigned items;
    bool changed;
    unsigned refused;
    struct vn_error error;
    void (*harness)(
        bool works); /* what follows is the test's own work, or is it no more; NULL: nobody wants to know */
};

bool world_open(struct world *world);
void world_close(struct world *world);
void world_create(struct world *world);
void world_destroy(struct world *world);
void add(struct world *world, const struct vn_feed_item *item);
struct vn_hash card_of(unsigned number);
void add_member(struct world *world, const char *account, int64_t balance, int64_t included_seq,
                unsigned card);
void add_gone(struct world *world, enum vn_feed_kind kind, const char *key);
void add_signed(struct world *world, enum vn_feed_kind kind, int64_t number, const char *text, bool forged);
enum vn_status send_frame(struct world *world, int64_t number, bool snapshot, unsigned count);
void next_frame(struct world *world);
enum vn_status apply(struct world *world, int64_t number);
enum vn_status replace(struct world *world, int64_t number);
void assert_member(struct world *world, unsigned card, const char *account, int64_t balance,
                   int64_t included_seq);
void assert_cursor(struct world *world, int64_t epoch, int64_t number);
void reopen_reader(struct world *world);

#endif
