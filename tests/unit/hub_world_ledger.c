/* What the hub of a world has: accounts, claims, sales, and what waits. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/epoch/epoch.h"
#include "sync/hub/ledger/audit.h"
#include "sync/hub/ledger/quarantine.h"
#include "tests/unit/hub_world.h"

static enum vn_status on_id(void *ctx, const char *name, int64_t id)
{
    (void)name;
    *(int64_t *)ctx = id;
    return VN_OK;
}

int64_t world_account(struct world *world, const char *account)
{
    int64_t id = 0;
    if (!vn_account_id(account, &id)) {
        assert_int_equal(vn_storage_names_load(world->hub.storage, &account, 1, on_id, &id), VN_OK);
    }
    return id;
}

static enum vn_status on_account(void *ctx, const struct vn_account_row *row)
{
    struct vn_account_row *out = ctx;
    *out = *row;
    out->book = VN_VIEW_NONE;
    return VN_OK;
}

static enum vn_status on_claim(void *ctx, const struct vn_claim_row *row)
{
    struct world_claim *out = ctx;
    out->row = *row;
    return vn_slices_read(row->slices, &out->slices);
}

void world_claim(struct world *world, int64_t enrolment, const char *account, struct world_claim *out)
{
    const struct vn_claim_key key = {enrolment, world_account(world, account)};
    memset(out, 0, sizeof *out);
    assert_int_equal(vn_storage_claims_load(world->hub.storage, &key, 1, on_claim, out), VN_OK);
    out->row.slices = VN_VIEW_NONE;
}

static void read_account(struct world *world, const char *account, struct vn_account_row *out)
{
    int64_t id = world_account(world, account);
    memset(out, 0, sizeof *out);
    assert_int_equal(vn_storage_accounts_load(world->hub.storage, &id, 1, on_account, out), VN_OK);
}

int64_t world_balance(struct world *world, const char *account, enum vn_ledger_place place, int64_t enrolment)
{
    struct vn_account_row row;
    struct world_claim claim;
    if (enrolment == 0) {
        read_account(world, account, &row);
        return row.places[place];
    }
    world_claim(world, enrolment, account, &claim);
    return place == VN_PLACE_RIGHT  ? claim.row.right
           : place == VN_PLACE_HELD ? claim.row.held
           : place == VN_PLACE_LENT ? claim.row.lent
                                    : claim.row.suspense;
}

int64_t world_owned(struct world *world, const char *account)
{
    struct vn_account_row row;
    read_account(world, account, &row);
    return vn_ledger_owned(&row);
}

static enum vn_status on_contradiction(void *ctx, const char *sentence)
{
    (void)ctx;
    print_error("%s\n", sentence);
    return VN_CORRUPT;
}

void world_audit(struct world *world)
{
    int64_t entries = 0;
    assert_int_equal(vn_audit(&world->hub, on_contradiction, NULL, &entries), VN_OK);
}

static enum vn_status on_sale(void *ctx, size_t at, const struct vn_sale_row *row)
{
    (void)at;
    *(struct vn_sale_row *)ctx = *row;
    return VN_OK;
}

bool world_has_sale(struct world *world, const char *receipt, struct vn_sale_row *out)
{
    struct vn_sale_at at = {"t1", {"1", "2026-11-22", ""}};
    (void)snprintf(at.key.receipt, sizeof at.key.receipt, "%s", receipt);
    memset(out, 0, sizeof *out);
    assert_int_equal(vn_storage_sales_load(world->hub.storage, &at, 1, on_sale, out), VN_OK);
    return out->id != 0;
}

void world_sale(struct world *world, const char *receipt, struct vn_sale_row *out)
{
    assert_true(world_has_sale(world, receipt, out));
}

void world_look_again(struct world *world)
{
    struct vn_quarantine_round round = {.counts = true};
    assert_int_equal(vn_quarantine_release_known(&world->hub, 100, &round), VN_OK);
    assert_false(round.more);
}

void world_show(const struct world_till *till)
{
    struct vn_hub *hub = &till->world->hub;
    struct vn_enrolment_row row;
    struct vn_stamp stamp;
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(till, &row);
    world_stamp(till, &stamp);
    vn_epoch_shown(hub, &row, &stamp);
    assert_int_equal(row.epoch, hub->epoch);
    assert_int_equal(vn_storage_enrolment_put(hub->storage, &row), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
}
