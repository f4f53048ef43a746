/* A simulated monitor's registers, filled from values by the same profile that
 * reads them, and served to whoever asks. Pure; one thread owns an image. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_REGISTERS_H
#define INFUSIOND_DRIVERS_SIMULATED_REGISTERS_H

#include "drivers/profile.h"

struct register_image {
	const struct profile *profile;
	struct span mapped[4];     /* by function from 1 on: what the profile knows; the rest does not exist */
	uint16_t holding[65536], input[65536];
	uint8_t coils[65536], discrete[65536]; /* 0 or 1 */
};

/* No value anywhere. NULL only when out of memory. The profile has been checked, and outlives the image. */
struct register_image *image_create(const struct profile *profile);
void image_destroy(struct register_image *image); /* NULL is fine */

/* Puts a value so that the driver reads the same reading again, as far as the profile can say it: a value with all its
 * statuses vouching (but one that says "look twice", for verify); no value by the status of its doubt, and by the first error
 * code or, of a float, as NaN; where neither is there by any status. A map that has no way to say "no value" gets a 0. Of
 * values that share a status bit the one that is put last decides. */
void image_put(struct register_image *image, const struct profile_value *value, const struct reading *reading);
void image_put_cuff(struct register_image *image, const struct cuff *cuff);

/* The rest of a cuff; each does nothing where the profile has no such register. */
void image_put_counter(struct register_image *image, int64_t raw); /* proof counter; or proof time, in seconds */
void image_put_age(struct register_image *image, int64_t seconds); /* proof age, or the age beside a counter; < 0: no result */
void image_put_measuring(struct register_image *image, bool measuring);
void image_put_failure(struct register_image *image, int64_t code);
void image_put_clock(struct register_image *image, int64_t unix_s);
void image_put_uptime(struct register_image *image, int64_t seconds);

/* What the device says of itself, cut to the profile's length; a number where the profile wants one, from its digits. A new
 * image says that it is simulated. */
void image_put_identity(struct register_image *image, enum identity_part part, const char *text);

enum { IMAGE_REPLY_CAP = 260 };

/* Answers a PDU (function code first), as strict as the profile says: what cannot be read, is read alone or in one block is
 * refused in any other read. Returns the reply's length, an exception where the request is wrong: 1 for a function that the
 * profile does not use, 2 for a register that it does not have, 3 for a malformed request. A write is confirmed when it is one
 * of the profile's commands, and changes no register. */
size_t image_serve(const struct register_image *image, const uint8_t *request, size_t length,
    uint8_t reply[static IMAGE_REPLY_CAP]);

/* Which of the profile's commands a PDU is, for whoever acts on it. */
enum image_command { IMAGE_NO_COMMAND, IMAGE_START_CUFF, IMAGE_CANCEL_CUFF, IMAGE_WAKE_UP };
enum image_command image_command_of(const struct register_image *image, const uint8_t *request, size_t length);

#endif
