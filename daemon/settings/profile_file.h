/* The schema of a monitor's profile, and names shared by the readers. Private to daemon/settings. */
#ifndef INFUSIOND_SETTINGS_PROFILE_FILE_H
#define INFUSIOND_SETTINGS_PROFILE_FILE_H

#include "daemon/settings/regimen_file.h"

extern const cyaml_schema_value_t profile_schema;

#endif
