/* A ruleset's text: lines of JSON, the header first, then a promotion a line.
 *
 * One bad promotion must not take a chain's other promotions down, and a promotion that is only half understood must not
 * apply. So there are two answers: what uses something that this engine does not know is skipped and counted; what
 * claims this engine and is malformed refuses the file, because then somebody's tool is broken and what it published
 * can't be trusted. */
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/shape.h"

#define NUMBER_MAX   1000000000
#define EXPONENT_MAX 4

static void read_wallet(const struct vn_json_in *in, struct vn_wallet *out)
{
    out->worth_minor_den = 1;
    out->spend_step_points = 1;
    out->spend_share_bp = VN_BP_WHOLE;
    struct vn_json_in wallet = vn_json_object(in, "wallet", VN_OPTIONAL);
    if (wallet.value == NULL) {
        return;
    }
    int64_t exponent = 0;
    int64_t share_bp = VN_BP_WHOLE;
    vn_json_int(&wallet, "exponent", VN_OPTIONAL, 0, 2, &exponent);
    struct vn_json_in worth = vn_json_object(&wallet, "worth", VN_OPTIONAL);
    if (worth.value != NULL) {
        vn_json_int(&worth, "points", VN_REQUIRED, 1, NUMBER_MAX, &out->worth_minor_den);
        vn_json_int(&worth, "minor", VN_REQUIRED, 0, NUMBER_MAX, &out->worth_minor_num);
    }
    vn_json_int(&wallet, "spend_min", VN_OPTIONAL, 0, NUMBER_MAX, &out->spend_min_points);
    vn_json_int(&wallet, "spend_step", VN_OPTIONAL, 1, NUMBER_MAX, &out->spend_step_points);
    vn_json_int(&wallet, "spend_share_bp", VN_OPTIONAL, 0, VN_BP_WHOLE, &share_bp);
    out->exponent = (unsigned)exponent;
    out->spend_share_bp = (int32_t)share_bp;
}

static void read_group(const struct vn_json_in *in, struct vn_group *out)
{
    static const char *const bases[] = {"list", "running", NULL};
    static const struct {
        const char *name;
        enum vn_stage stage;
    } stages[] = {{"units", VN_STAGE_UNITS},
                  {"basket", VN_STAGE_BASKET},
                  {"coupons", VN_STAGE_COUPONS},
                  {"earning", VN_STAGE_EARNING}};
    char stage[VN_TAG_MAX] = "";
    char choice[VN_TAG_MAX] = "";
    int base = 1;
    vn_json_str(in, "id", VN_REQUIRED, out->id, sizeof out->id);
    vn_json_str(in, "stage", VN_REQUIRED, stage, sizeof stage);
    vn_json_enum(in, "base", VN_OPTIONAL, bases, &base);
    vn_json_str(in, "choice", VN_REQUIRED, choice, sizeof choice);
    out->running = base == 1;
    out->choice = strcmp(choice, "all") == 0 ? VN_CHOICE_ALL : VN_CHOICE_FIRST;
    out->newer = out->choice != VN_CHOICE_ALL && strcmp(choice, "first") != 0;
    out->stage = VN_STAGE_COUNT;
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        if (strcmp(stages[i].name, stage) == 0) {
            out->stage = stages[i].stage;
        }
    }
    out->newer = out->newer || out->stage == VN_STAGE_COUNT;
}

static void read_groups(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    size_t count = 0;
    struct vn_json_in groups = vn_json_array(in, "groups", VN_OPTIONAL, VN_GROUPS_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&groups, i);
        read_group(&at, &ruleset->groups[i]);
        for (size_t other = 0; other < i; other++) {
            if (strcmp(ruleset->groups[other].id, ruleset->groups[i].id) == 0) {
                vn_json_fail(&at, "id", "an id of its own");
            }
        }
    }
    ruleset->group_count = (unsigned)count;
}

