#include "chance.h"

static uint64_t state;

void yq_chance_seed(uint64_t seed)
{
    state = seed * 0x9E3779B97F4A7C15u + 1;
}

/* xorshift64*, which serves where nothing secret hangs on it. */
uint64_t yq_chance(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Du;
}

size_t yq_chance_below(size_t bound)
{
    return (size_t)(yq_chance() >> 11) % bound;
}
