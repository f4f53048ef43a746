/* The vocabulary of vital signs: one row per quantity, shared by drivers,
 * limits, the record and the pages.
 *
 * Values are integers in thousandths of the vital's unit ("milli"), so that
 * limits and percentages are compared exactly. Pure; any thread. */
#ifndef INFUSIOND_BASE_VITAL_H
#define INFUSIOND_BASE_VITAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vital {
	VITAL_SYSTOLIC,
	VITAL_DIASTOLIC,
	VITAL_MEAN,
	VITAL_CUFF_PULSE, /* pulse rate found by the cuff: shown, recorded and compared (R7), never judged alone */
	VITAL_RATE,       /* heart or pulse rate from a stream */
	VITAL_SPO2,
	VITAL_BREATHING,
	VITAL_TEMPERATURE,
	VITAL_COUNT
};

enum source {
	SOURCE_CUFF,
	SOURCE_ECG,
	SOURCE_PLETH,
	SOURCE_IMPEDANCE,
	SOURCE_PROBE,
	SOURCE_MANUAL, /* entered by a named person */
	SOURCE_COUNT
};

/* Which alarm a vital belongs to (watching rules, "Words"). */
enum vital_group { GROUP_PRESSURE, GROUP_RATE, GROUP_OXYGEN, GROUP_BREATHING, GROUP_NONE };

struct vital_info {
	const char *name;  /* configuration, API and database: "spo2" */
	const char *label; /* people: "SpO2" */
	const char *unit;  /* "mmHg" */
	const char *ucum;  /* "mm[Hg]" */
	const char *loinc; /* facts: LOINC of the quantity */
	uint32_t mdc;      /* ISO/IEEE 11073 context-free code */
	int32_t plausible_low_milli;  /* inclusive; NIBP, pulse: monitors' measuring bands */
	int32_t plausible_high_milli; /* inclusive */
	int32_t margin_milli;         /* R15 hysteresis */
	int32_t step_milli;           /* R28 "a step further" */
	enum vital_group group;
	bool sparse; /* comes by measurement (cuff), not by stream */
};

/* The row of a vital; never NULL for a member of the enum. */
const struct vital_info *vital_info(enum vital vital);

/* Looks a name up; false when there is none such. */
bool vital_from_name(const char *name, enum vital *ret_vital);

/* "ecg", "pleth", "cuff", ...; and back. */
const char *source_name(enum source source);
bool source_from_name(const char *name, enum source *ret_source);

/* "pressure", "rate", "oxygen", "breathing". */
const char *vital_group_name(enum vital_group group);

/* Writes a milli value with as many decimals as it needs (184, 36.6): never rounded (R9). Its length; cut at the capacity. */
size_t milli_to_text(int64_t milli, char *text, size_t cap);

/* Reads a decimal number with up to three decimals; false when malformed or out of int32 milli. */
bool milli_from_text(const char *text, int32_t *ret_milli);

#endif
