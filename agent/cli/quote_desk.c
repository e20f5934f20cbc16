/* One request for a quote, read and reckoned. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/rules/time_text.h"

#define TIME_MAX  253402300799999 /* the end of the year 9999 */
#define MINUTE_MS 60000

enum vn_status vn_desk_create(const struct vn_ruleset *ruleset, const struct vn_catalogue *catalogue,
                              struct vn_desk **out)
{
    struct vn_desk *desk = calloc(1, sizeof *desk);
    *out = desk;
    if (desk == NULL) {
        return VN_NOMEM;
    }
    desk->ruleset = ruleset;
    desk->catalogue = catalogue;
    enum vn_status status = vn_quote_work_create(&desk->work);
    if (status != VN_OK) {
        vn_desk_destroy(desk);
        *out = NULL;
    }
    return status;
}

void vn_desk_destroy(struct vn_desk *desk)
{
    if (desk != NULL) {
        vn_quote_work_destroy(desk->work);
        free(desk);
    }
}

bool vn_papers_place(const char *text, struct vn_place *out)
{
    size_t store = strcspn(text, "/");
    const char *till = text[store] == '/' ? text + store + 1 : NULL;
    if (store == 0 || store >= VN_ID_MAX ||
        (till != NULL && (till[0] == '\0' || strlen(till) >= VN_ID_MAX || strchr(till, '/') != NULL))) {
        return false;
    }
    memset(out, 0, sizeof *out);
    memcpy(out->store, text, store);
    if (till != NULL) {
        memcpy(out->till, till, strlen(till));
    }
    return true;
}

static void read_place(const struct vn_json_in *in, struct vn_place *out)
{
    char text[2 * VN_ID_MAX] = "";
    vn_json_str(in, "place", VN_OPTIONAL, text, sizeof text);
    if (json_is_string(json_object_get(in->value, "place")) && !vn_papers_place(text, out)) {
        vn_json_fail(in, "place", "STORE or STORE/TILL");
    }
}

/* The moment at which the store's clocks show that local minute. */
static int64_t wall_ms(const struct vn_ruleset *ruleset, const char *store, int64_t local_minute)
{
    if (ruleset == NULL) {
        return local_minute * MINUTE_MS;
    }
    int64_t offset_min = vn_ruleset_utc_offset_min(ruleset, store, local_minute * MINUTE_MS);
    int64_t guess_ms = (local_minute - offset_min) * MINUTE_MS;
    /* near a change of the clocks the offset of then differs from that of the guess */
    offset_min = vn_ruleset_utc_offset_min(ruleset, store, guess_ms);
    return (local_minute - offset_min) * MINUTE_MS;
}

bool vn_papers_moment(const struct vn_ruleset *ruleset, const char *store, const char *text, int64_t *out)
{
    int64_t minute = 0;
    char *end = NULL;
    errno = 0;
    long long at_ms = strtoll(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0') {
        *out = at_ms;
        return errno == 0 && at_ms <= TIME_MAX;
    }
    if (!vn_time_read_minute(text, &minute) || minute < 0) {
        return false;
    }
    *out = wall_ms(ruleset, store, minute);
    return true;
}

static void read_at(const struct vn_json_in *in, const struct vn_desk *desk, int64_t *out)
{
    char text[VN_TIME_TEXT_MAX] = "";
    if (!json_is_string(json_object_get(in->value, "at"))) {
        vn_json_int(in, "at", VN_OPTIONAL, 0, TIME_MAX, out);
        return;
    }
    vn_json_str(in, "at", VN_OPTIONAL, text, sizeof text);
    if (!vn_papers_moment(desk->ruleset, desk->input.place.store, text, out)) {
        vn_json_fail(in, "at", "milliseconds since 1970, or a local time as 2026-11-22T14:05");
    }
}

static void read_stopped(const struct vn_json_in *in, struct vn_desk *desk)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "stopped", VN_OPTIONAL, VN_DESK_STOPS_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_str(&at, NULL, VN_REQUIRED, desk->stopped[i], sizeof desk->stopped[i]);
    }
    desk->input.stopped_count = count;
}

static void look_up_items(struct vn_desk *desk)
{
    for (unsigned i = 0; i < desk->basket.line_count; i++) {
        const struct vn_item *item = vn_catalogue_find(desk->catalogue, desk->basket.lines[i].code);
        desk->items[i] = item == NULL ? (struct vn_item){.known = false} : *item;
    }
}

/* Nobody sends requests but who wrote them by hand: a key with a typing error must not go unseen. */
static void refuse_strange_keys(const struct vn_json_in *in, json_t *request)
{
    static const char *const known[] = {"basket", "member",  "choices", "rights", "at",
                                        "place",  "offline", "risk",    "stopped"};
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(request, key, value)
    {
        size_t i = 0;
        while (i < sizeof known / sizeof known[0] && strcmp(known[i], key) != 0) {
            i++;
        }
        if (i == sizeof known / sizeof known[0]) {
            vn_json_refuse(in, key,
                           "expected one of basket, member, choices, rights, at, place, offline, risk and "
                           "stopped, found another key");
            return;
        }
    }
}

static void read_request(const struct vn_json_in *in, json_t *request, struct vn_desk *desk)
{
    bool offline = desk->offline;
    bool risk = false;
    desk->input = (struct vn_quote_input){.ruleset = desk->ruleset,
                                          .stopped = desk->stopped,
                                          .basket = &desk->basket,
                                          .items = desk->items,
                                          .rights = desk->rights,
                                          .choices = &desk->choices,
                                          .place = desk->place};
    if (!json_is_object(request)) {
        vn_json_fail(in, NULL, "an object");
        return;
    }
    refuse_strange_keys(in, request);
    struct vn_json_in basket = vn_json_object(in, "basket", VN_REQUIRED);
    struct vn_json_in member = vn_json_object(in, "member", VN_OPTIONAL);
    struct vn_json_in choices = vn_json_object(in, "choices", VN_OPTIONAL);
    vn_basket_read(&basket, &desk->basket);
    if (member.value != NULL) {
        vn_member_read(&member, &desk->member);
        desk->input.member = &desk->member;
    }
    vn_choices_read(&choices, &desk->choices);
    read_place(in, &desk->input.place);
    read_at(in, desk, &desk->basket.started_ms);
    vn_desk_read_rights(in, request, desk);
    read_stopped(in, desk);
    vn_json_bool(in, "offline", VN_OPTIONAL, &offline);
    vn_json_bool(in, "risk", VN_OPTIONAL, &risk);
    desk->input.hub_reachable = !offline;
    desk->input.risk_allowed = risk;
    look_up_items(desk);
}

enum vn_status vn_desk_quote(struct vn_desk *desk, json_t *request, struct vn_error *error)
{
    struct vn_json_in in = vn_json_root(request, error);
    read_request(&in, request, desk);
    if (vn_json_failed(&in)) {
        return error->status;
    }
    enum vn_status status = vn_quote(desk->work, &desk->input, &desk->outcome, error);
    if (status != VN_OK && error->pointer[0] != '\0') {
        /* a quote speaks of its basket */
        char inner[VN_JSON_POINTER_MAX];
        memcpy(inner, error->pointer, sizeof inner);
        (void)snprintf(error->pointer, sizeof error->pointer, "/basket%s", inner);
    }
    return status;
}
