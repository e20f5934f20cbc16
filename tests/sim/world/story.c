#include "tests/sim/world/story.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/core/sim.h"

static bool told;

void sim_story_begin(bool tell)
{
    told = tell;
}

bool sim_story_told(void)
{
    return told;
}

void sim_story(const char *who, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sim_trace(who, strlen(who));
    sim_trace(text, strlen(text));
    if (told) {
        int64_t ms = sim_wall_ms();
        int64_t day = sim_now_ns() / SIM_S / 86400 + 1;
        (void)printf("day %lld %02d:%02d:%02d.%03d  %-10s %s\n", (long long)day, (int)(ms / 3600000 % 24),
                     (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000), who, text);
    }
}
