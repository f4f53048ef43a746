/* A simulated monitor's registers, filled from values by the same profile that
 * reads them, and served to whoever asks. Pure; one thread owns an image. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_REGISTERS_H
#define INFUSIOND_DRIVERS_SIMULATED_REGISTERS_H

#include "drivers/profile.h"

struct register_image {
	const struct profile *profile;
	struct span mapped[2];     /* holding and input registers that the profile knows; others do not exist */
	uint16_t holding[65536], input[65536];
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

enum { IMAGE_REPLY_CAP = 260 };

/* Answers a PDU (function code first); returns the reply's length, an exception where the request is wrong: 1 for another
 * function than 3 and 4, 2 for a register that the profile does not have, 3 for a malformed request. */
size_t image_serve(const struct register_image *image, const uint8_t *request, size_t length,
    uint8_t reply[static IMAGE_REPLY_CAP]);

#endif
