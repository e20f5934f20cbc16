#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/commands.h"
#include "agent/cli/practice_pos.h"

struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct verb verbs[] = {
    {"enrol", vn_command_enrol, "make this machine a till, with a one-time code of the hub"},
    {"status", vn_command_status, "how the till stands: hub, journal, promotions, devices"},
    {"journal", vn_command_journal, "what the till has recorded, entry by entry"},
    {"check-rules", vn_command_check_rules, "what is wrong or doubtful in a file of promotions"},
    {"quote", vn_command_quote, "what a till would say to a basket"},
    {"explain", vn_command_explain, "a receipt's outcome in words"},
    {"template", vn_command_template, "ready promotions, with places to fill in"},
    {"practice-pos", vn_practice_pos_main, "a small POS in the terminal, to try things with"},
};

/* What a verb printed may wait in a buffer until here, and a full disk is no success. */
static int finish(int code)
{
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && code == 0) {
        (void)fprintf(stderr, "verno: what is printed can't be written: %s\n", strerror(errno));
        return 1;
    }
    return code;
}

static void usage(FILE *out)
{
    (void)fprintf(out, "Usage: verno VERB [OPTIONS]    (verno VERB --help tells more)\n\n");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        (void)fprintf(out, "  %-14s %s\n", verbs[i].name, verbs[i].help);
    }
    (void)fprintf(out, "\n  --help, --version\n\n"
                       "Exit status: 0 done; 1 it failed, and a sentence says why; 2 wrong usage.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return finish(0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("verno %s\n", VERNO_VERSION);
        return finish(0);
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return finish(verbs[i].run(argc - 1, argv + 1));
        }
    }
    (void)fprintf(stderr, "verno: there is no verb '%s'; verno --help names them all\n", argv[1]);
    return 2;
}
