/* Numbers by chance that are the same on every machine: splitmix64 (Steele, Lea
 * and Flood, 2014), written here. Pure; the state is the caller's. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_RANDOM_H
#define INFUSIOND_DRIVERS_SIMULATED_RANDOM_H

#include <stdint.h>

/* The next 64 bits; advances the state. */
uint64_t random_bits(uint64_t *state);

/* Even in [0, 1); and from the standard normal distribution. */
double random_even(uint64_t *state);
double random_normal(uint64_t *state);

/* A state of its own for something that happens at `moment` in `channel`, whatever else was drawn before. */
uint64_t random_of(uint64_t seed, int64_t moment, uint64_t channel);

#endif
