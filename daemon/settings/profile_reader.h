/* A profile while it is read: defaults, and how its numbers name registers.
 * Private to the readers of profiles. */
#ifndef INFUSIOND_SETTINGS_PROFILE_READER_H
#define INFUSIOND_SETTINGS_PROFILE_READER_H

#include "daemon/settings/profile_raw.h"

/* How numbers of registers are written. VENDOR: 5 or 6 digits, of which the first names the kind, the rest counts from 1. */
enum addresses { ADDRESSES_UNSAID, ADDRESSES_PDU, ADDRESSES_VENDOR };

struct reader {
	struct yaml_file *file;
	enum addresses addresses;
	int64_t registers_from; /* the number that the vendor's manual gives to the first register */
	struct field usual;     /* the profile's function and order, u16 */
	struct profile *profile; /* for the names of blocks */
};

/* Where a number stands: "register" with its function, type, bits and order. */
struct raw_field {
	const char *address, *function, *type, *bits, *order;
};

/* A number of a register or bit. `function` is the one that reads it; a vendor's number changes it, unless it `is_given`. */
void take_address(struct reader *reader, const char *path, const char *text, bool is_given, uint8_t *function,
    uint16_t *address);

/* A field in a mapping of its own, at `base`. */
void take_field(struct reader *reader, const char *base, const struct raw_field *raw, struct field *field);

/* A register that is named by one key beside others ("proof_register"); read by the function of the values around it. False
 * when it is not given. */
bool take_register(struct reader *reader, const char *base, const char *key, const char *text, uint8_t function,
    struct field *field);

/* Types and bits of such a register; nothing changes when they are not given. */
void take_type(struct reader *reader, const char *base, const char *key, const char *text, struct field *field);
void take_bits(struct reader *reader, const char *base, const char *key, const char *text, struct field *field);

bool take_function(struct reader *reader, const char *base, const char *text, uint8_t *ret_function);

/* profile_aside.c: what is asked or written beside polling, and what may not be read. */
void take_unreadable(struct reader *reader, const struct raw_profile *raw, struct profile *profile);
void take_identity(struct reader *reader, const struct raw_identity *raw, struct profile *profile);
void take_wake_up(struct reader *reader, const struct raw_wake_up *raw, struct wake_up *wake_up);
void take_command(struct reader *reader, const char *base, const struct raw_command *raw, struct profile_command *command);

#endif
