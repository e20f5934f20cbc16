/* What a scanner read, whatever kind of scanner it was.
 *
 * The bytes are the label's own: prefix, AIM identifier and suffix are taken off, GS (1d) between GS1
 * elements is kept. Nothing here knows what a scan means (agent/codes does), and nothing may log `data`: it
 * can be a card. */
#ifndef VN_DRIVERS_SCAN_H
#define VN_DRIVERS_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/limits.h"

#define VN_SCAN_AIM_SIZE 4 /* "]E0" and the NUL */

struct vn_scan {
    char device[VN_ID_MAX];     /* which device of the configuration */
    char aim[VN_SCAN_AIM_SIZE]; /* AIM identifier (ISO/IEC 15424), "" when the device did not send one */
    int64_t mono_ns;            /* when the last byte was read */
    size_t len;                 /* 1..VN_SCAN_MAX */
    uint8_t data[VN_SCAN_MAX];
};

#endif
