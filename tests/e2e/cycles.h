/* How long cycles on a wire took, for programs that measure one: counted in classes of 10 us, so that a median is told whatever the
 * machine did in between. Zeroed, it is empty. */
#ifndef INFUSIOND_TESTS_CYCLES_H
#define INFUSIOND_TESTS_CYCLES_H

#include <stddef.h>
#include <stdint.h>

enum { CYCLE_CLASSES = 100000, CYCLE_CLASS_NS = 10000 };

struct cycles {
	uint32_t counts[CYCLE_CLASSES];
	uint64_t all;
	int64_t last_ns; /* when the last one ended */
};

/* One that ends now; the first only begins. */
static inline void
cycles_note(struct cycles *cycles, int64_t now_ns)
{
	int64_t at = (now_ns - cycles->last_ns) / CYCLE_CLASS_NS;

	if (cycles->last_ns != 0) {
		cycles->counts[at < CYCLE_CLASSES ? at : CYCLE_CLASSES - 1]++;
		cycles->all++;
	}
	cycles->last_ns = now_ns;
}

static inline int64_t
cycles_median_us(const struct cycles *cycles)
{
	uint64_t passed = 0;
	size_t at = 0;

	while (at + 1 < CYCLE_CLASSES && (passed += cycles->counts[at]) * 2 < cycles->all)
		at++;
	return (int64_t)at * CYCLE_CLASS_NS / 1000;
}

#endif
