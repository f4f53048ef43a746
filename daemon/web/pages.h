/* The console's files, embedded at build time: page/ beside this file, dygraphs
 * and the fonts. Served as they are, with a strict policy of what a page may
 * load; they hold nothing of any patient and need no account. Immutable. */
#ifndef INFUSIOND_WEB_PAGES_H
#define INFUSIOND_WEB_PAGES_H

#include <stddef.h>

#include "daemon/web/route.h"

struct page {
	const char *path; /* "/", "/page/main.js" */
	const char *content_type;
	const char *etag; /* with its quotes; made of the content */
	const unsigned char *bytes;
	size_t length;
};

/* The file at a path; NULL: none. */
const struct page *page_find(const char *path);

/* How a file is asked for: GET and HEAD, by whoever reaches the listener. Its row is none of the API's table. */
extern const struct route page_route;

/* Every file, for tests; page_at of page_count is not there. */
size_t page_count(void);
const struct page *page_at(size_t index);

#endif
