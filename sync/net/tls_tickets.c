#include "sync/net/tls_tickets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/crypto/hash.h"

#define NAME_SIZE   MBEDTLS_SSL_TICKET_KEY_NAME_BYTES
#define KEY_SIZE    32 /* AES-256-GCM */
#define TEXT_MAX    512
#define LIFETIME_S  172800 /* the library's own limit, by the machine's clock: further off than ours */
#define FILE_HEADER "verno-tickets 1\n"

struct ticket_key {
    int64_t made_ms;
    uint8_t name[NAME_SIZE];
    uint8_t key[KEY_SIZE];
};

static enum vn_status take(struct vn_tls_tickets *tickets, const struct ticket_key *key)
{
    if (mbedtls_ssl_ticket_rotate(&tickets->context, key->name, sizeof key->name, key->key, sizeof key->key,
                                  LIFETIME_S) != 0) {
        return VN_NOMEM;
    }
    tickets->made_ms = key->made_ms;
    return VN_OK;
}

static bool is_fresh(int64_t made_ms, int64_t now_ms, int64_t term_ms)
{
    return made_ms <= now_ms && made_ms > now_ms - term_ms;
}

/* --- the file: one line a key, the older one first --------------------------------------------------------- */

static bool read_line(const char *line, struct ticket_key *out)
{
    char name[2 * NAME_SIZE + 1];
    char key[2 * KEY_SIZE + 1];
    char *end = NULL;
    out->made_ms = strtoll(line, &end, 10);
    return sscanf(end, " %8[0-9a-f] %64[0-9a-f]", name, key) == 2 &&
           vn_hex_decode(vn_view_str(name), out->name, sizeof out->name) == VN_OK &&
           vn_hex_decode(vn_view_str(key), out->key, sizeof out->key) == VN_OK;
}

/* Both keys of the file, or the one that is not too old. */
static void load(struct vn_tls_tickets *tickets, int64_t now_ms)
{
    char text[TEXT_MAX];
    size_t len = 0;
    struct ticket_key key = {.made_ms = 0};
    if (tickets->path == NULL ||
        vn_file_read(tickets->path, VN_FILE_SECRET, text, sizeof text, &len, NULL) != VN_OK ||
        strncmp(text, FILE_HEADER, strlen(FILE_HEADER)) != 0) {
        return;
    }
    for (const char *line = strchr(text, '\n'); line != NULL && line[1] != '\0';
         line = strchr(line + 1, '\n')) {
        if (read_line(line + 1, &key) && is_fresh(key.made_ms, now_ms, 2 * VN_TLS_TICKET_TURN_MS) &&
            take(tickets, &key) != VN_OK) {
            break;
        }
    }
    vn_crypto_wipe(text, sizeof text);
    vn_crypto_wipe(&key, sizeof key);
}

static int write_line(char *out, size_t size, const struct ticket_key *key)
{
    char name[2 * NAME_SIZE + 1];
    char secret[2 * KEY_SIZE + 1];
    vn_hex_encode(vn_view_of(key->name, sizeof key->name), name);
    vn_hex_encode(vn_view_of(key->key, sizeof key->key), secret);
    int len = snprintf(out, size, "%lld %s %s\n", (long long)key->made_ms, name, secret);
    vn_crypto_wipe(secret, sizeof secret);
    return len;
}

/* The last line of the file that is there is the key before this one. A file that can't be written is no trouble but
 * after a restart, when every client shakes hands in full. */
