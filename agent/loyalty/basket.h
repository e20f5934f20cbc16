/* The basket as the POS has it, and what the catalogue knows of its lines (rules.md, "The basket").
 *
 * Plain data with fixed bounds: nothing here owns memory, so that a basket can be copied, kept and compared.
 * Amounts are gross, in minor units of the ruleset's currency, and the POS's amount is authoritative. */
#ifndef VN_LOYALTY_BASKET_H
#define VN_LOYALTY_BASKET_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"

/* Which sale: a POS instance, its business date ("2026-11-22") or shift, and the receipt's number. Receipt
 * numbers restart; the three together do not repeat. */
struct vn_sale_key {
    char pos[VN_ID_MAX];
    char date[VN_ID_MAX];
    char receipt[VN_ID_MAX];
};

bool vn_sale_key_equal(const struct vn_sale_key *a, const struct vn_sale_key *b);

enum vn_line_kind {
    VN_LINE_GOODS,
    VN_LINE_WEIGHED,
    VN_LINE_DEPOSIT,
    VN_LINE_DEPOSIT_RETURN,
    VN_LINE_GIFT_CARD,
    VN_LINE_SERVICE,
};

enum vn_lane_kind { VN_LANE_MANNED, VN_LANE_SELF, VN_LANE_WEB };
enum vn_entry_mode { VN_CARD_SCANNED, VN_CARD_KEYED, VN_CARD_PHONE, VN_CARD_LATE };

struct vn_line {
    int64_t id;     /* the POS's, unique in the basket, > 0 */
    int64_t parent; /* deposit: the line it follows; negative line: the line that it corrects; else 0 */
    char code[VN_CODE_MAX];
    char name[VN_NAME_MAX];
    int64_t qty_milli;    /* pieces or kilograms, thousandths */
    int64_t amount_minor; /* what the POS charges, after its own price cuts */
    int64_t unit_price_minor;
    int64_t list_amount_minor;   /* before the POS's own price cuts */
    int64_t pos_discounts_minor; /* the POS's own cuts, >= 0 */
    char tax[8];                 /* the POS's tax label */
    enum vn_line_kind kind;
};

bool vn_line_is_goods(const struct vn_line *line); /* weighed ones too */
bool vn_line_is_negative(const struct vn_line *line);
/* A negative line is taken off the line that it names: goods off any, others off one of their kind. Packaging that was handed
 * in (deposit_return) is never a correction. A correction's quantity is 0 or less; whoever nets it looks to that. */
bool vn_line_corrects(const struct vn_line *line, const struct vn_line *named);

/* How the basket is paid, as far as the POS has said it yet. */
struct vn_tender {
    char kind[VN_TAG_MAX]; /* the POS's word: "cash", "card", "gift_card", ... */
    int64_t amount_minor;
};

/* How the customer showed that the card is his; a static card or a phone number shows nothing. */
enum vn_proof { VN_PROOF_NONE, VN_PROOF_CODE, VN_PROOF_SMS, VN_PROOF_PIN };

/* What the catalogue says about a code. `known` is false when it is in no catalogue: then only its code
 * matches. */
struct vn_item {
    char code[VN_CODE_MAX];
    char name[VN_NAME_MAX];
    char category[VN_NAME_MAX]; /* path, "food/coffee/beans" */
    char brand[VN_TAG_MAX];
    char legal_class[VN_TAG_MAX]; /* "general", "tobacco", "alcohol", "infant-formula", ... */
    char tax[8];
    int64_t price_minor;     /* list price, for hints alone */
    int64_t min_price_minor; /* what the law lets a piece or a kilogram cost at least; 0: nothing said */
    bool known;
    unsigned tag_count;
    char tags[VN_TAGS_MAX][VN_TAG_MAX];
};

struct vn_basket {
    struct vn_sale_key key;
    char operator_id[VN_ID_MAX];
    enum vn_lane_kind lane;
    enum vn_entry_mode card_entry;
    int64_t started_ms; /* wall time of the first line: the quote's `now` for the whole sale */
    enum vn_proof proof;
    unsigned tender_count;
    struct vn_tender tenders[VN_TENDERS_MAX];
    unsigned line_count;
    struct vn_line lines[VN_LINES_MAX];
};

/* What is left to pay by the POS's own reckoning: the sum of all amounts, cut off at the type's ends. */
int64_t vn_basket_total_minor(const struct vn_basket *basket);

#endif
