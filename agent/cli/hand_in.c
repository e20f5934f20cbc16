#include "agent/cli/hand_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/store/claim.h"
#include "agent/store/enrolment.h"
#include "agent/store/journal.h"
#include "sync/net/client.h"
#include "sync/wire/stamp.h"

#define ENTRIES_MAX 500
#define BYTES_MAX   (256 * 1024)
#define SEND_MS     120000 /* a batch on a bad line */
#define AGAIN_MAX   30 /* times that a busy hub is asked again, and steps back to where it wants us to begin */
#define AGAIN_MS    1000

/* A till's folder, open. */
struct folder {
    int claim;
    struct vn_enrolment enrolment;
    struct vn_journal *journal;
    struct vn_journal_head head;
};

struct vn_old_till {
    struct folder folder;
};

struct handing {
    const struct folder *old;
    struct folder new;
    struct vn_key *key; /* of the new one */
    uv_loop_t loop;
    struct vn_http_client *client;
    char stamp[VN_STAMP_TEXT_MAX];
    struct vn_batch batch;
    struct vn_buf memory, body;
    int64_t after; /* up to here the hub has the old journal */
    unsigned again;
    bool busy; /* the hub wants to be asked again */
    enum vn_status status;
    struct vn_error *error;
};

static enum vn_status open_folder(const char *path, struct folder *out, struct vn_error *error)
{
    struct vn_random random = vn_random_system();
    char journal[VN_PATH_MAX];
    *out = (struct folder){.claim = -1};
    enum vn_status status = vn_claim_folder(path, &out->claim, error);
    if (status == VN_OK) {
        status = vn_enrolment_load(path, &out->enrolment, error);
    }
    if (status == VN_OK) {
        status = vn_file_path(path, "journal.db", journal, error);
    }
    if (status == VN_OK) {
        status = vn_journal_open(journal, &out->enrolment.id, &random, NULL, &out->journal, error);
    }
    if (status == VN_OK) {
        vn_journal_head(out->journal, &out->head);
    }
    return status;
}

static void close_folder(struct folder *folder)
{
    vn_journal_close(folder->journal);
    vn_claim_release(folder->claim);
}

