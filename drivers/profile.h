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
	PROFILE_UNREADABLE = 16,
	PROFILE_BLOCKS = 8,
	COMMAND_WORDS = 4,
	IDENTITY_CAP = 64,  /* of a text, with its end */
	PROFILE_TEXT_CAP = 200,
	MODBUS_READ_MOST = 125,       /* registers in one read, Modbus application protocol 6.3 */
	MODBUS_READ_BITS_MOST = 2000, /* coils or discrete inputs in one read, 6.1; they fill as many words */
	PROFILE_SCALE_MOST = 2000000000 /* so that a 32-bit count times it fits 63 bits */
};

/* BCD has a decimal digit in every four bits; what is no digit there is no number, and neither is a u64 from 2^62 on. */
enum value_type {
	TYPE_U16, TYPE_S16, TYPE_U32, TYPE_S32, TYPE_F32, TYPE_BCD16, TYPE_BCD32, TYPE_U64, TYPE_F64, TYPE_BIT, TYPE_COUNT
};

/* Where the bytes A (most significant) to D of a 32-bit value stand in two registers: as they come, with the words swapped,
 * with the bytes of each word swapped, or both. Of 64-bit values likewise: CDAB begins with the least significant word. */
enum word_order { ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA, ORDER_COUNT };

/* The functions that read. */
enum { READ_COILS = 1, READ_DISCRETE = 2, READ_HOLDING = 3, READ_INPUT = 4 };

/* A number in registers; or a single bit of the functions 1 and 2, of type bit, whose address counts bits. */
struct field {
	uint8_t function; /* 3 holding, 4 input registers; of a status also 1 coils, 2 discrete inputs */
	uint16_t address; /* 0-based, as in the PDU */
	enum value_type type;
	enum word_order order; /* BADC and DCBA swap the bytes of 16-bit types too */
	uint8_t bit;           /* TYPE_BIT in a register: 0 least significant */
	uint8_t low_bit, bit_count; /* a packed field: so many bits of the number, from this one on; bit_count 0: all of it */
};

/* Status bits that speak about a value. */
struct status {
	struct field word;    /* u16, of the value's own function, so that one reply holds both; or a bit of function 1 or 2,
	                       * which is read before it in the same round */
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
	uint8_t block; /* 0: none; values of one block, and the cuff if it names it, come in one read */
};

/* A request that is more than polling. With 5, 6 and 16 it writes its values; with 23 it writes them and reads; with 1 to 4 it
 * only reads, which is enough to wake a device up. */
struct profile_command {
	bool present;
	uint8_t function;
	uint16_t address;
	uint16_t values[COMMAND_WORDS]; /* function 5: 0 or 1 */
	uint8_t value_count;
	uint16_t read_address, read_count; /* function 23; with 1 to 4 read_count from `address` on */
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
	uint8_t block;              /* as of a value */
	struct profile_command start, cancel;
	struct duration start_pause; /* the least time from one start to the next */
};

/* Registers that the device does not let be read, or that are not to be. */
struct unreadable {
	uint8_t function;
	uint16_t from, to; /* both included */
};

/* What the device says of itself, once. */
enum identity_part { IDENTITY_MANUFACTURER, IDENTITY_MODEL, IDENTITY_SERIAL, IDENTITY_FIRMWARE, IDENTITY_PARTS };

struct identity_text {
	bool present;
	struct field field;  /* with `bytes` only function and address count, and BADC and DCBA put the second byte first */
	uint8_t bytes;       /* of text, two in a register; 0: a number */
};

/* A request that wakes the device up: after connecting, and when nothing valid came for `silence`. */
struct wake_up {
	struct profile_command command;
	struct duration silence;
	struct duration pause; /* after it, before the next request */
};

struct profile {
	char name[NAME_CAP];
	char title[PROFILE_TEXT_CAP];
	char note[PROFILE_TEXT_CAP];      /* where the map comes from */
	struct duration cadence;          /* default poll period */
	uint16_t max_registers;           /* in one read, 1 to 125 */
	uint16_t max_bits;                /* coils or discrete inputs in one read, 1 to 2000; 0: as many as there can be */
	uint16_t max_gap;                 /* unmapped registers (or bits) that may be read along */
	struct unreadable unreadable[PROFILE_UNREADABLE];
	size_t unreadable_count;
	char blocks[PROFILE_BLOCKS][NAME_CAP]; /* their names, from block 1 on */
	size_t block_count;
	struct profile_value values[PROFILE_VALUES];
	size_t value_count;
	struct profile_cuff cuff;
	bool has_clock;
	struct field clock;               /* device time, Unix seconds (R4) */
	bool has_uptime;
	struct field uptime;              /* seconds since power-on: a fall is a reboot */
	struct identity_text identity[IDENTITY_PARTS];
	struct wake_up wake_up;
};

/* Calls `tell` for every problem, with the path of its key ("cuff.systolic.address") and a sentence, both valid during
 * the call; returns how many. Any content is legal input, as long as the counts are within the arrays. */
size_t profile_check(const struct profile *profile, void (*tell)(void *ctx, const char *path, const char *sentence),
    void *ctx);

/* Which vitals the profile gives, by source. */
void profile_gives(const struct profile *profile, bool ret_gives[VITAL_COUNT][SOURCE_COUNT]);

/* Registers that a field takes, 1, 2 or 4; 1 of a coil or discrete input. */
uint16_t field_words(const struct field *field);

/* Bits of its number: 1 to 64. */
unsigned field_width(const struct field *field);

/* An unsigned whole number says 0 to before this: 65536, 10000 of four digits, 2^62 of a u64. Of the other types the number of
 * their bits' patterns. */
int64_t field_modulus(const struct field *field);

/* It is an unsigned whole number: it can count. */
bool field_counts(const struct field *field);

bool type_is_float(enum value_type type);
bool type_is_bcd(enum value_type type);

/* Functions 1 and 2 read bits. */
bool function_is_bits(uint8_t function);

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

/* The numbers of a cuff, without the statuses that vouch for them, which others may share; returns how many. */
enum { CUFF_FIELDS = 7 };
size_t profile_cuff_fields(const struct profile_cuff *cuff, const struct field *ret_fields[CUFF_FIELDS]);

/* Itself, or its block, is read alone: a block is when one of its members is. */
bool profile_reads_alone(const struct profile *profile, bool alone, uint8_t block);

/* All of a block; and what a reply must hold to speak for a value or the cuff: its block, or itself. */
struct span span_of_block(const struct profile *profile, uint8_t block);
struct span span_of_reply(const struct profile *profile, const struct profile_value *value);
struct span span_of_cuff_reply(const struct profile *profile);
struct span span_of_identity(const struct identity_text *text);
void span_cover(struct span *span, const struct field *field);

const char *value_type_name(enum value_type type);
const char *word_order_name(enum word_order order);
const char *proof_kind_name(enum proof_kind kind);
const char *identity_part_name(enum identity_part part); /* "manufacturer" */

#endif
