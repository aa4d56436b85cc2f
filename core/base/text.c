/* SPDX-License-Identifier: BSD-3-Clause */
/* UTF-8 (RFC 3629): the first byte of a character tells its length; those that follow are 10xxxxxx. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static size_t length_of(unsigned char first)
{
	if (first < 0xC0)
		return 1;
	if (first < 0xE0)
		return 2;
	return first < 0xF0 ? 3 : 4;
}

/* A character that does not fit begins in the last four bytes of the room. */
int text_fit(const char *text, size_t room)
{
	size_t length = strnlen(text, room);

	for (size_t back = 1; back <= 4 && back <= length; back++) {
		unsigned char byte = (unsigned char)text[length - back];

		if ((byte & 0xC0) != 0x80)
			return (int)(length_of(byte) > back ? length - back : length);
	}
	return (int)length;
}

void text_format(char *text, size_t bytes, const char *format, va_list args)
{
	int wanted = vsnprintf(text, bytes, format, args);

	if (wanted >= 0 && (size_t)wanted >= bytes)
		text[text_fit(text, bytes - 1)] = '\0';
}
