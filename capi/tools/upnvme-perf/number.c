/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and showing numbers with units. */
#include "number.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Reads the digits and steps over them. False if there is no digit, or the number needs more than 64 bits. */
static bool scan(const char **text, uint64_t *value)
{
	const char *at = *text;

	*value = 0;
	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
			return false;
	if (at == *text)
		return false;
	*text = at;
	return true;
}

bool number_count(const char *text, uint64_t *value)
{
	uint64_t number;

	if (!scan(&text, &number) || *text)
		return false;
	*value = number;
	return true;
}

bool number_size(const char *text, uint64_t *bytes)
{
	static const char letters[] = "KMGTPE";
	const char *letter;
	uint64_t number;
	int shift = 0;

	if (!scan(&text, &number))
		return false;
	if (*text) {
		letter = strchr(letters, toupper((unsigned char)*text));
		if (!letter || (text[1] && strcmp(text + 1, "iB")))
			return false;
		shift = 10 * (int)(letter - letters + 1);
	}
	if (number > UINT64_MAX >> shift)
		return false;
	*bytes = number << shift;
	return true;
}

/* Reads the digits behind a decimal point, in billionths; digits after the ninth are dropped. */
static uint64_t scan_fraction(const char **text)
{
	uint64_t fraction = 0, place = 100000000;

	for (; isdigit((unsigned char)**text); ++*text, place /= 10)
		fraction += place * (uint64_t)(**text - '0');
	return fraction;
}

bool number_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "", 1000000000 },
		      { "ms", 1000000 },
		      { "s", 1000000000 },
		      { "m", 60000000000 },
		      { "h", 3600000000000 } };
	/* The limit keeps a number of hours within 64 bits of nanoseconds. */
	uint64_t whole, fraction = 0, limit = 1000000;

	if (!scan(&text, &whole) || whole >= limit)
		return false;
	if (*text == '.') {
		text++;
		if (!isdigit((unsigned char)*text))
			return false;
		fraction = scan_fraction(&text);
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text, units[i].unit)) {
			*ns = whole * units[i].ns +
			      (uint64_t)((double)fraction / 1e9 * (double)units[i].ns);
			return true;
		}
	return false;
}

const char *number_show_count(char *room, uint64_t value)
{
	char digits[NUMBER_ROOM], *to = room;
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, value);

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return room;
}

const char *number_show_size(char *room, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(room, NUMBER_ROOM, "%" PRIu64 " %s", bytes, units[unit]);
	return room;
}

const char *number_show_time(char *room, uint64_t ns)
{
	double value = (double)ns;

	if (ns < 1000)
		snprintf(room, NUMBER_ROOM, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(room, NUMBER_ROOM, "%.1f us", value / 1e3);
	else if (ns < 1000000000)
		snprintf(room, NUMBER_ROOM, "%.1f ms", value / 1e6);
	else
		snprintf(room, NUMBER_ROOM, "%.1f s", value / 1e9);
	return room;
}
