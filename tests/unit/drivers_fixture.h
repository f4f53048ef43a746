/* For the drivers' tests: profiles made by hand, and a bench where the driver
 * polls a monitor's registers in virtual time. */
#ifndef INFUSIOND_TESTS_DRIVERS_FIXTURE_H
#define INFUSIOND_TESTS_DRIVERS_FIXTURE_H

#include "drivers/driver.h"
#include "drivers/simulated/registers.h"

/* Registers of made_profile, all read by function 3. */
enum {
	AT_RATE, AT_SPO2, AT_STATUS, /* bit 0: sensor attached; bit 1: measuring; bit 2: pressures are sure */
	AT_SYSTOLIC, AT_MEAN, AT_DIASTOLIC, AT_PULSE, AT_PROOF, AT_PROOF_LOW, AT_AGE, AT_FAILURE,
	AT_UPTIME = 20, AT_CLOCK = 22,
	MADE_END = 24
};

/* Rate (pleth) and SpO2 with 0 as "no value", vouched for by bit 0; a cuff with its flag and failure code, proved as asked.
 * It has no age beside a counter, no clock and no uptime: those are for the test to switch on. */
struct profile made_profile(enum proof_kind proof);

/* The same with a counter, clock and uptime, and a breathing rate in input register 200: three reads. */
struct profile wide_profile(void);

struct bench {
	struct profile profile;
	struct register_image *image;
	void *instance;
	struct instant last_cuff_at; /* for bench_reopen: when the last key was measured; UNKNOWN at first */
	struct observation seen; /* the last reply with the cuff in it */
	bool rebooted;           /* in any reply of the round */
	size_t requests, valid;  /* of the round */
};

enum { BENCH_UNIT = 17 };

/* Opens the driver; a profile that is not right is the test's mistake. */
void bench_open(struct bench *bench, const struct profile *profile, const char *last_key);
void bench_reopen(struct bench *bench, const char *last_key); /* the daemon restarts, the monitor does not */
void bench_close(struct bench *bench);

/* The bench's instants: seconds after a quiet morning's hour, in UTC. */
struct instant bench_at(double seconds);
int64_t bench_unix_s(int64_t seconds);

/* One whole round of reads at that instant; what it says of the cuff. */
struct cuff bench_poll(struct bench *bench, double seconds);

/* Step by step. What the driver wants then; the first register of the request that is due (-1: none is). */
struct driver_next bench_ask(struct bench *bench, double seconds);
int bench_asked_for(struct bench *bench, double seconds);
/* What it makes of those bytes; of the right answer to what is due. */
struct driver_result bench_answer(struct bench *bench, double seconds, const uint8_t *bytes, size_t length);
struct driver_result bench_serve(struct bench *bench, double seconds);

/* A round that brings nothing. */
void bench_miss(struct bench *bench, double seconds);

/* What the monitor shows. */
void bench_cuff(struct bench *bench, int systolic, int mean, int diastolic); /* 0, 0, 0: none */
void bench_register(struct bench *bench, uint16_t address, uint16_t word);
void bench_register_32(struct bench *bench, uint16_t address, int64_t value);
/* An attempt that is counted so, and its result (systolic 0: none), which is no failure. */
void bench_counted(struct bench *bench, uint16_t counter, int systolic);
void bench_measuring(struct bench *bench, bool measuring);

/* Whole mmHg of a reading; -1 when it has no value. */
int number_of(const struct reading *reading);

/* What a polled cuff must be: its proof and systolic pressure; new, and measured then; failed, for that reason. */
#define assert_cuff(polled, expected, mmhg)                                                                            \
	do {                                                                                                           \
		struct cuff got = (polled);                                                                            \
		ck_assert_int_eq(got.proof, (expected));                                                               \
		ck_assert_int_eq(number_of(&got.systolic), (mmhg));                                                    \
	} while (0)

#define assert_new(polled, mmhg, seconds)                                                                              \
	do {                                                                                                           \
		struct cuff fresh = (polled);                                                                          \
		ck_assert_int_eq(fresh.proof, CUFF_NEW);                                                               \
		ck_assert_int_eq(number_of(&fresh.systolic), (mmhg));                                                  \
		ck_assert_int_eq(fresh.measured_at.ms, bench_at(seconds).ms);                                          \
	} while (0)

#define assert_failed(polled, words)                                                                                   \
	do {                                                                                                           \
		struct cuff none = (polled);                                                                           \
		ck_assert_int_eq(none.proof, CUFF_FAILED);                                                             \
		ck_assert_str_eq(none.failure, (words));                                                               \
		ck_assert_int_eq(number_of(&none.systolic), -1);                                                       \
		ck_assert_int_eq(number_of(&none.mean), -1);                                                           \
	} while (0)

#endif
