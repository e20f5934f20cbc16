/* What an enrolling till and a hub tell each other: what can be read can be written, and is read the same. */
#include <stdlib.h>
#include <string.h>

#include "sync/wire/enrol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vn_enrol_request request, request_again;
static struct vn_enrol_reply reply, reply_again;
static struct vn_renew_request renewal, renewal_again;
static struct vn_renew_reply renewed, renewed_again;

static void look_at_renewals(struct vn_view bytes, struct vn_buf *out)
{
    struct vn_error error;
    vn_buf_clear(out);
    if (vn_renew_request_decode(bytes, &renewal, &error) == VN_OK &&
        (vn_renew_request_encode(&renewal, out) != VN_OK ||
         vn_renew_request_decode(vn_buf_view(out), &renewal_again, &error) != VN_OK ||
         strcmp(renewal.csr, renewal_again.csr) != 0)) {
        abort();
    }
    vn_buf_clear(out);
    if (vn_renew_reply_decode(bytes, &renewed, &error) == VN_OK &&
        (vn_renew_reply_encode(&renewed, out) != VN_OK ||
         vn_renew_reply_decode(vn_buf_view(out), &renewed_again, &error) != VN_OK ||
         strcmp(renewed.certificate, renewed_again.certificate) != 0 ||
         strcmp(renewed.authority, renewed_again.authority) != 0)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 16 * VN_PEM_MAX);
    if (vn_enrol_request_decode(vn_view_of(data, size), &request, &error) == VN_OK &&
        (vn_enrol_request_encode(&request, &out) != VN_OK ||
         vn_enrol_request_decode(vn_buf_view(&out), &request_again, &error) != VN_OK ||
         strcmp(request.code, request_again.code) != 0 || strcmp(request.csr, request_again.csr) != 0)) {
        abort();
    }
    vn_buf_clear(&out);
    if (vn_enrol_reply_decode(vn_view_of(data, size), &reply, &error) == VN_OK &&
        (vn_enrol_reply_encode(&reply, &out) != VN_OK ||
         vn_enrol_reply_decode(vn_buf_view(&out), &reply_again, &error) != VN_OK ||
         memcmp(&reply.enrolment, &reply_again.enrolment, sizeof reply.enrolment) != 0 ||
         memcmp(reply.card_key, reply_again.card_key, sizeof reply.card_key) != 0 ||
         strcmp(reply.certificate, reply_again.certificate) != 0)) {
        abort();
    }
    look_at_renewals(vn_view_of(data, size), &out);
    vn_buf_deinit(&out);
    return 0;
}
