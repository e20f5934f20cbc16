#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/cli/agent_call.h"
#include "agent/cli/commands.h"
#include "agent/cli/options.h"
#include "agent/client/client.h"

static const char usage[] = "Usage: verno status (--dir DIR | --socket PATH) [--json]\n\n"
                            "How a till stands, asked of its running agent.\n\n"
                            "  --dir DIR       the till's folder\n"
                            "  --socket PATH   the agent's socket, if it is not DIR/pos.sock\n"
                            "  --json          as JSON, for scripts\n\n"
                            "Exit status: 0 the agent answered; 1 it did not, and a sentence says why;\n"
                            "2 wrong usage.\n";

static const char *text_of(const json_t *root, const char *key)
{
    const char *text = json_string_value(json_object_get(root, key));
    return text == NULL ? "" : text;
}

static long long number_of(const json_t *root, const char *key)
{
    return (long long)json_integer_value(json_object_get(root, key));
}

/* The hub has ended this enrolment: waiting does not help. */
static bool is_refused(const json_t *root)
{
    const char *state = text_of(root, "state");
    return strcmp(state, "revoked") == 0 || strcmp(state, "quarantined") == 0;
}

static void print_hub(const json_t *root)
{
    const char *state = text_of(root, "state");
    char since[VN_TIME_TEXT_MAX];
    if (json_is_true(json_object_get(root, "online"))) {
        (void)printf("hub         online (%s)\n", state);
        if (text_of(root, "reason")[0] != '\0') {
            (void)printf("            %s\n", text_of(root, "reason"));
        }
        return;
    }
    int64_t since_ms = number_of(root, "offline_since_ms");
    if (since_ms > 0) {
        vn_time_text(since_ms, since);
        (void)printf("hub         %s since %s\n", state, since);
    } else {
        (void)printf("hub         %s\n", state);
    }
    (void)printf("            %s\n", text_of(root, "reason"));
    if (is_refused(root)) {
        (void)printf("            The till sells on, but the hub takes nothing of it any more from here.\n"
                     "            The way out: ask for a code (verno-hub till code STORE TILL), end the "
                     "agent, and enrol\n"
                     "            into a new folder, with this one as --replaces (verno enrol): what was "
                     "sold goes along.\n");
        return;
    }
    (void)printf("            The till sells on: earning works; points and single-use coupons need a right "
                 "that is here or\n"
                 "            at another till of the store, or wait for the hub.\n");
}

/* In touch, and yet what is not here already can't be paid with. */
static void print_nothing_granted(const json_t *root)
{
    const char *why = text_of(root, "nothing_granted");
    if (why[0] != '\0' && json_is_true(json_object_get(root, "online"))) {
        (void)printf("            The hub grants nothing at present: %s\n", why);
    }
}

static void print_certificate(const json_t *root)
{
    char until[VN_TIME_TEXT_MAX];
    int64_t until_ms = number_of(root, "certificate_until_ms");
    if (until_ms > 0) {
        vn_time_text(until_ms, until);
        (void)printf("            its certificate for the hub is good until %.10s, and is renewed before\n",
                     until);
    }
}

static void print_journal(const json_t *root)
{
    const json_t *journal = json_object_get(root, "journal");
    long long count = number_of(journal, "seq");
    long long unsent = count - number_of(journal, "acked");
    const char *noun = count == 1 ? "entry" : "entries";
    if (unsent <= 0) {
        (void)printf("journal     %lld %s, all %s the hub\n", count, noun,
                     json_is_true(json_object_get(root, "online")) ? "at" : "were at");
    } else if (is_refused(root)) {
        (void)printf("journal     %lld %s, %lld of them %s here until the till is enrolled anew\n", count,
                     noun, unsent, unsent == 1 ? "stays" : "stay");
    } else {
        (void)printf("journal     %lld %s, %lld %s for the hub\n", count, noun, unsent,
                     unsent == 1 ? "waits" : "wait");
    }
    long long held = number_of(journal, "quarantined");
    if (held > 0) {
        (void)printf("            %lld %s at the hub for a person: verno-hub quarantine list\n", held,
                     held == 1 ? "waits" : "wait");
    }
    long long reads = number_of(journal, "hub_reads");
    long long version = number_of(journal, "version");
    if (reads > 0 && reads < version) {
        (void)printf("            The hub reads entries up to version %lld, and this till writes version "
                     "%lld: upgrade "
                     "the hub\n",
                     reads, version);
    }
}

