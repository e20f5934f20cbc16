/* What a receipt is quoted again with that its entry names and does not say: its ruleset, and its goods as they were.
 *
 * Rulesets are kept compiled, the last few. Goods are kept while one moment of the store is looked at. One thread. */
#ifndef VN_HUB_REQUOTE_INPUTS_H
#define VN_HUB_REQUOTE_INPUTS_H

#include "agent/loyalty/ruleset.h"
#include "agent/loyalty/with.h"
#include "sync/hub/storage/items.h"

struct vn_requote_inputs;
VN_MUST_USE enum vn_status vn_requote_inputs_create(struct vn_requote_inputs **out); /* VN_NOMEM */
void vn_requote_inputs_destroy(struct vn_requote_inputs *inputs);                    /* NULL is fine */
/* The store may say something else from now on. */
void vn_requote_inputs_begin(struct vn_requote_inputs *inputs);

/* *out NULL: it is not there, or can't be read by this version. Borrowed, until the next call. */
VN_MUST_USE enum vn_status vn_requote_ruleset(struct vn_requote_inputs *inputs, struct vn_storage *storage,
                                              int64_t number, const struct vn_ruleset **out);

struct vn_requote_goods {
    bool known;                         /* else nothing here is */
    bool moved;                         /* some may have been otherwise */
    struct vn_item items[VN_LINES_MAX]; /* beside the basket's lines */
};
/* Those of a basket in the states of the catalogue that `with` names; `until_ms`: by the hub's clock the receipt was paid
 * before. */
VN_MUST_USE enum vn_status vn_requote_goods(struct vn_requote_inputs *inputs, struct vn_storage *storage,
                                            const struct vn_with *with, const struct vn_basket *basket,
                                            int64_t until_ms, struct vn_requote_goods *out);

#endif
