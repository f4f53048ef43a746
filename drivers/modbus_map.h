/* The generic Modbus driver: a profile made into a struct driver (driver.h).
 *
 * Beside polling it wakes the device up and reads its identity, where the
 * profile says how; what fails there is no miss. A device that is busy
 * (exceptions 5 and 6) is asked again after MODBUS_LATER_PAUSE_MS, at most
 * MODBUS_LATER_MOST times in a row. */
#ifndef INFUSIOND_DRIVERS_MODBUS_MAP_H
#define INFUSIOND_DRIVERS_MODBUS_MAP_H

#include "drivers/driver.h"

enum { MODBUS_LATER_MOST = 5, MODBUS_LATER_PAUSE_MS = 200 };

extern const struct driver modbus_map_driver;

#endif
