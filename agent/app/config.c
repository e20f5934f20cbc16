#include "agent/app/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "agent/base/log.h"

#include "ui/prompt/texts.h"

#define FIELD(name) offsetof(struct vn_app_config, name), sizeof(((struct vn_app_config *)0)->name)

static const struct vn_option options[] = {
    {"locale", VN_OPTION_TEXT, "en", 0, 0, FIELD(locale), "language of the screen: en, sr, sr@latin, pl, ru"},
    {"scanner", VN_OPTION_TEXT, "", 0, 0, FIELD(scanner[0]),
     "a scanner, as driver:address, e.g. serial:/dev/ttyACM0@9600 or hidpos:auto"},
    {"scanner2", VN_OPTION_TEXT, "", 0, 0, FIELD(scanner[1]), "a second one"},
    {"scanner3", VN_OPTION_TEXT, "", 0, 0, FIELD(scanner[2]), "a third one"},
    {"scanner4", VN_OPTION_TEXT, "", 0, 0, FIELD(scanner[3]), "a fourth one"},
    {"socket", VN_OPTION_TEXT, "", 0, 0, FIELD(socket),
     "path of the local API's socket, if not <dir>/pos.sock"},
    {"hub_host", VN_OPTION_TEXT, "", 0, 0, FIELD(hub_host), "the hub's name or address, if not as enrolled"},
    {"hub_port", VN_OPTION_INT, "0", 0, 65535, FIELD(hub_port), "the hub's port; 0 as enrolled"},
    {"peer_port", VN_OPTION_INT, "7445", 0, 65535, FIELD(peer_port),
     "where this till listens to the other tills of its store, which lend rights to each other; 0: it takes "
     "no part"},
    {"peer_address", VN_OPTION_TEXT, "", 0, 0, FIELD(peer_address),
     "the address that it listens at and is reached at, if not all of this machine's"},
    {"log", VN_OPTION_TEXT, "text", 0, 0, FIELD(log),
     "text: lines for people and journald; json: an object a line"},
    {"log_level", VN_OPTION_TEXT, "info", 0, 0, FIELD(log_level), "error, warn, notice, info or debug"},
};

static bool one_of(const char *value, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A word that nobody knows would silently mean the default. */
static enum vn_status check(const char *path, const struct vn_app_config *config, struct vn_error *error)
{
    static const char *const levels[] = {"error", "warn", "notice", "info", "debug"};
    if (!vn_texts_speak(config->locale)) {
        return vn_fail(error, VN_INPUT, "%s: locale: expected en, sr, sr@latin, pl or ru, found '%s'", path,
                       config->locale);
    }
    if (config->peer_address[strspn(config->peer_address, "0123456789abcdefABCDEF:.")] != '\0') {
        return vn_fail(error, VN_INPUT, "%s: peer_address: expected an IP address, found '%s'", path,
                       config->peer_address);
    }
    enum vn_log_format format;
    if (!vn_log_format_of(config->log, &format)) {
        return vn_fail(error, VN_INPUT, "%s: log: expected text or json, found '%s'", path, config->log);
    }
    if (!one_of(config->log_level, levels, sizeof levels / sizeof levels[0])) {
        return vn_fail(error, VN_INPUT,
                       "%s: log_level: expected error, warn, notice, info or debug, found '%s'", path,
                       config->log_level);
    }
    return VN_OK;
}

enum vn_status vn_app_config_load(const char *path, struct vn_app_config *out, struct vn_error *error)
{
    enum vn_status status = vn_config_load(options, sizeof options / sizeof options[0], out, path, error);
    if (status != VN_OK && status != VN_ABSENT) {
        return status;
    }
    return check(path, out, error);
}

void vn_app_config_help(FILE *out)
{
    vn_config_help(options, sizeof options / sizeof options[0], out);
}
