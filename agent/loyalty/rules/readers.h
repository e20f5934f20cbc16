/* The parts of a ruleset's documents: one function reads one part. Not for other boxes.
 *
 * The line has been held against its schema (rules/schema.h), so readers convert: they take what is there, and check what
 * a schema can't say (bytes of UTF-8, ids that must be known, numbers that must ascend). They follow agent/base/json.h: the
 * first failure sticks in the reader's error, and what comes after it does nothing.
 * Texts and lists go into the ruleset's arena. A part that is absent leaves *out as it was. */
#ifndef VN_LOYALTY_READERS_H
#define VN_LOYALTY_READERS_H

#include "agent/base/json.h"
#include "agent/loyalty/rules/compiled.h"

/* terms_json.c */
void vn_read_nomem(const struct vn_json_in *in);
/* Records that `name`, which stands at `key`, is not what was expected: "a group of the header". */
void vn_read_unknown(const struct vn_json_in *in, const char *key, const char *expected, const char *name);
/* What is absent leaves *out as it was. key NULL: `in` itself. */
void vn_take_int(const struct vn_json_in *in, const char *key, int64_t *out);
void vn_take_bool(const struct vn_json_in *in, const char *key, bool *out);
/* *out becomes the place among `words`, which are those of the schema. */
void vn_take_word(const struct vn_json_in *in, const char *key, const char *const *words, int *out);
/* A text of less than `size` bytes; NULL when it is absent or failed. */
const char *vn_text_read(const struct vn_json_in *in, const char *key, size_t size, struct vn_arena *arena);
/* A list of texts, sorted. */
void vn_terms_read(const struct vn_json_in *in, const char *key, size_t size, struct vn_arena *arena,
                   struct vn_terms *out);
/* {locale: text} */
void vn_names_read(const struct vn_json_in *in, const char *key, size_t size, struct vn_arena *arena,
                   struct vn_names *out);
/* "2026-11-22T08:00" */
void vn_local_time_read(const struct vn_json_in *in, const char *key, int64_t *minute);

/* promotion_json.c: false, with VN_UNSUPPORTED, when the line says a newer engine than this. */
bool vn_engine_fits(const struct vn_json_in *in);

/* selector_json.c: NULL for a selector that takes all goods. */
const struct vn_selector *vn_selector_read(const struct vn_json_in *in, const char *key,
                                           struct vn_ruleset *ruleset);

/* condition_json.c */
void vn_when_read(const struct vn_json_in *in, const struct vn_ruleset *ruleset, struct vn_when *out);
void vn_where_read(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_where *out);
void vn_who_read(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_who *out);
void vn_if_read(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_if *out);

/* reward_json.c: `then`, with the rewards on prices first; refuses what can't stand beside each other or in the stage of
 * the promotion's group. */
void vn_then_read(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_promotion *out);

/* wallet_json.c: wallet, earning and the acceptance table. */
void vn_wallets_read(const struct vn_json_in *in, struct vn_ruleset *ruleset);

/* header_json.c: VN_UNSUPPORTED when the header needs a newer engine. */
void vn_header_read(const struct vn_json_in *in, struct vn_ruleset *ruleset);

/* price_table.c: one row of a price table. */
void vn_price_row_read(const struct vn_json_in *in, struct vn_ruleset *ruleset);

#endif
