/* A till's identity, in the steps of `verno enrol` (agent/cli/enrol.c), by the functions that it uses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/file.h"
#include "agent/cli/hand_in.h"
#include "agent/crypto/x509.h"
#include "agent/store/enrolment.h"
#include "agent/store/journal.h"
#include "sync/wire/enrol.h"
#include "tests/sim/world/caller.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/machine.h"
#include "tests/sim/world/story.h"

struct enrolling {
    struct vn_key *key;
    struct vn_enrol_request request;
    struct vn_enrol_reply reply;
    struct vn_enrolment enrolment;
    struct vn_error error;
    char key_path[VN_PATH_MAX], journal_path[VN_PATH_MAX];
};

static enum vn_status make_key(struct enrolling *e, const char *dir)
{
    struct vn_random random = sim_proc_random(sim_self_proc());
    struct vn_buf csr;
    (void)mkdir(dir, 0700);
    enum vn_status status = vn_enrolment_clear(dir, &e->error);
    if (status == VN_OK) {
        status = vn_key_load(e->key_path, &e->key, &e->error);
    }
    if (status == VN_ABSENT) {
        status = vn_key_generate(&random, &e->key);
        if (status == VN_OK) {
            status = vn_key_save(e->key, e->key_path, &e->error);
        }
    }
    vn_buf_init(&csr, VN_PEM_MAX);
    if (status == VN_OK) {
        status = vn_csr_create(e->key, &random, "till", &csr, &e->error);
    }
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_buf_view(&csr), e->request.csr, sizeof e->request.csr);
    }
    vn_buf_deinit(&csr);
    return status;
}

static enum vn_status ask_hub(struct enrolling *e)
{
    struct sim_caller caller;
    struct vn_buf body;
    const struct vn_tls_client_options tls = {.ca_pem = vn_view_str(e->enrolment.hub_ca)};
    const struct vn_http_target target = {
        .host = SIM_HUB_HOST, .port = SIM_HUB_PORT, .tls = &tls, .label = "the hub"};
    vn_buf_init(&body, VN_POS_BODY_MAX);
    enum vn_status status = vn_enrol_request_encode(&e->request, &body);
    sim_caller_open(&caller, &target);
    if (status == VN_OK) {
        int http = sim_caller_ask(&caller, "POST", "/v1/enrol", vn_buf_view(&body), 15000);
        status = http == 200 ? vn_enrol_reply_decode(vn_buf_view(&caller.reply), &e->reply, &e->error)
                             : vn_fail(&e->error, VN_DENIED, "HTTP %d %.*s", http, (int)caller.reply.len,
                                       caller.reply.len == 0 ? "" : (const char *)caller.reply.data);
    }
    sim_caller_close(&caller);
    vn_buf_deinit(&body);
    return status;
}

static enum vn_status keep(struct enrolling *e, const char *dir)
{
    struct vn_enrolment *enrolment = &e->enrolment;
    enrolment->id = e->reply.enrolment;
    memcpy(enrolment->store, e->reply.store, sizeof enrolment->store);
    memcpy(enrolment->till, e->reply.till, sizeof enrolment->till);
    (void)snprintf(enrolment->hub_host, sizeof enrolment->hub_host, "%s", SIM_HUB_HOST);
    enrolment->hub_port = SIM_HUB_PORT;
    enrolment->epoch = e->reply.epoch;
    memcpy(enrolment->card_key, e->reply.card_key, sizeof enrolment->card_key);
    memcpy(enrolment->publishing_key, e->reply.publishing_key, sizeof enrolment->publishing_key);
    memcpy(enrolment->certificate, e->reply.certificate, sizeof enrolment->certificate);
    enum vn_status status =
        vn_cert_check(vn_view_str(e->reply.certificate), vn_view_str(enrolment->hub_ca), &e->error);
    if (status == VN_OK) {
        status = vn_enrolment_save(dir, enrolment, &e->error);
    }
    return status == VN_OK ? vn_journal_create(e->journal_path, &enrolment->id, NULL, &e->error) : status;
}

static void note_enrolment(struct sim_machine *till, const struct vn_enrolment *enrolment)
{
    if (till->enrolment[0] != '\0' && till->former_count < SIM_FORMER_MAX) {
        memcpy(till->former[till->former_count++], till->enrolment, sizeof till->enrolment);
    }
    vn_hex_encode(vn_view_of(enrolment->id.bytes, VN_ID_BYTES), till->enrolment);
    (void)snprintf(till->store, sizeof till->store, "%s", enrolment->store);
    (void)snprintf(till->till, sizeof till->till, "%s", enrolment->till);
    till->enrolments++;
    till->put_back = false;
}

/* What the hub lacks of the old folder's journal. */
static bool hand_in(const struct sim_machine *till, struct vn_old_till *old, const char *dir)
{
    struct vn_handed_in handed;
    struct vn_error error = {VN_OK, "", ""};
    for (unsigned tries = 0; tries < 20; tries++) {
        if (vn_hand_in(old, dir, &handed, &error) == VN_OK) {
            sim_story(till->name, "handed in %lld entries of its old journal", (long long)handed.entries);
            sim_cover("till: handed in");
            return true;
        }
        sim_story(till->name, "not handed in: %s", error.text);
        sim_sleep(30 * SIM_S);
    }
    return false;
}

void sim_till_hand_in_again(const struct sim_machine *till)
{
    for (unsigned i = 1; i < till->enrolments; i++) {
        char dir[VN_PATH_MAX];
        struct vn_old_till *old = NULL;
        struct vn_error error;
        (void)snprintf(dir, sizeof dir, "%.200s/e%u", till->root, i);
        if (vn_old_till_open(dir, &old, &error) == VN_OK) {
            (void)hand_in(till, old, till->dir);
        }
        vn_old_till_close(old);
    }
}

bool sim_till_enrol(struct sim_machine *till, const char *hub_dir, const char *code, const char *replaces)
{
    char dir[VN_PATH_MAX];
    struct vn_old_till *old = NULL;
    struct enrolling *e = calloc(1, sizeof *e);
    if (e == NULL) {
        abort();
    }
    (void)snprintf(dir, sizeof dir, "%.200s/e%u", till->root, till->enrolments + 1);
    (void)snprintf(e->key_path, sizeof e->key_path, "%.240s/till.key", dir);
    (void)snprintf(e->journal_path, sizeof e->journal_path, "%.240s/journal.db", dir);
    (void)snprintf(e->request.code, sizeof e->request.code, "%s", code);
    enum vn_status status = replaces == NULL ? VN_OK : vn_old_till_open(replaces, &old, &e->error);
    if (status == VN_OK) {
        status = vn_file_read_in(hub_dir, "ca.pem", VN_FILE_OPEN, e->enrolment.hub_ca,
                                 sizeof e->enrolment.hub_ca, &e->error);
    }
    if (status == VN_OK) {
        status = make_key(e, dir);
    }
    if (status == VN_OK) {
        status = ask_hub(e);
    }
    if (status == VN_OK) {
        status = keep(e, dir);
    }
    if (status == VN_OK) {
        note_enrolment(till, &e->enrolment);
        (void)snprintf(till->dir, sizeof till->dir, "%s", dir);
        sim_story(till->name, "enrolled");
    } else {
        sim_story(till->name, "not enrolled: %s", e->error.text);
    }
    vn_key_destroy(e->key);
    free(e);
    bool handed = status == VN_OK && (old == NULL || hand_in(till, old, dir));
    vn_old_till_close(old);
    return handed;
}
