/* What lines of several kinds have: days, numbers, and the mark of the key. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sync/hub/masters/import_line.h"

static bool two_digits(const char *text, unsigned max, unsigned *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
        return false;
    }
    *out = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
    return *out >= 1 && *out <= max;
}

void vn_import_birth(const struct vn_json_in *in, struct vn_member *member)
{
    char text[8] = "";
    vn_json_str(in, "birth", VN_OPTIONAL, text, sizeof text);
    if (text[0] != '\0' &&
        (strlen(text) != 5 || text[2] != '-' || !two_digits(text, 12, &member->birth_month) ||
         !two_digits(text + 3, 31, &member->birth_day))) {
        vn_json_fail(in, "birth", "a day as MM-DD");
    }
}

void vn_import_day(const struct vn_json_in *in, const char *key, int64_t add_ms, int64_t *out)
{
    char text[16] = "";
    unsigned month = 0;
    unsigned day = 0;
    vn_json_str(in, key, VN_OPTIONAL, text, sizeof text);
    if (text[0] == '\0') {
        return;
    }
    bool good = strlen(text) == 10 && text[4] == '-' && text[7] == '-' && strspn(text, "0123456789") == 4 &&
                two_digits(text + 5, 12, &month) && two_digits(text + 8, 31, &day);
    if (!good) {
        vn_json_fail(in, key, "a day as YYYY-MM-DD");
        return;
    }
    text[4] = '\0';
    struct tm date = {
        .tm_year = (int)strtol(text, NULL, 10) - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};
    *out = (int64_t)timegm(&date) * 1000 + add_ms;
}

bool vn_import_number(const struct vn_json_in *in, const char *key, char out[VN_CARD_TEXT_MAX])
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
    out[0] = '\0';
    vn_json_str(in, key, VN_REQUIRED, out, VN_CARD_TEXT_MAX);
    if (!vn_json_failed(in) && (out[0] == '\0' || out[strspn(out, allowed)] != '\0')) {
        vn_json_fail(in, key, "a number of digits and letters");
    }
    return !vn_json_failed(in);
}

void vn_import_key_mark(const struct vn_hub *hub, char out[VN_IMPORT_MARK_MAX])
{
    struct vn_hash hash;
    vn_hub_card_hash(hub, "the key's mark", &hash); /* no number has a blank */
    vn_hex_encode(vn_view_of(hash.bytes, (VN_IMPORT_MARK_MAX - 1) / 2), out);
}

bool vn_import_check_key(const struct vn_hub *hub, const struct vn_json_in *in)
{
    char mark[VN_IMPORT_MARK_MAX];
    char own[VN_IMPORT_MARK_MAX];
    mark[0] = '\0';
    vn_json_str(in, "card_key", VN_REQUIRED, mark, sizeof mark);
    vn_import_key_mark(hub, own);
    if (!vn_json_failed(in) && strcmp(mark, own) != 0) {
        vn_json_refuse(in, "card_key", "these hashes were made with another card.key than this hub's");
    }
    return !vn_json_failed(in);
}
