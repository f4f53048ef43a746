#include "drivers/simulated/random.h"

#include <math.h>

uint64_t
random_bits(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

double
random_even(uint64_t *state)
{
	return (double)(random_bits(state) >> 11) / 9007199254740992.0;
}

/* Box and Muller; 1 - even is never 0. */
double
random_normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(1 - random_even(state)));
	double turn = 2 * acos(-1.0) * random_even(state);

	return radius * cos(turn);
}

uint64_t
random_of(uint64_t seed, int64_t moment, uint64_t channel)
{
	uint64_t state = seed;

	state = random_bits(&state) ^ (uint64_t)moment;
	state = random_bits(&state) ^ channel;
	return random_bits(&state);
}
