#include "daemon/web/pages.h"

#include <string.h>

#include "daemon/web/handlers.h"
#include "daemon/web/web_state.h"

/* Made by page/embed.py; the last row is empty. */
extern const struct page pages_embedded[];

const struct page *
page_find(const char *path)
{
	for (const struct page *page = pages_embedded; page->path != NULL; page++)
		if (strcmp(page->path, path) == 0)
			return page;
	return NULL;
}

size_t
page_count(void)
{
	size_t count = 0;

	while (pages_embedded[count].path != NULL)
		count++;
	return count;
}

const struct page *
page_at(size_t index)
{
	return &pages_embedded[index];
}

/* A browser asks with a list of what it has; a file that is among them is not sent again. */
static bool
is_known_to_client(struct lws *wsi, const char *etag)
{
	char known[128];

	return lws_hdr_copy(wsi, known, sizeof(known), WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 &&
	    (strstr(known, etag) != NULL || strcmp(known, "*") == 0);
}

static void
handle_page(struct web_request *request)
{
	const struct page *page = request->page;

	if (is_known_to_client(request->wsi, page->etag))
		request_answer(request, 304, page->content_type, "", 0);
	else
		request_answer(request, 200, page->content_type, (const char *)page->bytes, page->length);
}

const struct route page_route = { METHOD_GET, "", ACCESS_ANYBODY, handle_page, ACT_START, WEB_QUERY_SESSIONS };
