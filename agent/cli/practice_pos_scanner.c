/* The other end of a serial scanner.
 *
 * A scanner is a cable on which bytes come: here the cable is a pseudo-terminal. The agent opens its slave by the name
 * of a symlink, sets speed and parity as it would on a real port, and reads; we write what a scanner that is set to send
 * AIM identifiers and a carriage return would. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "agent/cli/practice_pos.h"

enum vn_status vn_practice_scanner_open(struct vn_practice_scanner *scanner, const char *link,
                                        struct vn_error *error)
{
    scanner->link[0] = '\0';
    scanner->master = scanner->slave = -1;
    char name[VN_PATH_MAX];
    struct termios raw;
    if (openpty(&scanner->master, &scanner->slave, NULL, NULL, NULL) != 0 ||
        ttyname_r(scanner->slave, name, sizeof name) != 0 || tcgetattr(scanner->slave, &raw) != 0) {
        return vn_fail(error, VN_IO, "no pseudo-terminal: %s", strerror(errno));
    }
    cfmakeraw(&raw);
    if (tcsetattr(scanner->slave, TCSANOW, &raw) != 0 || fcntl(scanner->master, F_SETFL, O_NONBLOCK) != 0) {
        return vn_fail(error, VN_IO, "%s: %s", name, strerror(errno));
    }
    (void)unlink(link);
    if (symlink(name, link) != 0) {
        return vn_fail(error, VN_IO, "%s: %s", link, strerror(errno));
    }
    return vn_view_copy_str(vn_view_str(link), scanner->link, sizeof scanner->link);
}

void vn_practice_scanner_close(struct vn_practice_scanner *scanner)
{
    if (scanner->link[0] != '\0') {
        (void)unlink(scanner->link);
    }
    if (scanner->slave >= 0) {
        close(scanner->slave);
    }
    if (scanner->master >= 0) {
        close(scanner->master);
    }
    scanner->master = scanner->slave = -1;
}

enum vn_status vn_practice_scanner_send(struct vn_practice_scanner *scanner, const char *aim,
                                        const char *data)
{
    char bytes[VN_PRACTICE_AIM_SIZE + VN_CARD_TEXT_MAX + 2];
    int len = snprintf(bytes, sizeof bytes, "%s%s\r", aim, data);
    return len > 0 && write(scanner->master, bytes, (size_t)len) == len ? VN_OK : VN_IO;
}

void vn_practice_scanner_drain(struct vn_practice_scanner *scanner)
{
    uint8_t bytes[256];
    while (read(scanner->master, bytes, sizeof bytes) > 0) {
    }
}
