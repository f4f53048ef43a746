/* A profile in words, for the engineer: every register by the number that the
 * vendor prints and the one that goes over the wire. Pure; any thread. */
#ifndef INFUSIOND_DRIVERS_DESCRIBE_H
#define INFUSIOND_DRIVERS_DESCRIBE_H

#include "drivers/plan.h"

enum { DESCRIBE_CAP = 400 };

/* "40001 (PDU 0)"; from the 10,000th of a kind on with six digits, "410001 (PDU 10000)". */
struct described_address {
	char text[32];
};
struct described_address describe_address(uint8_t function, uint32_t address);

/* "40001 (PDU 0) function 3 u16 ABCD", with the bits of a packed field. */
void describe_field(const struct field *field, char *text, size_t cap);

/* "function 6 to 40101 (PDU 100): 1". */
void describe_command(const struct profile_command *command, char *text, size_t cap);

/* The decoded map, a line for each thing that is read or written, as (what, how): ("rate pleth", "40001 (PDU 0) ..."). */
void describe_map(const struct profile *profile, void (*take)(void *ctx, const char *what, const char *how), void *ctx);

/* One read of a plan: "function 3, 40001 (PDU 0) to 40011 (PDU 10), 11 registers"; of one, only its number. */
void describe_read(const struct plan_read *read, char *text, size_t cap);

#endif
