/* Every verb, a row each. */
#include "daemon/ctl/verbs.h"

#define API "/api/v1"
#define REASON { "reason", "reason", OPTION_TEXT, "TEXT", "why, for the record" }
#define OVERRIDE(what) { "override", "override", OPTION_FLAG, NULL, what }
#define WEIGHT                                                                                                         \
	{ "weight-kg", "weight_kg", OPTION_NUMBER, "KG", "the weight" },                                               \
	    { "weight-lb", "weight_lb", OPTION_NUMBER, "LB", "the same weight, read again in pounds" },                \
	    { "dose-mg", "dose_mg", OPTION_NUMBER, "MG", "the whole dose; by the regimen's rule when not given" },     \
	    { "volume-ml", "volume_ml", OPTION_NUMBER, "ML", "the volume of the whole dose" },                         \
	{                                                                                                              \
		"unusual-confirmed", "unusual_confirmed", OPTION_FLAG, NULL,                                           \
		    "the weight or dose outside the usual range is meant"                                              \
	}
#define OF_USER(name) API "/users/TARGET/" name
#define KEEP_PASSWORD                                                                                                  \
	{ "keep-password", "must_change_password", OPTION_FLAG, NULL, "it need not be changed at the first log-in" }
#define OF_SESSION(name) API "/sessions/TARGET/" name

#define LOCAL(name, value, help) { name, NULL, OPTION_LOCAL, value, help }
#define MAP_ONLY LOCAL("config", "FILE", "PROFILE is the name of a monitor of this infusiond.yaml")
#define WIRE                                                                                                           \
	MAP_ONLY, LOCAL("host", "HOST[:PORT]", "Modbus TCP; port 502"),                                                \
	    LOCAL("device", "PATH", "a serial port, with --baud"), LOCAL("baud", "N", "its speed"),                    \
	    LOCAL("parity", "none|even|odd", "none when not given"), LOCAL("stop-bits", "1|2", "1 when not given"),    \
	    LOCAL("unit", "N", "1 when not given"), LOCAL("timeout-ms", "MS", "500 when not given")

