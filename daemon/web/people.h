/* Who is asking: accounts by the uid of the socket's peer, and who may speak
 * for whom. Loop thread. */
#ifndef INFUSIOND_WEB_PEOPLE_H
#define INFUSIOND_WEB_PEOPLE_H

#include "daemon/web/web.h"

struct people {
	struct web_person *persons; /* ours */
	size_t count;
};

/* Copies the table. */
struct outcome people_init(struct people *people, const struct web_person *persons, size_t count);
void people_finish(struct people *people);

/* The account of a uid; NULL when there is none. */
const struct web_person *people_by_uid(const struct people *people, uid_t uid);

/* The account of the peer of a UNIX socket; a failure says which user is not known. */
struct outcome people_by_peer(const struct people *people, int fd, const struct web_person **ret_person);

/* Who acts when `person` says that `as` does; "" is the person. Refused with a sentence. */
struct outcome people_speak_for(const struct people *people, const struct web_person *person, const char *as,
    struct actor *ret_actor);

#endif
