#include <arpa/inet.h>
#include <stdlib.h>

#include "tests/sim/uv/loop.h"

/* One interface a machine; its address is what the machine is called in the network. */
int uv_interface_addresses(uv_interface_address_t **out, int *count)
{
    *out = calloc(1, sizeof **out);
    *count = 0;
    if (*out == NULL) {
        return UV_ENOMEM;
    }
    struct sockaddr_in *four = &(*out)->address.address4;
    four->sin_family = AF_INET;
    if (inet_pton(AF_INET, sim_proc_host(sim_self_proc()), &four->sin_addr) == 1) {
        *count = 1;
    }
    return 0;
}

void uv_free_interface_addresses(uv_interface_address_t *addresses, int count)
{
    (void)count;
    free(addresses);
}

int uv_ip4_name(const struct sockaddr_in *four, char *out, size_t size)
{
    return inet_ntop(AF_INET, &four->sin_addr, out, (socklen_t)size) == NULL ? UV_ENOSPC : 0;
}

int uv_ip6_name(const struct sockaddr_in6 *six, char *out, size_t size)
{
    return inet_ntop(AF_INET6, &six->sin6_addr, out, (socklen_t)size) == NULL ? UV_ENOSPC : 0;
}
