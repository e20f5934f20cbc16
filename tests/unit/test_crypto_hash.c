#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/crypto/hash.h"

static void assert_hex(const uint8_t hash[VN_HASH_SIZE], const char *expected)
{
    char text[2 * VN_HASH_SIZE + 1];
    vn_hex_encode(vn_view_of(hash, VN_HASH_SIZE), text);
    assert_string_equal(text, expected);
}

static void test_sha256_gives_the_published_vectors(void **state)
{
    uint8_t hash[VN_HASH_SIZE];
    (void)state;
    vn_sha256(VN_VIEW_NONE, hash);
    assert_hex(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    vn_sha256(vn_view_str("abc"), hash);
    assert_hex(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    vn_sha256(vn_view_str("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hash);
    assert_hex(hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_sha256_in_pieces_is_sha256_of_the_whole(void **state)
{
    uint8_t data[300];
    uint8_t whole[VN_HASH_SIZE];
    uint8_t pieces[VN_HASH_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7);
    }
    vn_sha256(vn_view_of(data, sizeof data), whole);
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        struct vn_sha256 hash;
        vn_sha256_start(&hash);
        vn_sha256_add(&hash, vn_view_of(data, cut));
        struct vn_sha256 copy = hash;
        vn_sha256_add(&copy, vn_view_of(data + cut, sizeof data - cut));
        vn_sha256_finish(&copy, pieces);
        assert_memory_equal(pieces, whole, sizeof whole);
    }
}

/* RFC 4231, cases 1, 2, 3, 6 and 7. */
static void test_hmac_gives_the_vectors_of_rfc_4231(void **state)
{
    uint8_t key[131];
    uint8_t data[50];
    uint8_t mac[VN_HASH_SIZE];
    (void)state;
    memset(key, 0x0b, 20);
    vn_hmac_sha256(vn_view_of(key, 20), vn_view_str("Hi There"), mac);
    assert_hex(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    vn_hmac_sha256(vn_view_str("Jefe"), vn_view_str("what do ya want for nothing?"), mac);
    assert_hex(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    vn_hmac_sha256(vn_view_of(key, 20), vn_view_of(data, sizeof data), mac);
    assert_hex(mac, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    vn_hmac_sha256(vn_view_of(key, sizeof key),
                   vn_view_str("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
    assert_hex(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    vn_hmac_sha256(
        vn_view_of(key, sizeof key),
        vn_view_str("This is a test using a larger than block-size key and a larger than block-size "
                    "data. The key needs to be hashed before being used by the HMAC algorithm."),
        mac);
    assert_hex(mac, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void test_equal_sees_every_byte_and_the_length(void **state)
{
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    (void)state;
    assert_true(vn_crypto_equal(vn_view_of(a, 32), vn_view_of(b, 32)));
    assert_true(vn_crypto_equal(VN_VIEW_NONE, VN_VIEW_NONE));
    assert_false(vn_crypto_equal(vn_view_of(a, 32), vn_view_of(b, 31)));
    for (size_t i = 0; i < sizeof b; i++) {
        b[i] = 1;
        assert_false(vn_crypto_equal(vn_view_of(a, 32), vn_view_of(b, 32)));
        b[i] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_gives_the_published_vectors),
        cmocka_unit_test(test_sha256_in_pieces_is_sha256_of_the_whole),
        cmocka_unit_test(test_hmac_gives_the_vectors_of_rfc_4231),
        cmocka_unit_test(test_equal_sees_every_byte_and_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
