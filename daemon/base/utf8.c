#include "daemon/base/utf8.h"

#include <stddef.h>
#include <stdint.h>

/* The length of the character at `text`, 0 when there is no whole one. */
static size_t
character_length(const unsigned char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	uint32_t code = text[0] & (0xffu >> (length + 1));

	if (length == 1)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : length;
}

void
utf8_mend(char *text)
{
	while (*text != '\0') {
		size_t length = character_length((const unsigned char *)text);

		if (length == 0)
			*text = '?';
		text += length == 0 ? 1 : length;
	}
}
