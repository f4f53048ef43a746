/* Decimal digits, from the last to the first. A bed's frame holds some two
 * hundred numbers, and printf took half of the time that it takes to write it.
 * Pure; any thread. */
#ifndef INFUSIOND_BASE_DIGITS_H
#define INFUSIOND_BASE_DIGITS_H

#include <stdint.h>

/* Room for any number of 64 bits with sign, point and ending zero. */
enum { DIGITS_CAP = 32 };

/* Writes the digits that end before `end`, at least so many of them; where they begin. */
static inline char *
digits_before(char *end, uint64_t number, int least)
{
	do {
		*--end = (char)('0' + number % 10);
		number /= 10;
	} while (--least > 0 || number > 0);
	return end;
}

/* The number without its sign. */
static inline uint64_t
digits_size(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

#endif
