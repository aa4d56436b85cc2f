/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One run through nearly everything that the public interface does with a controller, which goes on
 * when one of its calls fails: the failed call is tried once more, steps that need it are left out,
 * and accepted commands must still complete.
 */
#ifndef UPNVME_TESTS_HOSTILE_SESSION_H
#define UPNVME_TESTS_HOSTILE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "inject.h"

struct session_plan {
	const char *uri;
	uint32_t open_flags; /* UPNVME_OPEN_... */
	bool keeps_data;     /* the medium is not null */
};

/* The effect of the injected failures. */
struct session_result {
	unsigned nrefused; /* calls that failed at least once */
	unsigned nlost;    /* calls that failed, and failed again */
	unsigned nerrors;  /* commands that ended with an error status */
	unsigned nlogged;  /* warnings and errors in the log */
	int first_err;     /* of the first call that failed */
	uint32_t first_code;
};

/*
 * Runs with the calls failing as `inject` says (null: none do). A failed call must say so properly,
 * each accepted command completes once, and afterwards the library holds nothing: else the test
 * fails.
 */
void session_run(const struct session_plan *plan, const struct inject_plan *inject,
		 struct session_result *result);

/* A short session without failures. */
void session_check(const struct session_plan *plan);

#endif
