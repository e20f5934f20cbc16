/* Enrolment: the till makes its key, the hub signs its certificate against a one-time code, and identity and journal come
 * into being together. The code comes from standard input or a file, never as an argument, where `ps` would show it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/cli/commands.h"
#include "agent/cli/hand_in.h"
#include "agent/cli/options.h"
#include "agent/crypto/x509.h"
#include "agent/store/claim.h"
#include "agent/store/enrolment.h"
#include "agent/store/journal.h"
#include "sync/net/client.h"

#define ENROL_MS 15000

struct enrolling {
    const char *folder;
    const char *replaces; /* a folder; NULL: none */
    struct vn_old_till *old;
    char host[VN_NAME_MAX];
    uint16_t port;
    char key_path[VN_PATH_MAX];
    char journal_path[VN_PATH_MAX];
    struct vn_key *key;
    struct vn_enrol_request request;
    struct vn_enrolment enrolment;
    struct vn_enrol_reply reply;
    enum vn_status status;
    struct vn_error error;
    struct vn_http_client *client;
};

static const char usage[] =
    "Usage: verno enrol --dir DIR --hub HOST:PORT --ca FILE [--code-file FILE]\n"
    "                   [--replaces OLD]\n\n"
    "Makes this machine a till: creates DIR, a key that never leaves it, and an\n"
    "empty journal, and gets a certificate from the hub. The one-time code (verno-hub\n"
    "till code STORE TILL) is read from standard input, or from a file.\n\n"
    "  --dir DIR         the till's folder; must not hold a journal yet\n"
    "  --hub HOST:PORT   the hub\n"
    "  --ca FILE         the hub's authority, ca.pem of the hub's folder\n"
    "  --code-file FILE  the code, instead of standard input\n"
    "  --replaces OLD    a till's folder that the hub refuses: what the hub lacks\n"
    "                    of its sales is handed in; end the agent there first. It is\n"
    "                    looked at before the code is used. If handing in is cut\n"
    "                    off, run the same again: no code is needed then\n\n"
    "Exit status: 0 enrolled, and all handed in; 1 not, and a sentence says why;\n"
    "2 wrong usage.\n";

static bool read_text(FILE *file, char *out, size_t size)
{
    size_t got = fread(out, 1, size - 1, file);
    out[got] = '\0';
    return got > 0 && ferror(file) == 0 && got < size - 1;
}

static bool read_named(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    bool good = file != NULL && read_text(file, out, size);
    if (!good) {
        (void)fprintf(stderr, "verno enrol: %s can't be read: %s\n", path,
                      file == NULL ? strerror(errno) : "empty or too long");
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return good;
}

static bool read_code(const char *path, char out[VN_ENROL_CODE_MAX])
{
    char text[2 * VN_ENROL_CODE_MAX];
    if (path == NULL && isatty(STDIN_FILENO)) {
        (void)fprintf(stderr, "One-time code: ");
    }
    bool good = path != NULL ? read_named(path, text, sizeof text) : fgets(text, sizeof text, stdin) != NULL;
    text[good ? strcspn(text, " \t\r\n") : 0] = '\0';
    if (!good || vn_view_copy_str(vn_view_str(text), out, VN_ENROL_CODE_MAX) != VN_OK || out[0] == '\0') {
        (void)fprintf(
            stderr,
            "verno enrol: no one-time code was given; make one with verno-hub till code STORE TILL\n");
        return false;
    }
    return true;
}

static bool split_host(const char *text, struct enrolling *e)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    long port = colon == NULL ? 0 : strtol(colon + 1, &end, 10);
    if (colon == NULL || end == colon + 1 || *end != '\0' || port < 1 || port > 65535 ||
        vn_view_copy_str(vn_view_of(text, (size_t)(colon - text)), e->host, sizeof e->host) != VN_OK) {
        return false;
    }
    e->port = (uint16_t)port;
    return true;
}

/* A key that is there already was made by an attempt that got no answer: it is used again, as the hub may have signed it. */
static enum vn_status make_key(struct enrolling *e)
{
    struct vn_random random = vn_random_system();
    struct vn_buf csr;
    /* The group passes through, to the socket that is its own; all files are the owner's alone. */
    bool made = mkdir(e->folder, 0700) == 0;
    if (made ? chmod(e->folder, 0710) != 0 : errno != EEXIST) {
        return vn_fail(&e->error, VN_IO, "%s: %s", e->folder, strerror(errno));
    }
    /* What an attempt that was cut off has left; refused when there is a journal. */
    enum vn_status status = vn_enrolment_clear(e->folder, &e->error);
    if (status == VN_OK) {
        status = vn_key_load(e->key_path, &e->key, &e->error);
    }
    if (status == VN_ABSENT) {
        status = vn_key_generate(&random, &e->key);
        if (status == VN_OK) {
            status = vn_key_save(e->key, e->key_path, &e->error);
        }
    }
    if (status != VN_OK) {
        return status;
    }
    vn_buf_init(&csr, VN_PEM_MAX);
    status = vn_csr_create(e->key, &random, "till", &csr, &e->error);
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_buf_view(&csr), e->request.csr, sizeof e->request.csr);
    }
    vn_buf_deinit(&csr);
    return status;
}

