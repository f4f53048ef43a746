/* What can happen to a monitor itself. */
#include "drivers/simulated/monitor_state.h"

#include <string.h>

static void
take_sensor_off(struct simulated_monitor *monitor, int64_t amount)
{
	monitor->sensor_off = amount != 0;
}

static void
take_cuff_failure(struct simulated_monitor *monitor, int64_t amount)
{
	const struct profile_cuff *cuff = &monitor->profile->cuff;

	if (amount == 0)
		amount = cuff->failure_count > 0 ? cuff->failures[0].code : 1;
	monitor->next_failure = amount;
}

static void
take_cuff_same(struct simulated_monitor *monitor, int64_t amount)
{
	monitor->next_same = amount != 0;
}

static void
go_down(struct simulated_monitor *monitor, int64_t amount)
{
	cycle_break(monitor);
	monitor->down_until = instant_add(monitor->now, duration_ms(amount > 0 ? amount : 0));
	monitor->counter = 0;
}

static void
take_reboot(struct simulated_monitor *monitor, int64_t amount)
{
	go_down(monitor, amount);
	monitor->has_result = monitor->attempted = false;
	monitor->stamp_s = 0;
}

static void
take_counter_wrap(struct simulated_monitor *monitor, int64_t amount)
{
	monitor->next_wraps = amount != 0;
}

static void
take_clock_off(struct simulated_monitor *monitor, int64_t amount)
{
	monitor->clock_off = duration_ms(amount);
}

static const struct {
	const char *name;
	void (*take)(struct simulated_monitor *monitor, int64_t amount);
} faults[SIMULATED_FAULT_COUNT] = {
	[SIMULATED_SENSOR_OFF] = { "sensor-off", take_sensor_off },
	[SIMULATED_CUFF_FAILURE] = { "cuff-failure", take_cuff_failure },
	[SIMULATED_CUFF_SAME] = { "cuff-same", take_cuff_same },
	[SIMULATED_REBOOT] = { "reboot", take_reboot },
	[SIMULATED_REBOOT_KEEPS] = { "reboot-keeps", go_down },
	[SIMULATED_COUNTER_WRAP] = { "counter-wrap", take_counter_wrap },
	[SIMULATED_CLOCK_OFF] = { "clock-off", take_clock_off },
};

void
simulated_fault(struct simulated_monitor *monitor, struct instant now, enum simulated_fault fault, int64_t amount)
{
	simulated_advance(monitor, now);
	faults[fault].take(monitor, amount);
}

const char *
simulated_fault_name(enum simulated_fault fault)
{
	return faults[fault].name;
}

bool
simulated_fault_from_name(const char *name, enum simulated_fault *ret_fault)
{
	for (size_t i = 0; i < SIMULATED_FAULT_COUNT; i++)
		if (strcmp(faults[i].name, name) == 0) {
			*ret_fault = (enum simulated_fault)i;
			return true;
		}
	return false;
}
