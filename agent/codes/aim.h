/* AIM symbology identifiers (ISO/IEC 15424): "]", a letter, a modifier. */
#ifndef VN_CODES_AIM_H
#define VN_CODES_AIM_H

#include "agent/codes/code.h"

/* UNKNOWN for "" or NULL, OTHER for an identifier that is not in the table. */
enum vn_symbology vn_aim_symbology(const char *aim);

#endif
