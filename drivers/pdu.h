/* Modbus requests and replies as unit + PDU: made, and taken apart against each
 * other. Any bytes are legal replies. Pure; any thread. */
#ifndef INFUSIOND_DRIVERS_PDU_H
#define INFUSIOND_DRIVERS_PDU_H

#include "drivers/decode.h"
#include "drivers/driver.h"

enum { PDU_REASON_CAP = sizeof(((struct driver_result *)0)->reason) };

/* A read of so many registers, or bits of the functions 1 and 2. */
void pdu_read(uint8_t unit, uint8_t function, uint16_t address, uint16_t count, struct wire_bytes *ret_request);

/* What a profile's command says. */
void pdu_command(uint8_t unit, const struct profile_command *command, struct wire_bytes *ret_request);

enum pdu_answer { PDU_GOOD, PDU_EXCEPTION, PDU_BROKEN };

/* Takes a reply apart against its request, of at least unit and function, by the functions 1 to 6, 15, 16 and 23. PDU_GOOD:
 * `ret_words` are what was read, none for a write that was echoed. PDU_EXCEPTION: its code is in *ret_exception. Else the
 * reason says what is wrong; it is empty when all is good. */
enum pdu_answer pdu_take(const uint8_t *request, size_t request_length, const uint8_t *bytes, size_t length,
    struct words *ret_words, uint8_t *ret_exception, char reason[static PDU_REASON_CAP]);

/* What an exception code means, for people (Modbus application protocol 7). */
const char *pdu_exception_text(uint8_t code);

/* 5 and 6: the device is busy with something, and is to be asked again. 10 and 11: a gateway speaks, not the device. */
bool pdu_exception_is_later(uint8_t code);
bool pdu_exception_is_gateway(uint8_t code);

#endif
