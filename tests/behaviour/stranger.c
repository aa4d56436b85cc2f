/* SPDX-License-Identifier: BSD-3-Clause */
/* Which cases a stranger's controller is asked for, and how it takes the software controller's place. */
#include "stranger.h"

#include <stdio.h>
#include <string.h>

#include "base/uri.h"
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

/* Cases that rely on more than the specification. */
static bool is_about_the_software_controller(const struct json *one)
{
	static const char *const names[] = {
		"memory forgets", /* a buffer goes from one controller to another */
		"a raw command that the device refuses", /* identifiers up to 256 are valid here */
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], json_string(one, "name", "")))
			return true;
	return false;
}

/* Bare ones open for themselves: they name the software controller's media, files and URIs. */
static bool case_fits(const struct json *table, const struct json *one)
{
	return !is_about_the_software_controller(one) &&
	       list_has(case_choices(table, one, "media"), "ram") &&
	       list_has(case_choices(table, one, "modes"), "inline") &&
	       !json_number(one, "bare", 0) && parameters_fit(json_string(one, "uri", ""));
}

/* --- running them --------------------------------------------------------------------------------- */

static void add_all(const struct json *table, const char *label, uint32_t block)
{
	const struct json *one = json_get(table, "cases")->children, *size;

	for (; one; one = one->next)
		for (size = case_choices(table, one, "blocks"); size; size = size->next)
			if (size->number == block && case_fits(table, one))
				cases_add((struct configuration){ table, one, "ram", "inline",
								  block, "" },
					  label);
}

int stranger_run(const char *path, const char *label, const uint32_t *blocks, size_t nblocks)
{
	char error[200];
	struct json *table = json_read(path, error, sizeof(error));
	int failed;

	if (!table) {
		fprintf(stderr, "%s: %s\n", path, error);
		return 1;
	}
	for (size_t i = 0; i < nblocks; i++)
		add_all(table, label, blocks[i]);
	failed = cases_run();
	json_free(table);
	return failed;
}

/* --- opening -------------------------------------------------------------------------------------- */

static struct shape shape_of(const char *text)
{
	struct shape shape = { 0 };
	struct uri *uri;

	if (uri_parse(&uri, text))
		return shape;
	uri_get_size(uri, "size", &shape.size);
	uri_get_size(uri, "block", &shape.block);
	uri_get_number(uri, "mdts", 0, 12, &shape.mdts);
	uri_get_number(uri, "queues", 1, 64, &shape.nqueues);
	uri_get_number(uri, "namespaces", 1, 1024, &shape.nnamespaces);
	uri_free(uri);
	return shape;
}

/* The real call has its say first: about arguments, options and URI. */
int __wrap_upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts)
{
	struct upnvme_open_opts known = UPNVME_OPEN_OPTS_INIT;
	int rc = __real_upnvme_open(ctrlr, uri, opts);
	struct shape shape;

	if (rc || strncmp(uri, "soft:", 5) != 0)
		return rc;
	rc = upnvme_close(*ctrlr);
	if (rc)
		return rc;
	if (opts)
		memcpy(&known, opts, MIN(opts->size, sizeof(known)));
	shape = shape_of(uri);
	return stranger_open(ctrlr, &shape, &known);
}
