/* SPDX-License-Identifier: BSD-3-Clause */
/* The choice of cases for a foreign controller. */
#include "stranger.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "cases.h"

int __real_upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts);
int __wrap_upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts);

/* --- which cases ---------------------------------------------------------------------------------- */

static bool list_has(const struct json *list, const char *word)
{
	for (; list; list = list->next)
		if (!strcmp(list->string, word))
			return true;
	return false;
}

/* A shape that QEMU can be given. */
static bool parameters_fit(const char *parameters)
{
	static const char *const known[] = { "mdts=", "queues=", "namespaces=" };

	while (*parameters) {
		bool fits = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			fits = fits || !strncmp(parameters, known[i], strlen(known[i]));
		if (!fits)
			return false;
		parameters += strcspn(parameters, "&");
		parameters += *parameters == '&';
	}
	return true;
}

/* Cases that need more than the specification promises. */
static bool is_about_the_software_controller(const struct json *one)
{
	static const char *const names[] = {
		"a memory medium forgets its bytes at the close", /* a buffer goes from one controller to another */
		"a raw command that the device refuses", /* identifiers up to 256 are valid here */
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], json_string(one, "name", "")))
			return true;
	return false;
}

/* Bare cases open controllers themselves, with the software controller's media, files and URIs. */
static bool case_fits(const struct json *table, const struct json *one)
{
	return !is_about_the_software_controller(one) &&
	       list_has(case_choices(table, one, "media"), "ram") &&
	       list_has(case_choices(table, one, "modes"), "inline") &&
	       !json_number(one, "bare", 0) && parameters_fit(json_string(one, "uri", ""));
}

/* --- running them --------------------------------------------------------------------------------- */

/* Steps to which a way of access adds something of its own. */
static bool is_about_the_environment(const struct json *one)
{
	static const char *const steps[] = { "memory",  "register", "unregister", "free",
					     "release", "abandon",  "in_thread",  "in_child" };
	const struct json *step = json_get(one, "steps")->children;

	for (; step; step = step->next)
		for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
			if (!strcmp(json_string(step, "do", ""), steps[i]))
				return true;
	return false;
}

static bool is_one_of_its_kind(const struct json *one)
{
	static const char *const names[] = {
		"what is written is read back",
		"flush succeeds",
		"a request is split at the transfer limit",
		"a read is scattered",
		"a batch goes by tags",
		"callbacks may submit",
		"a device's status is no call's error",
		"closing completes what is in flight",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], json_string(one, "name", "")))
			return true;
	return false;
}

/* A case with one size of blocks may have no other chance to run than this one. */
static bool is_in_half(const struct json *table, const struct json *one, size_t place,
		       enum stranger_choice choice)
{
	return (choice == STRANGER_ODD) == (place % 2 == 1) ||
	       !case_choices(table, one, "blocks")->next;
}

static bool is_chosen(const struct json *table, const struct json *one, size_t place,
		      enum stranger_choice choice)
{
	return choice == STRANGER_ALL || is_about_the_environment(one) ||
	       (choice == STRANGER_FEW ? is_one_of_its_kind(one) :
					 is_in_half(table, one, place, choice));
}

/* Calls for each chosen case. */
static void for_each(const struct json *table, uint32_t block, enum stranger_choice choice,
		     void (*call)(const struct configuration *, const char *label),
		     const char *label)
{
	const struct json *one = json_get(table, "cases")->children, *size;

	for (size_t place = 0; one; one = one->next, place++)
		for (size = case_choices(table, one, "blocks"); size; size = size->next)
			if (size->number == block && case_fits(table, one) &&
			    is_chosen(table, one, place, choice))
				call(&(struct configuration){ table, one, "ram", "inline", block,
							      "" },
				     label);
}

static void add(const struct configuration *configuration, const char *label)
{
	cases_add(*configuration, label);
}

static void print(const struct configuration *configuration, const char *label)
{
	printf("%s%s\n", label, json_string(configuration->one, "name", ""));
}

static struct json *table_read(const char *path)
{
	char error[200];
	struct json *table = json_read(path, error, sizeof(error));

	if (!table)
		fprintf(stderr, "%s: %s\n", path, error);
	return table;
}

enum stranger_choice stranger_choice_of(const char *name)
{
	static const char *const names[] = { "all", "even", "odd", "few" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return (enum stranger_choice)i;
	return STRANGER_ALL;
}

int stranger_list(const char *path, uint32_t block, enum stranger_choice choice)
{
	struct json *table = table_read(path);

	if (!table)
		return 1;
	for_each(table, block, choice, print, "");
	json_free(table);
	return 0;
}

int stranger_run(const char *path, const char *label, const uint32_t *blocks, size_t nblocks,
		 enum stranger_choice choice)
{
	struct json *table = table_read(path);
	int failed;

	if (!table)
		return 1;
	for (size_t i = 0; i < nblocks; i++)
		for_each(table, blocks[i], choice, add, label);
	failed = cases_run();
	json_free(table);
	return failed;
}

int __wrap_upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts)
{
	return stranger_replace(__real_upnvme_open, ctrlr, uri, opts);
}
