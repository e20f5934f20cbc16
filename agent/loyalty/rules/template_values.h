/* The values of a template's parameters: defaults, types, ranges, and how a text shows them. Not for other boxes. */
#ifndef VN_LOYALTY_TEMPLATE_VALUES_H
#define VN_LOYALTY_TEMPLATE_VALUES_H

#include <jansson.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"

enum vn_template_type {
    VN_TEMPLATE_NUMBER,
    VN_TEMPLATE_RATE,
    VN_TEMPLATE_MONEY,
    VN_TEMPLATE_POINTS,
    VN_TEMPLATE_ID,
    VN_TEMPLATE_TEXT,
    VN_TEMPLATE_TIME,
    VN_TEMPLATE_HOUR,
    VN_TEMPLATE_LIST,
    VN_TEMPLATE_SELECTOR,
    VN_TEMPLATE_STEPS,
    VN_TEMPLATE_COUNT, /* a word that is no type */
};

enum vn_template_type vn_template_type(const json_t *parameter);
/* What a step of this parameter gives: "rate_bp" or "amount_minor", as in its default. */
const char *vn_template_step_key(const json_t *parameter);

/* The parameter of that name, or NULL. Borrowed from the document. */
const json_t *vn_template_parameter(const json_t *document, const char *name);

/* All parameters of the document by name: what `values` says, else the default; each checked. *out is owned by the
 * caller. */
VN_MUST_USE enum vn_status vn_template_resolve(const json_t *document, const json_t *values, json_t **out,
                                               struct vn_error *error);

/* Appends the value of a parameter as people of `locale` (NULL: any) write it. `resolved` is what vn_template_resolve
 * gave. VN_INPUT for a value that has no such form (lists, selectors, steps); VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_template_show(const json_t *document, const json_t *resolved, const char *name,
                                            const char *locale, struct vn_buf *out);

#endif
