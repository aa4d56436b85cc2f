/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of calls, calls.json: for every function good arguments, and its answers to bad
 * ones. */
#ifndef UPNVME_TESTS_ABI_CALLS_H
#define UPNVME_TESTS_ABI_CALLS_H

#include "description.h"

/* Exits with 1 if the table cannot be read. */
void calls_load(const char *path);
void calls_free(void);

/* A test of the function that `*state` describes. */
void calls_run(void **state);
/* Every line of the table is for a function of the description. */
void calls_are_all_known(void **state);

#endif
