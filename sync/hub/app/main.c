/* verno-hub: the central service, and the verbs of its operator (docs/hub.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "sync/hub/app/run.h"
#include "sync/hub/cli/cli.h"
#include "sync/hub/core/hub.h"

#define ARGS_MAX 4

struct line {
    struct vn_cli cli;
    const char *args[ARGS_MAX];
    const char *hosts[VN_CERT_NAMES_MAX];
    const char *listen;
    const char *monitor;
    const char *port_file;
    const char *database;
    const char *card_key;
    const char *log;
    bool help;
};

static int do_init(const struct line *line);
static int do_run(const struct line *line);

/* A verb's options are all of the table below; what a verb does not use is refused. */
struct verb {
    const char *words;   /* "till code" */
    int args;            /* below 0: so many, or none */
    const char *options; /* names, each followed by a blank */
    int (*cli)(const struct vn_cli *cli);
    int (*own)(const struct line *line);
    const char *usage;
    const char *help;
};

static const struct verb verbs[] = {
    {"init", 0, "name host database root-dir card-key ", NULL, do_init,
     "init --dir DIR [--database URI] [--root-dir FOLDER] [--name CHAIN]\n"
     "      [--host NAME]... [--card-key FILE]",
     "makes keys, certificates and database of a new chain; never overwrites.\n"
     "      The root's key goes into FOLDER (DIR/offline): take it away. FILE is the\n"
     "      card.key of a chain whose exports this one is to take"},
    {"run", 0, "listen port-file monitor database log ", NULL, do_run,
     "run --dir DIR [--database URI] [--listen ADDRESS:PORT] [--port-file FILE]\n"
     "      [--monitor ADDRESS:PORT] [--log text|json]",
     "serves tills over TLS and the other verbs over DIR/admin.sock; logs to\n"
     "      stderr, as lines or as a JSON object a line"},
    {"ca show", 0, "json ", vn_cli_ca_show, NULL, "ca show",
     "the chain's authority: until when, and what is to be done"},
    {"ca renew", 0, "root json ", vn_cli_ca_renew, NULL, "ca renew --root FILE",
     "makes a new issuing key, signed with the root's key in FILE"},
    {"ca server", 0, "host json ", vn_cli_ca_server, NULL, "ca server [--host NAME]...",
     "makes the hub's own certificate anew: for other names than now, or with a\n"
     "      new server.key when that is lost"},
    {"ca split", 0, "name root-dir json ", vn_cli_ca_split, NULL,
     "ca split [--root-dir FOLDER] [--name CHAIN]",
     "for a chain of version 1, whose one key is on the hub: makes a root whose\n"
     "      key can be taken away, and an issuing key"},
    {"ca retire", 0, "json ", vn_cli_ca_retire, NULL, "ca retire",
     "ends what ca split began, when every till has renewed: removes the old key"},
    {"store add", 1, "name json ", vn_cli_store_add, NULL, "store add ID [--name NAME]",
     "adds a store, or renames it"},
    {"store list", 0, "json ", vn_cli_store_list, NULL, "store list", "stores, and how many tills each has"},
    {"till show", 1, "json ", vn_cli_till_show, NULL, "till show TILL",
     "enrolments of one till, and what it said of itself last"},
    {"code list", 0, "json ", vn_cli_code_list, NULL, "code list",
     "tills that a code waits for; the codes themselves nobody can show"},
    {"code revoke", 1, "json ", vn_cli_code_revoke, NULL, "code revoke TILL",
     "takes back the codes that wait for a till"},
    {"till code", 2, "json ", vn_cli_till_code, NULL, "till code STORE TILL",
     "prints a one-time code for enrolling a till, good for 24 hours; one that\n"
     "      was made before and not used is good no more"},
    {"till revoke", 1, "json ", vn_cli_till_revoke, NULL, "till revoke TILL",
     "ends all enrolments of a till, and takes back its code"},
    {"till write-off", 1, "loss json ", vn_cli_till_write_off, NULL, "till write-off TILL [--loss POINTS]",
     "says what a till that is gone held, and books it as lost when it is\n"
     "      confirmed by that figure. What it used beyond its rights is not in it:\n"
     "      that comes out of what is free, or is owed. TILL may be the id of an\n"
     "      enrolment that ended"},
    {"risk list", 0, "json ", vn_cli_risk_list, NULL, "risk list",
     "who owes what tills gave at the chain's risk, and what there is of it"},
    {"risk settle", 1, "loss json ", vn_cli_risk_settle, NULL, "risk settle ACCOUNT [--loss POINTS]",
     "says what an account owes of it, and books that as lost when it is\n"
     "      confirmed by that figure: tills may then take so much risk again"},
    {"fleet", 0, "json ", vn_cli_fleet, NULL, "fleet",
     "tills: state, what is acknowledged and posted, last contact"},
    {"catalogue import", 1, "json ", vn_cli_import_catalogue, NULL, "catalogue import FILE",
     "items, one JSON document a line"},
    {"members import", 1, "json ", vn_cli_import_members, NULL, "members import FILE",
     "members with cards and opening balances"},
    {"members show", 1, "json ", vn_cli_member, NULL, "members show ID",
     "one member, with balance and spend"},
    {"coupons import", 1, "json ", vn_cli_import_coupons, NULL, "coupons import FILE", "issued coupons"},
    {"cards block", 1, "why json ", vn_cli_card_block, NULL, "cards block NUMBER [--why TEXT]",
     "blocks a card that was lost or taken away, at every till; its member\n"
     "      keeps his points and his other cards. NUMBER may be -: it is read from\n"
     "      stdin"},
    {"cards unblock", 1, "json ", vn_cli_card_unblock, NULL, "cards unblock NUMBER",
     "makes a card good again"},
    {"cards import", 1, "json ", vn_cli_import_cards, NULL, "cards import FILE", "cards that are blocked"},
    {"cards export", 0, "json ", vn_cli_export_cards, NULL, "cards export",
     "cards that are blocked, as hashes, since when and why"},
    {"history import", 1, "json ", vn_cli_import_history, NULL, "history import FILE",
     "receipts of the past; they don't change balances"},
    {"catalogue export", 0, "json ", vn_cli_export_catalogue, NULL, "catalogue export",
     "items, as lines that the import takes back"},
    {"members export", 0, "json ", vn_cli_export_members, NULL, "members export",
     "members with balances; cards as hashes that a hub with the same card.key\n"
     "      takes back"},
    {"coupons export", 0, "json ", vn_cli_export_coupons, NULL, "coupons export",
     "coupons, likewise, and which of them are spent"},
    {"publish", 1, "allow-skipped json ", vn_cli_publish, NULL, "publish FILE [--allow-skipped]",
     "checks, numbers and signs a ruleset and sends it to the tills; takes\n"
     "      promotions that need a newer engine only when asked to"},
    {"stop", 1, "json ", vn_cli_stop, NULL, "stop PROMOTION",
     "stops a promotion of the ruleset in force, at every till"},
    {"ruleset show", 0, "json ", vn_cli_ruleset, NULL, "ruleset show", "prints the ruleset in force"},
    {"ruleset list", 0, "json ", vn_cli_rulesets, NULL, "ruleset list",
     "rulesets and stops by number, the newest first"},
    {"ledger", 0, "member account json ", vn_cli_ledger, NULL, "ledger [--member ID | --account ACCOUNT]",
     "wallets, lots, rights and movements; without an account the sums over all"},
    {"sales", 0, "till differing json ", vn_cli_sales, NULL, "sales [--till TILL] [--differing]",
     "sales by sale key; --differing: those that came out otherwise when the hub\n"
     "      quoted them again, and how"},
    {"entry", 2, "json ", vn_cli_entry, NULL, "entry TILL NUMBER",
     "prints an entry of a till's journal as it came; TILL may be an\n"
     "      enrolment's id"},
    {"setting list", 0, "json ", vn_cli_setting_list, NULL, "setting list",
     "what the chain's operator may choose: value, meaning, bounds"},
    {"setting show", 1, "json ", vn_cli_setting_show, NULL, "setting show NAME", "one of them"},
    {"setting set", 2, "json ", vn_cli_setting_set, NULL, "setting set NAME VALUE",
     "chooses it for all hubs of the chain, within ten seconds; VALUE is a\n"
     "      number, auto, or default"},
    {"health", 0, "json ", vn_cli_health, NULL, "health",
     "what is wrong with the running hub, and what to do; 1 when tills must wait"},
    {"clock show", 0, "json ", vn_cli_clock_show, NULL, "clock show",
     "the time that the hub goes by, and whether that is the machine's"},
    {"clock accept", 0, "json ", vn_cli_clock_accept, NULL, "clock accept",
     "says that the machine's clock is right, after the hub was off for days or\n"
     "      ran with a wrong one"},
    {"audit", 0, "json ", vn_cli_audit, NULL, "audit",
     "checks ledger and journals; exit 1 and sentences when they contradict\n"
     "      themselves"},
    {"quarantine list", 0, "till class decided json ", vn_cli_quarantine_list, NULL,
     "quarantine list [--till TILL] [--class CLASS] [--decided]",
     "entries that could not be applied, and why, and for each class what to do;\n"
     "      CLASS is waits-for-sale, waits-for-account, waits-for-tills, unsupported,\n"
     "      broken or refused. With --decided those that were released or discarded,\n"
     "      when, by whom and why"},
    {"quarantine show", 2, "json ", vn_cli_quarantine_show, NULL, "quarantine show TILL SEQ",
     "one of them, with its body and, when it was decided, by whom and why;\n"
     "      else what to do"},
    {"quarantine release", -2, "class json ", vn_cli_quarantine_release, NULL,
     "quarantine release TILL SEQ | --class CLASS", "applies an entry after all, or each of a class"},
    {"quarantine discard", 2, "why json ", vn_cli_quarantine_discard, NULL,
     "quarantine discard TILL SEQ --why TEXT",
     "gives an entry up: what it took from its till is lost, what it gave to it\n"
     "      the till may use at the chain's cost. Who did it, and why, is kept:\n"
     "      quarantine show and quarantine list --decided tell it"},
    {"branch list", 0, "json ", vn_cli_branch_list, NULL, "branch list",
     "what tills handed in of journals that the hub had otherwise, or not at\n"
     "      all, and what was lost"},
    {"branch show", 1, "json ", vn_cli_branch_show, NULL, "branch show NUMBER",
     "one of them, with the sales that were taken from it"},
    {"backup", 0, "to off-machine begin told json ", vn_cli_backup, NULL,
     "backup --to FOLDER [--off-machine] | --begin FILE | --told FILE",
     "copies the database, of a running hub too, into a new folder in FOLDER,\n"
     "      reads and audits the copy; --off-machine says that FOLDER survives this\n"
     "      machine, so that tills need not keep what is in it. For a backup that\n"
     "      something else makes (PostgreSQL): --begin before it writes FILE, and\n"
     "      --told, when it is off this machine, tells the tills"},
    {"restore", 0, "from json ", vn_cli_restore, NULL, "restore --from BACKUP",
     "puts a backup's database into DIR, which has the chain's keys and no\n"
     "      database; the hub then opens a new epoch, and tills resend what it lacks"},
};

