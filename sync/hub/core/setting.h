/* What an operator may choose about a chain (verno-hub setting): one table with names, bounds and meanings. They are kept in the
 * database, so that all hubs of the chain have the same; what is not chosen is not there, and follows the default of the version
 * that runs.
 *
 * The values of a running hub may be read from any thread. It reads them anew every two seconds, and has one at once that it
 * changed itself: what was read meanwhile, from before that, does not bring the former value back. */
#ifndef VN_HUB_SETTING_H
#define VN_HUB_SETTING_H

#include "sync/hub/storage/storage.h"

enum vn_setting {
    VN_SETTING_SLOW_LANE_S,
    VN_SETTING_NEAR_STORES,
    VN_SETTING_RECEIPT_POINTS,
    VN_SETTING_DAY_POINTS,
    VN_SETTING_RECEIPT_STAMPS,
    VN_SETTING_QUEUE_S,
    VN_SETTING_LAG_S,
    VN_SETTING_RETURN_TILLS,
    VN_SETTING_SIGNUPS,
    VN_SETTING_RIGHTS_AHEAD_BP,
    VN_SETTING_RIGHTS_AHEAD_MOST,
    VN_SETTING_RIGHTS_AHEAD_DAYS,
    VN_SETTING_RIGHTS_PORTION_BP,
    VN_SETTING_RISK_TOTAL,
    VN_SETTING_RISK_TILL,
    VN_SETTING_RISK_MEMBER,
    VN_SETTINGS,
};

#define VN_SETTING_AUTO    (-1) /* of those that have it as their least value */
#define VN_SETTING_DEFAULT INT64_MIN

struct vn_setting_info {
    const char *name; /* ends in its unit, where it has one that a word names */
    const char *help; /* one sentence without its full stop */
    int64_t least, most,
        otherwise; /* when nobody chose; least is VN_SETTING_AUTO where the hub can choose by itself */
};
const struct vn_setting_info *vn_setting_info(enum vn_setting setting);
/* VN_SETTINGS: there is none of this name. */
enum vn_setting vn_setting_find(const char *name);

struct vn_settings {
    _Atomic uint64_t
        words[VN_SETTINGS]; /* the value in the lower half; above it, how often it was set here */
};
void vn_settings_init(struct vn_settings *settings); /* all by default */
void vn_settings_copy(const struct vn_settings *settings, struct vn_settings *out);
/* In memory alone, whatever is read of the time before. One thread sets. */
void vn_setting_set(struct vn_settings *settings, enum vn_setting setting, int64_t value);
/* NULL: by default. */
int64_t vn_setting(const struct vn_settings *settings, enum vn_setting setting);
/* As the database has them; a value that this version does not take counts as the next one that it does. `before`: a copy from
 * before the transaction began; what was set since then stays. Or `settings`, when nobody sets meanwhile. Statuses of the
 * store. */
VN_MUST_USE enum vn_status vn_settings_read(struct vn_settings *settings, const struct vn_settings *before,
                                            struct vn_storage *storage);
/* VN_SETTING_DEFAULT: chosen by nobody any more. A unit of its own, and *settings has it then. VN_INPUT with a sentence. */
VN_MUST_USE enum vn_status vn_setting_put(struct vn_settings *settings, struct vn_storage *storage,
                                          enum vn_setting setting, int64_t value, struct vn_error *error);

#endif
