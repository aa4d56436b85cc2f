/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers and strings. */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char units[] = "KMGT";

static bool take_number(const char **at, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*value = strtoull(*at, &end, 10);
	*at = end;
	return !errno;
}

bool text_count(const char *text, uint64_t *value)
{
	return take_number(&text, value) && !*text;
}

bool text_size(const char *text, uint64_t *value)
{
	const char *unit;
	unsigned shift;

	if (!take_number(&text, value))
		return false;
	if (!*text)
		return true;
	unit = strchr(units, toupper((unsigned char)*text));
	if (!unit || (text[1] && strcasecmp(text + 1, "iB") != 0))
		return false;
	shift = 10 * (unsigned)(unit - units + 1);
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

const char *text_show_size(char *room, size_t room_bytes, uint64_t bytes)
{
	int unit = -1;

	while (unit < 3 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(room, room_bytes, "%" PRIu64 " bytes", bytes);
	else
		snprintf(room, room_bytes, "%" PRIu64 " %ciB", bytes, units[unit]);
	return room;
}

/* RFC 8259, section 7. Bytes that are not ASCII are printed unchanged: names of files are mostly UTF-8. */
void text_json_string(const char *text)
{
	if (!*text) {
		printf("null");
		return;
	}
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

void text_json_number(int64_t value, bool known)
{
	if (known)
		printf("%" PRId64, value);
	else
		printf("null");
}
