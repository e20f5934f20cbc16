#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/crypto/hash.h"
#include "agent/crypto/x509.h"
#include "sync/hub/core/clock_guard.h"
#include "sync/hub/core/hub.h"

int64_t vn_hub_now_ms(const struct vn_hub *hub)
{
    return vn_clock_wall_ms(&hub->clock);
}

int64_t vn_hub_latest_ms(const struct vn_hub *hub)
{
    return hub->guard == NULL ? vn_hub_now_ms(hub) : vn_clock_guard_latest_ms(hub->guard);
}

int64_t vn_hub_mono_ms(const struct vn_hub *hub)
{
    return vn_clock_mono_ns(&hub->clock) / 1000000;
}

void vn_hub_card_hash(const struct vn_hub *hub, const char *number, struct vn_hash *out)
{
    vn_hmac_sha256(vn_view_of(hub->keys->card, sizeof hub->keys->card), vn_view_str(number), out->bytes);
}

static enum vn_status new_key(const char *dir, const char *name, const struct vn_random *random,
                              struct vn_key **out, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(dir, name, path, error);
    if (status != VN_OK) {
        return status;
    }
    status = vn_key_generate(random, out);
    if (status != VN_OK) {
        return vn_fail(error, status, "no key can be made: %s", vn_status_name(status));
    }
    return vn_key_save(*out, path, error);
}

static enum vn_status read_card_key(const char *path, uint8_t out[VN_HASH_SIZE], struct vn_error *error)
{
    char text[2 * VN_HASH_SIZE + 8];
    size_t len = 0;
    enum vn_status status = vn_file_read(path, VN_FILE_SECRET, text, sizeof text, &len, error);
    if (status == VN_OK && vn_hex_decode(vn_view_of(text, len), out, VN_HASH_SIZE) != VN_OK) {
        status = vn_fail(error, VN_INPUT, "%s is not a key", path);
    }
    vn_crypto_wipe(text, sizeof text);
    return status;
}

/* Its own, or that of a chain whose cards it takes over. */
static enum vn_status choose_card_key(const struct vn_hub_plan *plan, const struct vn_random *random,
                                      uint8_t out[VN_HASH_SIZE], struct vn_error *error)
{
    if (plan->card_key != NULL) {
        return read_card_key(plan->card_key, out, error);
    }
    return vn_random_fill(random, out, VN_HASH_SIZE) == VN_OK ? VN_OK
                                                              : vn_fail(error, VN_IO, "no randomness");
}

static enum vn_status write_card_key(const char *dir, const uint8_t key[VN_HASH_SIZE], struct vn_error *error)
{
    char text[2 * VN_HASH_SIZE + 1];
    vn_hex_encode(vn_view_of(key, VN_HASH_SIZE), text);
    enum vn_status status = vn_file_create_in(dir, "card.key", vn_view_str(text), error);
    vn_crypto_wipe(text, sizeof text);
    return status;
}

static enum vn_status first_numbers(void *ctx, struct vn_storage *storage)
{
    (void)ctx;
    return vn_storage_number_put(storage, "epoch", 1);
}

/* What was begun of it, where there was nothing: a second try finds nothing in its way. */
static void remove_database(const char *dir)
{
    static const char *const names[] = {"hub.db", "hub.db-wal", "hub.db-shm", "hub.db-journal"};
    char path[VN_PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (vn_file_path(dir, names[i], path, NULL) == VN_OK) {
            (void)unlink(path);
        }
    }
}

static enum vn_status new_database(const char *dir, const char *database, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    struct vn_storage *storage = NULL;
    enum vn_status status = database != NULL ? VN_OK : vn_file_path(dir, "hub.db", path, error);
    if (status == VN_OK) {
        status = vn_storage_create(database != NULL ? database : path, NULL, &storage, error);
    }
    if (status == VN_OK) {
        status = vn_storage_unit(storage, VN_SQL_WRITE, first_numbers, NULL);
        if (status != VN_OK) {
            vn_storage_describe(storage, status, error);
        }
    }
    vn_storage_close(storage);
    if (status != VN_OK && database == NULL) {
        remove_database(dir);
    }
    return status;
}

static enum vn_status note_keys(const struct vn_hub_plan *plan, struct vn_hub_keys *keys,
                                struct vn_error *error)
{
    char path[VN_PATH_MAX];
    struct vn_storage *storage = NULL;
    enum vn_status status = vn_file_path(plan->dir, "hub.db", path, error);
    if (status == VN_OK) {
        status = vn_storage_open(plan->database != NULL ? plan->database : path, NULL, &storage, error);
    }
    vn_hub_keys_deinit(keys);
    if (status == VN_OK) {
        status = vn_hub_keys_load(plan->dir, keys, error);
    }
    if (status == VN_OK) {
        status = vn_hub_keys_match(keys, storage, true, plan->dir, error);
    }
    vn_storage_close(storage);
    return status;
}

static enum vn_status check_empty(const char *dir, struct vn_error *error)
{
    static const char *const names[] = {"ca.key",     "ca.pem",     "issuing.pem",
                                        "server.key", "server.pem", "publishing.key",
                                        "card.key",   "hub.db",     "hub.db-wal"};
    char path[VN_PATH_MAX];
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return vn_fail(error, VN_IO, "%s: %s", dir, strerror(errno));
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        enum vn_status status = vn_file_path(dir, names[i], path, error);
        if (status != VN_OK) {
            return status;
        }
        if (access(path, F_OK) == 0) {
            return vn_fail(
                error, VN_CONFLICT,
                "%s exists: a chain is never overwritten (what an init left that was cut off can be "
                "removed, if no hub ever ran on it)",
                path);
        }
    }
    return VN_OK;
}

