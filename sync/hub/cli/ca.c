/* Verbs about the chain's authority. They work on the folder's files, so that the root's key is never sent anywhere; a
 * hub that is running takes new files up within seconds. */
#include <stdio.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "sync/hub/ca/ca.h"
#include "sync/hub/cli/cli.h"

#define ROOT_ADVICE                                                                                          \
    "%s/root.key is the root of its authority: move it off this machine, in two copies; it is\n"             \
    "needed again only for verno-hub ca renew, within three years\n"

static int64_t now(void)
{
    struct vn_clock clock = vn_clock_system();
    return vn_clock_wall_ms(&clock);
}

void vn_cli_say_root(const char *root_dir)
{
    (void)printf(ROOT_ADVICE, root_dir);
}

/* The hub's own certificate; false: there is none that can be read. */
static bool read_server(const char *dir, struct vn_cert_info *out)
{
    char pem[VN_PEM_MAX];
    return vn_file_read_in(dir, "server.pem", VN_FILE_OPEN, pem, sizeof pem, NULL) == VN_OK &&
           vn_cert_read(vn_view_str(pem), out, NULL) == VN_OK;
}

static bool has_root_key(const char *dir, char path[VN_PATH_MAX])
{
    return vn_file_path(dir, "offline/root.key", path, NULL) == VN_OK && access(path, F_OK) == 0;
}

static const char *kind_name(const struct vn_ca_state *state)
{
    static const char *const names[] = {
        [VN_CA_V1] = "one key", [VN_CA_SPLIT] = "offline root", [VN_CA_MOVING] = "moving"};
    return names[state->kind];
}

static int show_json(const struct vn_ca_state *state, const struct vn_cert_info *server, bool root_here)
{
    return vn_cli_print_json(json_pack(
        "{s:s, s:{s:s, s:I}, s:{s:s, s:s, s:I, s:b}, s:{s:I}, s:b}", "kind", kind_name(state), "root", "name",
        state->root.common_name, "not_after_ms", (json_int_t)state->root.not_after_ms, "issuing", "name",
        state->issuing.common_name, "serial", state->issuing.serial, "not_after_ms",
        (json_int_t)state->issuing.not_after_ms, "due", vn_ca_is_due(&state->issuing, now()), "hub",
        "not_after_ms", (json_int_t)server->not_after_ms, "root_key_here", root_here));
}

static void show_words(const struct vn_ca_state *state, const struct vn_cert_info *server,
                       const char *root_key)
{
    char until[VN_TIME_TEXT_MAX];
    vn_time_text(state->root.not_after_ms, until);
    (void)printf("root      %s, until %s\n", state->root.common_name, until);
    vn_time_text(state->issuing.not_after_ms, until);
    if (state->kind != VN_CA_V1) {
        (void)printf("issuing   %s, until %s\n", state->issuing.common_name, until);
    }
    if (state->kind != VN_CA_V1 && vn_ca_is_due(&state->issuing, now())) {
        (void)printf("          time for another one: verno-hub ca renew --root FILE, with the root's key\n");
    }
    vn_time_text(server->not_after_ms, until);
    (void)printf("hub       until %s; renews itself\n", until);
    if (root_key != NULL) {
        (void)printf("          the root's key lies in %s: take it away from this machine\n", root_key);
    }
    if (state->kind == VN_CA_V1) {
        (void)printf(
            "          The root's key is here, in ca.key, and signs everything. verno-hub ca split makes a\n"
            "          root that can be taken away; tills go on, and move when they renew.\n");
    } else if (state->kind == VN_CA_MOVING) {
        (void)printf(
            "          Tills move to the new root when they renew. Until the last one has, the hub needs\n"
            "          ca.key to show them a certificate that they know; then verno-hub ca retire ends "
            "it.\n");
    }
}

