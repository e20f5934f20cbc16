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

#endif