static void on_reply(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct enrolling *e = ctx;
    if (status != VN_OK) {
        e->status = vn_fail(&e->error, status, "the hub at %s:%d: %s", e->host, e->port,
                            vn_http_client_reason(e->client));
    } else if (response->status == 200) {
        e->status = vn_enrol_reply_decode(response->body, &e->reply, &e->error);
    } else {
        json_t *root = NULL;
        struct vn_error ignored;
        enum vn_status parsed = vn_json_parse(response->body, &root, &ignored);
        const char *title = parsed == VN_OK ? json_string_value(json_object_get(root, "title")) : NULL;
        const char *detail = parsed == VN_OK ? json_string_value(json_object_get(root, "detail")) : NULL;
        e->status = vn_fail(&e->error, VN_DENIED, "the hub refuses: %s",
                            detail != NULL  ? detail
                            : title != NULL ? title
                                            : "no reason given");
        json_decref(root);
    }
    vn_http_client_destroy(e->client);
}

static enum vn_status ask_hub(struct enrolling *e)
{
    uv_loop_t loop;
    struct vn_buf body;
    struct vn_tls_client_options tls = {.ca_pem = vn_view_str(e->enrolment.hub_ca)};
    struct vn_http_target target = {.host = e->host, .port = e->port, .tls = &tls, .label = "the hub"};
    if (uv_loop_init(&loop) != 0) {
        return vn_fail(&e->error, VN_NOMEM, "out of memory");
    }
    vn_buf_init(&body, VN_POS_BODY_MAX);
    enum vn_status status = vn_enrol_request_encode(&e->request, &body);
    if (status == VN_OK) {
        status = vn_http_client_create(&loop, vn_clock_system(), vn_random_system(), NULL, &target,
                                       &e->client, &e->error);
    }
    if (status == VN_OK) {
        struct vn_http_request_out request = {
            .method = "POST", .path = "/v1/enrol", .body = vn_buf_view(&body), .timeout_ms = ENROL_MS};
        status = vn_http_client_send(e->client, &request, on_reply, e);
        if (status == VN_OK) {
            (void)uv_run(&loop, UV_RUN_DEFAULT);
            status = e->status;
        } else {
            vn_http_client_destroy(e->client);
            (void)uv_run(&loop, UV_RUN_DEFAULT);
        }
    }
    vn_buf_deinit(&body);
    (void)uv_loop_close(&loop);
    return status;
}

/* A hub that answers with somebody else's certificate has a fault that would show much later, as "offline". */
static enum vn_status check_certificate(struct enrolling *e)
{
    struct vn_cert_info info;
    struct vn_public_key own;
    struct vn_view certificate = vn_view_str(e->reply.certificate);
    enum vn_status status = vn_cert_check(certificate, vn_view_str(e->enrolment.hub_ca), &e->error);
    if (status == VN_OK) {
        status = vn_cert_read(certificate, &info, &e->error);
    }
    vn_key_public(e->key, &own);
    if (status == VN_OK && memcmp(own.point, info.public_key.point, sizeof own.point) != 0) {
        return vn_fail(&e->error, VN_CORRUPT, "the hub's answer is a certificate of another key");
    }
    return status;
}

/* The journal comes last: until it is there, a new attempt may use the same folder. */
static enum vn_status keep(struct enrolling *e)
{
    struct vn_enrolment *enrolment = &e->enrolment;
    enrolment->id = e->reply.enrolment;
    memcpy(enrolment->store, e->reply.store, sizeof enrolment->store);
    memcpy(enrolment->till, e->reply.till, sizeof enrolment->till);
    memcpy(enrolment->hub_host, e->host, sizeof enrolment->hub_host);
    enrolment->hub_port = e->port;
    enrolment->epoch = e->reply.epoch;
    memcpy(enrolment->card_key, e->reply.card_key, sizeof enrolment->card_key);
    memcpy(enrolment->publishing_key, e->reply.publishing_key, sizeof enrolment->publishing_key);
    memcpy(enrolment->certificate, e->reply.certificate, sizeof enrolment->certificate);
    enum vn_status status = check_certificate(e);
    if (status == VN_OK) {
        status = vn_enrolment_save(e->folder, enrolment, &e->error);
    }
    return status == VN_OK ? vn_journal_create(e->journal_path, &enrolment->id, NULL, &e->error) : status;
}

