/* Accounts as a table. */
#include <inttypes.h>

#include "daemon/ctl/table.h"

void
table_users(FILE *out, const json_t *users, const struct style *style)
{
	size_t index;
	json_t *user;

	(void)style;
	fputs("NAME                            ROLE        LOG-INS  LAST USED             STATE\n", out);
	json_array_foreach(json_object_get(users, "users"), index, user)
	{
		char used[24] = "never";

		/* To the second: "2026-01-02T09:30:00" of the record's UTC. */
		if (cell_text(user, "last_used")[0] != '\0')
			snprintf(used, sizeof(used), "%.19sZ", cell_text(user, "last_used"));
		cell_print(out, cell_text(user, "name"), 32);
		cell_print(out, cell_text(user, "role"), 12);
		fprintf(out, "%-9" PRId64, cell_int(user, "log_ins"));
		cell_print(out, used, 22);
		fprintf(out, "%s%s\n", cell_is(user, "disabled") ? "disabled" : "may log in",
		    cell_is(user, "must_change_password") ? ", must change the password" : "");
	}
}