static void print_help(FILE *out, const struct verb *only)
{
    (void)fprintf(out, "usage: verno-hub VERB [--dir DIR] [--json]\n\n");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (only == NULL || only == &verbs[i]) {
            (void)fprintf(out, "  %s\n      %s\n", verbs[i].usage, verbs[i].help);
        }
    }
    (void)fprintf(out, "\n  --help, --version\n\nDIR is the chain's folder; the environment's VERNO_HUB_DIR "
                       "when not given.\n"
                       "URI is a PostgreSQL database, postgresql://USER@HOST/NAME; the environment's\n"
                       "VERNO_HUB_DATABASE when not given, DIR/hub.db when that is not set.\n"
                       "Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong.\n");
}

static int wrong(const char *what, const char *name)
{
    (void)fprintf(stderr, "verno-hub: %s '%s' (--help says what there is)\n", what, name);
    return 2;
}

/* What it is may hold a password: it is not repeated. */
static bool is_database(const struct line *line)
{
    return line->database == NULL || strncmp(line->database, "postgresql://", 13) == 0;
}

static int do_init(const struct line *line)
{
    struct vn_error error = {VN_OK, "", ""};
    if (!is_database(line)) {
        return wrong("what the database is begins with", "postgresql://");
    }
    const char *name = line->cli.name == NULL ? "Verno chain" : line->cli.name;
    char offline[VN_PATH_MAX];
    (void)snprintf(offline, sizeof offline, "%s/offline", line->cli.dir);
    const struct vn_hub_plan plan = {.dir = line->cli.dir,
                                     .root_dir = line->cli.root_dir == NULL ? offline : line->cli.root_dir,
                                     .card_key = line->card_key,
                                     .database = line->database,
                                     .name = name,
                                     .hosts = line->hosts,
                                     .host_count = line->cli.host_count};
    if (vn_hub_init(&plan, vn_clock_system(), vn_random_system(), &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    (void)printf("%s: a new chain; keep a copy of this folder's keys in a safe place\n", line->cli.dir);
    vn_cli_say_root(plan.root_dir);
    return 0;
}

/* "ADDRESS:PORT", an IPv6 address in brackets. `host` holds the address. 0, or 2 when it was wrong. */
static int read_address(const char *option, const char *text, char host[64], struct vn_run_address *out)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    long port = colon == NULL ? -1 : strtol(colon + 1, &end, 10);
    if (colon == NULL || colon == text || colon[1] == '\0' || *end != '\0' || port < 0 || port > 65535) {
        return wrong(option, text);
    }
    bool bracket = text[0] == '[';
    struct vn_view address = vn_view_of(text, (size_t)(colon - text));
    if (bracket ? address.len < 3 || colon[-1] != ']' : memchr(text, ':', address.len) != NULL) {
        return wrong(option, text);
    }
    if (bracket) {
        address = vn_view_of(text + 1, address.len - 2);
    }
    if (vn_view_copy_str(address, host, 64) != VN_OK) {
        return wrong(option, text);
    }
    *out = (struct vn_run_address){host, (int)port};
    return 0;
}

static int do_run(const struct line *line)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_run_options options = {.dir = line->cli.dir,
                                     .database = line->database,
                                     .port_file = line->port_file,
                                     .world = {vn_clock_system(), vn_random_system(), STDERR_FILENO}};
    char host[64];
    char monitor_host[64];
    if (line->log != NULL && !vn_log_format_of(line->log, &options.log)) {
        return wrong("--log wants text or json, not", line->log);
    }
    if (!is_database(line)) {
        return wrong("what the database is begins with", "postgresql://");
    }
    int code = read_address("--listen wants ADDRESS:PORT, not",
                            line->listen == NULL ? "127.0.0.1:7443" : line->listen, host, &options.listen);
    if (code == 0 && line->monitor != NULL) {
        code =
            read_address("--monitor wants ADDRESS:PORT, not", line->monitor, monitor_host, &options.monitor);
    }
    if (code != 0) {
        return code;
    }
    char root[VN_PATH_MAX];
    enum vn_status status = vn_file_path(line->cli.dir, "ca.pem", root, &error);
    if (status == VN_OK) {
        status = vn_file_there(root, &error);
    }
    if (status == VN_ABSENT) {
        (void)vn_fail(&error, VN_ABSENT, "there is no chain in %s; make one with verno-hub init --dir %s",
                      line->cli.dir, line->cli.dir);
    } else if (status == VN_OK) {
        status = vn_hub_run(&options, &error);
    }
    if (status == VN_FULL) {
        const struct vn_error why = error;
        (void)vn_fail(&error, VN_FULL, "%.190s: the disk is full: make room, and start the hub again",
                      why.text);
    }
    return status == VN_OK ? 0 : vn_cli_failed(&error);
}

