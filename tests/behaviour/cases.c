/* SPDX-License-Identifier: BSD-3-Clause */
#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TESTS_MAX 4096u

static struct CMUnitTest tests[TESTS_MAX];
static size_t ntests;

const struct json *case_choices(const struct json *table, const struct json *one, const char *key)
{
	const struct json *own = json_get(one, key);

	return own ? own->children : json_get(json_get(table, "usually"), key)->children;
}

static void behaviour(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	char failure[sizeof(run->failure)];
	bool well = run_case(run, *state);

	memcpy(failure, run->failure, sizeof(failure));
	free(run);
	if (!well)
		fail_msg("%s", failure);
}

void cases_add(struct configuration configuration, const char *label)
{
	struct configuration *c = calloc(1, sizeof(*c));

	if (!c || ntests == TESTS_MAX)
		abort();
	*c = configuration;
	snprintf(c->name, sizeof(c->name), "%s [%s %u]", json_string(c->one, "name", "?"), label,
		 c->block);
	tests[ntests++] = (struct CMUnitTest){ c->name, behaviour, NULL, NULL, c };
}

int cases_run(void)
{
	int failed = _cmocka_run_group_tests("behaviour", tests, ntests, NULL, NULL);

	for (size_t i = 0; i < ntests; i++)
		free(tests[i].initial_state);
	return failed;
}