static void save(const struct vn_tls_tickets *tickets, const struct ticket_key *key)
{
    char before[TEXT_MAX];
    char text[TEXT_MAX];
    size_t len = 0;
    struct ticket_key last = {.made_ms = -1};
    if (tickets->path == NULL) {
        return;
    }
    int used = snprintf(text, sizeof text, "%s", FILE_HEADER);
    if (vn_file_read(tickets->path, VN_FILE_SECRET, before, sizeof before, &len, NULL) == VN_OK) {
        for (const char *line = strchr(before, '\n'); line != NULL && line[1] != '\0';
             line = strchr(line + 1, '\n')) {
            struct ticket_key read;
            last = read_line(line + 1, &read) ? read : last;
            vn_crypto_wipe(&read, sizeof read);
        }
    }
    if (last.made_ms >= 0) {
        used += write_line(text + used, sizeof text - (size_t)used, &last);
    }
    used += write_line(text + used, sizeof text - (size_t)used, key);
    enum vn_status ignored =
        vn_file_replace(tickets->path, vn_view_of(text, (size_t)used), NULL); /* see above */
    (void)ignored;
    vn_crypto_wipe(before, sizeof before);
    vn_crypto_wipe(text, sizeof text);
    vn_crypto_wipe(&last, sizeof last);
}

/* --- life -------------------------------------------------------------------------------------------------- */

static enum vn_status draw(struct vn_tls_tickets *tickets, int64_t now_ms)
{
    struct ticket_key key = {.made_ms = now_ms};
    if (mbedtls_ctr_drbg_random(&tickets->drbg, key.name, sizeof key.name) != 0 ||
        mbedtls_ctr_drbg_random(&tickets->drbg, key.key, sizeof key.key) != 0) {
        return VN_IO;
    }
    enum vn_status status = take(tickets, &key);
    if (status == VN_OK) {
        save(tickets, &key);
    }
    vn_crypto_wipe(&key, sizeof key);
    return status;
}

enum vn_status vn_tls_tickets_create(const char *path, int64_t now_ms, struct vn_tls_tickets **out)
{
    struct vn_tls_tickets *tickets = calloc(1, sizeof *tickets);
    *out = NULL;
    if (tickets == NULL) {
        return VN_NOMEM;
    }
    mbedtls_entropy_init(&tickets->entropy);
    mbedtls_ctr_drbg_init(&tickets->drbg);
    mbedtls_ssl_ticket_init(&tickets->context);
    tickets->made_ms = INT64_MIN;
    enum vn_status status = VN_OK;
    if (path != NULL && (tickets->path = strdup(path)) == NULL) {
        status = VN_NOMEM;
    }
    if (status == VN_OK &&
        (mbedtls_ctr_drbg_seed(&tickets->drbg, mbedtls_entropy_func, &tickets->entropy, NULL, 0) != 0 ||
         mbedtls_ssl_ticket_setup(&tickets->context, mbedtls_ctr_drbg_random, &tickets->drbg,
                                  MBEDTLS_CIPHER_AES_256_GCM, LIFETIME_S) != 0)) {
        status = VN_IO;
    }
    if (status == VN_OK) {
        load(tickets, now_ms);
        if (!is_fresh(tickets->made_ms, now_ms, VN_TLS_TICKET_TURN_MS)) {
            status = draw(tickets, now_ms);
        }
    }
    if (status != VN_OK) {
        vn_tls_tickets_destroy(tickets);
        return status;
    }
    *out = tickets;
    return VN_OK;
}

void vn_tls_tickets_destroy(struct vn_tls_tickets *tickets)
{
    if (tickets != NULL) {
        mbedtls_ssl_ticket_free(&tickets->context);
        mbedtls_ctr_drbg_free(&tickets->drbg);
        mbedtls_entropy_free(&tickets->entropy);
        free(tickets->path);
        free(tickets);
    }
}

void vn_tls_tickets_turn(struct vn_tls_tickets *tickets, int64_t now_ms)
{
    /* Twice after a long silence: the key that only opens would be older than a day. */
    int draws = is_fresh(tickets->made_ms, now_ms, VN_TLS_TICKET_TURN_MS)       ? 0
                : is_fresh(tickets->made_ms, now_ms, 2 * VN_TLS_TICKET_TURN_MS) ? 1
                                                                                : 2;
    for (int i = 0; i < draws && draw(tickets, now_ms) == VN_OK; i++) {
        continue; /* when it fails the present key seals on, and the next connection tries again */
    }
}
