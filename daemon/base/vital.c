#include "daemon/base/vital.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/digits.h"

/* Measuring bands: systolic 40-270, diastolic 10-210, mean 20-230 mmHg (a
 * Mindray TM80 manual, p. 12-5); pulse 30-300 (Edan M3A); SpO2 under 50 % and
 * rate under 30 as watching rule R6 names them; breathing 4-60 for an adult. */
static const struct vital_info vitals[VITAL_COUNT] = {
	[VITAL_SYSTOLIC] = { "systolic", "Systolic", "mmHg", "mm[Hg]", "8480-6", 150021, 40000, 270000, 4000, 10000, GROUP_PRESSURE, true },
	[VITAL_DIASTOLIC] = { "diastolic", "Diastolic", "mmHg", "mm[Hg]", "8462-4", 150022, 10000, 210000, 4000, 10000, GROUP_PRESSURE, true },
	[VITAL_MEAN] = { "mean", "Mean pressure", "mmHg", "mm[Hg]", "8478-0", 150023, 20000, 230000, 4000, 10000, GROUP_PRESSURE, true },
	[VITAL_CUFF_PULSE] = { "cuff_pulse", "Cuff pulse", "/min", "/min", "8867-4", 149546, 30000, 300000, 3000, 10000, GROUP_NONE, true },
	[VITAL_RATE] = { "rate", "Rate", "/min", "/min", "8867-4", 149530, 30000, 300000, 3000, 10000, GROUP_RATE, false },
	[VITAL_SPO2] = { "spo2", "SpO2", "%", "%", "59408-5", 150456, 50000, 100000, 1000, 2000, GROUP_OXYGEN, false },
	[VITAL_BREATHING] = { "breathing", "Breathing", "/min", "/min", "9279-1", 151562, 4000, 60000, 1000, 3000, GROUP_BREATHING, false },
	[VITAL_TEMPERATURE] = { "temperature", "Temperature", "°C", "Cel", "8310-5", 150344, 25000, 45000, 200, 500, GROUP_NONE, false },
};

static const char *const source_names[SOURCE_COUNT] = {
	[SOURCE_CUFF] = "cuff",   [SOURCE_ECG] = "ecg",     [SOURCE_PLETH] = "pleth",
	[SOURCE_IMPEDANCE] = "impedance", [SOURCE_PROBE] = "probe", [SOURCE_MANUAL] = "manual",
};

const struct vital_info *
vital_info(enum vital vital)
{
	return &vitals[vital];
}

bool
vital_from_name(const char *name, enum vital *ret_vital)
{
	for (size_t i = 0; i < VITAL_COUNT; i++) {
		if (strcmp(vitals[i].name, name) == 0) {
			*ret_vital = (enum vital)i;
			return true;
		}
	}
	return false;
}

const char *
source_name(enum source source)
{
	return source_names[source];
}

bool
source_from_name(const char *name, enum source *ret_source)
{
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		if (strcmp(source_names[i], name) == 0) {
			*ret_source = (enum source)i;
			return true;
		}
	}
	return false;
}

const char *
vital_group_name(enum vital_group group)
{
	static const char *const names[] = { "pressure", "rate", "oxygen", "breathing", "none" };

	return names[group];
}

size_t
milli_to_text(int64_t milli, char *text, size_t cap)
{
	char whole[DIGITS_CAP], *end = whole + sizeof(whole) - 1, *from = end;
	uint64_t size = digits_size(milli);
	size_t length;

	*end = '\0';
	if (size % 1000 != 0) {
		from = digits_before(end, size % 1000, 3);
		*--from = '.';
		while (end[-1] == '0')
			*--end = '\0';
	}
	from = digits_before(from, size / 1000, 1);
	if (milli < 0)
		*--from = '-';
	length = (size_t)(end - from) < cap ? (size_t)(end - from) : cap - 1;
	memcpy(text, from, length);
	text[length] = '\0';
	return length;
}

bool
milli_from_text(const char *text, int32_t *ret_milli)
{
	bool negative = *text == '-';
	int64_t value = 0;
	int decimals = -1, digits = 0;

	for (text += negative; *text != '\0'; text++) {
		if (*text == '.' && decimals < 0 && digits > 0) {
			decimals = 0;
			continue;
		}
		if (*text < '0' || *text > '9' || decimals == 3)
			return false;
		value = value * 10 + (*text - '0');
		digits++;
		if (decimals >= 0)
			decimals++;
		if (value > INT32_MAX)
			return false;
	}
	if (digits == 0 || decimals == 0)
		return false;
	for (int i = decimals < 0 ? 0 : decimals; i < 3; i++)
		value *= 10;
	if (value > INT32_MAX)
		return false;
	*ret_milli = (int32_t)(negative ? -value : value);
	return true;
}
