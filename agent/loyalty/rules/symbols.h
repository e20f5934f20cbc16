/* The texts that a ruleset names, as numbers.
 *
 * What a text means depends on what it names (the code "7" is not the brand "7"), so a symbol is a pair of both. Numbers
 * start at 1 and have no gaps; 0 is what the ruleset does not name. Filled while compiling, only read afterwards. */
#ifndef VN_LOYALTY_SYMBOLS_H
#define VN_LOYALTY_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/error.h"
#include "agent/loyalty/rules/selector.h"

/* Beside enum vn_selector_key. */
enum { VN_SYMBOL_SEGMENT = VN_SELECT_KEYS, VN_SYMBOL_CLUB };

struct vn_symbol {
    const char *text; /* borrowed */
    uint32_t hash;
    uint32_t key;
};

struct vn_symbols {
    uint32_t count, room;
    struct vn_symbol *list; /* list[n - 1] is symbol n */
    uint32_t slots;         /* a power of two, at least twice `room`; 0: none yet */
    uint32_t *table;        /* symbols by hash, linear probing; 0: free */
};

void vn_symbols_init(struct vn_symbols *symbols);
void vn_symbols_deinit(struct vn_symbols *symbols);
/* Gives back room that is not used. */
void vn_symbols_trim(struct vn_symbols *symbols);
size_t vn_symbols_size_bytes(const struct vn_symbols *symbols);

/* The text's symbol, a new one if it has none; 0 when memory is out. The text must outlive *symbols. */
uint32_t vn_symbols_add(struct vn_symbols *symbols, unsigned key, const char *text);
/* 0: not named. `text` needs no NUL. */
uint32_t vn_symbols_find(const struct vn_symbols *symbols, unsigned key, const char *text, size_t len);

#endif
