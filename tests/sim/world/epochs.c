#include "tests/sim/world/epochs.h"

#include "sync/wire/batch.h"
#include "tests/sim/world/world.h"

void sim_epochs_see(struct sim_world *world, struct vn_view answered)
{
    struct sim_epochs *epochs = &world->epochs;
    struct vn_ack ack;
    struct vn_error error;
    if (epochs->told || vn_ack_decode(answered, &ack, &error) != VN_OK) {
        return;
    }
    if (ack.epoch < epochs->last || ack.epoch < epochs->least) {
        epochs->told = true;
        sim_violation(&world->oracle, 4, "a till is told of epoch %lld, where %lld was and %lld is the least",
                      (long long)ack.epoch, (long long)epochs->last, (long long)epochs->least);
    } else if (ack.epoch > 1 && !world->hub_set_back) {
        epochs->told = true;
        sim_violation(&world->oracle, 4, "the hub is in epoch %lld, and was never set back",
                      (long long)ack.epoch);
    }
    epochs->last = ack.epoch;
}

void sim_epochs_restored(struct sim_epochs *epochs)
{
    epochs->least = epochs->last + 1;
}

void sim_epochs_reverted(struct sim_epochs *epochs)
{
    epochs->last = epochs->least = 0;
}
