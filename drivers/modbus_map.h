/* The generic Modbus driver: a profile made into a struct driver (driver.h). */
#ifndef INFUSIOND_DRIVERS_MODBUS_MAP_H
#define INFUSIOND_DRIVERS_MODBUS_MAP_H

#include "drivers/driver.h"

extern const struct driver modbus_map_driver;

/* What a Modbus exception code means, for people (Modbus application protocol 7). */
const char *modbus_exception_text(uint8_t code);

#endif
