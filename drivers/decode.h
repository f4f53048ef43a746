/* From registers to numbers and readings. Pure; any thread. */
#ifndef INFUSIOND_DRIVERS_DECODE_H
#define INFUSIOND_DRIVERS_DECODE_H

#include "drivers/profile.h"

/* Registers of one reply. */
struct words {
	uint8_t function;
	uint16_t address;
	uint16_t count;
	uint16_t at[MODBUS_READ_MOST];
};

/* The field lies wholly in these registers. */
bool words_hold(const struct words *words, const struct field *field);

/* All of a span does: a value with what vouches for it. */
bool words_hold_span(const struct words *words, const struct span *span);

/* The raw integer of a field that words_hold; for f32 its bits. */
int64_t decode_raw(const struct words *words, const struct field *field);

/* A value in thousandths, rounded to nearest, halves away from 0; false when it is no number (NaN, infinity) or does not
 * fit. */
bool decode_milli(const struct profile_value *value, int64_t raw, int32_t *ret_milli);

/* One reading with its quality (R1): codes and statuses never become a number, and a status that is not in `words` vouches
 * for nothing. The worst that is said counts. Of a value
 * whose field words_hold. */
struct reading decode_value(const struct words *words, const struct profile_value *value);

/* The status says what it is expected to say; false when it is not in `words`. */
bool decode_status(const struct words *words, const struct status *status);

/* The other way, for the simulator: registers of a raw value. */
void encode_raw(const struct field *field, int64_t raw, uint16_t ret_words[2]);

/* The bits of an f32. */
int64_t encode_float(double number);

/* The raw value nearest to a value in thousandths, within the field's type. */
int64_t encode_milli(const struct profile_value *value, int32_t milli);

#endif
