/* What a playing scenario is made of, shared by play.c and people.c. Test code. */
#ifndef INFUSIOND_TESTS_PLAYER_H
#define INFUSIOND_TESTS_PLAYER_H

#include "tests/scenarios/monitor.h"

enum { PLAYER_BEDS = 3 };

/* An event as the store would keep it. */
struct kept_event {
	struct event event;
	struct session session;
	struct alarm alarm;
};

struct player_bed {
	char name[NAME_CAP];
	struct watch *watch;
	struct monitor monitors[WATCH_DEVICES];
	size_t monitor_count;
};

struct traced_line {
	struct instant at;
	int rank; /* order of groups at one instant */
	char text[SCENARIO_LINE * 2];
};

struct player {
	const struct scenario *scenario;
	const struct regimen *regimens[1];
	struct player_bed beds[PLAYER_BEDS];
	size_t bed_count;
	int64_t last_id;
	struct instant now;
	struct kept_event *kept;
	size_t kept_count;
	bool folding; /* events of a rebuilt watch are kept like all others */
	bool whole_trace;
	struct traced_line *trace;
	size_t trace_count;
	FILE *complaints;
	int complaint_count;
};

/* people.c: an act line; complains when it was refused and should not be, or the other way round. */
struct outcome player_act(struct player *player, const struct scenario_line *line);

/* play.c */
struct player_bed *player_add_bed(struct player *player, const char *name, const char *device);
struct player_bed *player_session_bed(struct player *player); /* the bed with the session, or the first */
void player_complain(struct player *player, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
