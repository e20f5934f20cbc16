#include "sync/hub/api/report.h"
#include "sync/hub/storage/lists.h"

static enum vn_status add(json_t *list, json_t *one)
{
    return json_array_append_new(list, one) == 0 ? VN_OK : VN_NOMEM;
}

/* {key: list}; takes the list. */
static enum vn_status finish(enum vn_status status, const char *key, json_t *list, json_t **out)
{
    *out = status == VN_OK ? json_pack("{s:O}", key, list) : NULL;
    json_decref(list);
    return status == VN_OK && *out == NULL ? VN_NOMEM : status;
}

static enum vn_status add_store(void *ctx, const char *id, const char *name, int64_t tills)
{
    return add(ctx, json_pack("{s:s, s:s, s:I}", "id", id, "name", name, "tills", (json_int_t)tills));
}

enum vn_status vn_report_stores(struct vn_hub *hub, json_t **out)
{
    json_t *list = json_array();
    return finish(vn_storage_stores(hub->storage, add_store, list), "stores", list, out);
}

static enum vn_status add_code(void *ctx, const char *store, const char *till, int64_t expires_ms)
{
    return add(ctx, json_pack("{s:s, s:s, s:I}", "store", store, "till", till, "expires_ms",
                              (json_int_t)expires_ms));
}

enum vn_status vn_report_codes(struct vn_hub *hub, json_t **out)
{
    json_t *list = json_array();
    return finish(vn_storage_codes(hub->storage, vn_hub_now_ms(hub), add_code, list), "codes", list, out);
}

static enum vn_status add_published(void *ctx, const struct vn_listed *row)
{
    return add(ctx,
               row->kind == VN_FEED_STOP
                   ? json_pack("{s:I, s:s, s:s, s:I}", "number", (json_int_t)row->number, "kind", "stop",
                               "promotion", row->promotion, "at_ms", (json_int_t)row->at_ms)
                   : json_pack("{s:I, s:s, s:I, s:I}", "number", (json_int_t)row->number, "kind", "ruleset",
                               "bytes", (json_int_t)row->bytes, "at_ms", (json_int_t)row->at_ms));
}

enum vn_status vn_report_rulesets(struct vn_hub *hub, json_t **out)
{
    json_t *list = json_array();
    return finish(vn_storage_published_list(hub->storage, VN_REPORT_ROWS_MAX, add_published, list),
                  "published", list, out);
}
