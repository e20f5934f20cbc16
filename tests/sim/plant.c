#include "tests/sim/plant.h"

#include <stddef.h>
#include <string.h>

#include "agent/base/planted.h"

#ifdef VERNO_PLANTED

static const char *const names[] = {
#define PLANT_NAME(name, sentence) #name,
    VN_PLANTS(PLANT_NAME)
#undef PLANT_NAME
};
static const char *const sentences[] = {
#define PLANT_SENTENCE(name, sentence) sentence,
    VN_PLANTS(PLANT_SENTENCE)
#undef PLANT_SENTENCE
};
static bool planted[VN_PLANT_COUNT];

bool vn_planted(enum vn_plant plant)
{
    return planted[plant];
}

const char *sim_plant_name(unsigned number)
{
    return number < VN_PLANT_COUNT ? names[number] : NULL;
}

const char *sim_plant_sentence(unsigned number)
{
    return number < VN_PLANT_COUNT ? sentences[number] : NULL;
}

#else

static bool planted[1];

const char *sim_plant_name(unsigned number)
{
    (void)number;
    return NULL;
}

const char *sim_plant_sentence(unsigned number)
{
    (void)number;
    return NULL;
}

#endif

bool sim_plant(const char *name)
{
    for (unsigned i = 0; sim_plant_name(i) != NULL; i++) {
        if (strcmp(name, sim_plant_name(i)) == 0) {
            planted[i] = true;
            return true;
        }
    }
    return false;
}
