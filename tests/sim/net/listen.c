/* Who listens where, on all machines. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/net/flight.h"

struct listener {
    char path[VN_PATH_MAX]; /* "": a port */
    uint16_t port;
    bool six; /* takes those alone who come by IPv6; else those alone who don't */
    struct vn_http_server *server;
    struct listener *next;
};

static struct listener *listeners;

struct vn_http_server *sim_server_at_path(const char *path)
{
    for (const struct listener *l = listeners; l != NULL; l = l->next) {
        if (l->path[0] != '\0' && strcmp(l->path, path) == 0 &&
            !sim_proc_crashed(sim_server_proc(l->server))) {
            return l->server;
        }
    }
    return NULL;
}

struct vn_http_server *sim_listener_at(const char *host, uint16_t port, bool six)
{
    for (const struct listener *l = listeners; l != NULL; l = l->next) {
        if (l->path[0] == '\0' && l->port == port && l->six == six &&
            strcmp(sim_proc_host(sim_server_proc(l->server)), host) == 0 &&
            !sim_proc_crashed(sim_server_proc(l->server))) {
            return l->server;
        }
    }
    return NULL;
}

struct vn_http_server *sim_server_at(const char *host, uint16_t port)
{
    return sim_listener_at(host, port, false);
}

void sim_listen_at(struct vn_http_server *server, const char *path, uint16_t port, bool six)
{
    struct listener *listener = calloc(1, sizeof *listener);
    assert(listener != NULL);
    (void)snprintf(listener->path, sizeof listener->path, "%s", path);
    listener->port = port;
    listener->six = six;
    listener->server = server;
    listener->next = listeners;
    listeners = listener;
}

void sim_listen_no_more(const struct vn_http_server *server)
{
    for (struct listener **at = &listeners; *at != NULL;) {
        struct listener *listener = *at;
        if (listener->server == server) {
            *at = listener->next;
            free(listener);
        } else {
            at = &listener->next;
        }
    }
}
