/* A monitor's register map as data: what the generic Modbus driver reads, what
 * the simulator serves. A plain value, filled by daemon/settings from YAML,
 * checked by profile_check, constant afterwards. Any thread.
 *
 * No vital-sign monitor with a public Modbus map is known (facts, protocols 1):
 * profiles describe gateways and PLC-fronted devices, and say so. */
#ifndef INFUSIOND_DRIVERS_PROFILE_H
#define INFUSIOND_DRIVERS_PROFILE_H

#include "daemon/base/instant.h"
#include "daemon/base/outcome.h"
#include "daemon/base/reading.h"

enum {
	PROFILE_VALUES = OBSERVATION_READINGS, /* all of them may come in one reply */
	PROFILE_CODES = 8,
	PROFILE_STATUSES = 4,
	PROFILE_FAILURES = 16,
	PROFILE_TEXT_CAP = 200,
	MODBUS_READ_MOST = 125, /* registers in one read, Modbus application protocol 6.3 */
	PROFILE_SCALE_MOST = 2000000000 /* so that a 32-bit count times it fits 63 bits */
};

enum value_type { TYPE_U16, TYPE_S16, TYPE_U32, TYPE_S32, TYPE_F32, TYPE_BIT, TYPE_COUNT };

/* Where the bytes A (most significant) to D of a 32-bit value stand in two registers. */
enum word_order { ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA, ORDER_COUNT };

/* A number in registers. */
struct field {
	uint8_t function; /* 3 holding, 4 input registers */
	uint16_t address; /* 0-based, as in the PDU */
	enum value_type type;
	enum word_order order; /* 32-bit types; BADC and DCBA swap the bytes of 16-bit ones */
	uint8_t bit;           /* TYPE_BIT: 0 least significant */
};

/* Status bits that speak about a value. */
struct status {
	struct field word;    /* u16, of the value's own function, so that one reply holds both */
	uint16_t mask;
	uint16_t expect;      /* word & mask must equal it */
	enum doubt otherwise; /* NOT_VOUCHED and SENSOR_OFF: no value; DEVICE_SAYS: verify */
};

/* One vital sign. value in thousandths = raw * scale_micro / 1000 + offset_milli, rounded to nearest. */
struct profile_value {
	bool present;
	enum vital vital;
	enum source source;
	struct field field;
	int64_t scale_micro; /* millionths of a unit per count, at most PROFILE_SCALE_MOST; 1000000 for a plain number */
	int32_t offset_milli;
	/* Raw values that mean "no value": as a number or as the register's bits (0x8000 of an s16 is -32768); of an f32 as
	 * the number or its bits. NaN and infinity are never a value. */
	int64_t error_codes[PROFILE_CODES];
	size_t error_code_count;
	struct status statuses[PROFILE_STATUSES];
	size_t status_count;
	struct limit_pair {
		bool set;
		int32_t milli;
	} range_low, range_high; /* the device's measuring range: a value at its end is pinned (R6) */
	bool alone; /* with its statuses, never read together with others */
};

/* R2: what the device gives to prove a new measurement.
 * PROOF_COUNTER counts finished attempts. PROOF_TIME and PROOF_AGE say when the result was made. PROOF_FLAG is the measuring
 * flag, seen to go on and off. With PROOF_NONE only other numbers show a new one: two equal results in a row cannot be
 * told apart, and `infusiond --check` warns of it. */
enum proof_kind { PROOF_NONE, PROOF_COUNTER, PROOF_TIME, PROOF_AGE, PROOF_FLAG, PROOF_COUNT };

/* What PROOF_TIME counts from: 1970 in UTC, or the device's power-on (then `uptime` is read along). */
enum time_base { TIME_UNIX, TIME_SINCE_BOOT };

struct failure_code {
	int64_t code;
	char words[NAME_CAP * 2];
};

struct profile_cuff {
	bool present;
	struct profile_value systolic, mean, diastolic, pulse;
	enum proof_kind proof;
	struct field proof_field;   /* counter, time (s), age (s), an unsigned integer; not for flag and none */
	int64_t counter_modulus;    /* counter: goes from this - 1 to 0; 0: as its type does */
	enum time_base time_base;
	int64_t age_none;           /* age: this raw value means "no recent result" */
	bool has_age_none;
	bool has_age;               /* counter: a register that also says how old the result is, in s */
	struct field age_field;
	bool has_measuring;
	struct status measuring;    /* a cuff is going on while word & mask == expect */
	bool has_failure;
	struct field failure_field; /* 0: the last attempt gave a pressure */
	struct failure_code failures[PROFILE_FAILURES];
	size_t failure_count;
	bool alone;                 /* never read together with others */
};

struct profile {
	char name[NAME_CAP];
	char title[PROFILE_TEXT_CAP];
	char note[PROFILE_TEXT_CAP];      /* where the map comes from */
	struct duration cadence;          /* default poll period */
	uint16_t max_registers;           /* in one read, 1 to 125 */
	uint16_t max_gap;                 /* unmapped registers that may be read along */
	struct profile_value values[PROFILE_VALUES];
	size_t value_count;
	struct profile_cuff cuff;
	bool has_clock;
	struct field clock;               /* device time, Unix seconds (R4) */
	bool has_uptime;
	struct field uptime;              /* seconds since power-on: a fall is a reboot */
};

/* Calls `tell` for every problem, with the path of its key ("cuff.systolic.address") and a sentence, both valid during
 * the call; returns how many. Any content is legal input, as long as the counts are within the arrays. */
size_t profile_check(const struct profile *profile, void (*tell)(void *ctx, const char *path, const char *sentence),
    void *ctx);

/* Which vitals the profile gives, by source. */
void profile_gives(const struct profile *profile, bool ret_gives[VITAL_COUNT][SOURCE_COUNT]);

/* Registers that a field takes: 1 or 2. */
uint16_t field_words(const struct field *field);

/* What a proof's register is: false for a flag and for none. */
bool proof_has_field(enum proof_kind kind);

/* Registers that one read must hold, from `low` to before `high`; empty while high is 0. */
struct span {
	uint8_t function;
	uint32_t low, high;
};

/* A value with what vouches for it, and all that belongs to one cuff measurement. Fields of another function are left out. */
struct span span_of_value(const struct profile_value *value);
struct span span_of_cuff(const struct profile *profile);
void span_cover(struct span *span, const struct field *field);

const char *value_type_name(enum value_type type);
const char *word_order_name(enum word_order order);
const char *proof_kind_name(enum proof_kind kind);

#endif
