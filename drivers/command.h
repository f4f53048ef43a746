/* Starting and cancelling a cuff by Modbus: acts on a patient. Pure. */
#ifndef INFUSIOND_DRIVERS_COMMAND_H
#define INFUSIOND_DRIVERS_COMMAND_H

#include "drivers/driver.h"

/* As struct driver's `command` and `commanded`. */
struct outcome command_make(const struct profile *profile, uint8_t unit, bool may_start_cuff, enum driver_command command,
    struct wire_bytes *ret_request);
void command_judge(const struct profile *profile, uint8_t unit, enum driver_command command, const uint8_t *bytes,
    size_t length, struct driver_commanded *ret_commanded);

#endif
