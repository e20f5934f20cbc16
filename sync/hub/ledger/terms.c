#include "sync/hub/ledger/terms.h"

#include <stdlib.h>
#include <string.h>

#define KEPT         8 /* rulesets; tills change within a day */
#define DEFAULT_DAYS 365
#define GRACE_DAYS   30

struct kept {
    struct vn_ruleset *ruleset; /* NULL: not read */
    int64_t number;
};

struct vn_terms {
    struct kept header, whole; /* of the last ruleset that was in force */
    int64_t in_force;          /* -1: not looked up */
    unsigned count, oldest;
    struct vn_term_set sets[KEPT];
};

enum vn_status vn_terms_create(struct vn_terms **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return VN_NOMEM;
    }
    vn_terms_forget(*out);
    return VN_OK;
}

void vn_terms_destroy(struct vn_terms *terms)
{
    if (terms != NULL) {
        vn_ruleset_destroy(terms->header.ruleset);
        vn_ruleset_destroy(terms->whole.ruleset);
    }
    free(terms);
}

void vn_terms_forget(struct vn_terms *terms)
{
    terms->in_force = -1;
}

const struct vn_term *vn_term_find(const struct vn_term_set *set, const char *wallet)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (strcmp(set->wallets[i].wallet, wallet) == 0) {
            return &set->wallets[i];
        }
    }
    return NULL;
}

/* A wallet without a number gets the next one, or is left out when nothing may be written. */
static enum vn_status number_wallet(struct vn_storage *storage, struct vn_term_set *set, bool may_write)
{
    struct vn_term *term = &set->wallets[set->count];
    enum vn_status status = vn_storage_wallet_number(storage, term->wallet, may_write, &term->number);
    set->count += status == VN_OK ? 1 : 0;
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status read_wallets(struct vn_storage *storage, const struct vn_ruleset *ruleset,
                                   bool may_write, struct vn_term_set *out)
{
    const struct vn_wallet *wallets = NULL;
    enum vn_status status = VN_OK;
    size_t count = vn_ruleset_wallets(ruleset, &wallets);
    out->count = 0;
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        struct vn_term *term = &out->wallets[out->count];
        memset(term, 0, sizeof *term);
        memcpy(term->wallet, wallets[i].id, sizeof term->wallet);
        term->matures_days = wallets[i].matures_days;
        term->expires_days = wallets[i].expires_days;
        term->return_grace_days = wallets[i].return_grace_days;
        term->earn_max_day = wallets[i].earn_max_day;
        if (i == 0) {
            out->count++;
        } else {
            status = number_wallet(storage, out, may_write);
        }
    }
    return status;
}

/* Of what promotions don't say the first line, the header, says all. */
static enum vn_status read_ruleset(struct vn_storage *storage, int64_t number, bool header,
                                   struct vn_ruleset **out)
{
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    enum vn_status status = vn_storage_ruleset_text(storage, number, &text);
    struct vn_view all = vn_buf_view(&text);
    struct vn_view line = all;
    if (status == VN_OK && header) {
        status = vn_wire_next_line(&all, &line) ? VN_OK : VN_CORRUPT;
    }
    if (status == VN_OK) {
        status = vn_ruleset_parse(line, out, NULL);
        /* it was published */
        status = status == VN_INPUT || status == VN_UNSUPPORTED ? VN_CORRUPT : status;
    }
    vn_buf_deinit(&text);
    return status;
}

static enum vn_status load(struct vn_storage *storage, int64_t ruleset, bool may_write,
                           struct vn_term_set *out)
{
    struct vn_ruleset *header = NULL;
    enum vn_status status = read_ruleset(storage, ruleset, true, &header);
    if (status == VN_OK) {
        status = read_wallets(storage, header, may_write, out);
    }
    vn_ruleset_destroy(header);
    return status;
}

static struct vn_term_set *room(struct vn_terms *terms)
{
    return terms->count < KEPT ? &terms->sets[terms->count++] : &terms->sets[terms->oldest++ % KEPT];
}

static enum vn_status in_force(struct vn_terms *terms, struct vn_storage *storage)
{
    if (terms->in_force >= 0) {
        return VN_OK;
    }
    terms->in_force = 0;
    enum vn_status status = vn_storage_ruleset_in_force(storage, &terms->in_force);
    return status == VN_ABSENT ? VN_OK : status;
}

/* One that is read is found the next time; the one that asked for a ruleset which is not there asks again. */
static enum vn_status find(struct vn_terms *terms, struct vn_storage *storage, int64_t ruleset,
                           bool may_write, const struct vn_term_set **out)
{
    for (unsigned i = 0; i < terms->count; i++) {
        if (terms->sets[i].ruleset == ruleset) {
            *out = &terms->sets[i];
            return VN_OK;
        }
    }
    struct vn_term_set fresh = {.ruleset = ruleset};
    enum vn_status status = load(storage, ruleset, may_write, &fresh);
    if (status == VN_OK) {
        struct vn_term_set *place = room(terms);
        *place = fresh;
        *out = place;
    }
    return status;
}

enum vn_status vn_terms_of(struct vn_terms *terms, struct vn_storage *storage, int64_t ruleset,
                           bool may_write, const struct vn_term_set **out)
{
    static const struct vn_term_set before = {
        .count = 1, .wallets = {{.expires_days = DEFAULT_DAYS, .return_grace_days = GRACE_DAYS}}};
    enum vn_status status = ruleset > 0 ? find(terms, storage, ruleset, may_write, out) : VN_ABSENT;
    if (status != VN_ABSENT) {
        return status;
    }
    status = in_force(terms, storage);
    if (status == VN_OK && terms->in_force == 0) {
        *out = &before;
        return VN_OK;
    }
    return status == VN_OK ? find(terms, storage, terms->in_force, may_write, out) : status;
}

static enum vn_status keep(struct vn_terms *terms, struct vn_storage *storage, struct kept *kept,
                           const struct vn_ruleset **out)
{
    enum vn_status status = in_force(terms, storage);
    *out = NULL;
    if (status != VN_OK || terms->in_force == 0) {
        return status;
    }
    if (kept->number != terms->in_force) {
        vn_ruleset_destroy(kept->ruleset);
        *kept = (struct kept){.ruleset = NULL};
        status = read_ruleset(storage, terms->in_force, kept == &terms->header, &kept->ruleset);
    }
    if (status == VN_OK) {
        kept->number = terms->in_force;
        *out = kept->ruleset;
    }
    return status;
}

enum vn_status vn_terms_header(struct vn_terms *terms, struct vn_storage *storage,
                               const struct vn_ruleset **out)
{
    return keep(terms, storage, &terms->header, out);
}

enum vn_status vn_terms_ruleset(struct vn_terms *terms, struct vn_storage *storage,
                                const struct vn_ruleset **out)
{
    return keep(terms, storage, &terms->whole, out);
}
