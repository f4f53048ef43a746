/* A store in a folder of its own, a loop to run it on, and a small session to
 * fill it with. Every wait is for a thing and has a bound. */
#ifndef INFUSIOND_TESTS_STORE_FIXTURE_H
#define INFUSIOND_TESTS_STORE_FIXTURE_H

#include "daemon/store/store.h"

enum { FIXTURE_PATH = 128 };

struct fixture {
	char folder[FIXTURE_PATH];
	char path[FIXTURE_PATH + 16];
	uv_loop_t loop;
	uv_timer_t bound;
	struct store *store; /* NULL: closed */
	store_ticket committed;
	int commits;         /* callbacks */
	char trouble[256];   /* the last reason; empty: none */
	int troubles;
};

/* A folder and a loop; no store yet. */
void fixture_init(struct fixture *fixture);
void fixture_finish(struct fixture *fixture); /* closes the store, removes the folder */

void fixture_open(struct fixture *fixture); /* must work */
struct outcome fixture_close(struct fixture *fixture);

/* Runs the loop until it is so. */
void fixture_wait_commit(struct fixture *fixture, store_ticket ticket);
void fixture_wait_trouble(struct fixture *fixture);
void fixture_turn(struct fixture *fixture); /* once, without waiting */

/* On a connection of its own; must work. */
void fixture_sql(const char *path, const char *script);
int64_t fixture_integer(const char *path, const char *query);
void fixture_text(const char *path, const char *query, char *text, size_t cap);

/* The chain of the file, closed or open, must be whole. */
void fixture_assert_sound(const char *path);

/* Bytes of a file, changed or cut. */
size_t fixture_size(const char *path);
void fixture_write_file(const char *path, const void *bytes, size_t size);
unsigned char *fixture_read_file(const char *path, size_t *ret_size); /* free it */
void fixture_copy_file(const char *from, const char *to);

/* Makes every write of the process fail as a full disk does, and work again. Check itself writes at every assertion:
 * assert nothing in between. */
void fixture_fill_disk(void);
void fixture_empty_disk(void);

/* 2026-01-02T09:00:00Z and so many milliseconds. */
struct instant fixture_at(int64_t ms);

/* Two readings of a monitor, the second one with a value that may be read as `spo2`. */
store_ticket fixture_observe(struct fixture *fixture, int64_t session, struct instant at, int32_t spo2_milli);

/* An event of a session with its state, an act of a nurse, an alarm of a session. */
store_ticket fixture_tell_session(struct fixture *fixture, enum event_type type, const struct session *session,
    struct instant at);
store_ticket fixture_tell_act(struct fixture *fixture, int64_t session, const char *act_id, struct instant at);
store_ticket fixture_tell_alarm(struct fixture *fixture, enum alarm_change change, const struct alarm *alarm,
    struct instant at);

/* Session 1 at "bed 1": started, watched with an alarm (2) that is raised, acknowledged and ends, noted, discharged when
 * `discharge`. Everything committed, in several batches. */
void fixture_fill(struct fixture *fixture, bool discharge);

#endif
