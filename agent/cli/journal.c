#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/json.h"
#include "agent/cli/agent_call.h"
#include "agent/cli/commands.h"
#include "agent/cli/options.h"
#include "agent/crypto/hash.h"
#include "sync/wire/chain.h"
#include "sync/wire/feed.h"

#define PAGE 100

static const char usage[] =
    "Usage: verno journal (--dir DIR | --socket PATH) [--from N] [--verify]\n\n"
    "Prints what a till has recorded, one JSON object a line: {\"seq\",\"hash\",\"entry\"}.\n"
    "The entry is byte for byte what is stored and what travels to the hub.\n\n"
    "  --dir DIR       the till's folder\n"
    "  --socket PATH   the agent's socket, if it is not DIR/pos.sock\n"
    "  --from N        start at entry N instead of 1\n"
    "  --verify        recompute the hash chain from entry 1, and print one sentence\n\n"
    "Exit status: 0 done; 1 no agent, or the chain is broken; 2 wrong usage.\n";

struct walk {
    int64_t next;
    bool verify;
    bool broken;
    struct vn_hash hash; /* of the entry before `next` */
};

/* The entry's bytes are the rest of the line between "entry": and the closing brace. */
static bool entry_of(struct vn_view line, struct vn_view *entry)
{
    static const char mark[] = ",\"entry\":";
    for (size_t i = 0; i + sizeof mark < line.len; i++) {
        if (vn_view_equal(vn_view_of(line.data + i, sizeof mark - 1), vn_view_str(mark))) {
            size_t start = i + sizeof mark - 1;
            *entry = vn_view_of(line.data + start, line.len - start - 1);
            return true;
        }
    }
    return false;
}

static void verify_line(struct walk *walk, struct vn_view line)
{
    struct vn_view entry;
    struct vn_error error;
    struct vn_hash told;
    json_t *root = NULL;
    if (!entry_of(line, &entry) || vn_json_parse(line, &root, &error) != VN_OK) {
        walk->broken = true;
        return;
    }
    struct vn_json_in in = vn_json_root(root, &error);
    vn_json_hex(&in, "hash", VN_REQUIRED, told.bytes, sizeof told.bytes);
    json_decref(root);
    vn_chain_next(&walk->hash, walk->next, entry, &walk->hash);
    walk->broken = vn_json_failed(&in) || !vn_crypto_equal(vn_view_of(told.bytes, sizeof told.bytes),
                                                           vn_view_of(walk->hash.bytes, sizeof told.bytes));
}

/* One page; false when there was nothing, or the agent did not answer (*failed). */
static bool page(const char *folder, const char *socket, struct walk *walk, bool *failed)
{
    char path[64];
    struct vn_buf reply;
    struct vn_view line;
    int64_t before = walk->next;
    (void)snprintf(path, sizeof path, "/v1/journal?from=%lld&count=%d", (long long)walk->next, PAGE);
    *failed = !vn_agent_get("journal", folder, socket, path, &reply);
    struct vn_view rest = vn_buf_view(&reply);
    while (!*failed && !walk->broken && vn_wire_next_line(&rest, &line)) {
        if (walk->verify) {
            verify_line(walk, line);
        } else {
            (void)printf("%.*s\n", (int)line.len, (const char *)line.data);
        }
        walk->next += walk->broken ? 0 : 1;
    }
    vn_buf_deinit(&reply);
    return !*failed && !walk->broken && walk->next > before;
}

/* The chain starts from the enrolment id, which the agent's status tells. */
static bool chain_start(const char *folder, const char *socket, struct vn_hash *out)
{
    struct vn_buf reply;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_id id;
    json_t *root = NULL;
    bool good = vn_agent_get("journal", folder, socket, "/v1/status", &reply) &&
                vn_json_parse(vn_buf_view(&reply), &root, &error) == VN_OK;
    if (good) {
        struct vn_json_in in = vn_json_root(root, &error);
        vn_json_hex(&in, "enrolment", VN_REQUIRED, id.bytes, sizeof id.bytes);
        good = !vn_json_failed(&in);
    }
    if (good) {
        vn_chain_start(&id, out);
    }
    json_decref(root);
    vn_buf_deinit(&reply);
    return good;
}

static int run(const char *folder, const char *socket, struct walk *walk)
{
    bool failed = false;
    if (walk->verify && !chain_start(folder, socket, &walk->hash)) {
        return 1;
    }
    while (page(folder, socket, walk, &failed)) {
    }
    if (walk->broken) {
        (void)printf("the chain is broken at entry %lld: keep this till's disk and call support\n",
                     (long long)walk->next);
        return 1;
    }
    if (walk->verify && !failed) {
        long long count = (long long)walk->next - 1;
        (void)printf("%lld %s, the chain is whole\n", count, count == 1 ? "entry" : "entries");
    }
    return failed ? 1 : 0;
}

int vn_command_journal(int argc, char **argv)
{
    const char *folder = NULL;
    const char *socket = NULL;
    const char *from = NULL;
    struct walk walk = {.next = 1};
    int exit_code = 0;
    const struct vn_option options[] = {{.name = "dir", .value = &folder},
                                        {.name = "socket", .value = &socket},
                                        {.name = "from", .value = &from},
                                        {.name = "verify", .flag = &walk.verify}};
    const struct vn_command_line line = {"journal", usage, options, sizeof options / sizeof options[0], NULL};
    if (!vn_options_read(&line, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (folder == NULL && socket == NULL) {
        return vn_options_wrong("journal", "--dir DIR or --socket PATH is missing", NULL);
    }
    if (from != NULL && !vn_options_number(from, 1, &walk.next)) {
        return vn_options_wrong("journal", "--from wants a number from 1 up, not", from);
    }
    if (walk.verify && walk.next != 1) {
        return vn_options_wrong("journal", "--verify begins at entry 1, without --from", NULL);
    }
    return run(folder, socket, &walk);
}