static void print_troubles(const json_t *troubles)
{
    for (size_t i = 0; i < json_array_size(troubles); i++) {
        (void)printf("trouble     %s\n", json_string_value(json_array_get(troubles, i)));
    }
}

static void print_devices(const json_t *devices)
{
    for (size_t i = 0; i < json_array_size(devices); i++) {
        const json_t *device = json_array_get(devices, i);
        const char *why = text_of(device, "why");
        if (strcmp(text_of(device, "state"), "found") == 0) {
            (void)printf("device      %s: found\n", text_of(device, "device"));
        } else {
            (void)printf("device      %s: not found: %s\n", text_of(device, "device"),
                         why[0] == '\0' ? "it is being looked for; ask again" : why);
        }
    }
    if (json_array_size(devices) == 0) {
        (void)printf("device      none configured; add \"scanner = ...\" to agent.conf\n");
    }
}

/* Tills of one store lend rights to each other when the hub is away. */
static void print_lending(const json_t *lending)
{
    const json_t *neighbours = json_object_get(lending, "neighbours");
    long long open = number_of(lending, "open_gives");
    size_t count = json_array_size(neighbours);
    if (text_of(lending, "trouble")[0] != '\0') {
        (void)printf("trouble     lending in the store: %s\n", text_of(lending, "trouble"));
    }
    if (count == 0) {
        return;
    }
    (void)printf(
        "store       %zu other %s to borrow rights from when the hub is away, roster %lld%s\n", count,
        count == 1 ? "till" : "tills", number_of(json_object_get(lending, "roster"), "number"),
        json_is_true(json_object_get(lending, "listens")) ? "" : "; this till does not listen to them");
    if (open > 0) {
        (void)printf("            %lld %s not confirmed yet: whoever borrowed is asked for it\n", open,
                     open == 1 ? "loan to another till is" : "loans to other tills are");
    }
    if (number_of(lending, "refused") > 0) {
        (void)printf("            what was asked or answered %lld times since the start was refused: the "
                     "agent's log says why\n",
                     number_of(lending, "refused"));
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(neighbours, i);
        if (text_of(row, "trouble")[0] != '\0') {
            (void)printf("            %s (%s): %s\n", text_of(row, "till"), text_of(row, "address"),
                         text_of(row, "trouble"));
        }
    }
}

/* "237", or with decimals, as the chain counts points. */
static void write_points(int64_t points, long long exponent, char out[32])
{
    long long unit = 1;
    for (long long i = 0; i < exponent && i < 6; i++) {
        unit *= 10;
    }
    if (unit == 1) {
        (void)snprintf(out, 32, "%lld", (long long)points);
    } else {
        (void)snprintf(out, 32, "%lld.%0*lld", (long long)points / unit, (int)exponent,
                       (long long)points % unit);
    }
}

/* What the till may take without asking: granted ahead, left over, or borrowed. */
static void print_rights(const json_t *rights, const json_t *lending)
{
    char text[32];
    const json_t *points = json_object_get(rights, "points");
    const json_t *owed = json_object_get(rights, "asked_back");
    long long exponent = number_of(rights, "points_exponent");
    long long members = number_of(points, "accounts");
    long long coupons = number_of(json_object_get(rights, "coupons"), "accounts");
    long long others = number_of(json_object_get(rights, "others"), "accounts");
    if (rights == NULL) {
        return;
    }
    write_points(number_of(points, "amount"), exponent, text);
    (void)printf("rights      here without asking: %s points of %lld %s, %lld %s, %lld %s of promotions\n",
                 text, members, members == 1 ? "member" : "members", coupons,
                 coupons == 1 ? "coupon" : "coupons", others, others == 1 ? "limit" : "limits");
    if (number_of(rights, "risk") > 0) {
        write_points(number_of(rights, "risk"), exponent, text);
        (void)printf("            and %s points at the chain's risk, while this till is alone\n", text);
    }
    if (number_of(lending, "borrowed") + number_of(lending, "lent") > 0) {
        (void)printf(
            "            since the agent's start %lld times borrowed from other tills, and %lld times "
            "lent to them\n",
            number_of(lending, "borrowed"), number_of(lending, "lent"));
    }
    if (number_of(owed, "accounts") > 0) {
        (void)printf(
            "            the hub asks back more than is left here, of %lld %s: it goes back when a sale "
            "returns it\n",
            number_of(owed, "accounts"), number_of(owed, "accounts") == 1 ? "account" : "accounts");
    }
}

