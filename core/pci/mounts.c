/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proc(5), /proc/pid/mountinfo: identifiers, major:minor, root, mount point, options, optional fields, "-", type,
 * source, options. White space and backslashes in names are octal numbers there.
 */
#include "pci/mounts.h"

#include <stddef.h>
#include <string.h>

static bool is_octal_escape(const char *at)
{
	for (int i = 1; i <= 3; i++)
		if (at[i] < '0' || at[i] > '7')
			return false;
	return true;
}

static char *unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (*from == '\\' && is_octal_escape(from)) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

bool mount_parse(struct mount *mount, char *line)
{
	char *field[5], *save = NULL, *tail = strstr(line, " - ");

	if (!tail)
		return false;
	*tail = '\0';
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return false;
	}
	mount->number = field[2];
	mount->root = unescape(field[3]);
	mount->point = unescape(field[4]);
	mount->type = strtok_r(tail + 3, " \n", &save);
	if (!mount->type)
		return false;
	mount->source = strtok_r(NULL, " \n", &save);
	mount->source = mount->source ? unescape(mount->source) : mount->type + strlen(mount->type);
	return true;
}
