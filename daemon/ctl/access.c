/* Accounts, which admins keep, and logging in over the network. A password comes
 * from the terminal or from standard input, never from the command line, which
 * every user of the host can read. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/secret.h"
#include "daemon/ctl/verbs.h"

static int
say(int code, const char *why)
{
	fprintf(stderr, "infusionctl: %s\n", why);
	return code;
}

/* Puts what is typed into the body as `key`. */
static struct outcome
put_secret(json_t *body, const char *key, const char *prompt, bool twice)
{
	char secret[SECRET_CAP];
	struct outcome read = secret_read(prompt, twice, secret);

	if (read.ok && json_object_set_new(body, key, json_string(secret)) != 0)
		read = outcome_fail("that is no password: it must be UTF-8");
	explicit_bzero(secret, sizeof(secret));
	return read;
}

int
run_user_list(const struct arguments *arguments)
{
	struct response response;
	int code = read_path(arguments, arguments->verb->route, &response);

	if (code != EXIT_DONE)
		return code;
	if (arguments->json)
		printf("%s\n", response.text);
	else
		table_users(stdout, response.json, &arguments->style);
	response_finish(&response);
	return code;
}

int
run_user_password(const struct arguments *arguments)
{
	json_t *body = act_body(arguments);
	char prompt[96];
	struct outcome read;

	if (body == NULL)
		return EXIT_USAGE;
	/* Who is made stands in the body; who is changed, in the route. */
	if (strstr(arguments->verb->route, "TARGET") == NULL)
		json_object_set_new(body, "name", json_string(arguments->target));
	snprintf(prompt, sizeof(prompt), "password for %.40s", arguments->target);
	read = put_secret(body, "password", prompt, true);
	if (read.ok)
		return act_send(arguments, body);
	json_decref(body);
	return say(EXIT_USAGE, read.why);
}

/* Posts what is no act; EXIT_DONE: the response is there, and the caller's to finish. */
static int
post(const struct arguments *arguments, const json_t *body, struct response *ret_response)
{
	struct outcome asked = client_post(&arguments->client, arguments->verb->route, body, ret_response);

	if (!asked.ok)
		return say(EXIT_NO_DAEMON, asked.why);
	if (ret_response->status == 200)
		return EXIT_DONE;
	refusal_say(arguments, ret_response);
	response_finish(ret_response);
	return EXIT_REFUSED;
}

static const char *
name_of_user(const struct arguments *arguments)
{
	const char *given = arguments_value(arguments, "name");
	const struct passwd *user = getpwuid(getuid());

	return given != NULL ? given : user != NULL ? user->pw_name : "";
}

static void
print_you(const json_t *you)
{
	printf("logged in as %s (%s) until %s\n", cell_text(you, "name"), cell_text(you, "role"),
	    cell_text(you, "logged_in_until"));
	if (cell_is(you, "must_change_password"))
		puts("Somebody else chose this password: 'infusionctl password' comes before anything else.");
}

static int
keep(const struct arguments *arguments, const struct response *response)
{
	struct outcome kept = place_keep(arguments->client.origin, response->token);

	if (!kept.ok)
		return say(EXIT_NOT_WRITTEN, kept.why);
	if (arguments->json)
		printf("%s\n", response->text);
	else
		print_you(json_object_get(response->json, "you"));
	return EXIT_DONE;
}

int
run_login(const struct arguments *arguments)
{
	const char *name = name_of_user(arguments);
	struct response response;
	char prompt[96];
	json_t *body;
	struct outcome read, kept;
	int code;

	if (arguments->client.origin[0] == '\0')
		return say(EXIT_USAGE, "the socket knows you by your user: a log-in is for --url https://HOST:PORT");
	/* Before the password is asked for: a log-in that cannot be kept would be open for nobody. */
	kept = place_can_keep(arguments->client.origin);
	if (!kept.ok)
		return say(EXIT_NOT_WRITTEN, kept.why);
	body = json_pack("{s:s}", "name", name);
	snprintf(prompt, sizeof(prompt), "password of %.40s", name);
	read = put_secret(body, "password", prompt, false);
	code = read.ok ? post(arguments, body, &response) : say(EXIT_USAGE, read.why);
	json_decref(body);
	if (code != EXIT_DONE)
		return code;
	code = keep(arguments, &response);
	response_finish(&response);
	return code;
}

static void
print_text(const struct arguments *arguments, const struct response *response)
{
	if (arguments->json)
		printf("%s\n", response->text);
	else
		printf("done: %s\n", cell_text(response->json, "text"));
}

int
run_logout(const struct arguments *arguments)
{
	json_t *body = json_object();
	struct response response;
	int code = post(arguments, body, &response);

	json_decref(body);
	/* One that the daemon does not know any more is of no use either. */
	if (arguments->client.origin[0] != '\0' && code != EXIT_NO_DAEMON)
		place_keep(arguments->client.origin, "");
	if (code != EXIT_DONE)
		return code;
	print_text(arguments, &response);
	response_finish(&response);
	return code;
}

int
run_password(const struct arguments *arguments)
{
	json_t *body = json_object();
	struct response response;
	struct outcome read = put_secret(body, "password", "the old password", false);
	int code;

	if (read.ok)
		read = put_secret(body, "new_password", "the new password", true);
	code = read.ok ? post(arguments, body, &response) : say(EXIT_USAGE, read.why);
	json_decref(body);
	if (code != EXIT_DONE)
		return code;
	print_text(arguments, &response);
	response_finish(&response);
	return code;
}
