/* SPDX-License-Identifier: BSD-3-Clause */
/* The cases of the table as tests of cmocka's. */
#ifndef UPNVME_TESTS_BEHAVIOUR_CASES_H
#define UPNVME_TESTS_BEHAVIOUR_CASES_H

#include "run.h"

/* The list of the case, or of the table's "usually". */
const struct json *case_choices(const struct json *table, const struct json *one, const char *key);

/* Adds a test for the case in a configuration, of which `label` says what it is. */
void cases_add(struct configuration configuration, const char *label);
/* Runs the tests that were added; what cmocka returns. */
int cases_run(void);

#endif
