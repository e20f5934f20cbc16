/* A neighbour whose program is not ours: it says that it has more than it has, and lends what it never gave, with a signature
 * that nobody made. Who borrows has to refuse that. */
#include <string.h>

#include "agent/base/bytes.h"
#include "sync/wire/transfer.h"
#include "tests/sim/net/flight.h"
#include "tests/sim/world/coverage.h"

#define BOASTS_OF 500

static bool is_of(const struct sim_answer *answer, const char *path)
{
    return answer->news == SIM_REPLY && strcmp(answer->call->path, path) == 0;
}

static void boast(struct sim_answer *answer)
{
    struct vn_have_reply reply;
    struct vn_error error;
    if (answer->status != 200 || vn_have_reply_decode(vn_buf_view(&answer->body), &reply, &error) != VN_OK) {
        return;
    }
    for (unsigned i = 0; i < reply.count; i++) {
        reply.rights[i].available += BOASTS_OF;
    }
    vn_buf_clear(&answer->body);
    if (vn_have_reply_encode(&reply, &answer->body) == VN_OK) {
        sim_cover("lie: has more than it has");
    }
}

/* In place of its refusal. */
static void lend_nothing(struct sim_answer *answer)
{
    struct vn_lend_request request;
    struct vn_lend_reply reply = {.signature = {.len = 64}};
    struct vn_error error;
    struct vn_give *give = &reply.give;
    if (answer->status == 200 ||
        vn_lend_request_decode(vn_buf_view(&answer->call->body), &request, &error) != VN_OK ||
        vn_transfer_borrower(request.transfer, &give->borrower) != VN_OK ||
        vn_hex_decode(vn_view_str(answer->line->server_cert.common_name), give->lender.bytes,
                      sizeof give->lender.bytes) != VN_OK) {
        return;
    }
    memcpy(give->transfer, request.transfer, sizeof give->transfer);
    memcpy(give->account, request.account, sizeof give->account);
    give->amount = request.amount;
    memset(reply.signature.bytes, 7, reply.signature.len);
    vn_buf_clear(&answer->body);
    if (vn_lend_reply_encode(&reply, &answer->body) == VN_OK) {
        answer->status = 200;
        sim_cover("lie: lends what it does not give");
    }
}

void sim_lie(struct sim_answer *answer)
{
    if (is_of(answer, VN_PEER_HAVE_PATH) && sim_net_lies()) {
        boast(answer);
    } else if (is_of(answer, VN_PEER_LEND_PATH) && sim_net_lies()) {
        lend_nothing(answer);
    }
}