/* Takes an option with its value. 0 taken, 2 wrong. */
static int take_option(struct line *line, const struct verb *verb, const char *name, const char *value)
{
    char word[32];
    struct {
        const char *name;
        const char **out;
    } const options[] = {
        {"dir", &line->cli.dir},         {"name", &line->cli.name},     {"member", &line->cli.member},
        {"account", &line->cli.account}, {"till", &line->cli.till},     {"class", &line->cli.class_},
        {"why", &line->cli.why},         {"loss", &line->cli.loss},     {"listen", &line->listen},
        {"port-file", &line->port_file}, {"database", &line->database}, {"monitor", &line->monitor},
        {"to", &line->cli.to},           {"begin", &line->cli.begin},   {"told", &line->cli.told},
        {"from", &line->cli.from},       {"root", &line->cli.root},     {"root-dir", &line->cli.root_dir},
        {"card-key", &line->card_key},   {"log", &line->log},           {"host", NULL}};
    (void)snprintf(word, sizeof word, "%s ", name);
    if (strcmp(name, "dir") != 0 && strstr(verb->options, word) == NULL) {
        return wrong("this verb has no option", name);
    }
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(options[i].name, name) != 0) {
            continue;
        }
        if (value == NULL || value[0] == '\0') {
            return wrong("a value is missing after", name);
        }
        if (options[i].out != NULL) {
            *options[i].out = value;
        } else if (line->cli.host_count < VN_CERT_NAMES_MAX) {
            line->hosts[line->cli.host_count++] = value;
        } else {
            return wrong("more names than a certificate can have:", value);
        }
        return 0;
    }
    return wrong("there is no option", name);
}

