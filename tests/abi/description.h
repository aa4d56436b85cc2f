/* SPDX-License-Identifier: BSD-3-Clause */
/* The description of the ABI, as a language without C would read it. The harness knows nothing else of the library. */
#ifndef UPNVME_TESTS_ABI_DESCRIPTION_H
#define UPNVME_TESTS_ABI_DESCRIPTION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ffi.h>

#include "behaviour/json.h"

#define MAX_ARGUMENTS 16
#define NELEMS(a)     (sizeof(a) / sizeof((a)[0]))

/* A function or a callback, ready for libffi. */
struct prototype {
	const struct json *json;
	const char *name;
	unsigned narguments;
	ffi_type *returns;
	ffi_type *arguments[MAX_ARGUMENTS];
	ffi_cif cif;
};

/* Reads the description. Exits with 77 if there is none, with 1 if it cannot be read. */
void description_load(void);
void description_free(void);

/* A list of the description: "functions", "structs", ... */
const struct json *description_list(const char *list);
/* The entry of that name in a list; the test fails if there is none. */
const struct json *description_find(const char *list, const char *name);
int64_t constant(const char *name);

/* The libffi type of that name ("sint32"); the test fails if it is unknown. */
ffi_type *ffi_type_of(const char *name);
/* Makes a call interface of an entry of "functions" or "callbacks". */
void prototype_make(struct prototype *prototype, const struct json *json);
/* The description's word for an argument's type or name. */
const char *argument_word(const struct prototype *prototype, unsigned i, const char *key);

#endif
