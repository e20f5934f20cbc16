#include <stdio.h>

#include "agent/cli/commands.h"

int vn_command_wrong(const char *verb, const char *what, const char *word)
{
    (void)fprintf(stderr, "verno %s: %s%s%s%s; verno %s --help tells more\n", verb, what,
                  word == NULL ? "" : " '", word == NULL ? "" : word, word == NULL ? "" : "'", verb);
    return 2;
}

int vn_command_wrong_option(const char *verb, int option, const char *word)
{
    return vn_command_wrong(verb, option == ':' ? "a value is missing after" : "there is no option", word);
}
