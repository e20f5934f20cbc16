/* Which planted fault is committed (agent/base/planted.h); only a build with VERNO_PLANTED can commit one. */
#ifndef SIM_PLANT_H
#define SIM_PLANT_H

#include <stdbool.h>

const char *sim_plant_name(unsigned number);     /* NULL behind the last one, and in every other build */
const char *sim_plant_sentence(unsigned number); /* the mistake; NULL as above */
/* From here on it is committed, until the program ends; false: there is none of that name. */
bool sim_plant(const char *name);

#endif
