#include "daemon/sim/line_noise.h"

#include "daemon/sim/rtu_frame.h"
#include "drivers/simulated/random.h"

const char *
line_damage_name(enum line_damage damage)
{
	static const char *const names[DAMAGE_COUNT] = { "any", "flips", "losses" };

	return names[damage];
}

const char *
parity_look_name(enum parity_look look)
{
	static const char *const names[PARITY_LOOK_COUNT] = { "fits", "nuls", "high-bits" };

	return names[look];
}

static int16_t
damage_one(struct line_noise *noise, enum line_damage damage, uint8_t byte)
{
	if (damage == DAMAGE_LOSSES || (damage == DAMAGE_ANY && random_even(&noise->state) < 0.5)) {
		noise->lost++;
		return CHARACTER_LOST;
	}
	noise->flipped++;
	/* One bit of it at least. */
	return byte ^ (uint8_t)(1 + random_bits(&noise->state) % 255);
}

size_t
line_noise_pass(struct line_noise *noise, const struct line_faults *faults, const uint8_t *bytes, size_t count,
    int16_t *ret_characters)
{
	size_t damaged = 0;

	for (size_t i = 0; i < count; i++) {
		bool hit = faults->noise > 0 && random_even(&noise->state) < faults->noise;

		ret_characters[i] = hit ? damage_one(noise, faults->damage, bytes[i]) : bytes[i];
		damaged += hit;
	}
	return damaged;
}

static bool
is_odd(uint8_t byte)
{
	bool odd = false;

	for (; byte != 0; byte &= (uint8_t)(byte - 1))
		odd = !odd;
	return odd;
}

static int16_t
look_at(enum parity_look look, uint8_t byte)
{
	switch (look) {
	case PARITY_NULS: /* Even parity's bit is 0 of an even number of ones. */
		return is_odd(byte) ? byte : 0;
	case PARITY_HIGH_BITS:
		return (byte & 0x7f) | (is_odd(byte & 0x7f) ? 0x80 : 0);
	default:
		return byte;
	}
}

size_t
line_parity_pass(enum parity_look look, int16_t *characters, size_t count)
{
	size_t changed = 0;

	for (size_t i = 0; i < count; i++) {
		int16_t before = characters[i];

		if (before != CHARACTER_LOST)
			characters[i] = look_at(look, (uint8_t)before);
		changed += characters[i] != before;
	}
	return changed;
}