/* Options without a value. */
static bool take_flag(struct line *line, const struct verb *verb, const char *word)
{
    char name[32];
    const struct {
        const char *name;
        bool *out;
    } flags[] = {{"json ", &line->cli.json},
                 {"allow-skipped ", &line->cli.allow_skipped},
                 {"decided ", &line->cli.decided},
                 {"differing ", &line->cli.differing},
                 {"off-machine ", &line->cli.off_machine}};
    (void)snprintf(name, sizeof name, "%s ", strncmp(word, "--", 2) == 0 ? word + 2 : "");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(name, flags[i].name) == 0 && strstr(verb->options, name) != NULL) {
            *flags[i].out = true;
            return true;
        }
    }
    return false;
}

static int parse(struct line *line, const struct verb *verb, int count, char **words)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--help") == 0) {
            line->help = true;
            return 0;
        }
        if (take_flag(line, verb, words[i])) {
            continue;
        }
        if (strncmp(words[i], "--", 2) == 0) {
            int code = take_option(line, verb, words[i] + 2, i + 1 < count ? words[i + 1] : NULL);
            if (code != 0) {
                return code;
            }
            i++;
        } else if (line->cli.arg_count == abs(verb->args)) {
            return wrong("what is", words[i]);
        } else {
            line->args[line->cli.arg_count++] = words[i];
        }
    }
    line->cli.args = line->args;
    line->cli.hosts = line->hosts;
    if (line->cli.arg_count < verb->args) {
        return wrong("something is missing:", verb->usage);
    }
    if (line->cli.member != NULL && line->cli.account != NULL) {
        return wrong("--member and --account name two ledgers, give one of them, not also",
                     line->cli.account);
    }
    if (line->cli.dir == NULL) {
        return wrong("something is missing:", "--dir DIR");
    }
    return 0;
}

