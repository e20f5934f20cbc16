#include "drivers/profile.h"

/* honeywell: serial command "beep" (SYN BEL CR). datalogic: Magellan and PowerScan host commands 01 (forced
 * good-read tone) and F (not on file). datalogic-base: Gryphon with a base, ESC [ n q. zebra: BEL, which the
 * scanner obeys only where "beep on BEL" was switched on. honeywell-ack: ESC 7 and ESC 8, with Host ACK on. */
static const struct vn_profile profiles[] = {
    {"generic", {{0, {0}}, {0, {0}}}},
    {"honeywell", {{3, {0x16, 0x07, 0x0d}}, {6, {0x16, 0x07, 0x0d, 0x16, 0x07, 0x0d}}}},
    {"honeywell-ack", {{2, {0x1b, 0x37}}, {2, {0x1b, 0x38}}}},
    {"datalogic", {{1, {0x01}}, {1, {'F'}}}},
    {"datalogic-base", {{4, {0x1b, '[', '3', 'q'}}, {4, {0x1b, '[', '4', 'q'}}}},
    {"zebra", {{1, {0x07}}, {2, {0x07, 0x07}}}},
};

const struct vn_profile *vn_profile_find(struct vn_view name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (vn_view_is(name, profiles[i].name)) {
            return &profiles[i];
        }
    }
    return NULL;
}
