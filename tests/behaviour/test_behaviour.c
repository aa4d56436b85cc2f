/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads table.json and runs each of its cases in each configuration that it is meant for: a test each. */
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "unit/support/long.h"
#include "unit/support/tsan.h"

static void add(const struct json *table, const struct json *one, const char *medium,
		const char *mode, uint32_t block)
{
	char label[32];

	snprintf(label, sizeof(label), "%s %s", medium, mode);
	cases_add((struct configuration){ table, one, medium, mode, block, "" }, label);
}

/* Under TSan a case with one thread shows nothing. */
static bool has_one_thread(const struct json *medium, const struct json *mode)
{
	return UNDER_TSAN && !strcmp(mode->string, "inline") && strcmp(medium->string, "file") != 0;
}

/* The release has each size of block; another build has all of them in a long run only. */
static bool one_size_is_enough(void)
{
	const char *build = getenv("UPNVME_TEST_BUILD");

	return build && strcmp(build, "release") != 0 && !is_long_run();
}

static void add_all(const struct json *table, const struct json *one)
{
	const struct json *medium, *mode, *block;

	for (medium = case_choices(table, one, "media"); medium; medium = medium->next)
		for (mode = case_choices(table, one, "modes"); mode; mode = mode->next) {
			if (has_one_thread(medium, mode))
				continue;
			for (block = case_choices(table, one, "blocks"); block;
			     block = block->next) {
				add(table, one, medium->string, mode->string,
				    (uint32_t)block->number);
				if (one_size_is_enough())
					break;
			}
		}
}

/* The keys are checked, since a mistyped key would silently test less. */
static int check_keys(const struct json *json)
{
	static const char *const known[] = {
		"about", "usually", "before",    "cases",        "name",        "media",
		"modes", "blocks",  "uri",       "nblocks",      "entries",     "bare",
		"steps", "do",      "as",        "ctrlr",        "ns",          "qpair",
		"buf",   "at",      "bytes",     "align",        "lba",         "seed",
		"byte",  "iov",     "flags",     "status",       "done_blocks", "error",
		"code",  "names",   "returns",   "start",        "for",         "in_callback",
		"max",   "until",   "ops",       "times",        "tag",         "expect",
		"room",  "cdw",     "direction", "opcode",       "form",        "dtype",
		"nsid",  "size",    "future",    "max_transfer", "nqpairs",     "outstanding",
		"is",
	};
	int bad = 0;

	for (const struct json *child = json->children; child; child = child->next) {
		size_t i = 0;

		while (child->key && i < sizeof(known) / sizeof(known[0]) &&
		       strcmp(known[i], child->key) != 0)
			i++;
		if (i == sizeof(known) / sizeof(known[0])) {
			fprintf(stderr, "line %d: unknown key \"%s\"\n", child->line, child->key);
			bad++;
		}
		bad += check_keys(child);
	}
	return bad;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "tests/behaviour/table.json";
	char error[200];
	struct json *table = json_read(path, error, sizeof(error));
	const struct json *one;
	int failed;

	if (!table || check_keys(table)) {
		fprintf(stderr, "%s: %s\n", path, table ? "not as README.md says" : error);
		json_free(table);
		return 1;
	}
	for (one = json_get(table, "cases")->children; one; one = one->next)
		add_all(table, one);
	failed = cases_run();
	json_free(table);
	return failed;
}