int vn_cli_ca_show(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_ca *ca = NULL;
    struct vn_ca_state state;
    struct vn_cert_info server = {.not_after_ms = -1};
    char root_key[VN_PATH_MAX];
    if (vn_ca_open(cli->dir, &ca, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    vn_ca_describe(ca, &state);
    vn_ca_close(ca);
    (void)read_server(cli->dir, &server);
    bool root_here = has_root_key(cli->dir, root_key);
    if (cli->json) {
        return show_json(&state, &server, root_here);
    }
    show_words(&state, &server, root_here ? root_key : NULL);
    return 0;
}

/* {"<key>": "<folder>/<name>"} */
static int print_file(const char *key, const char *folder, const char *name)
{
    char path[VN_PATH_MAX];
    struct vn_error error = {VN_OK, "", ""};
    return vn_file_path(folder, name, path, &error) == VN_OK
               ? vn_cli_print_json(json_pack("{s:s}", key, path))
               : vn_cli_failed(&error);
}

int vn_cli_ca_renew(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    if (cli->root == NULL) {
        return vn_cli_wrong("ca renew wants --root FILE, the root's key as verno-hub init made it");
    }
    if (vn_cli_clock_check(cli, &error) != VN_OK ||
        vn_ca_renew_issuing(cli->dir, cli->root, now(), &random, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return print_file("issuing", cli->dir, "issuing.pem");
    }
    (void)printf(
        "%s/issuing.pem is a new issuing key; a running hub signs with it in some seconds. Tills go on.\n"
        "Take the root's key away again.\n",
        cli->dir);
    return 0;
}

static int print_server(const struct vn_ca_server *server)
{
    json_t *names = json_array();
    for (size_t i = 0; i < server->names.count; i++) {
        (void)json_array_append_new(names, json_string(server->names.name[i]));
    }
    return vn_cli_print_json(json_pack("{s:o, s:b}", "names", names, "made_key", server->made_key));
}

int vn_cli_ca_server(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    struct vn_ca_server server;
    if (vn_cli_clock_check(cli, &error) != VN_OK ||
        vn_ca_server_anew(cli->dir, cli->hosts, cli->host_count, now(), &random, &server, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return print_server(&server);
    }
    (void)printf("%s/server.pem is a new certificate%s, for", cli->dir,
                 server.made_key ? ", and server.key a new key" : "");
    for (size_t i = 0; i < server.names.count; i++) {
        (void)printf("%s %s", i == 0 ? "" : ",", server.names.name[i]);
    }
    (void)printf("\nA hub that runs shows it when it is started again. Tills need nothing.\n");
    return 0;
}

int vn_cli_ca_split(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    char offline[VN_PATH_MAX];
    const char *name = cli->name == NULL ? "Verno chain" : cli->name;
    enum vn_status status = vn_cli_clock_check(cli, &error);
    if (status == VN_OK) {
        status = vn_file_path(cli->dir, "offline", offline, &error);
    }
    const char *root_dir = cli->root_dir == NULL ? offline : cli->root_dir;
    if (status == VN_OK) {
        status = vn_ca_split(cli->dir, root_dir, name, now(), &random, &error);
    }
    if (status != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return print_file("root_key", root_dir, "root.key");
    }
    (void)printf(
        "%s: tills get certificates of the new authority from now on, and a running hub takes it up in some\n"
        "seconds\n",
        cli->dir);
    vn_cli_say_root(root_dir);
    return 0;
}

int vn_cli_ca_retire(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = NULL;
    if (vn_cli_call(cli, "GET", "/admin/old-certificates", VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    long long tills = (long long)json_integer_value(json_object_get(out, "tills"));
    json_decref(out);
    if (tills > 0) {
        (void)vn_fail(&error, VN_CONFLICT,
                      "%lld %s the hub by the old root alone; wait until they have renewed, or revoke them",
                      tills, tills == 1 ? "till knows" : "tills know");
        return vn_cli_failed(&error);
    }
    if (vn_ca_retire(cli->dir, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return print_file("root", cli->dir, "ca.pem");
    }
    (void)printf("%s: the old root is gone, with its key; ca.pem is what new tills need\n", cli->dir);
    return 0;
}
