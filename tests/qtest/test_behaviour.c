/* SPDX-License-Identifier: BSD-3-Clause */
/* The behaviour table, run against QEMU's controller: every case that it can be opened for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "behaviour/run.h"
#include "support/qemu.h"
#include "support/table.h"

#define TESTS_MAX 1024u

static struct CMUnitTest tests[TESTS_MAX];
static size_t ntests;

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

static void add(const struct json *table, const struct json *one, uint32_t block)
{
	struct configuration *c = calloc(1, sizeof(*c));

	if (!c || ntests == TESTS_MAX)
		abort();
	*c = (struct configuration){ table, one, "ram", "inline", block, "" };
	snprintf(c->name, sizeof(c->name), "%s [qemu %u]", json_string(one, "name", "?"), block);
	tests[ntests++] = (struct CMUnitTest){ c->name, behaviour, NULL, NULL, c };
}

static void add_all(const struct json *table, uint32_t block)
{
	const struct json *one = json_get(table, "cases")->children;

	for (; one; one = one->next) {
		const struct json *blocks = json_get(one, "blocks");

		if (!blocks)
			blocks = json_get(json_get(table, "usually"), "blocks");
		for (blocks = blocks->children; blocks; blocks = blocks->next)
			if (blocks->number == block && table_case_fits(table, one))
				add(table, one, block);
	}
}

static int end(void **state)
{
	table_end();
	return 0;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "tests/behaviour/table.json";
	char error[200];
	struct json *table;
	int failed;

	qemu_require();
	table = json_read(path, error, sizeof(error));
	if (!table) {
		fprintf(stderr, "%s: %s\n", path, error);
		return 1;
	}
	add_all(table, 512);
	add_all(table, 4096);
	failed = _cmocka_run_group_tests("behaviour", tests, ntests, NULL, end);
	for (size_t i = 0; i < ntests; i++)
		free(tests[i].initial_state);
	json_free(table);
	return failed;
}
