/* The bytes of a file: pages that clones and the synced state share until one of them writes. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/disk_internal.h"

void *disk_alloc(size_t size)
{
    size_t round = (size + 15) / 16 * 16;
    void *memory = aligned_alloc(16, round == 0 ? 16 : round);
    if (memory == NULL) {
        abort();
    }
    memset(memory, 0, round == 0 ? 16 : round);
    return memory;
}

void *disk_grow(void *old, size_t old_size, size_t new_size)
{
    void *memory = disk_alloc(new_size);
    if (old != NULL) {
        memcpy(memory, old, old_size);
        free(old);
    }
    return memory;
}

static void release(struct page *page)
{
    if (page != NULL && --page->refs == 0) {
        free(page);
    }
}

static struct page *share(struct page *page)
{
    if (page != NULL) {
        page->refs++;
    }
    return page;
}

static void make_room(struct content *content, size_t count)
{
    if (count > content->count) {
        size_t room = count > 2 * content->count ? count : 2 * content->count;
        content->pages = disk_grow((void *)content->pages, content->count * sizeof(struct page *),
                                   room * sizeof(struct page *));
        content->count = room;
    }
}

/* A page that nobody else sees. */
static struct page *own(struct content *content, size_t index)
{
    make_room(content, index + 1);
    struct page *page = content->pages[index];
    if (page == NULL || page->refs > 1) {
        struct page *copy = disk_alloc(sizeof *copy);
        copy->refs = 1;
        if (page != NULL) {
            memcpy(copy->bytes, page->bytes, DISK_PAGE);
            release(page);
        }
        content->pages[index] = copy;
    }
    return content->pages[index];
}

void content_read(const struct content *content, void *out, size_t len, int64_t at)
{
    uint8_t *to = out;
    while (len > 0) {
        size_t index = (size_t)(at / DISK_PAGE), from = (size_t)(at % DISK_PAGE);
        size_t piece = DISK_PAGE - from < len ? DISK_PAGE - from : len;
        const struct page *page = index < content->count ? content->pages[index] : NULL;
        if (page == NULL) {
            memset(to, 0, piece);
        } else {
            memcpy(to, page->bytes + from, piece);
        }
        to += piece;
        at += (int64_t)piece;
        len -= piece;
    }
}

void content_write(struct content *content, const void *bytes, size_t len, int64_t at)
{
    const uint8_t *from = bytes;
    int64_t end = at + (int64_t)len;
    while (len > 0) {
        size_t into = (size_t)(at % DISK_PAGE);
        size_t piece = DISK_PAGE - into < len ? DISK_PAGE - into : len;
        memcpy(own(content, (size_t)(at / DISK_PAGE))->bytes + into, from, piece);
        from += piece;
        at += (int64_t)piece;
        len -= piece;
    }
    content->size = end > content->size ? end : content->size;
}

void content_resize(struct content *content, int64_t size)
{
    size_t whole = (size_t)((size + DISK_PAGE - 1) / DISK_PAGE);
    for (size_t i = whole; i < content->count; i++) {
        release(content->pages[i]);
        content->pages[i] = NULL;
    }
    if (size < content->size && size % DISK_PAGE != 0 && whole <= content->count &&
        content->pages[whole - 1] != NULL) {
        size_t from = (size_t)(size % DISK_PAGE);
        memset(own(content, whole - 1)->bytes + from, 0, DISK_PAGE - from);
    }
    content->size = size;
}

void content_copy(struct content *to, const struct content *from)
{
    content_empty(to);
    make_room(to, (size_t)((from->size + DISK_PAGE - 1) / DISK_PAGE));
    for (size_t i = 0; i < to->count && i < from->count; i++) {
        to->pages[i] = share(from->pages[i]);
    }
    to->size = from->size;
}

void content_take(struct content *to, const struct content *from, int64_t at, int64_t len)
{
    if (to->size > from->size) {
        content_resize(to, from->size);
    }
    to->size = from->size;
    for (size_t i = (size_t)(at / DISK_PAGE); len > 0 && i <= (size_t)((at + len - 1) / DISK_PAGE); i++) {
        struct page *page = i < from->count ? share(from->pages[i]) : NULL;
        make_room(to, i + 1);
        release(to->pages[i]);
        to->pages[i] = page;
    }
}

void content_empty(struct content *content)
{
    for (size_t i = 0; i < content->count; i++) {
        release(content->pages[i]);
    }
    free((void *)content->pages);
    *content = (struct content){NULL, 0, 0};
}
