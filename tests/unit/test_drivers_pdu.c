/* Requests and replies taken apart against each other: every function, counts at their ends, and what is wrong with what. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/pdu.h"
#include "suite_run.h"

/* A reply to a request, of which the first bytes are given and the rest is 0. */
static const struct {
	uint8_t request[13];
	size_t request_length;
	uint8_t reply[16];
	size_t length;
	enum pdu_answer answer;
	const char *reason;
} exchanges[] = {
	{ { 1, 1, 0, 10, 0, 12 }, 6, { 1, 1, 2, 0xcd, 0x0f }, 5, PDU_GOOD, "" },
	{ { 1, 1, 0, 10, 0, 8 }, 6, { 1, 1, 1, 0xcd }, 4, PDU_GOOD, "" },
	{ { 1, 1, 0, 10, 0, 9 }, 6, { 1, 1, 1, 0xcd }, 4, PDU_BROKEN, "answers 1 bytes of bits (says 1) instead of 2" },
	{ { 1, 2, 0, 10, 0, 8 }, 6, { 1, 2, 2, 0xcd, 0 }, 5, PDU_BROKEN, "answers 2 bytes of bits (says 2) instead of 1" },
	{ { 1, 2, 0, 0, 7, 0xd0 }, 6, { 1, 2, 250 }, 253, PDU_GOOD, "" },
	{ { 1, 2, 0, 0, 7, 0xd1 }, 6, { 1, 2, 251 }, 254, PDU_BROKEN, "answers a read of 2001, which no device may answer" },
	{ { 1, 1, 0, 0, 0, 0 }, 6, { 1, 1, 0 }, 3, PDU_BROKEN, "answers a read of 0, which no device may answer" },
	{ { 1, 3, 0, 0, 0, 125 }, 6, { 1, 3, 250 }, 253, PDU_GOOD, "" },
	{ { 1, 3, 0, 0, 0, 126 }, 6, { 1, 3, 252 }, 255, PDU_BROKEN, "answers a read of 126, which no device may answer" },
	{ { 1, 4, 0, 0, 0, 0 }, 6, { 1, 4, 0 }, 3, PDU_BROKEN, "answers a read of 0, which no device may answer" },
	{ { 1, 4, 0, 0, 0 }, 5, { 1, 4, 2, 0, 0 }, 5, PDU_BROKEN, "the request is cut short" },
	{ { 1, 5, 0, 1, 0xff, 0 }, 6, { 1, 5, 0, 1, 0xff, 0 }, 6, PDU_GOOD, "" },
	{ { 1, 5, 0, 1, 0xff, 0 }, 6, { 1, 5, 0, 1, 0, 0 }, 6, PDU_BROKEN, "does not confirm what was written" },
	{ { 1, 6, 0, 1, 0, 9 }, 6, { 1, 6, 0, 1, 0, 9 }, 6, PDU_GOOD, "" },
	{ { 1, 6, 0, 1, 0, 9 }, 6, { 1, 6, 0, 1, 0, 9, 0 }, 7, PDU_BROKEN, "does not confirm what was written" },
	{ { 1, 6, 0, 1, 0, 9 }, 6, { 1, 6, 0, 1, 0 }, 5, PDU_BROKEN, "does not confirm what was written" },
	{ { 1, 15, 0, 1, 0, 3, 1, 5 }, 8, { 1, 15, 0, 1, 0, 3 }, 6, PDU_GOOD, "" },
	{ { 1, 16, 0, 1, 0, 1, 2, 0, 7 }, 9, { 1, 16, 0, 1, 0, 1 }, 6, PDU_GOOD, "" },
	{ { 1, 16, 0, 1, 0, 1, 2, 0, 7 }, 9, { 1, 16, 0, 1, 0, 2 }, 6, PDU_BROKEN, "does not confirm what was written" },
	{ { 1, 23, 0, 8, 0, 2, 0, 1, 0, 1, 2, 0, 7 }, 13, { 1, 23, 4, 1, 2, 3, 4 }, 7, PDU_GOOD, "" },
	{ { 1, 23, 0, 8, 0, 2, 0, 1, 0, 1, 2, 0, 7 }, 13, { 1, 23, 2, 1, 2 }, 5, PDU_BROKEN,
	    "answers 2 bytes of registers (says 2) instead of 4" },
	{ { 1, 23, 0, 8, 0, 0, 0, 1, 0, 1, 2, 0, 7 }, 13, { 1, 23, 0 }, 3, PDU_BROKEN,
	    "answers a read of 0, which no device may answer" },
	{ { 1, 7, 0, 0, 0, 0 }, 6, { 1, 7, 3 }, 3, PDU_BROKEN, "function 7 is not known here" },
	{ { 1, 7, 0, 0, 0, 0 }, 6, { 1, 0x87, 1 }, 3, PDU_EXCEPTION, "exception 1: illegal function" },
	{ { 1, 0x83, 0, 0, 0, 0 }, 6, { 1, 0x83, 9 }, 3, PDU_EXCEPTION, "exception 9: unknown exception" },
	{ { 1, 3, 0, 0, 0, 1 }, 6, { 1, 0x83, 12 }, 3, PDU_EXCEPTION, "exception 12: unknown exception" },
	{ { 1, 3, 0, 0, 0, 1 }, 6, { 1, 3 }, 2, PDU_BROKEN, "the answer is cut short" },
	{ { 1, 3, 0, 0, 0, 1 }, 6, { 2, 3, 2, 0, 0 }, 5, PDU_BROKEN, "answers for unit 2 instead of 1" },
	{ { 1, 3, 0, 0, 0, 1 }, 6, { 1, 4, 2, 0, 0 }, 5, PDU_BROKEN, "answers function 4 instead of 3" },
};

