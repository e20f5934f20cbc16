#include "agent/app/config.h"

#include <stddef.h>

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
    {"log_level", VN_OPTION_TEXT, "info", 0, 0, FIELD(log_level), "error, warn, notice, info or debug"},
};

enum vn_status vn_app_config_load(const char *path, struct vn_app_config *out, struct vn_error *error)
{
    enum vn_status status = vn_config_load(options, sizeof options / sizeof options[0], out, path, error);
    return status == VN_ABSENT ? VN_OK : status;
}

void vn_app_config_help(FILE *out)
{
    vn_config_help(options, sizeof options / sizeof options[0], out);
}
