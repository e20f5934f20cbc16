#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/app/agent.h"
#include "agent/store/claim.h"

static void usage(FILE *out)
{
    (void)fprintf(
        out, "Usage: verno-agent --dir DIR [--config FILE]\n\n"
             "The loyalty agent of one till. DIR is the till's folder, made by `verno enrol`; it holds the\n"
             "journal, the cache and the local API's socket. Runs in the foreground and logs to standard\n"
             "error; SIGTERM ends it after what is under way has been written.\n\n"
             "  --dir DIR        the till's folder\n"
             "  --config FILE    options, if not DIR/agent.conf\n"
             "  --help, --version\n\n"
             "Options in the file, as \"name = value\":\n");
    vn_app_config_help(out);
    (void)fprintf(
        out,
        "\nExit status: 0 ended by a signal; 1 it could not start, the journal's disk failed, or the\n"
        "cache was damaged (the next start makes a new one); 2 wrong usage; 3 this till is not enrolled, or\n"
        "its journal is missing.\n");
}

static int wrong(const char *what, const char *word)
{
    (void)fprintf(stderr, "verno-agent: %s '%s'; verno-agent --help tells more\n", what, word);
    return 2;
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    uv_stop(signal->loop);
}

static enum vn_log_level level_of(const char *name)
{
    static const char *const names[] = {"error", "warn", "notice", "info", "debug"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (enum vn_log_level)i;
        }
    }
    return VN_LOG_INFO;
}

static int run(const char *folder, const struct vn_app_config *config)
{
    uv_loop_t loop;
    uv_signal_t signals[2];
    struct vn_agent *agent = NULL;
    struct vn_error error = {VN_OK, "", ""};
    enum vn_log_format format;
    (void)vn_log_format_of(config->log, &format); /* one of the two: config.c has looked */
    struct vn_log *log = vn_log_create(STDERR_FILENO, level_of(config->log_level), format, vn_clock_system());
    int exit_code = 1;
    int claim = -1;
    (void)signal(SIGPIPE, SIG_IGN);
    if (log == NULL || uv_loop_init(&loop) != 0) {
        (void)fprintf(stderr, "verno-agent: out of memory\n");
        vn_log_destroy(log);
        return 1;
    }
    for (int i = 0; i < 2; i++) {
        (void)uv_signal_init(&loop, &signals[i]);
        (void)uv_signal_start(&signals[i], on_signal, i == 0 ? SIGTERM : SIGINT);
    }
    enum vn_status status = vn_claim_folder(folder, &claim, &error);
    if (status == VN_OK) {
        vn_claim_note(claim, "");
        const struct vn_agent_world world = {&loop, vn_clock_system(), vn_random_system(), log};
        status = vn_agent_create(&world, folder, config, &agent, &error);
    }
    if (status == VN_OK) {
        vn_log_event(log, VN_LOG_NOTICE, "ready", VN_S("version", VERNO_VERSION), VN_S("folder", folder));
        (void)uv_run(&loop, UV_RUN_DEFAULT);
        exit_code = vn_agent_failed(agent) ? 1 : 0;
        if (exit_code != 0) {
            (void)vn_fail(&error, VN_IO,
                          "the disk of this till failed, or a file in %.120s is damaged: look at the disk, "
                          "then start it again",
                          folder);
        }
    } else {
        exit_code = status == VN_ABSENT ? 3 : 1;
    }
    if (exit_code != 0) {
        (void)fprintf(stderr, "verno-agent: %s\n", error.text);
        vn_claim_note(claim, error.text);
    }
    vn_agent_destroy(agent);
    for (int i = 0; i < 2; i++) {
        uv_close((uv_handle_t *)&signals[i], NULL);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    vn_log_event(log, VN_LOG_NOTICE, "ended", VN_I("code", exit_code));
    (void)uv_loop_close(&loop);
    vn_claim_release(claim);
    vn_log_destroy(log);
    return exit_code;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"dir", required_argument, NULL, 'd'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    const char *folder = NULL;
    const char *config_path = NULL;
    char default_path[VN_PATH_MAX];
    struct vn_app_config config;
    struct vn_error error;
    int option = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case 'd': folder = optarg; break;
        case 'c': config_path = optarg; break;
        case 'h': usage(stdout); return 0;
        case 'v': (void)printf("verno-agent %s\n", VERNO_VERSION); return 0;
        default:
            return wrong(option == ':' ? "a value is missing after" : "there is no option", argv[optind - 1]);
        }
    }
    if (folder == NULL || optind != argc) {
        return optind != argc ? wrong("what is", argv[optind])
                              : wrong("the till's folder is missing:", "--dir DIR");
    }
    if (config_path != NULL &&
        access(config_path, R_OK) != 0) { /* DIR/agent.conf need not be there, this must */
        (void)fprintf(stderr, "verno-agent: %s: %s\n", config_path, strerror(errno));
        return 1;
    }
    (void)snprintf(default_path, sizeof default_path, "%s/agent.conf", folder);
    if (vn_app_config_load(config_path == NULL ? default_path : config_path, &config, &error) != VN_OK) {
        (void)fprintf(stderr, "verno-agent: %s\n", error.text);
        return 1;
    }
    return run(folder, &config);
}
