/* A quote's whole world from one JSON document, for the tests of loyalty. Single quotes stand for double quotes, so that
 * documents can be read inside C. */
#ifndef VN_TESTS_LOYALTY_WORLD_H
#define VN_TESTS_LOYALTY_WORLD_H

#include <jansson.h>

#include "agent/loyalty/quote.h"

struct world {
    struct vn_ruleset *ruleset;
    struct vn_quote_work *work;
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX];
    struct vn_member member;
    struct vn_choices choices;
    struct vn_right rights[VN_RIGHTS_MAX];
    char stopped[4][VN_ID_MAX];
    struct vn_quote_input input;
    struct vn_outcome out;
    struct vn_error error;
    enum vn_status status;
};

struct world *world_create(void);
void world_destroy(struct world *world);
/* Parses a ruleset from text; fails the test unless it is accepted. */
void world_ruleset(struct world *world, const char *text);
/* Keys: ruleset (file) or header (added to the usual one) and promotions (price rows among them); items; member; choices,
 * or spend_points, spends and coupons; rights, stopped, store, till, hub, risk, risk_points; basket, or lines, started_ms, lane,
 * proof and tenders. Quotes, and keeps the status. */
void world_quote(struct world *world, const char *document);
void world_quote_json(struct world *world, const json_t *document);
/* The same, for a test that wants an outcome: fails unless there is one. */
void world_outcome(struct world *world, const char *document);
/* cmocka's setup and teardown of a world. */
int world_setup(void **state);
int world_teardown(void **state);
/* Quotes again with what is in the world now. */
void world_again(struct world *world);
/* The reason of a promotion's explanation, or -1; its number in *missing. */
int world_reason(const struct world *world, const char *promotion, int64_t *missing);
/* What a promotion took off, on all lines. */
int64_t world_discount(const struct world *world, const char *promotion);
/* What was taken off a line; fails unless it is there. */
int64_t world_line_discount(const struct world *world, int64_t id);
int64_t world_points(const struct world *world, const char *promotion);
/* What the outcome takes out of an account. */
int64_t world_consumed(const struct world *world, const char *account);
/* The sums of an outcome that must hold whatever the rules are. */
void world_check_outcome(const struct vn_basket *basket, const struct vn_outcome *out);
void world_check_sums(const struct world *world); /* the same of a world's last quote */
char *world_read_file(const char *path);          /* below the source folder; free() it */

#endif
