/* The verbs of `verno`, the command of technicians and support. Each takes its own argv (argv[0] is the verb) and returns
 * the exit status: 0 done, 1 it failed and a sentence says why, 2 wrong usage. */
#ifndef VN_CLI_COMMANDS_H
#define VN_CLI_COMMANDS_H

int vn_command_enrol(int argc, char **argv);
int vn_command_status(int argc, char **argv);
int vn_command_journal(int argc, char **argv);
int vn_command_template(int argc, char **argv);
int vn_command_quote(int argc, char **argv);
int vn_command_explain(int argc, char **argv);
int vn_command_check_rules(int argc, char **argv);

/* The one sentence for wrong usage on standard error, about `word` (may be NULL); returns 2. */
int vn_command_wrong(const char *verb, const char *what, const char *word);
/* For getopt_long's answers ':' and '?' with opterr off, about the word that it stopped at. */
int vn_command_wrong_option(const char *verb, int option, const char *word);

#endif
