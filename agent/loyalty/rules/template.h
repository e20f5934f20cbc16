/* Templates: promotions with places to fill in, ready for a manager who writes none himself.
 *
 * agent/loyalty/templates has one JSON document each, compiled into the library: title, description, parameters, the
 * lines of a ruleset that it makes (promotions, rows of price tables) and test baskets with what must come out. In the
 * lines {"$":"name"} stands for a parameter's value (a key whose value is none is left out), and "{name}" inside a text
 * for the value as people write it: a rate in percent, money in the currency's unit, with the comma of the language.
 * Texts are in "en", "sr" (Cyrillic), "sr@latin", "pl" and "ru".
 *
 * Types of parameters: number, rate (basis points), money (minor units), points: whole numbers from `min` to `max`;
 * id, text, time ("2026-11-22T08:00"), hour ("08:00"); list (texts), selector (as in a promotion), steps (of a ladder).
 * Every parameter has a default; null, where that is the default, is none. */
#ifndef VN_LOYALTY_TEMPLATE_H
#define VN_LOYALTY_TEMPLATE_H

#include <jansson.h>
#include <stddef.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"

size_t vn_template_count(void);
const char *vn_template_id(size_t index); /* ascending; static */

/* The document, with the parameters that all templates share in front of its own. VN_INPUT for an id that there is not;
 * VN_NOMEM. *out is owned by the caller (json_decref). */
VN_MUST_USE enum vn_status vn_template_load(const char *id, json_t **out, struct vn_error *error);

/* The lines that the template makes with `values` (an object of parameters; NULL: defaults alone): an array, owned by the
 * caller. VN_INPUT with a pointer into `values` for a parameter that there is not, or a value that does not fit. That
 * the lines fit their ruleset (groups, ids, tiers) is for vn_ruleset_parse to say. */
VN_MUST_USE enum vn_status vn_template_fill(const json_t *document, const json_t *values, json_t **out,
                                            struct vn_error *error);

/* A parameter's value from a word, as on a command line: numbers as digits, lists as "a,b", selectors as
 * "tags:a,b;brands:c" or JSON, steps as "200000:10000,400000:30000", "none" where there may be none. VN_INPUT with the
 * parameter as pointer. Ranges are judged by vn_template_fill. *out is owned by the caller. */
VN_MUST_USE enum vn_status vn_template_value(const json_t *document, const char *name, const char *word,
                                             json_t **out, struct vn_error *error);

/* Appends the word that vn_template_value reads as that value of the parameter: one of its defaults. VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_template_word(const json_t *parameter, const json_t *value, struct vn_buf *out);

/* The text in `locale`, else in English. Borrowed from `texts`. */
const char *vn_template_text(const json_t *texts, const char *locale);

/* One file of agent/loyalty/templates; made by the build. */
struct vn_template_file {
    const char *id;
    struct vn_view text;
};
extern const struct vn_template_file vn_template_files[];
extern const size_t vn_template_file_count;

#endif
