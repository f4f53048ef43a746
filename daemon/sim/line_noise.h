/* What a serial wire does to the characters on it, whoever says them: noise,
 * and the looks of a receiver that is set to another parity. Pure: the same seed
 * gives the same damage. One thread owns a noise. */
#ifndef INFUSIOND_SIM_LINE_NOISE_H
#define INFUSIOND_SIM_LINE_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum line_damage { DAMAGE_ANY, DAMAGE_FLIPS, DAMAGE_LOSSES, DAMAGE_COUNT };

/* A unit that sends 8E1 to a master with 8N1 has its parity bit read as the stop bit: where it is 0 the character is broken, and
 * reads as NUL. One that sends 7E1 has its parity in the place of the highest bit. */
enum parity_look { PARITY_FITS, PARITY_NULS, PARITY_HIGH_BITS, PARITY_LOOK_COUNT };

/* What is wrong with a serial line, for all units on it. */
struct line_faults {
	double noise; /* of so many characters one is damaged, 0 to 1; in both directions */
	enum line_damage damage;
	enum parity_look parity; /* of what units say */
	bool echo;               /* the adapter gives the master its own characters back */
	bool speed_garbage;      /* asked at another speed, somebody answers something */
	int second_master_ms;    /* another master asks so often; 0: there is none */
};

const char *line_damage_name(enum line_damage damage); /* "any", "flips", "losses" */
const char *parity_look_name(enum parity_look look);   /* "fits", "nuls", "high-bits" */

struct line_noise {
	uint64_t state;
	uint64_t flipped, lost; /* characters, so far */
};

/* Bytes as they are said become characters as they arrive (CHARACTER_LOST: not at all); returns how many are damaged. */
size_t line_noise_pass(struct line_noise *noise, const struct line_faults *faults, const uint8_t *bytes, size_t count,
    int16_t *ret_characters);

/* The looks of a wrong parity, over characters; returns how many look different. */
size_t line_parity_pass(enum parity_look look, int16_t *characters, size_t count);

#endif
