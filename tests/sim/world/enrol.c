/* A till's identity, in the steps of `verno enrol` (agent/cli/enrol.c), by the functions that it uses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/file.h"
#include "agent/crypto/x509.h"
#include "agent/store/enrolment.h"
#include "agent/store/journal.h"
#include "sync/wire/enrol.h"
#include "tests/sim/world/caller.h"
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

bool sim_till_enrol(struct sim_machine *till, const char *hub_dir, const char *code)
{
    struct enrolling *e = calloc(1, sizeof *e);
    if (e == NULL) {
        abort();
    }
    (void)snprintf(e->key_path, sizeof e->key_path, "%.240s/till.key", till->dir);
    (void)snprintf(e->journal_path, sizeof e->journal_path, "%.240s/journal.db", till->dir);
    (void)snprintf(e->request.code, sizeof e->request.code, "%s", code);
    enum vn_status status = vn_file_read_in(hub_dir, "ca.pem", VN_FILE_OPEN, e->enrolment.hub_ca,
                                            sizeof e->enrolment.hub_ca, &e->error);
    if (status == VN_OK) {
        status = make_key(e, till->dir);
    }
    if (status == VN_OK) {
        status = ask_hub(e);
    }
    if (status == VN_OK) {
        status = keep(e, till->dir);
    }
    if (status == VN_OK) {
        (void)snprintf(till->store, sizeof till->store, "%s", e->enrolment.store);
        (void)snprintf(till->till, sizeof till->till, "%s", e->enrolment.till);
        sim_story(till->name, "enrolled");
    } else {
        sim_story(till->name, "not enrolled: %s", e->error.text);
    }
    vn_key_destroy(e->key);
    free(e);
    return status == VN_OK;
}