static int enrol(struct enrolling *e)
{
    enum vn_status status = vn_file_path(e->folder, "till.key", e->key_path, &e->error);
    if (status == VN_OK) {
        status = vn_file_path(e->folder, "journal.db", e->journal_path, &e->error);
    }
    if (status == VN_OK) {
        status = make_key(e);
    }
    if (status == VN_OK) {
        status = ask_hub(e);
    }
    if (status == VN_OK) {
        status = keep(e);
    }
    vn_key_destroy(e->key);
    if (status != VN_OK) {
        (void)fprintf(stderr, "verno enrol: not enrolled: %s\n",
                      e->error.text[0] == '\0' ? vn_status_name(status) : e->error.text);
        return 1;
    }
    vn_claim_forget(e->folder); /* an agent that was started too early */
    (void)printf("enrolled: till %s of store %s; start verno-agent --dir %s\n", e->enrolment.till,
                 e->enrolment.store, e->folder);
    return 0;
}

/* Whether this folder was enrolled by an attempt that came that far. */
static bool is_enrolled(struct enrolling *e)
{
    bool begun = false;
    return vn_file_path(e->folder, "journal.db", e->journal_path, &e->error) == VN_OK &&
           vn_journal_is_begun(e->journal_path, NULL, &begun, &e->error) == VN_OK && begun;
}

/* Before the code is used up: a second one would be wanted for what a typing error spoilt. */
static bool open_replaced(struct enrolling *e)
{
    struct stat old;
    struct stat new;
    if (stat(e->replaces, &old) == 0 && stat(e->folder, &new) == 0 && old.st_dev == new.st_dev &&
        old.st_ino == new.st_ino) {
        (void)fprintf(stderr,
                      "verno enrol: nothing was done: --dir and --replaces name one folder; enrol into "
                      "a new one\n");
        return false;
    }
    if (vn_old_till_open(e->replaces, &e->old, &e->error) == VN_OK) {
        return true;
    }
    (void)fprintf(stderr, "verno enrol: nothing was done: --replaces %s: %s\n", e->replaces, e->error.text);
    return false;
}

static int replace(struct enrolling *e)
{
    struct vn_handed_in handed;
    if (vn_hand_in(e->old, e->folder, &handed, &e->error) != VN_OK) {
        (void)fprintf(stderr,
                      "verno enrol: enrolled, but the journal in %s was not handed in: %s. Run the same "
                      "again, it needs no code\n",
                      e->replaces, e->error.text);
        return 1;
    }
    (void)printf(
        "handed in: the hub has all %lld entries of %s, what it lacked of them too; keep that folder\n",
        (long long)handed.entries, e->replaces);
    return 0;
}

/* 0, or the exit status after a sentence. */
static int judge(struct enrolling *e, const char *hub, const char *ca)
{
    if (e->folder == NULL || hub == NULL || ca == NULL) {
        return vn_options_wrong("enrol", "--dir, --hub and --ca are all needed", NULL);
    }
    return split_host(hub, e) ? 0 : vn_options_wrong("enrol", "--hub wants HOST:PORT, not", hub);
}

int vn_command_enrol(int argc, char **argv)
{
    const char *hub = NULL;
    const char *ca = NULL;
    const char *code_path = NULL;
    int exit_code = 1;
    struct enrolling *e = calloc(1, sizeof *e);
    if (e == NULL) {
        (void)fprintf(stderr, "verno enrol: not enrolled: out of memory\n");
        return exit_code;
    }
    const struct vn_option options[] = {{.name = "dir", .value = &e->folder},
                                        {.name = "hub", .value = &hub},
                                        {.name = "ca", .value = &ca},
                                        {.name = "code-file", .value = &code_path},
                                        {.name = "replaces", .value = &e->replaces}};
    const struct vn_command_line line = {"enrol", usage, options, sizeof options / sizeof options[0], NULL};
    if (vn_options_read(&line, argc, argv, &exit_code)) {
        exit_code = judge(e, hub, ca);
        if (exit_code == 0) {
            exit_code = e->replaces == NULL || open_replaced(e) ? 0 : 1;
        }
        bool again = exit_code == 0 && e->replaces != NULL && is_enrolled(e);
        if (exit_code == 0 && !again) {
            exit_code = read_named(ca, e->enrolment.hub_ca, sizeof e->enrolment.hub_ca) &&
                                read_code(code_path, e->request.code)
                            ? enrol(e)
                            : 1;
        }
        if (exit_code == 0 && e->replaces != NULL) {
            exit_code = replace(e);
        }
    }
    vn_old_till_close(e->old);
    free(e);
    return exit_code;
}
