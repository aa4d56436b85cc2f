/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs that are measured share: settings given as key=value, random numbers, the clock. */
#ifndef UPNVME_BENCH_H
#define UPNVME_BENCH_H

#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The value of `key` among the arguments, or null. */
static inline const char *setting(char **argv, const char *key)
{
	size_t length = strlen(key);

	for (; *argv; argv++)
		if (!strncmp(*argv, key, length) && (*argv)[length] == '=')
			return *argv + length + 1;
	return NULL;
}

static inline uint32_t setting_number(char **argv, const char *key, uint32_t otherwise)
{
	const char *text = setting(argv, key);
	char *end;
	unsigned long value;

	if (!text)
		return otherwise;
	value = strtoul(text, &end, 10);
	if (*end || end == text || value > UINT32_MAX)
		errx(2, "%s=%s is not a number", key, text);
	return (uint32_t)value;
}

/* Marsaglia's xorshift: the same numbers in every run. */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
