#include "daemon/web/news.h"

void
news_renew(struct news_frame *frame, bool changed)
{
	/* One that nobody has been sent will tell this too. */
	if (frame->built == frame->version)
		frame->version++;
	if (changed)
		frame->changed = frame->version;
}

static enum news
news_of(const struct news_reader *reader, const struct news_frame *frames, size_t index)
{
	if (reader->sent[index] < frames[index].changed)
		return NEWS_CHANGE;
	return reader->sent[index] < frames[index].version ? NEWS_DUE : NEWS_NONE;
}

static size_t
find_next(const struct news_reader *reader, const struct news_frame *frames, size_t count, enum news news)
{
	size_t index = reader->next[news];

	for (size_t looked = 0; looked < count; looked++, index++) {
		if (index >= count)
			index = 0;
		if (news_of(reader, frames, index) == news)
			return index;
	}
	return count;
}

enum news
news_begin(struct news_reader *reader, const struct news_frame *frames, size_t count)
{
	const bool change = find_next(reader, frames, count, NEWS_CHANGE) < count;
	const bool due = find_next(reader, frames, count, NEWS_DUE) < count;

	if (change && !(due && reader->last == NEWS_CHANGE))
		reader->last = NEWS_CHANGE;
	else
		reader->last = due ? NEWS_DUE : NEWS_NONE;
	return reader->last;
}

size_t
news_take(struct news_reader *reader, const struct news_frame *frames, size_t count, enum news news)
{
	const size_t index = find_next(reader, frames, count, news);

	if (index < count) {
		reader->sent[index] = frames[index].version;
		reader->next[news] = index + 1;
	}
	return index;
}

bool
news_has_any(const struct news_reader *reader, const struct news_frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (news_of(reader, frames, i) != NEWS_NONE)
			return true;
	return false;
}