/* The verb of one or two words; *used becomes how many. */
static const struct verb *find_verb(int count, char **words, int *used)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        const char *blank = strchr(verbs[i].words, ' ');
        size_t len = blank == NULL ? strlen(verbs[i].words) : (size_t)(blank - verbs[i].words);
        if (strlen(words[0]) != len || strncmp(words[0], verbs[i].words, len) != 0) {
            continue;
        }
        if (blank == NULL || (count > 1 && strcmp(words[1], blank + 1) == 0)) {
            *used = blank == NULL ? 1 : 2;
            return &verbs[i];
        }
    }
    return NULL;
}

/* A verb of two words needs its second one: says which there are. */
static int wrong_verb(const char *first)
{
    const char *between = "wants one of: ";
    size_t len = strlen(first);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strncmp(verbs[i].words, first, len) == 0 && verbs[i].words[len] == ' ') {
            (void)fprintf(stderr, "%s%s%s", between[0] == 'w' ? "verno-hub: this verb " : "", between,
                          verbs[i].words + len + 1);
            between = ", ";
        }
    }
    if (between[0] == ',') {
        (void)fputs(" (--help tells more)\n", stderr);
        return 2;
    }
    return wrong("there is no verb", first);
}

/* What a verb printed may wait in a buffer until here, and a full disk is no success. */
static int finish(int code)
{
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && code == 0) {
        return vn_cli_unwritten();
    }
    return code;
}

int main(int argc, char **argv)
{
    struct line line;
    int used = 0;
    memset(&line, 0, sizeof line);
    line.cli.dir = getenv("VERNO_HUB_DIR");
    line.database = getenv("VERNO_HUB_DATABASE");
    if (argc < 2) {
        print_help(stderr, NULL);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help(stdout, NULL);
        return finish(0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("verno-hub %s\n", VERNO_VERSION);
        return finish(0);
    }
    const struct verb *verb = find_verb(argc - 1, argv + 1, &used);
    if (verb == NULL) {
        return wrong_verb(argv[1]);
    }
    int code = parse(&line, verb, argc - 1 - used, argv + 1 + used);
    if (code != 0) {
        return code;
    }
    if (line.help) {
        print_help(stdout, verb);
        return finish(0);
    }
    return finish(verb->cli != NULL ? verb->cli(&line.cli) : verb->own(&line));
}
