#include <stdlib.h>
#include <string.h>

#include "agent/crypto/hash.h"
#include "agent/crypto/x509.h"
#include "tests/sim/net/flight.h"

#define KNOWN_MAX 512

struct known {
    uint8_t hash[VN_HASH_SIZE];
    bool trusted;
};

static struct {
    struct known known[KNOWN_MAX];
    unsigned count;
} trust;

void sim_trust_forget(void)
{
    trust.count = 0;
}

bool sim_trusts(struct vn_view cert, struct vn_view authorities)
{
    struct vn_sha256 hash;
    uint8_t key[VN_HASH_SIZE];
    struct vn_error error;
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, cert);
    vn_sha256_add(&hash, vn_view_str("|"));
    vn_sha256_add(&hash, authorities);
    vn_sha256_finish(&hash, key);
    for (unsigned i = 0; i < trust.count; i++) {
        if (memcmp(trust.known[i].hash, key, sizeof key) == 0) {
            return trust.known[i].trusted;
        }
    }
    enum vn_status status = vn_cert_check(cert, authorities, &error);
    bool trusted = status == VN_OK;
    if (trust.count < KNOWN_MAX && status != VN_NOMEM) { /* without memory nothing is known */
        memcpy(trust.known[trust.count].hash, key, sizeof key);
        trust.known[trust.count++].trusted = trusted;
    }
    return trusted;
}
