/* Round trips in classes that grow with them: percentiles of a week without
 * keeping a week. */
#include "daemon/line/line.h"

enum { PER_OCTAVE = 8, FRACTION_BITS = 3 };

/* Eight classes an octave, from 1 us: the octave and the three bits below its first. */
static size_t
class_of(int64_t us)
{
	int octave = 0;
	size_t at;

	if (us < 1)
		us = 1;
	while (us >> octave > 1)
		octave++;
	at = (size_t)octave * PER_OCTAVE +
	    (size_t)((octave >= FRACTION_BITS ? us >> (octave - FRACTION_BITS) : us << (FRACTION_BITS - octave)) & (PER_OCTAVE - 1));
	return at < LINE_CLASSES ? at : LINE_CLASSES - 1;
}

/* The longest round trip of a class. */
static int64_t
end_of(size_t class_at)
{
	int64_t octave = (int64_t)class_at / PER_OCTAVE, part = (int64_t)class_at % PER_OCTAVE + PER_OCTAVE + 1;

	return octave >= FRACTION_BITS ? (part << (octave - FRACTION_BITS)) - 1 : part >> (FRACTION_BITS - octave);
}

void
line_counts_add(struct line_counts *counts, int64_t round_trip_us)
{
	counts->replies++;
	counts->round_trip_us_sum += round_trip_us;
	if (round_trip_us > counts->round_trip_us_most)
		counts->round_trip_us_most = round_trip_us;
	counts->classes[class_of(round_trip_us)]++;
}

int64_t
line_counts_percentile_us(const struct line_counts *counts, int permille)
{
	uint64_t wanted = (counts->replies * (uint64_t)permille + 999) / 1000, seen = 0;

	if (counts->replies == 0)
		return 0;
	for (size_t i = 0; i < LINE_CLASSES; i++) {
		seen += counts->classes[i];
		if (seen >= wanted && seen > 0)
			return end_of(i) < counts->round_trip_us_most ? end_of(i) : counts->round_trip_us_most;
	}
	return counts->round_trip_us_most;
}
