/* Documents held against their published schema: agent/loyalty/schema/<name>.schema.json (JSON Schema, draft 2020-12),
 * which toolchain/schema2c compiles into these tables when Verno is built. So there is one place that says which keys a
 * document has and what they may hold; readers convert, and check what a schema can't say.
 *
 * Two readings of JSON differ from the standard's, and both are stricter: an integer is written without fraction or
 * exponent (1.0 is none), and a key that stands twice is refused before it gets here. */
#ifndef VN_LOYALTY_SCHEMA_H
#define VN_LOYALTY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/json.h"

struct vn_schema;

extern const struct vn_schema vn_schema_ruleset_header;
extern const struct vn_schema vn_schema_promotion;
extern const struct vn_schema vn_schema_price_row;
extern const struct vn_schema vn_schema_member;
extern const struct vn_schema vn_schema_basket;
extern const struct vn_schema vn_schema_item;
extern const struct vn_schema vn_schema_choices;
extern const struct vn_schema vn_schema_coupon;

/* True when the value fits. Otherwise, and unless a failure is recorded already, the reader's error says the place, what
 * was expected and what was found. VN_INPUT, but for a document whose schema allows no other keys (a line of a ruleset):
 * there a key or a word that the schema does not have is of a newer engine, VN_UNSUPPORTED, and that goes before
 * whatever else is wrong, because a newer engine may have changed types and ranges too. */
bool vn_schema_check(const struct vn_schema *schema, const struct vn_json_in *in);

/* Records that what stands at `key` (NULL: `in` itself) needs a newer engine; goes before VN_INPUT. Returns false. */
bool vn_schema_newer(const struct vn_json_in *in, const char *key, const char *what);

/* --- the tables, as toolchain/schema2c writes them --- */

enum vn_schema_kind {
    VN_SCHEMA_ANY,
    VN_SCHEMA_OBJECT,
    VN_SCHEMA_ARRAY,
    VN_SCHEMA_STRING,
    VN_SCHEMA_INTEGER,
    VN_SCHEMA_BOOLEAN,
    VN_SCHEMA_BY_TYPE, /* choices[0] for an object, choices[1] for an array */
    VN_SCHEMA_BY_KEY,  /* an object: choices[n] when the text at `tag` is words[n] */
};

struct vn_schema_key {
    const char *name;
    const struct vn_schema *schema;
};

enum vn_schema_rule { VN_SCHEMA_EXACTLY_ONE, VN_SCHEMA_AT_LEAST_ONE, VN_SCHEMA_NOT_ALL };

/* Keys that exclude or replace each other. */
struct vn_schema_group {
    enum vn_schema_rule rule;
    const char *const *keys; /* ends with NULL */
};

struct vn_schema_range {
    uint8_t from, to;
};

/* A piece of a pattern: at least and at most so many bytes of a set. A piece shares no byte with the one after it unless
 * its length is fixed, so that taking as many as fit is always right. */
struct vn_schema_piece {
    const struct vn_schema_range *set;
    uint32_t set_count;
    uint32_t least, most;
};

struct vn_schema {
    enum vn_schema_kind kind;
    bool nullable;
    const char *title;        /* what is expected, in words; NULL: made from the rest */
    int64_t least, most;      /* a number's value, a text's characters, an array's or an object's size */
    const char *const *words; /* a text is one of these; ends with NULL */
    const struct vn_schema_piece *pattern;
    uint32_t piece_count;
    bool only_true;
    const struct vn_schema *items;
    const struct vn_schema_key *keys; /* sorted by name */
    uint32_t key_count;
    bool closed;                    /* no other keys */
    const struct vn_schema *others; /* what other keys hold; NULL: anything */
    const struct vn_schema *names;  /* what keys are like; NULL: anything */
    const char *const *required;    /* ends with NULL */
    const struct vn_schema_group *groups;
    uint32_t group_count;
    const char *tag;
    const struct vn_schema *const *choices;
};

#endif
