#include "agent/codes/aim.h"

#include <string.h>

/* First row that fits wins: a modifier of NUL stands for any. */
struct aim_row {
    char letter, modifier;
    enum vn_symbology symbology;
};

enum vn_symbology vn_aim_symbology(const char *aim)
{
    static const struct aim_row rows[] = {
        {'E', '0', VN_SYMBOLOGY_EAN13},        {'E', '3', VN_SYMBOLOGY_EAN13},
        {'E', '4', VN_SYMBOLOGY_EAN8},         {'C', '0', VN_SYMBOLOGY_CODE128},
        {'C', '1', VN_SYMBOLOGY_GS1_128},      {'A', '\0', VN_SYMBOLOGY_CODE39},
        {'I', '\0', VN_SYMBOLOGY_ITF},         {'Q', '\0', VN_SYMBOLOGY_QR},
        {'d', '\0', VN_SYMBOLOGY_DATA_MATRIX}, {'L', '\0', VN_SYMBOLOGY_PDF417},
        {'z', '\0', VN_SYMBOLOGY_AZTEC},       {'e', '\0', VN_SYMBOLOGY_DATABAR},
    };
    if (aim == NULL || aim[0] == '\0') {
        return VN_SYMBOLOGY_UNKNOWN;
    }
    if (strlen(aim) != 3 || aim[0] != ']') {
        return VN_SYMBOLOGY_OTHER;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].letter == aim[1] && (rows[i].modifier == '\0' || rows[i].modifier == aim[2])) {
            return rows[i].symbology;
        }
    }
    return VN_SYMBOLOGY_OTHER;
}
