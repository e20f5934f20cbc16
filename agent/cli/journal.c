#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/json.h"
#include "agent/cli/agent_call.h"
#include "agent/cli/commands.h"
#include "agent/cli/options.h"
#include "agent/crypto/hash.h"
#include "sync/wire/feed.h"

#define PAGE 100

static const char usage[] =
    "Usage: verno journal (--dir DIR | --socket PATH) [--from N] [--verify]\n\n"
    "Prints what a till has recorded, one JSON object a line: {\"seq\",\"hash\",\"entry\"}.\n"
    "The entry is byte for byte what is stored and what travels to the hub.\n\n"
    "  --dir DIR       the till's folder\n"
    "  --socket PATH   the agent's socket, if it is not DIR/pos.sock\n"
    "  --from N        start at entry N instead of the first\n"
    "  --verify        recompute the hash chain, and print one sentence\n\n"
    "Entries that the hub has in a backup leave the journal from the front.\n\n"
    "Exit status: 0 done; 1 no agent, or the chain is broken; 2 wrong usage.\n";

struct walk {
    const char *folder, *socket; /* of the agent */
    int64_t next;
    bool verify;
    bool broken;
    int64_t pruned;      /* entries up to here are not in the journal any more */
    struct vn_hash hash; /* of the entry before `next` */
};

/* Where the journal begins, as the agent's status tells: behind what was pruned, with the hash that the chain goes on from. */
static bool begin_at_base(struct walk *walk)
{
    struct vn_buf reply;
    struct vn_error error = {VN_OK, "", ""};
    json_t *root = NULL;
    bool good = vn_agent_get("journal", walk->folder, walk->socket, "/v1/status", &reply) &&
                vn_json_parse(vn_buf_view(&reply), &root, &error) == VN_OK;
    if (good) {
        struct vn_json_in in = vn_json_root(root, &error);
        struct vn_json_in journal = vn_json_object(&in, "journal", VN_REQUIRED);
        vn_json_int(&journal, "pruned", VN_REQUIRED, 0, VN_NUMBER_MAX, &walk->pruned);
        vn_json_hex(&journal, "pruned_hash", VN_REQUIRED, walk->hash.bytes, sizeof walk->hash.bytes);
        good = !vn_json_failed(&in);
        walk->next = walk->pruned + 1;
    }
    json_decref(root);
    vn_buf_deinit(&reply);
    return good;
}

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

/* The number and the hash that a line says of its entry. */
static bool read_line(struct vn_view line, int64_t *seq, struct vn_hash *hash)
{
    struct vn_error error;
    json_t *root = NULL;
    if (vn_json_parse(line, &root, &error) != VN_OK) {
        return false;
    }
    struct vn_json_in in = vn_json_root(root, &error);
    vn_json_int(&in, "seq", VN_REQUIRED, 1, VN_NUMBER_MAX, seq);
    vn_json_hex(&in, "hash", VN_REQUIRED, hash->bytes, sizeof hash->bytes);
    json_decref(root);
    return !vn_json_failed(&in);
}

/* What is missing may have been pruned since the last page. */
static bool is_next(struct walk *walk, int64_t seq)
{
    return seq == walk->next || (seq > walk->next && begin_at_base(walk) && seq == walk->next);
}

static void take_line(struct walk *walk, struct vn_view line)
{
    struct vn_view entry;
    struct vn_hash told;
    int64_t seq = 0;
    bool readable = read_line(line, &seq, &told) && entry_of(line, &entry);
    if (walk->verify) {
        walk->broken = !readable || !is_next(walk, seq);
        if (walk->broken) {
            return;
        }
        vn_chain_next(&walk->hash, seq, entry, &walk->hash);
        walk->broken = !vn_crypto_equal(vn_view_of(told.bytes, sizeof told.bytes),
                                        vn_view_of(walk->hash.bytes, sizeof told.bytes));
    } else {
        (void)printf("%.*s\n", (int)line.len, (const char *)line.data);
    }
    walk->next = walk->broken ? walk->next : readable ? seq + 1 : walk->next + 1;
}

/* One page; false when there was nothing, or the agent did not answer (*failed). */
static bool page(struct walk *walk, bool *failed)
{
    char path[64];
    struct vn_buf reply;
    struct vn_view line;
    int64_t before = walk->next;
    (void)snprintf(path, sizeof path, "/v1/journal?from=%lld&count=%d", (long long)walk->next, PAGE);
    *failed = !vn_agent_get("journal", walk->folder, walk->socket, path, &reply);
    struct vn_view rest = vn_buf_view(&reply);
    while (!*failed && !walk->broken && vn_wire_next_line(&rest, &line)) {
        take_line(walk, line);
    }
    vn_buf_deinit(&reply);
    return !*failed && !walk->broken && walk->next > before;
}

static int run(struct walk *walk)
{
    bool failed = false;
    if (walk->verify && !begin_at_base(walk)) {
        return 1;
    }
    while (page(walk, &failed)) {
    }
    if (walk->broken) {
        (void)printf("the chain is broken at entry %lld: keep this till's disk and call support\n",
                     (long long)walk->next);
        return 1;
    }
    if (walk->verify && !failed) {
        long long count = (long long)(walk->next - 1 - walk->pruned);
        (void)printf("%lld %s", count, count == 1 ? "entry" : "entries");
        if (walk->pruned > 0) {
            (void)printf(" behind the %lld that were pruned", (long long)walk->pruned);
        }
        (void)printf(", the chain is whole\n");
    }
    return failed ? 1 : 0;
}

int vn_command_journal(int argc, char **argv)
{
    const char *from = NULL;
    struct walk walk = {.next = 1};
    int exit_code = 0;
    const struct vn_option options[] = {{.name = "dir", .value = &walk.folder},
                                        {.name = "socket", .value = &walk.socket},
                                        {.name = "from", .value = &from},
                                        {.name = "verify", .flag = &walk.verify}};
    const struct vn_command_line line = {"journal", usage, options, sizeof options / sizeof options[0], NULL};
    if (!vn_options_read(&line, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (walk.folder == NULL && walk.socket == NULL) {
        return vn_options_wrong("journal", "--dir DIR or --socket PATH is missing", NULL);
    }
    if (from != NULL && !vn_options_number(from, 1, &walk.next)) {
        return vn_options_wrong("journal", "--from wants a number from 1 up, not", from);
    }
    if (walk.verify && walk.next != 1) {
        return vn_options_wrong("journal", "--verify begins at the first entry, without --from", NULL);
    }
    return run(&walk);
}