static void print_cache(const json_t *root)
{
    long long members = number_of(root, "members");
    long long items = number_of(root, "items");
    long long coupons = number_of(root, "coupons");
    (void)printf("cache       %lld %s, %lld %s, %lld %s\n", members, members == 1 ? "member" : "members",
                 items, items == 1 ? "item" : "items", coupons, coupons == 1 ? "coupon" : "coupons");
}

static void print_words(const json_t *root)
{
    (void)printf("till        %s of store %s, agent %s\n", text_of(root, "till"), text_of(root, "store"),
                 text_of(root, "version"));
    print_hub(root);
    print_nothing_granted(root);
    print_certificate(root);
    print_journal(root);
    print_troubles(json_object_get(root, "trouble"));
    if (number_of(root, "ruleset") > 0) {
        (void)printf("promotions  %lld, ruleset %lld\n", number_of(root, "promotions"),
                     number_of(root, "ruleset"));
    } else {
        (void)printf("promotions  none yet: they come from the hub\n");
    }
    print_cache(root);
    if (is_refused(root)) {
        (void)printf("rights      none can be used: the hub refuses this till\n");
    } else {
        print_rights(json_object_get(root, "rights"), json_object_get(root, "lending"));
        print_lending(json_object_get(root, "lending"));
    }
    print_devices(json_object_get(root, "devices"));
}

/* NULL: there is no answer, as a sentence has said. */
static json_t *ask(const char *folder, const char *socket, const char *path)
{
    struct vn_buf reply;
    struct vn_error error;
    json_t *root = NULL;
    if (vn_agent_get("status", folder, socket, path, &reply) &&
        vn_json_parse(vn_buf_view(&reply), &root, &error) != VN_OK) {
        (void)fprintf(stderr, "verno status: what the agent says can't be read: %s\n", error.text);
    }
    vn_buf_deinit(&reply);
    return root;
}

static bool print_json(const json_t *root)
{
    struct vn_buf text;
    vn_buf_init(&text, VN_CLIENT_REPLY_MAX);
    bool good = vn_json_dump(root, &text) == VN_OK;
    if (good) {
        (void)printf("%.*s\n", (int)text.len, (const char *)text.data);
    } else {
        (void)fprintf(stderr, "verno status: out of memory\n");
    }
    vn_buf_deinit(&text);
    return good;
}

int vn_command_status(int argc, char **argv)
{
    const char *folder = NULL;
    const char *socket = NULL;
    bool as_json = false;
    int exit_code = 0;
    const struct vn_option options[] = {{.name = "dir", .value = &folder},
                                        {.name = "socket", .value = &socket},
                                        {.name = "json", .flag = &as_json}};
    const struct vn_command_line line = {"status", usage, options, sizeof options / sizeof options[0], NULL};
    if (!vn_options_read(&line, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (folder == NULL && socket == NULL) {
        return vn_options_wrong("status", "--dir DIR or --socket PATH is missing", NULL);
    }
    json_t *root = ask(folder, socket, "/v1/status");
    if (root == NULL) {
        return 1;
    }
    json_t *rights = ask(folder, socket, "/v1/rights");
    bool whole = rights == NULL || json_object_set_new(root, "rights", rights) == 0;
    if (whole && as_json) {
        whole = print_json(root);
    } else if (whole) {
        print_words(root);
    }
    json_decref(root);
    return whole ? 0 : 1;
}
