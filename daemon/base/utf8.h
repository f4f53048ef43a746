/* Texts that come from wires and get cut at a capacity are not always UTF-8;
 * JSON and the record hold nothing else. Pure; any thread. */
#ifndef INFUSIOND_BASE_UTF8_H
#define INFUSIOND_BASE_UTF8_H

/* Puts '?' for every byte that belongs to no whole UTF-8 character (overlong forms and surrogates are none). */
void utf8_mend(char *text);

#endif
