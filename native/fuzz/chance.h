/* Random numbers that are the same for the same seed, on every machine. */
#ifndef YQ_CHANCE_H
#define YQ_CHANCE_H

#include <stddef.h>
#include <stdint.h>

void yq_chance_seed(uint64_t seed);
uint64_t yq_chance(void);
/* Below `bound`, which is not 0. */
size_t yq_chance_below(size_t bound);

#endif
