#include "daemon/sim/truth.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct outcome
sim_truth_open(struct sim_truth *truth, const char *path)
{
	truth->file = fopen(path, "we");
	if (truth->file == NULL)
		return outcome_fail("%s: the log cannot be written: %s", path, strerror(errno));
	fputs("time,what,key,systolic,mean,diastolic,pulse\n", truth->file);
	return outcome_ok();
}

void
sim_truth_close(struct sim_truth *truth)
{
	if (truth->file != NULL)
		fclose(truth->file);
	truth->file = NULL;
}

void
sim_truth_flush(struct sim_truth *truth)
{
	if (truth->file != NULL)
		fflush(truth->file);
}

static void
begin_row(struct sim_truth *truth, struct instant at, const char *what)
{
	char time[INSTANT_TEXT_CAP];

	instant_to_iso(at, time);
	fprintf(truth->file, "%s,%s", time, what);
}

static void
put_reading(struct sim_truth *truth, const struct reading *reading)
{
	char text[24] = "-";

	if (quality_has_value(reading->quality))
		milli_to_text(reading->milli, text, sizeof(text));
	fprintf(truth->file, ",%s", text);
}

void
sim_truth_cuff(struct sim_truth *truth, struct instant at, int64_t key, const struct cuff *cuff)
{
	if (truth->file == NULL)
		return;
	begin_row(truth, at, "cuff");
	fprintf(truth->file, ",%" PRId64, key);
	put_reading(truth, &cuff->systolic);
	put_reading(truth, &cuff->mean);
	put_reading(truth, &cuff->diastolic);
	put_reading(truth, &cuff->pulse);
	fputc('\n', truth->file);
}

void
sim_truth_failed(struct sim_truth *truth, struct instant at, int64_t key, const char *reason)
{
	if (truth->file == NULL)
		return;
	begin_row(truth, at, "cuff-failed");
	fprintf(truth->file, ",%" PRId64 ",%s\n", key, reason);
}

void
sim_truth_note(struct sim_truth *truth, struct instant at, const char *what, const char *text)
{
	if (truth->file == NULL)
		return;
	begin_row(truth, at, what);
	fprintf(truth->file, ",,%s\n", text);
}
