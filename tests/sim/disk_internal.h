/* What the files of the simulated disk share. Nobody else includes this. */
#ifndef VN_TESTS_SIM_DISK_INTERNAL_H
#define VN_TESTS_SIM_DISK_INTERNAL_H

#include "tests/sim/disk.h"

#define DISK_PAGE 4096
#define REGIONS   64 /* of shared memory, 32 KiB each: a log of 2 million pages has fewer */

/* Zeroed memory, or the program ends. Not by malloc, so that a test in which the n-th malloc fails means the product's. */
void *disk_alloc(size_t size);
void *disk_grow(void *old, size_t old_size, size_t new_size);

/* --- disk_content.c: bytes that are shared until they are written -------------------------------------------------------- */

struct page {
    long refs;
    uint8_t bytes[DISK_PAGE];
};

struct content {
    struct page **pages; /* NULL: zeros */
    size_t count;        /* pages may be fewer than size needs: zeros */
    int64_t size;
};

void content_read(const struct content *content, void *out, size_t len, int64_t at);
void content_write(struct content *content, const void *bytes, size_t len, int64_t at);
void content_resize(struct content *content, int64_t size);
void content_copy(struct content *to, const struct content *from); /* in place of what is there */
/* The pages under these bytes, and the length, become those of `from`. */
void content_take(struct content *to, const struct content *from, int64_t at, int64_t len);
void content_empty(struct content *content);

/* --- disk.c --------------------------------------------------------------------------------------------------------- */

/* What is written to a file and not synced: bytes, or a new length. */
struct piece {
    long refs;
    bool cuts;
    int64_t at; /* cuts: the new length */
    size_t len;
    uint8_t bytes[];
};

struct slot {
    unsigned shared;
    bool alone;
};

/* A file, whatever its names. */
struct node {
    struct node *next;
    long refs; /* names, now and on the disk; changes of names in doubt; open files */
    long open;
    long named; /* names it has now */
    bool folder;
    int64_t changed_ms;
    struct content now, kept;
    struct piece **pieces;
    size_t count, room;
    struct slot slots[DISK_SLOTS];
    struct shared *shared;
};

struct shared {
    long refs;
    void *regions[REGIONS];
};

struct name {
    char *path;
    struct node *node;
};

struct names {
    struct name *list;
    size_t count, room;
};

/* A change of names in doubt: `path` leads to `node`, or to nothing; `from`, if any, does no more. */
struct change {
    char *path, *from;
    struct node *node;
};

struct disk {
    struct vn_random random;
    struct node *nodes;
    struct names now, kept;
    struct change *changes;
    size_t changes_count, changes_room;
    long counts[DISK_KINDS];
    disk_judge judge;
    void *judge_ctx;
    bool frozen;
    unsigned boots; /* a file that was opened in another one is dead */
    int64_t room;
    long met_full;
    struct vn_clock clock; /* no functions: none */
    struct disk_fates fates;
};

struct disk_file {
    struct disk *disk;
    struct node *node;
    struct shared *shared; /* NULL: not mapped */
    unsigned boots, note;
    enum disk_hold holds[DISK_SLOTS];
    char path[DISK_PATH_MAX];
};

/* Counts the call and asks the judge. Changing a frozen disk: EIO. */
int disk_ask(struct disk *disk, const struct disk_call *call, bool changes);
struct node *disk_new_node(struct disk *disk);
void disk_release(struct disk *disk, struct node *node); /* one reference less */
void disk_add_piece(struct node *node, bool cuts, int64_t at, const void *bytes, size_t len);
void disk_forget_pieces(struct node *node);
void disk_mark(const struct disk *disk, struct node *node); /* with the time */

/* --- disk_names.c --------------------------------------------------------------------------------------------------- */

char *disk_copy_text(const char *text);
void names_put(struct disk *disk, struct names *names, const char *path, struct node *node);
void names_empty(struct disk *disk, struct names *names);
void change_apply(struct disk *disk, struct names *names, const struct change *change);
void change_forget(struct disk *disk, struct change *change);
struct node *disk_find(const struct disk *disk, const char *path);
void disk_name(struct disk *disk, const char *path, const char *from, struct node *node);
bool disk_has_folder(const struct disk *disk, const char *path);
/* --- disk_fate.c --------------------------------------------------------------------------------------------------------- */

/* Each piece of the file gets its fate. */
void fate_of_pieces(struct disk *disk, struct node *node, const struct vn_random *random,
                    const struct disk_policy *policy);
/* Which of `count` changes of names are kept. */
void fate_of_names(struct disk *disk, bool *kept, size_t count, const struct vn_random *random,
                   const struct disk_policy *policy);

#endif
