/* SPDX-License-Identifier: BSD-3-Clause */
/* A run of the tests in which nothing is left out (make check LONG=yes), and the others. */
#ifndef UPNVME_TESTS_LONG_H
#define UPNVME_TESTS_LONG_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool is_long_run(void)
{
	const char *value = getenv("UPNVME_LONG");

	return value && *value;
}

/* How often something is tried: a long run may find what comes once in many times. */
static inline unsigned long_or_short(unsigned in_long_run, unsigned otherwise)
{
	return is_long_run() ? in_long_run : otherwise;
}

#endif
