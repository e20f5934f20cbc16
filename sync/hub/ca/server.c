/* The names that the hub is reached by, and its key and certificate anew: when it gets another name, or its key was lost. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "agent/base/file.h"
#include "sync/hub/ca/ca.h"

static bool is_address(const char *text)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* A name of DNS (RFC 1123). */
static bool is_name(const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len >= VN_HOST_MAX || text[0] == '-' || text[0] == '.' || strstr(text, "..") != NULL) {
        return false;
    }
    while (isalnum((unsigned char)*text) || *text == '-' || *text == '.') {
        text++;
    }
    return *text == '\0';
}

static bool has(const struct vn_ca_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], name) == 0) {
            return true;
        }
    }
    return false;
}

enum vn_status vn_ca_server_names(const char *const *hosts, size_t host_count, struct vn_ca_names *out,
                                  struct vn_error *error)
{
    *out = (struct vn_ca_names){.name = {"localhost", "127.0.0.1"}, .count = 2};
    for (size_t i = 0; i < host_count; i++) {
        if (!is_name(hosts[i]) && !is_address(hosts[i])) {
            return vn_fail(error, VN_INPUT, "'%s' is neither a host's name nor an address", hosts[i]);
        }
        if (has(out, hosts[i])) {
            continue;
        }
        if (out->count == VN_CERT_NAMES_MAX) {
            return vn_fail(error, VN_INPUT, "a hub has at most %d names besides localhost and 127.0.0.1",
                           VN_CERT_NAMES_MAX - 2);
        }
        out->name[out->count++] = hosts[i];
    }
    return VN_OK;
}

/* server.key; made when there is none. */
static enum vn_status find_key(const char *dir, const struct vn_random *random, struct vn_key **out,
                               bool *made, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(dir, "server.key", path, error);
    if (status == VN_OK) {
        status = vn_key_load(path, out, error);
    }
    *made = status == VN_ABSENT;
    if (!*made) {
        return status;
    }
    status = vn_key_generate(random, out);
    return status == VN_OK ? vn_key_save(*out, path, error)
                           : vn_fail(error, status, "no key can be made: %s", vn_status_name(status));
}

/* Those of server.pem, which `text` holds. */
static enum vn_status present_names(const char *dir, struct vn_cert_names *text, struct vn_ca_names *out,
                                    struct vn_error *error)
{
    char pem[VN_PEM_MAX];
    enum vn_status status = vn_file_read_in(dir, "server.pem", VN_FILE_OPEN, pem, sizeof pem, error);
    if (status == VN_OK) {
        status = vn_cert_names(vn_view_str(pem), text, error);
    }
    if (status != VN_OK) {
        return vn_fail(error, VN_INPUT,
                       "%s/server.pem does not say how the hub is called: give its names by --host NAME",
                       dir);
    }
    out->count = text->count;
    for (size_t i = 0; i < text->count; i++) {
        out->name[i] = text->name[i];
    }
    return VN_OK;
}

enum vn_status vn_ca_server_anew(const char *dir, const char *const *hosts, size_t host_count, int64_t now_ms,
                                 const struct vn_random *random, struct vn_ca_server *out,
                                 struct vn_error *error)
{
    struct vn_ca *ca = NULL;
    struct vn_key *key = NULL;
    struct vn_ca_names names = {.count = 0};
    struct vn_cert_names present;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_ca_open(dir, &ca, error);
    if (status == VN_OK) {
        status = host_count > 0 ? vn_ca_server_names(hosts, host_count, &names, error)
                                : present_names(dir, &present, &names, error);
    }
    for (size_t i = 0; status == VN_OK && i < names.count; i++) {
        status = vn_view_copy_str(vn_view_str(names.name[i]), out->names.name[i], VN_HOST_MAX);
        out->names.count = i + 1;
    }
    if (status == VN_OK) {
        status = find_key(dir, random, &key, &out->made_key, error);
    }
    if (status == VN_OK) {
        status = vn_ca_write_server(ca, key, &names, now_ms, now_ms, random, error);
    }
    vn_key_destroy(key);
    vn_ca_close(ca);
    return status;
}
