/* The catalogue's lines. An item is found by its own code and by its aliases: the same document stands once for each of them, so
 * that whoever has a code is one look-up away from the item, at the hub, in the feed and at the till. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "sync/hub/masters/import_line.h"

struct goods {
    struct vn_item item;
    unsigned alias_count;
    char aliases[VN_ALIASES_MAX][VN_CODE_MAX];
};

static bool lists(const struct goods *goods, const char *code)
{
    for (unsigned i = 0; i < goods->alias_count; i++) {
        if (strcmp(goods->aliases[i], code) == 0) {
            return true;
        }
    }
    return false;
}

static void refuse(const struct vn_json_in *in, const char *key, const char *before, const char *code,
                   const char *after)
{
    char sentence[160];
    (void)snprintf(sentence, sizeof sentence, "%s%s%s", before, code, after);
    vn_json_refuse(in, key, sentence);
}

static void read_aliases(const struct vn_json_in *in, struct goods *out)
{
    size_t count = 0;
    struct vn_json_in aliases = vn_json_array(in, "aliases", VN_OPTIONAL, VN_ALIASES_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&aliases, i);
        char *alias = out->aliases[i];
        vn_json_str(&at, NULL, VN_REQUIRED, alias, VN_CODE_MAX);
        if (!vn_json_failed(in) &&
            (alias[0] == '\0' || strcmp(alias, out->item.code) == 0 || lists(out, alias))) {
            vn_json_fail(&at, NULL, "another code, once");
        }
        out->alias_count++;
    }
}

/* An alias may come from another item, as a card from another member; an item's own code is no alias, nor the other way round. */
static enum vn_status check_codes(struct vn_hub *hub, const struct vn_json_in *in, const struct goods *goods)
{
    char leads_to[VN_CODE_MAX];
    enum vn_status status = vn_storage_alias_of(hub->storage, goods->item.code, leads_to);
    if (status == VN_OK && leads_to[0] != '\0') {
        refuse(in, "code", "this code is an alias of ", leads_to, ": import that item without it first");
    }
    struct vn_json_in aliases = vn_json_array(in, "aliases", VN_OPTIONAL, VN_ALIASES_MAX, &(size_t){0});
    for (unsigned i = 0; i < goods->alias_count && (status == VN_OK || status == VN_ABSENT); i++) {
        status = vn_storage_alias_of(hub->storage, goods->aliases[i], leads_to);
        if (status == VN_OK && leads_to[0] == '\0') {
            struct vn_json_in at = vn_json_at(&aliases, i);
            refuse(&at, NULL, "", goods->aliases[i],
                   " is an item of its own: take it out first, with \"gone\"");
        }
    }
    return vn_json_failed(in) ? VN_INPUT : status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status drop(struct vn_hub *hub, const char *code)
{
    enum vn_status status = vn_storage_item_drop(hub->storage, code, vn_hub_now_ms(hub));
    return status == VN_OK ? vn_storage_change(hub->storage, VN_FEED_ITEM, code) : status;
}

/* Aliases that the item has no longer. */
static enum vn_status drop_others(struct vn_hub *hub, const struct goods *goods)
{
    char before[VN_ALIASES_MAX][VN_CODE_MAX];
    unsigned count = 0;
    enum vn_status status = vn_storage_aliases(hub->storage, goods->item.code, before, &count);
    for (unsigned i = 0; i < count && status == VN_OK; i++) {
        status = lists(goods, before[i]) ? VN_OK : drop(hub, before[i]);
    }
    return status;
}

static enum vn_status put(struct vn_hub *hub, const struct goods *goods)
{
    struct vn_buf document;
    const char *own = goods->item.code;
    vn_buf_init(&document, VN_MEMBER_FACTS_MAX);
    json_t *json = vn_item_write(&goods->item);
    enum vn_status status = json == NULL ? VN_NOMEM : vn_json_dump(json, &document);
    json_decref(json);
    for (unsigned i = 0; i <= goods->alias_count && status == VN_OK; i++) {
        const char *code = i == 0 ? own : goods->aliases[i - 1];
        status = vn_storage_item_put(hub->storage, code, i == 0 ? "" : own, vn_buf_view(&document),
                                     vn_hub_now_ms(hub));
        if (status == VN_OK) {
            status = vn_storage_change(hub->storage, VN_FEED_ITEM, code);
        }
    }
    vn_buf_deinit(&document);
    return status;
}

enum vn_status vn_import_item(struct vn_hub *hub, const struct vn_json_in *in, bool gone)
{
    struct goods goods;
    memset(&goods, 0, sizeof goods);
    if (gone) {
        vn_json_str(in, "code", VN_REQUIRED, goods.item.code, sizeof goods.item.code);
    } else {
        vn_item_read(in, &goods.item);
        goods.item.known = true;
    }
    if (!vn_json_failed(in) && goods.item.code[0] == '\0') {
        vn_json_fail(in, "code", "a code");
    }
    if (!gone && !vn_json_failed(in)) {
        read_aliases(in, &goods);
    }
    enum vn_status status = vn_json_failed(in) ? VN_INPUT : check_codes(hub, in, &goods);
    if (status == VN_OK) {
        status = drop_others(hub, &goods);
    }
    if (status != VN_OK) {
        return status;
    }
    return gone ? drop(hub, goods.item.code) : put(hub, &goods);
}
