#include "daemon/base/reading.h"

const char *
quality_name(enum quality quality)
{
	static const char *const names[] = { "absent", "invalid", "verify", "good" };

	return names[quality];
}

const char *
doubt_text(enum doubt doubt)
{
	static const char *const texts[] = {
		[DOUBT_NONE] = "",
		[DOUBT_ERROR_CODE] = "error code",
		[DOUBT_NOT_VOUCHED] = "not vouched for by the device",
		[DOUBT_SENSOR_OFF] = "sensor off",
		[DOUBT_IMPLAUSIBLE] = "not plausible",
		[DOUBT_AT_THE_END] = "at the end of what can be measured",
		[DOUBT_JUMP] = "far from the last cuff",
		[DOUBT_ORDER] = "systolic, mean and diastolic out of order",
		[DOUBT_SOURCES] = "two rate sources disagree",
		[DOUBT_AGE_UNKNOWN] = "age unknown",
		[DOUBT_DEVICE_SAYS] = "questionable by the device's own word",
	};

	return texts[doubt];
}

bool
quality_has_value(enum quality quality)
{
	return quality >= QUALITY_VERIFY;
}