enum vn_status vn_old_till_open(const char *folder, struct vn_old_till **out, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    *out = NULL;
    enum vn_status status = vn_file_path(folder, "enrolment.json", path, error);
    if (status == VN_OK &&
        access(path, F_OK) != 0) { /* a claim would leave a file in whatever folder it is */
        return vn_fail(error, VN_ABSENT, "this is no till's folder: %s: %s", path, strerror(errno));
    }
    struct vn_old_till *old = calloc(1, sizeof *old);
    if (old == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    status = status == VN_OK ? open_folder(folder, &old->folder, error) : status;
    if (status == VN_OK) {
        *out = old;
    } else {
        vn_old_till_close(old);
    }
    return status;
}

void vn_old_till_close(struct vn_old_till *old)
{
    if (old != NULL) {
        close_folder(&old->folder);
        free(old);
    }
}

/* Where the new journal stands: it is the new enrolment that speaks. */
static void write_stamp(struct handing *handing)
{
    const struct folder *new = &handing->new;
    struct vn_stamp stamp = {.enrolment = new->enrolment.id,
                             .head_seq = new->head.seq,
                             .head_hash = new->head.hash,
                             .acked_seq = new->head.acked_seq,
                             .grant = new->head.grant};
    memcpy(stamp.boot, new->head.boot, sizeof stamp.boot);
    vn_stamp_write(&stamp, handing->stamp);
}

static enum vn_status refused(struct handing *handing, const struct vn_http_response *response)
{
    struct vn_error ignored;
    json_t *root = NULL;
    enum vn_status parsed = vn_json_parse(response->body, &root, &ignored);
    const char *title = parsed == VN_OK ? json_string_value(json_object_get(root, "title")) : NULL;
    const char *detail = parsed == VN_OK ? json_string_value(json_object_get(root, "detail")) : NULL;
    enum vn_status status = vn_fail(handing->error, VN_DENIED, "the hub refuses the old journal: %s",
                                    detail != NULL  ? detail
                                    : title != NULL ? title
                                                    : "no reason given");
    json_decref(root);
    return status;
}

static enum vn_status read_answer(struct handing *handing, const struct vn_http_response *response)
{
    struct vn_expected expected;
    struct vn_ack ack;
    int64_t oldest = handing->old->head.base_seq;
    if (response->status == 429 || response->status == 503) {
        handing->busy = true;
        return VN_OK;
    }
    if (response->status == 200) {
        enum vn_status status = vn_ack_decode(response->body, &ack, handing->error);
        if (status == VN_OK && (ack.acked_seq <= handing->after || ack.acked_seq > handing->old->head.seq)) {
            return vn_fail(handing->error, VN_INPUT, "the hub's answer makes no sense");
        }
        handing->after = ack.acked_seq;
        return status;
    }
    /* A refusal may have the same number: what it is, the body says. */
    if (response->status == 409 && vn_expected_decode(response->body, &expected, handing->error) == VN_OK) {
        if (expected.expected_seq <= oldest || expected.expected_seq > handing->old->head.seq) {
            return vn_fail(handing->error, VN_INPUT,
                           "the hub asks for entry %lld, which the old journal lacks",
                           (long long)expected.expected_seq);
        }
        handing->after = expected.expected_seq - 1;
        handing->again++;
        return VN_OK;
    }
    return refused(handing, response);
}

static void on_answer(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct handing *handing = ctx;
    if (status == VN_OK) {
        handing->status = read_answer(handing, response);
    } else {
        handing->status =
            vn_fail(handing->error, status, "the hub at %s:%lld: %s", handing->new.enrolment.hub_host,
                    (long long)handing->new.enrolment.hub_port, vn_http_client_reason(handing->client));
    }
    uv_stop(&handing->loop);
}

static enum vn_status send_batch(struct handing *handing)
{
    char path[64];
    const struct vn_http_header_out stamp = {VN_STAMP_HEADER, handing->stamp};
    vn_buf_clear(&handing->memory);
    vn_buf_clear(&handing->body);
    enum vn_status status = vn_journal_batch(handing->old->journal, handing->after, ENTRIES_MAX, BYTES_MAX,
                                             &handing->batch, &handing->memory);
    if (status == VN_OK) {
        status = vn_batch_encode(&handing->batch, &handing->body);
    }
    (void)snprintf(path, sizeof path, "/v1/branch?oldest=%lld", (long long)handing->old->head.base_seq + 1);
    struct vn_http_request_out request = {.method = "POST",
                                          .path = path,
                                          .headers = &stamp,
                                          .header_count = 1,
                                          .content_type = "application/x-ndjson",
                                          .body = vn_buf_view(&handing->body),
                                          .gzip = true,
                                          .timeout_ms = SEND_MS};
    if (status == VN_OK) {
        status = vn_http_client_send(handing->client, &request, on_answer, handing);
    }
    if (status == VN_CORRUPT) {
        return vn_fail(handing->error, status,
                       "entry %lld of the old journal is damaged: keep that folder for support",
                       (long long)handing->after + 1);
    }
    if (status != VN_OK) {
        return vn_fail(handing->error, status, "the old journal can't be read: %s", vn_status_name(status));
    }
    (void)uv_run(&handing->loop, UV_RUN_DEFAULT);
    return handing->status;
}

/* The last entry is always shown, also when the hub is said to have it: it may be another hub by now. */
static enum vn_status send_all(struct handing *handing, struct vn_handed_in *out)
{
    const struct vn_journal_head *head = &handing->old->head;
    enum vn_status status = VN_OK;
    handing->after = head->acked_seq < head->seq ? head->acked_seq : head->seq - 1;
    handing->after = handing->after < head->base_seq ? head->base_seq : handing->after;
    while (status == VN_OK && handing->after < head->seq) {
        int64_t before = handing->after;
        handing->busy = false;
        status = send_batch(handing);
        out->sent += handing->after > before ? handing->after - before : 0;
        if (status == VN_OK && handing->busy) {
            handing->again++;
            uv_sleep(AGAIN_MS);
        }
        if (status == VN_OK && handing->again > AGAIN_MAX) {
            status = vn_fail(handing->error, VN_TIMEOUT, "the hub has no time for it; run this again later");
        }
    }
    return status;
}

static enum vn_status connect_and_send(struct handing *handing, struct vn_handed_in *out)
{
    const struct vn_enrolment *enrolment = &handing->new.enrolment;
    struct vn_tls_client_options tls = {.ca_pem = vn_view_str(enrolment->hub_ca),
                                        .cert_pem = vn_view_str(enrolment->certificate),
                                        .key = handing->key};
    struct vn_http_target target = {
        .host = enrolment->hub_host, .port = (uint16_t)enrolment->hub_port, .tls = &tls, .label = "the hub"};
    if (uv_loop_init(&handing->loop) != 0) {
        return vn_fail(handing->error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = vn_http_client_create(&handing->loop, vn_clock_system(), vn_random_system(), NULL,
                                                  &target, &handing->client, handing->error);
    if (status == VN_OK) {
        status = send_all(handing, out);
    }
    vn_http_client_destroy(handing->client);
    (void)uv_run(&handing->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&handing->loop);
    return status;
}

static enum vn_status run(struct handing *handing, const char *folder, struct vn_handed_in *out)
{
    enum vn_status status = open_folder(folder, &handing->new, handing->error);
    if (status == VN_OK) {
        status = vn_enrolment_key(folder, &handing->key, handing->error);
    }
    if (status == VN_OK) {
        out->entries = handing->old->head.seq;
        write_stamp(handing);
        status = connect_and_send(handing, out);
    }
    return status;
}

enum vn_status vn_hand_in(struct vn_old_till *old, const char *folder, struct vn_handed_in *out,
                          struct vn_error *error)
{
    struct handing *handing = calloc(1, sizeof *handing);
    *out = (struct vn_handed_in){0, 0};
    if (handing == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    handing->error = error;
    handing->old = &old->folder;
    handing->new.claim = -1;
    vn_buf_init(&handing->memory, VN_BATCH_BYTES_MAX);
    vn_buf_init(&handing->body, VN_BATCH_BYTES_MAX);
    enum vn_status status = run(handing, folder, out);
    vn_buf_deinit(&handing->memory);
    vn_buf_deinit(&handing->body);
    vn_key_destroy(handing->key);
    close_folder(&handing->new);
    free(handing);
    return status;
}
