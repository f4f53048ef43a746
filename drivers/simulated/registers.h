/* A simulated monitor's registers, filled from values by the same profile that
 * reads them, and served to whoever asks. Pure; one thread owns an image. */
#ifndef INFUSIOND_DRIVERS_SIMULATED_REGISTERS_H
#define INFUSIOND_DRIVERS_SIMULATED_REGISTERS_H

#include "drivers/profile.h"

struct register_image {
	const struct profile *profile;
	uint16_t holding[65536], input[65536];
};

/* All zero, with every value absent and every status vouching for nothing. NULL only when out of memory. */
struct register_image *image_create(const struct profile *profile);
void image_destroy(struct register_image *image);

/* A value, or what the monitor says when it has none: its first error code and statuses that do not vouch. */
void image_put(struct register_image *image, const struct profile_value *value, const struct reading *reading);

/* Cuff: values and what proves them. */
void image_put_cuff(struct register_image *image, const struct cuff *cuff);
void image_put_counter(struct register_image *image, int64_t raw);
void image_put_age(struct register_image *image, int64_t seconds); /* proof age and the counter's age register; < 0: none */
void image_put_measuring(struct register_image *image, bool measuring);
void image_put_failure(struct register_image *image, int64_t code);
void image_put_clock(struct register_image *image, int64_t unix_s);
void image_put_uptime(struct register_image *image, int64_t seconds);

/* Answers a PDU (function code first); returns the reply's length, an exception where the request is wrong. */
size_t image_serve(const struct register_image *image, const uint8_t *request, size_t length, uint8_t reply[260]);

#endif
