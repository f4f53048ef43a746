#include "daemon/web/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { NO_UID = -1 };

struct outcome
people_init(struct people *people, const struct web_person *persons, size_t count)
{
	people->persons = calloc(count > 0 ? count : 1, sizeof(*persons));
	people->count = 0;
	if (people->persons == NULL)
		return outcome_fail("out of memory for the accounts");
	if (count > 0)
		memcpy(people->persons, persons, count * sizeof(*persons));
	people->count = count;
	return outcome_ok();
}

void
people_finish(struct people *people)
{
	free(people->persons);
	people->persons = NULL;
	people->count = 0;
}

const struct web_person *
people_by_uid(const struct people *people, uid_t uid)
{
	for (size_t i = 0; uid != (uid_t)NO_UID && i < people->count; i++)
		if (people->persons[i].uid == uid)
			return &people->persons[i];
	return NULL;
}

struct outcome
people_by_peer(const struct people *people, int fd, const struct web_person **ret_person)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	const struct web_person *person;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return outcome_fail("the system does not say who is asking");
	person = people_by_uid(people, peer.uid);
	if (person == NULL)
		return outcome_fail("user %u of this computer is not among the people of the configuration",
		    (unsigned)peer.uid);
	*ret_person = person;
	return outcome_ok();
}

static const struct web_person *
find_name(const struct people *people, const char *name)
{
	for (size_t i = 0; i < people->count; i++)
		if (strcmp(people->persons[i].name, name) == 0)
			return &people->persons[i];
	return NULL;
}

struct outcome
people_speak_for(const struct people *people, const struct web_person *person, const char *as, struct actor *ret_actor)
{
	const struct web_person *acting = person;

	if (as[0] != '\0' && strcmp(as, person->name) != 0) {
		if (!person->may_speak_for_others)
			return outcome_fail("%s may not act as somebody else: that is for shared terminals", person->name);
		acting = find_name(people, as);
		if (acting == NULL)
			return outcome_fail("nobody is called '%.40s' in the configuration", as);
	}
	*ret_actor = (struct actor){ .role = acting->role };
	snprintf(ret_actor->name, sizeof(ret_actor->name), "%s", acting->name);
	return outcome_ok();
}
