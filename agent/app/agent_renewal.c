/* The next certificate of this till: a new key, and the files, which are written on another thread because the loop never
 * waits for a disk. Until they are written the present ones count, and from then on the new ones alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/app/internal.h"
#include "agent/crypto/x509.h"

struct agent_renewal {
    uv_work_t work;         /* first */
    struct vn_agent *agent; /* NULL: it has ended meanwhile */
    bool under_way;         /* on the other thread */
    char folder[VN_PATH_MAX];
    struct vn_key *key;
    struct vn_buf answer;
    struct vn_renew_request request;
    struct vn_renew_reply reply;
    struct vn_enrolment enrolment; /* a copy, which is changed */
    struct vn_cert_info info;
    struct vn_error error;
    enum vn_status status;
};

static void renewal_free(struct agent_renewal *renewal)
{
    if (renewal != NULL) {
        vn_key_destroy(renewal->key);
        vn_buf_deinit(&renewal->answer);
        free(renewal);
    }
}

static enum vn_status make_request(struct agent_renewal *renewal, const struct vn_random *random,
                                   struct vn_buf *out)
{
    struct vn_buf csr;
    vn_buf_init(&csr, VN_PEM_MAX - 1);
    enum vn_status status = vn_key_generate(random, &renewal->key);
    if (status == VN_OK) {
        status = vn_csr_create(renewal->key, random, "till", &csr, NULL);
    }
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_buf_view(&csr), renewal->request.csr, sizeof renewal->request.csr);
    }
    if (status == VN_OK) {
        status = vn_renew_request_encode(&renewal->request, out);
    }
    vn_buf_deinit(&csr);
    return status;
}

void agent_renewal_ask(void *ctx, struct vn_buf *out)
{
    struct vn_agent *agent = ctx;
    renewal_free(agent->renewal); /* of a request that was not answered */
    agent->renewal = calloc(1, sizeof *agent->renewal);
    if (agent->renewal == NULL) {
        return;
    }
    agent->renewal->agent = agent;
    memcpy(agent->renewal->folder, agent->folder, sizeof agent->renewal->folder);
    vn_buf_init(&agent->renewal->answer, VN_FEED_BYTES_MAX);
    if (make_request(agent->renewal, &agent->random, out) != VN_OK) {
        vn_buf_clear(out);
    }
}

/* On another thread. */
static void keep(uv_work_t *work)
{
    struct agent_renewal *renewal = (struct agent_renewal *)work;
    if (renewal->status == VN_OK) {
        renewal->status =
            vn_renew_reply_decode(vn_buf_view(&renewal->answer), &renewal->reply, &renewal->error);
    }
    if (renewal->status == VN_OK) {
        renewal->status = vn_enrolment_renew(renewal->folder, &renewal->enrolment, renewal->key,
                                             &renewal->reply, &renewal->info, &renewal->error);
    }
}

static void kept(uv_work_t *work, int code)
{
    struct agent_renewal *renewal = (struct agent_renewal *)work;
    struct vn_agent *agent = renewal->agent;
    (void)code; /* nobody cancels it */
    if (agent == NULL) {
        renewal_free(renewal);
        return;
    }
    const struct vn_uplink_certificate certificate = {.not_before_ms = renewal->info.not_before_ms,
                                                      .not_after_ms = renewal->info.not_after_ms,
                                                      .lacks = !renewal->info.serves};
    agent->renewal = NULL;
    if (renewal->status == VN_OK) {
        agent->enrolment = renewal->enrolment;
        renewal->status = vn_hub_link_renew(agent->link, &agent->enrolment, renewal->key, &renewal->error);
    }
    if (renewal->status == VN_OK) {
        agent->certificate = certificate;
        agent_peer_renew(agent, renewal->key);
    }
    vn_uplink_on_renewed(agent->uplink, renewal->status, &certificate, renewal->error.text);
    renewal_free(renewal);
}

void agent_renewal_keep(void *ctx, struct vn_view body)
{
    struct vn_agent *agent = ctx;
    struct agent_renewal *renewal = agent->renewal;
    renewal->enrolment = agent->enrolment;
    renewal->status = vn_buf_append(&renewal->answer, body);
    if (renewal->status != VN_OK) {
        (void)vn_fail(&renewal->error, renewal->status, "the hub's answer is too large");
    }
    renewal->under_way = true;
    (void)uv_queue_work(agent->loop, &renewal->work, keep, kept); /* fails for a missing callback alone */
}

void agent_renewal_end(struct vn_agent *agent)
{
    if (agent->renewal != NULL && agent->renewal->under_way) {
        agent->renewal->agent = NULL; /* freed when it is done; what it writes is whole in any case */
    } else {
        renewal_free(agent->renewal);
    }
    agent->renewal = NULL;
}