static void read_ranges(const struct vn_json_in *in, const char *key, bool coupon, struct vn_ruleset *ruleset)
{
    size_t count = 0;
    struct vn_json_in list =
        vn_json_array(in, key, VN_OPTIONAL, VN_CARD_RANGES_MAX - ruleset->range_count, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_card_range *range = &ruleset->ranges[ruleset->range_count];
        int64_t length = 0;
        vn_json_str(&at, "prefix", VN_REQUIRED, range->prefix, sizeof range->prefix);
        size_t digits = strspn(range->prefix, "0123456789");
        if (!vn_json_failed(in) && (digits == 0 || range->prefix[digits] != '\0')) {
            vn_json_fail(&at, "prefix", "digits");
        }
        vn_json_int(&at, "length", VN_REQUIRED, (int64_t)digits, VN_CARD_TEXT_MAX - 1, &length);
        range->length = (unsigned)length;
        range->coupon = coupon;
        ruleset->range_count++;
    }
}

static void read_header(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    int law = 0;
    vn_json_int(in, "ruleset", VN_REQUIRED, 1, INT64_MAX, &ruleset->number);
    vn_json_str(in, "currency", VN_REQUIRED, ruleset->currency, sizeof ruleset->currency);
    if (!vn_json_failed(in) && strspn(ruleset->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3) {
        vn_json_fail(in, "currency", "three capital letters");
    }
    vn_json_int(in, "exponent", VN_REQUIRED, 0, EXPONENT_MAX, &ruleset->exponent);
    vn_json_int(in, "utc_offset_min", VN_REQUIRED, -720, 840, &ruleset->zone.offset_min);
    vn_json_enum(in, "law", VN_REQUIRED, vn_law_names, &law);
    ruleset->law = (enum vn_law)law;
    ruleset->wallet_count = 1;
    read_wallet(in, &ruleset->wallets[0]);
    ruleset->wallets[0].earn_per_minor = 1;
    struct vn_json_in earning = vn_json_object(in, "earning", VN_OPTIONAL);
    if (earning.value != NULL) {
        vn_json_int(&earning, "points", VN_REQUIRED, 0, NUMBER_MAX, &ruleset->wallets[0].earn_points);
        vn_json_int(&earning, "per_minor", VN_REQUIRED, 1, NUMBER_MAX, &ruleset->wallets[0].earn_per_minor);
    }
    vn_json_int(in, "floor_bp", VN_OPTIONAL, 0, VN_BP_WHOLE, &ruleset->floor_bp);
    read_groups(in, ruleset);
    read_ranges(in, "cards", false, ruleset);
    read_ranges(in, "coupons", true, ruleset);
}

/* A law that this engine does not have can't be held, so its name is a matter of the engine too. */
static bool header_is_known(const struct vn_json_in *header)
{
    const json_t *engine = json_object_get(header->value, "engine");
    if (json_is_integer(engine) && json_integer_value(engine) > VN_ENGINE_VERSION) {
        return vn_shape_unknown(header, "engine", "the rules of a newer one");
    }
    const char *law = json_string_value(json_object_get(header->value, "law"));
    bool law_known = law == NULL;
    for (int i = 0; law != NULL && vn_law_names[i] != NULL; i++) {
        law_known = law_known || strcmp(vn_law_names[i], law) == 0;
    }
    return law_known ? vn_shape_header_known(header) : vn_shape_unknown(header, "law", "this law");
}

static enum vn_status parse_header(struct vn_view line, struct vn_ruleset *ruleset, struct vn_error *error)
{
    json_t *root = NULL;
    enum vn_status status = vn_json_parse(line, &root, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    if (!json_is_object(root)) {
        vn_json_fail(&in, NULL, "an object");
    } else if (header_is_known(&in)) {
        int64_t engine = 0;
        vn_json_int(&in, "engine", VN_REQUIRED, 1, VN_ENGINE_VERSION, &engine);
        read_header(&in, ruleset);
    }
    json_decref(root);
    return error->status;
}

static enum vn_status parse_promotion(struct vn_view line, struct vn_ruleset *ruleset, struct vn_error *error)
{
    json_t *root = NULL;
    enum vn_status status = vn_json_parse(line, &root, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    struct vn_promotion promotion;
    status = vn_promotion_read(&in, ruleset, &promotion);
    json_decref(root);
    if (status != VN_OK) {
        return status;
    }
    if (ruleset->promotion_count == VN_PROMOTIONS_MAX) {
        return vn_fail(error, VN_FULL, "more than %d promotions", VN_PROMOTIONS_MAX);
    }
    ruleset->promotions[ruleset->promotion_count++] = promotion;
    return VN_OK;
}

static struct vn_view take_line(struct vn_view *text)
{
    const uint8_t *end = text->len == 0 ? NULL : memchr(text->data, '\n', text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->data);
    struct vn_view line = vn_view_of(text->data, len);
    size_t skip = end == NULL ? len : len + 1;
    *text = vn_view_of(text->len == 0 ? NULL : text->data + skip, text->len - skip);
    return line;
}

static bool is_blank(struct vn_view line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

static size_t count_lines(struct vn_view text)
{
    size_t count = 0;
    while (text.len > 0) {
        count += is_blank(take_line(&text)) ? 0 : 1;
    }
    return count;
}

/* Puts the line's number before the text; the pointer stays. */
static enum vn_status fail_at_line(struct vn_error *error, size_t number)
{
    struct vn_error inner = *error;
    (void)vn_fail(error, inner.status, "line %zu: %.*s", number, VN_ERROR_TEXT_MAX - 32, inner.text);
    memcpy(error->pointer, inner.pointer, sizeof error->pointer);
    return inner.status;
}

static void count_skipped(struct vn_ruleset *ruleset, struct vn_error *why, size_t number)
{
    if (ruleset->skipped_count++ == 0) {
        (void)fail_at_line(why, number);
        ruleset->skipped = *why;
    }
    memset(why, 0, sizeof *why);
}

static enum vn_status parse_lines(struct vn_view text, struct vn_ruleset *ruleset, struct vn_error *error)
{
    bool header = true;
    for (size_t number = 1; text.len > 0; number++) {
        struct vn_view line = take_line(&text);
        if (is_blank(line)) {
            continue;
        }
        error->status = VN_OK;
        enum vn_status status =
            header ? parse_header(line, ruleset, error) : parse_promotion(line, ruleset, error);
        if (status == VN_UNSUPPORTED && !header) {
            count_skipped(ruleset, error, number);
        } else if (status != VN_OK) {
            return fail_at_line(error, number);
        }
        header = false;
    }
    return header ? vn_fail(error, VN_INPUT, "no header") : VN_OK;
}

enum vn_status vn_ruleset_parse(struct vn_view text, struct vn_ruleset **out, struct vn_error *error)
{
    struct vn_error own;
    struct vn_error *failure = error == NULL ? &own : error;
    *out = NULL;
    memset(failure, 0, sizeof *failure);
    if (text.len > VN_RULESET_MAX) {
        return vn_fail(failure, VN_FULL, "a ruleset of more than %d bytes", VN_RULESET_MAX);
    }
    struct vn_ruleset *ruleset = calloc(1, sizeof *ruleset);
    if (ruleset == NULL) {
        return vn_fail(failure, VN_NOMEM, "out of memory");
    }
    vn_arena_init(&ruleset->arena);
    size_t lines = count_lines(text);
    size_t room = lines < VN_PROMOTIONS_MAX ? lines + 1 : VN_PROMOTIONS_MAX;
    ruleset->promotions = calloc(room, sizeof *ruleset->promotions);
    enum vn_status status = ruleset->promotions == NULL ? vn_fail(failure, VN_NOMEM, "out of memory")
                                                        : parse_lines(text, ruleset, failure);
    if (status == VN_OK) {
        status = vn_ruleset_compile(ruleset, failure);
    }
    if (status != VN_OK) {
        vn_ruleset_destroy(ruleset);
        return status;
    }
    *out = ruleset;
    return VN_OK;
}
