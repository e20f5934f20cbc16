#include "agent/loyalty/rules/symbols.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FNV_START  2166136261U
#define FNV_PRIME  16777619U
#define FIRST_ROOM 64

static uint32_t hash_of(unsigned key, const char *text, size_t len)
{
    uint32_t hash = (FNV_START ^ key) * FNV_PRIME;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)text[i]) * FNV_PRIME;
    }
    return hash ^ hash >> 15; /* the low bits choose the slot */
}

void vn_symbols_init(struct vn_symbols *symbols)
{
    memset(symbols, 0, sizeof *symbols);
}

void vn_symbols_deinit(struct vn_symbols *symbols)
{
    free(symbols->list);
    free(symbols->table);
    memset(symbols, 0, sizeof *symbols);
}

/* The slot of the text, or the free one where it belongs. */
static uint32_t slot_of(const struct vn_symbols *symbols, uint32_t hash, unsigned key, const char *text,
                        size_t len)
{
    uint32_t slot = hash & (symbols->slots - 1);
    for (; symbols->table[slot] != 0; slot = (slot + 1) & (symbols->slots - 1)) {
        const struct vn_symbol *at = &symbols->list[symbols->table[slot] - 1];
        if (at->hash == hash && at->key == key && strncmp(at->text, text, len) == 0 &&
            at->text[len] == '\0') {
            break;
        }
    }
    return slot;
}

/* Makes room for exactly so many symbols. */
static bool resize(struct vn_symbols *symbols, uint32_t room)
{
    uint32_t slots = 2;
    while (slots < 2 * room) {
        slots *= 2;
    }
    struct vn_symbol *list = realloc(symbols->list, ((size_t)room + 1) * sizeof *list);
    if (list == NULL) {
        return false;
    }
    symbols->list = list;
    uint32_t *table = calloc(slots, sizeof *table);
    if (table == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < symbols->count; i++) {
        uint32_t slot = list[i].hash & (slots - 1);
        while (table[slot] != 0) {
            slot = (slot + 1) & (slots - 1);
        }
        table[slot] = i + 1;
    }
    free(symbols->table);
    symbols->table = table;
    symbols->slots = slots;
    symbols->room = room;
    return true;
}

void vn_symbols_trim(struct vn_symbols *symbols)
{
    (void)resize(symbols, symbols->count); /* what can't be given back stays */
}

size_t vn_symbols_size_bytes(const struct vn_symbols *symbols)
{
    return ((size_t)symbols->room + 1) * sizeof *symbols->list +
           (size_t)symbols->slots * sizeof *symbols->table;
}

uint32_t vn_symbols_add(struct vn_symbols *symbols, unsigned key, const char *text)
{
    if (symbols->count == symbols->room && !resize(symbols, 2 * symbols->room + FIRST_ROOM)) {
        return 0;
    }
    size_t len = strlen(text);
    uint32_t hash = hash_of(key, text, len);
    uint32_t slot = slot_of(symbols, hash, key, text, len);
    if (symbols->table[slot] == 0) {
        symbols->list[symbols->count++] = (struct vn_symbol){text, hash, key};
        symbols->table[slot] = symbols->count;
    }
    return symbols->table[slot];
}

uint32_t vn_symbols_find(const struct vn_symbols *symbols, unsigned key, const char *text, size_t len)
{
    return symbols->slots == 0 ? 0
                               : symbols->table[slot_of(symbols, hash_of(key, text, len), key, text, len)];
}