/* The root's key goes where it was asked for, or into a folder of its own that is easy to take away. */
static enum vn_status new_authority(const struct vn_hub_plan *plan, int64_t now_ms,
                                    const struct vn_random *random, struct vn_ca **out,
                                    struct vn_error *error)
{
    char offline[VN_PATH_MAX];
    enum vn_status status = vn_file_path(plan->dir, "offline", offline, error);
    if (status == VN_OK) {
        status = vn_ca_create_in(plan->dir, plan->root_dir == NULL ? offline : plan->root_dir, plan->name,
                                 now_ms, random, error);
    }
    return status == VN_OK ? vn_ca_open(plan->dir, out, error) : status;
}

enum vn_status vn_hub_init(const struct vn_hub_plan *plan, struct vn_clock clock, struct vn_random random,
                           struct vn_error *error)
{
    int64_t now_ms = vn_clock_wall_ms(&clock);
    struct vn_ca_names names;
    enum vn_status status = vn_ca_check_name(plan->name, error);
    if (status == VN_OK) {
        status = vn_ca_server_names(plan->hosts, plan->host_count, &names, error);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_hub_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    /* SQLite makes its files with the process's umask. */
    mode_t before = umask(077);
    status = choose_card_key(plan, &random, keys->card, error);
    if (status == VN_OK) {
        status = check_empty(plan->dir, error);
    }
    /* First, because it is what fails when the command line is wrong, and a second try finds nothing in its way. */
    if (status == VN_OK) {
        status = new_database(plan->dir, plan->database, error);
    }
    if (status == VN_OK) {
        status = new_authority(plan, now_ms, &random, &keys->ca, error);
    }
    if (status == VN_OK) {
        status = new_key(plan->dir, "server.key", &random, &keys->server, error);
    }
    if (status == VN_OK) {
        status = new_key(plan->dir, "publishing.key", &random, &keys->publishing, error);
    }
    if (status == VN_OK) {
        status = write_card_key(plan->dir, keys->card, error);
    }
    if (status == VN_OK) {
        status = vn_ca_write_server(keys->ca, keys->server, &names, now_ms, now_ms, &random, error);
    }
    if (status == VN_OK) {
        status = note_keys(plan, keys, error);
    }
    (void)umask(before);
    vn_hub_keys_deinit(keys);
    free(keys);
    return status;
}

static enum vn_status load_key(const char *dir, const char *name, struct vn_key **out, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(dir, name, path, error);
    return status == VN_OK ? vn_key_load(path, out, error) : status;
}

enum vn_status vn_hub_keys_load(const char *dir, struct vn_hub_keys *out, struct vn_error *error)
{
    char card[VN_PATH_MAX];
    struct vn_public_key public;
    struct vn_buf pem;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_ca_open(dir, &out->ca, error);
    if (status == VN_OK) {
        status = load_key(dir, "server.key", &out->server, error);
        if (status == VN_ABSENT) {
            status = vn_fail(error, VN_ABSENT,
                             "%s/server.key is missing: verno-hub ca server makes another one", dir);
        }
    }
    if (status == VN_OK) {
        status = load_key(dir, "publishing.key", &out->publishing, error);
    }
    if (status == VN_OK) {
        status = vn_file_path(dir, "card.key", card, error);
    }
    if (status == VN_OK) {
        status = read_card_key(card, out->card, error);
    }
    if (status != VN_OK) {
        return status;
    }
    vn_key_public(out->publishing, &public);
    vn_buf_init(&pem, sizeof out->publishing_pem - 1);
    status = vn_public_key_to_pem(&public, &pem);
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_buf_view(&pem), out->publishing_pem, sizeof out->publishing_pem);
    }
    vn_buf_deinit(&pem);
    return status == VN_OK ? VN_OK : vn_fail(error, status, "the publishing key can't be written out");
}

/* Of the two keys that a chain has for ever; tells nothing of them. */
static int64_t mark_of(const struct vn_hub_keys *keys)
{
    uint8_t hash[VN_HASH_SIZE];
    uint64_t mark = 0;
    vn_hmac_sha256(vn_view_of(keys->card, sizeof keys->card), vn_view_str(keys->publishing_pem), hash);
    for (size_t i = 0; i < sizeof mark; i++) {
        mark = mark << 8 | hash[i];
    }
    return (int64_t)(mark >> 1);
}

struct matching {
    int64_t mine, noted;
    bool note;
};

static enum vn_status match_unit(void *ctx, struct vn_storage *storage)
{
    struct matching *matching = ctx;
    enum vn_status status = vn_storage_number(storage, "keys", &matching->noted);
    if (status != VN_ABSENT) {
        return status;
    }
    matching->noted = matching->mine;
    return matching->note ? vn_storage_number_put(storage, "keys", matching->mine) : VN_OK;
}

enum vn_status vn_hub_keys_match(const struct vn_hub_keys *keys, struct vn_storage *storage, bool note,
                                 const char *dir, struct vn_error *error)
{
    struct matching matching = {.mine = mark_of(keys), .note = note};
    enum vn_status status =
        vn_storage_unit(storage, note ? VN_SQL_WRITE : VN_SQL_READ, match_unit, &matching);
    if (status != VN_OK) {
        vn_storage_describe(storage, status, error);
        return status;
    }
    return matching.noted == matching.mine
               ? VN_OK
               : vn_fail(error, VN_CONFLICT,
                         "the keys in %s are not those of this database's chain: no till and no card would "
                         "be known; put keys and database of one chain together",
                         dir);
}

void vn_hub_keys_deinit(struct vn_hub_keys *keys)
{
    vn_ca_close(keys->ca);
    vn_key_destroy(keys->server);
    vn_key_destroy(keys->publishing);
    vn_crypto_wipe(keys, sizeof *keys);
}
