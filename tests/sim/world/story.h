/* What happens, told to a person who asked for it (--story), and counted into the digest whether told or not:
 *
 *     day 1 09:12:03.120  s1-t2     sale 0012, member 7: committed, 12 earned, 0 paid */
#ifndef SIM_WORLD_STORY_H
#define SIM_WORLD_STORY_H

#include <stdbool.h>

void sim_story_begin(bool tell);
bool sim_story_told(void);
void sim_story(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