static const struct verb verbs[] = {
	{ "watch", NULL, "the live table of beds, until Ctrl-C", NULL, run_watch,
	    { { "times", NULL, OPTION_LOCAL, "N", "stop after N tables" } } },
	{ "status", NULL, "the program itself, and who you are", API "/status", run_status, { { NULL } } },
	{ "beds", NULL, "the table of beds, once", API "/beds", run_beds, { { NULL } } },
	{ "alarms", NULL, "open alarms, worst first", API "/alarms", run_alarms, { { NULL } } },
	{ "lines", NULL, "the wires: state and reason, round trips, errors by kind, how the plan fits", API "/lines", run_lines,
	    { { NULL } } },
	{ "reload", NULL, "lines, monitors and profiles are taken up from the configuration; the rest waits for a start", API "/reload",
	    run_reload, { REASON } },
	{ "regimens", NULL, "what a session can be started with", API "/regimens", run_regimens, { { NULL } } },
	{ "sessions list", NULL, "sessions, newest first", API "/sessions", run_sessions,
	    { { "bed", "bed", OPTION_QUERY, "BED", "at this bed" },
		{ "patient", "patient", OPTION_QUERY, "NAME", "of this pseudonym" },
		{ "regimen", "regimen", OPTION_QUERY, "NAME", "of this regimen" },
		{ "state", "state", OPTION_QUERY, "open|ended", "" },
		{ "alarm", "alarm", OPTION_QUERY, "WHAT", "with an alarm of this priority or above, or of this group" },
		{ "gap", "gap", OPTION_QUERY, "yes|no", "in which something was not watched" },
		{ "unsigned", "unsigned", OPTION_QUERY, "yes|no", "ended and signed by nobody" },
		{ "find", "q", OPTION_QUERY, "TEXT", "anywhere in patient, bed or regimen, or the id" },
		{ "from", "from", OPTION_QUERY, "TIME", "started from then on (2026-01-02T09:30:00Z)" },
		{ "to", "to", OPTION_QUERY, "TIME", "started before then" },
		{ "limit", "limit", OPTION_QUERY, "N", "at most N" },
		{ "offset", "offset", OPTION_QUERY, "N", "pass over N" } } },
	{ "sessions show", "SESSION", "a session and what happened in it", API "/sessions/TARGET", run_session, { { NULL } } },
	{ "sessions readings", "SESSION", "its readings", OF_SESSION("readings"), run_readings,
	    { { "vital", "vital", OPTION_QUERY, "NAME", "of this vital sign" },
		{ "from", "from", OPTION_QUERY, "TIME", "from then on" },
		{ "to", "to", OPTION_QUERY, "TIME", "before then" },
		{ "limit", "limit", OPTION_QUERY, "N", "at most N" },
		{ "offset", "offset", OPTION_QUERY, "N", "pass over N" } } },
	{ "sessions coverage", "SESSION", "when what was not watched", OF_SESSION("coverage"), run_coverage, { { NULL } } },
	{ "export", "SESSION", "a whole session as CSV", OF_SESSION("export.csv"), run_export,
	    { { "out", NULL, OPTION_LOCAL, "FILE", "into this file" } } },
	{ "verify", NULL, "proves the record", API "/verify", run_verify,
	    { { "head", "head", OPTION_QUERY, "SEQ:HEX", "against a head that was kept elsewhere" } } },

	{ "login", NULL, "logs in over the network (--url); the log-in is kept until you log out", API "/login", run_login,
	    { LOCAL("name", "NAME", "of the account; your user's when not given") } },
	{ "logout", NULL, "ends the log-in", API "/logout", run_logout, { { NULL } } },
	{ "password", NULL, "chooses a password of your own", API "/password", run_password, { { NULL } } },
	{ "user list", NULL, "every account, its role and log-ins", API "/users", run_user_list, { { NULL } } },
	{ "user add", "NAME", "makes an account; its password is asked for", API "/users", run_user_password,
	    { { "role", "role", OPTION_TEXT, "ROLE", "viewer, nurse, prescriber, admin or engineer" }, KEEP_PASSWORD, REASON } },
	{ "user role", "NAME", "changes what an account may do", OF_USER("role"), run_act,
	    { { "role", "role", OPTION_TEXT, "ROLE", "viewer, nurse, prescriber, admin or engineer" }, REASON } },
	{ "user password", "NAME", "gives an account another password, and ends its log-ins", OF_USER("password"),
	    run_user_password, { KEEP_PASSWORD, REASON } },
	{ "user disable", "NAME", "lets an account in no more, and ends its log-ins", OF_USER("disable"), run_act, { REASON } },
	{ "user enable", "NAME", "lets a disabled account in again", OF_USER("enable"), run_act, { REASON } },
	{ "user remove", "NAME", "removes an account; the record keeps what it did", OF_USER("remove"), run_act, { REASON } },
	{ "tls init", NULL, "makes an authority and a certificate for browsers, and says what to do next", NULL, run_tls_init,
	    { LOCAL("dir", "DIR", "into this folder; nothing there is overwritten"),
		{ "host", NULL, OPTION_LIST, "NAME|ADDRESS", "by which browsers call this host; may be given again" } } },

	{ "sessions preview", "BED", "what a start would come to, and its arithmetic", API "/beds/TARGET/preview", run_preview,
	    { WEIGHT, { "patient", "patient", OPTION_TEXT, "NAME", "a pseudonym" },
		{ "regimen", "regimen", OPTION_TEXT, "NAME", "not the first of the configuration" }, REASON } },
	{ "monitor check", "PROFILE", "a register map as a table, and the reads it comes to", NULL, run_monitor_check,
	    { MAP_ONLY } },
	{ "monitor plan", "PROFILE", "the reads of a round, and what they take of a serial wire", NULL, run_monitor_plan,
	    { MAP_ONLY, LOCAL("baud", "N", "of the wire"), LOCAL("parity", "none|even|odd", "") } },
	{ "monitor probe", "PROFILE", "live values beside their raw words, quality and why; records nothing", NULL,
	    run_monitor_probe,
	    { WIRE, LOCAL("times", "N", "rounds; 3 when not given"),
		{ "quiet", NULL, OPTION_FLAG, NULL, "without the bytes of every request and reply" } } },
	{ "monitor capture", "PROFILE", "the same, every request and reply into a file", NULL, run_monitor_capture,
	    { WIRE, LOCAL("times", "N", "rounds; 60 when not given"), LOCAL("out", "FILE", "the capture") } },
	{ "monitor replay", "PROFILE", "a capture through the driver, at any speed", NULL, run_monitor_replay,
	    { MAP_ONLY, LOCAL("in", "FILE", "a capture, of the daemon's or of this bench"),
		LOCAL("unit", "N", "1 when not given"), LOCAL("line", "NAME", "of this line only"),
		LOCAL("speed", "X", "1 as it was; as fast as it goes when not given") } },
	{ "monitor simulate", "PROFILE", "serves the map with a simulated patient behind it (infusion-sim)", NULL,
	    run_monitor_simulate,
	    { LOCAL("listen", "HOST:PORT", "Modbus TCP"), LOCAL("serial", "PATH", "or RTU on a pty of this name"),
		LOCAL("baud", "N", "its speed") } },
	{ "completion", NULL, "prints what lets bash complete these verbs and their options", NULL, run_completion, { { NULL } } },

	{ "sessions start", "BED", "a patient is watched at this bed", API "/beds/TARGET/sessions", run_act,
	    { WEIGHT,
		{ "confirm", "confirm", OPTION_CONFIRM, "VITAL=VALUE|none",
		    "one value as the monitor's own screen shows it; none needs a reason" },
		{ "patient", "patient", OPTION_TEXT, "NAME", "a pseudonym" },
		{ "regimen", "regimen", OPTION_TEXT, "NAME", "not the first of the configuration" }, REASON } },
	{ "sessions decide", "SESSION", "a prescriber decides that the drug may be started", OF_SESSION("decide"), run_act,
	    { REASON } },
	{ "sessions review", "SESSION", "the limits near the baseline were looked at", OF_SESSION("review"), run_act, { REASON } },
	{ "sessions dose", "SESSION", "the infusion starts", OF_SESSION("dose"), run_act,
	    { OVERRIDE("past the gate or without a baseline; for a prescriber, with a reason"), REASON } },
	{ "sessions pause", "SESSION", "the infusion pauses", OF_SESSION("pause"), run_act, { REASON } },
	{ "sessions resume", "SESSION", "the infusion goes on", OF_SESSION("resume"), run_act, { REASON } },
	{ "sessions stop", "SESSION", "the infusion is stopped; recovery begins", OF_SESSION("stop"), run_act,
	    { { "abort", "abort", OPTION_FLAG, NULL, "not the planned end: needs a reason" }, REASON } },
	{ "sessions checklist", "SESSION", "the discharge checklist is answered", OF_SESSION("checklist"), run_act,
	    { { "done", "items_done", OPTION_ITEMS, "1,3,4|none", "the numbers of the items that are done" }, REASON } },
	{ "sessions discharge", "SESSION", "watching ends", OF_SESSION("discharge"), run_act,
	    { OVERRIDE("over what is open, with a reason"), REASON } },
	{ "sessions weight", "SESSION", "weight and plan are corrected before the drug", OF_SESSION("weight"), run_act,
	    { WEIGHT, REASON } },
	{ "sessions limit", "SESSION", "a limit is set for this patient", OF_SESSION("limit"), run_act,
	    { { "limit", "limit", OPTION_TEXT, "VITAL.SIDE.TIER", "systolic.high.critical ..." },
		{ "value", "value", OPTION_NUMBER, "N", "" }, REASON } },
	{ "sessions correct", "SESSION", "a time is corrected; the old one stays in the record", OF_SESSION("correct"), run_act,
	    { { "what", "what", OPTION_TEXT, "dose-start|pause|resume|stop", "" },
		{ "to", "to", OPTION_TIME, "HH:MM", "by the clinic's clock; or a whole UTC time" },
		{ "ago-s", "to_ago_s", OPTION_NUMBER, "S", "instead: so many seconds ago" }, REASON } },
	{ "sessions cuff-start", "SESSION", "a cuff is started on the monitor, where the engineer permits it", OF_SESSION("cuff-start"),
	    run_act, { REASON } },
	{ "sessions cuff-cancel", "SESSION", "the cuff that is going on is cancelled", OF_SESSION("cuff-cancel"), run_act, { REASON } },
	{ "sessions confirm-gap", "SESSION", "the drug did run while nobody watched", OF_SESSION("confirm-gap"), run_act,
	    { REASON } },
	{ "sessions confirm-time", "SESSION", "the clock is right", OF_SESSION("confirm-time"), run_act, { REASON } },
	{ "sessions move", "SESSION", "the session goes to another bed", OF_SESSION("move"), run_act,
	    { { "to-bed", "to_bed", OPTION_TEXT, "BED", "" }, REASON } },
	{ "sessions sign", "SESSION", "the record of an ended session is signed", OF_SESSION("sign"), run_act,
	    { { "note", "note", OPTION_TEXT, "TEXT", "one line" } } },
	{ "reading", "SESSION", "a pressure taken by hand", OF_SESSION("reading"), run_act,
	    { { "systolic", "systolic", OPTION_NUMBER, "MMHG", "" }, { "diastolic", "diastolic", OPTION_NUMBER, "MMHG", "" },
		{ "mean", "mean", OPTION_NUMBER, "MMHG", "if it was read" },
		{ "at", "measured_at", OPTION_TIME, "HH:MM", "by the clinic's clock; now when not given" },
		{ "ago-s", "measured_ago_s", OPTION_NUMBER, "S", "instead: so many seconds ago" }, REASON } },
	{ "note", "SESSION", "a note", OF_SESSION("note"), run_act, { { "text", "text", OPTION_TEXT, "TEXT", "one line" } } },
	{ "ack", "ALARM", "an alarm is acknowledged as it stood on the screen", API "/alarms/TARGET/acknowledge", run_act,
	    { { "revision", "revision", OPTION_NUMBER, "N", "as the table shows it: r3" },
		{ "recheck-min", "recheck_min", OPTION_NUMBER, "MIN", "a recheck is promised in so many minutes" },
		{ "reason", "reason", OPTION_TEXT, "TEXT", "what is being done" } } },
	{ "alarm-off", "ALARM", "a technical condition is turned off until it works again", API "/alarms/TARGET/off", run_act,
	    { { "condition", "condition", OPTION_TEXT, "NAME", "lost.spo2, silent ..." }, REASON } },
	{ "pause-audio", "BED", "pauses the sound of what is active now", API "/beds/TARGET/pause-audio", run_act,
	    { { "seconds", "seconds", OPTION_NUMBER, "S", "the longest when not given" }, REASON } },
	{ "resume-audio", "BED", "ends a pause of sound", API "/beds/TARGET/resume-audio", run_act, { REASON } },
};

size_t
verb_count(void)
{
	return sizeof(verbs) / sizeof(verbs[0]);
}

const struct verb *
verb_at(size_t index)
{
	return &verbs[index];
}