START_TEST(an_exchange_of_every_kind)
{
	uint8_t *reply = calloc(1, exchanges[_i].length), exception = 0;
	char reason[PDU_REASON_CAP];
	struct words words;
	enum pdu_answer answer;

	memcpy(reply, exchanges[_i].reply, exchanges[_i].length < 16 ? exchanges[_i].length : 16);
	answer = pdu_take(exchanges[_i].request, exchanges[_i].request_length, reply, exchanges[_i].length, &words, &exception, reason);
	ck_assert_int_eq(answer, exchanges[_i].answer);
	ck_assert_str_eq(reason, exchanges[_i].reason);
	ck_assert_uint_eq(exception, answer == PDU_EXCEPTION ? exchanges[_i].reply[2] : 0);
	free(reply);
}
END_TEST

START_TEST(bits_come_lowest_first)
{
	static const uint8_t request[] = { 9, 1, 1, 0, 0, 20 }, reply[] = { 9, 1, 3, 0x01, 0x82, 0x0c };
	char reason[PDU_REASON_CAP];
	uint8_t exception;
	struct words words;

	ck_assert_int_eq(pdu_take(request, 6, reply, 6, &words, &exception, reason), PDU_GOOD);
	ck_assert_uint_eq(words.function, READ_COILS);
	ck_assert_uint_eq(words.address, 256);
	ck_assert_uint_eq(words.count, 20);
	for (uint16_t i = 0; i < 20; i++) {
		const struct field bit = { READ_COILS, (uint16_t)(256 + i), TYPE_BIT, ORDER_ABCD, 0, 0, 0 };

		ck_assert_int_eq(decode_raw(&words, &bit), i == 0 || i == 9 || i == 15 || i == 18 || i == 19);
	}
}
END_TEST

START_TEST(registers_come_highest_byte_first)
{
	static const uint8_t request[] = { 9, 23, 0, 40, 0, 2, 0, 1, 0, 1, 2, 0, 7 }, reply[] = { 9, 23, 4, 0x12, 0x34, 0x56, 0x78 };
	char reason[PDU_REASON_CAP];
	uint8_t exception;
	struct words words;

	ck_assert_int_eq(pdu_take(request, sizeof(request), reply, sizeof(reply), &words, &exception, reason), PDU_GOOD);
	ck_assert_uint_eq(words.function, READ_HOLDING); /* which is what 23 reads */
	ck_assert_uint_eq(words.address, 40);
	ck_assert_uint_eq(words.count, 2);
	ck_assert_uint_eq(words.at[0], 0x1234);
	ck_assert_uint_eq(words.at[1], 0x5678);
	ck_assert_ptr_null(words.along);
}
END_TEST

/* A write that was confirmed has read nothing. */
START_TEST(a_write_reads_nothing)
{
	static const uint8_t request[] = { 9, 6, 0, 40, 0, 2 };
	char reason[PDU_REASON_CAP];
	uint8_t exception;
	struct words words;

	ck_assert_int_eq(pdu_take(request, 6, request, 6, &words, &exception, reason), PDU_GOOD);
	ck_assert_uint_eq(words.count, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("drivers: pdu");
	TCase *tcase = tcase_create("pdu");

	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, an_exchange_of_every_kind, 0, sizeof(exchanges) / sizeof(exchanges[0]));
	tcase_add_test(tcase, bits_come_lowest_first);
	tcase_add_test(tcase, registers_come_highest_byte_first);
	tcase_add_test(tcase, a_write_reads_nothing);
	return suite_run(suite);
}
