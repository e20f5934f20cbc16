#include "tests/unit/hub_store.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger/write_off.h"
#include "sync/hub/storage/lending.h"

void store_start(struct store *store, struct world *world)
{
    struct vn_random random = vn_random_system();
    store->world = world;
    world_fill(world);
    for (unsigned i = 0; i < 3; i++) {
        char name[8];
        struct lender *lender = &store->tills[i];
        struct vn_peer_place place = {.address_count = 1, .addresses = {"10.0.0.7"}, .port = 7444};
        (void)snprintf(name, sizeof name, "t%u", i + 1);
        world_till_start(world, &lender->till, name);
        assert_int_equal(vn_key_generate(&random, &lender->key), VN_OK);
        vn_key_public(lender->key, &place.key);
        assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
        assert_int_equal(vn_storage_peer_put(world->hub.storage, lender->till.id, &place, 1), VN_OK);
        assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    }
}

void store_end(struct store *store)
{
    for (unsigned i = 0; i < 3; i++) {
        world_till_end(&store->tills[i].till);
        vn_key_destroy(store->tills[i].key);
    }
}

struct vn_give store_give(const struct store *store, unsigned lender, unsigned borrower, int64_t count,
                          int64_t amount)
{
    struct vn_give give = {.lender = store->tills[lender].till.enrolment,
                           .borrower = store->tills[borrower].till.enrolment,
                           .account = "w1",
                           .amount = amount};
    vn_transfer_number(&give.borrower, count, give.transfer);
    return give;
}

void store_append(struct store *store, unsigned till, enum vn_entry_kind kind, const struct vn_give *give,
                  unsigned signer)
{
    struct vn_signature signature;
    struct vn_random random = vn_random_system();
    bool is_signed = kind == VN_ENTRY_TAKE || kind == VN_ENTRY_BACK;
    if (kind == VN_ENTRY_TAKE) {
        assert_int_equal(vn_give_sign(give, store->tills[signer].key, &random, &signature), VN_OK);
    } else if (kind == VN_ENTRY_BACK) {
        assert_int_equal(
            vn_end_sign(give, VN_TRANSFER_REFUSED, store->tills[signer].key, &random, &signature), VN_OK);
    }
    world_append(&store->tills[till].till,
                 &(struct world_step){.kind = kind,
                                      .give = give,
                                      .signature = is_signed ? &signature : NULL,
                                      .right = kind == VN_ENTRY_REFUSE ? NULL : give->account,
                                      .in = is_signed ? give->amount : 0,
                                      .out = kind == VN_ENTRY_GIVE ? give->amount : 0});
}

void store_pay(struct store *store, unsigned till, const char *receipt, int64_t points)
{
    struct world_step step = {.kind = VN_ENTRY_HOLD,
                              .receipt = receipt,
                              .account = "w1",
                              .total_minor = 100000000,
                              .spent = points,
                              .right = "w1",
                              .out = points};
    world_append(&store->tills[till].till, &step);
    step.kind = VN_ENTRY_COMMIT;
    step.out = 0;
    world_append(&store->tills[till].till, &step);
}

int64_t store_at(struct store *store, unsigned till, enum vn_ledger_place place)
{
    return world_balance(store->world, "w1", place, store->tills[till].till.id);
}

int64_t store_place(struct store *store, enum vn_ledger_place of)
{
    return world_balance(store->world, "w1", of, 0);
}

void check_figures(struct store *store, int64_t free, int64_t lost, int64_t debt)
{
    assert_int_equal(store_place(store, VN_PLACE_FREE), free);
    assert_int_equal(store_place(store, VN_PLACE_LOST), lost);
    assert_int_equal(store_place(store, VN_PLACE_DEBT), -debt);
    world_audit(store->world);
}

void store_write_off(struct store *store, const char *till, int64_t points)
{
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    if (vn_write_off(&store->world->hub, till, points, "test", &loss, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(loss.points, points);
    world_audit(store->world);
}

void check_places(struct store *store, int64_t right_a, int64_t lent_a, int64_t right_b)
{
    assert_int_equal(store_at(store, 0, VN_PLACE_RIGHT), right_a);
    assert_int_equal(store_at(store, 0, VN_PLACE_LENT), lent_a);
    assert_int_equal(store_at(store, 1, VN_PLACE_RIGHT), right_b);
    assert_int_equal(world_owned(store->world, "w1"), 500);
    world_audit(store->world);
}
