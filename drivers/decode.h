/* From registers to numbers and readings. Pure; any thread. */
#ifndef INFUSIOND_DRIVERS_DECODE_H
#define INFUSIOND_DRIVERS_DECODE_H

#include "drivers/profile.h"

/* Registers of one reply; or bits of the functions 1 and 2, the first one the least significant of at[0]. */
struct words {
	uint8_t function;
	uint16_t address;
	uint16_t count; /* registers, or bits */
	uint16_t at[MODBUS_READ_MOST];
	const struct words *along; /* bits of earlier replies of the round, for statuses that are bits; NULL: none */
};

/* The field lies wholly in these registers. */
bool words_hold(const struct words *words, const struct field *field);

/* All of a span does: a value with what vouches for it. */
bool words_hold_span(const struct words *words, const struct span *span);

/* The raw integer of a field that words_hold; of a float its bits. */
int64_t decode_raw(const struct words *words, const struct field *field);

/* Its bits are a number at all: false of a BCD digit above 9, and of a u64 from 2^62 on. */
bool decode_is_number(const struct words *words, const struct field *field);

/* A text of `bytes` characters from a register on, all of it in `words`: ended by its first NUL, without the spaces around it;
 * what is no printable ASCII becomes '?'. */
void decode_text(const struct words *words, const struct field *field, size_t bytes, char *text, size_t cap);

/* A value in thousandths, rounded to nearest, halves away from 0; false when it is no number (NaN, infinity) or does not
 * fit. */
bool decode_milli(const struct profile_value *value, int64_t raw, int32_t *ret_milli);

/* One reading with its quality (R1): codes and statuses never become a number, and a status that is not in `words` vouches
 * for nothing. The worst that is said counts. Of a value
 * whose field words_hold. */
struct reading decode_value(const struct words *words, const struct profile_value *value);

/* The status says what it is expected to say; false when it is not in `words` nor along with them. */
bool decode_status(const struct words *words, const struct status *status);

/* What the status says is known: it is in `words` or along with them. */
bool words_tell(const struct words *words, const struct status *status);

/* The other way, for the simulator: puts a raw value into a field's registers, all field_words of them; beside a packed field
 * they stay as they are. Of BCD a raw value that has too many digits goes in as bits, and one below 0 as no number. */
void encode_raw(const struct field *field, int64_t raw, uint16_t *words);

/* The bits of an f32, and of an f64. */
int64_t encode_float(double number);
int64_t encode_double(double number);

/* Puts a text into its registers, filled up with NUL. */
void encode_text(const struct field *field, const char *text, size_t bytes, uint16_t *words);

/* The raw value nearest to a value in thousandths, within the field's type. */
int64_t encode_milli(const struct profile_value *value, int32_t milli);

#endif
