/* SPDX-License-Identifier: BSD-3-Clause */
/* This program is linked so that the runner's upnvme_open is the one of this file. What a URI of
 * the software controller says of size and shape becomes a QEMU process; those that are idle are
 * used again. */
#include "support/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <upnvme.h>

#include "base/uri.h"
#include "base/util.h"
#include "support/qemu.h"
#include "support/qtest_transport.h"

#define PROCESSES_MAX 6u

struct shape {
	uint64_t size, block, mdts, nqueues, nnamespaces;
};

static struct process {
	struct qemu *qemu;
	struct shape shape;
} processes[PROCESSES_MAX];

int __real_upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts);
int __wrap_upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts);

/* --- which cases ---------------------------------------------------------------------------------- */

static bool list_has(const struct json *table, const struct json *one, const char *key,
		     const char *word)
{
	const struct json *list = json_get(one, key);

	if (!list)
		list = json_get(json_get(table, "usually"), key);
	for (list = list->children; list; list = list->next)
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
bool table_case_fits(const struct json *table, const struct json *one)
{
	return !is_about_the_software_controller(one) && list_has(table, one, "media", "ram") &&
	       list_has(table, one, "modes", "inline") && !json_number(one, "bare", 0) &&
	       parameters_fit(json_string(one, "uri", ""));
}

/* --- opening -------------------------------------------------------------------------------------- */

static struct shape shape_of(const char *text)
{
	struct shape shape = {
		.size = 1 << 30, .block = 4096, .mdts = 7, .nqueues = 64, .nnamespaces = 1
	};
	struct uri *uri;

	if (uri_parse(&uri, text))
		return shape;
	uri_get_size(uri, "size", &shape.size);
	uri_get_size(uri, "block", &shape.block);
	uri_get_number(uri, "mdts", 0, 12, &shape.mdts);
	uri_get_number(uri, "queues", 1, 64, &shape.nqueues);
	uri_get_number(uri, "namespaces", 1, QEMU_NAMESPACES_MAX, &shape.nnamespaces);
	uri_free(uri);
	return shape;
}

static struct qemu *start(const struct shape *shape)
{
	struct qemu_ns namespaces[QEMU_NAMESPACES_MAX] = { { 0 } };
	struct qemu_config config = { .namespaces = namespaces,
				      .nnamespaces = (uint32_t)shape->nnamespaces };
	char properties[64];

	snprintf(properties, sizeof(properties), "mdts=%u,max_ioqpairs=%u", (unsigned)shape->mdts,
		 (unsigned)shape->nqueues);
	config.properties = properties;
	for (uint32_t i = 0; i < shape->nnamespaces; i++)
		namespaces[i] = (struct qemu_ns){ .nsid = i + 1,
						  .bytes = shape->size,
						  .block_bytes = (uint32_t)shape->block };
	return qemu_start(&config);
}

/* An idle one of that shape, wiped, or a new one, for which an idle one may have to go. */
static struct qemu *process_for(const struct shape *shape)
{
	struct process *place = NULL;

	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		struct process *process = &processes[i];

		if (process->qemu && process->qemu->nusers)
			continue;
		if (process->qemu && !memcmp(&process->shape, shape, sizeof(*shape))) {
			qemu_wipe(process->qemu);
			return process->qemu;
		}
		if (!place || !process->qemu)
			place = process;
	}
	if (!place)
		abort(); /* no case has that many controllers */
	qemu_stop(place->qemu);
	*place = (struct process){ start(shape), *shape };
	return place->qemu;
}

/* The real call has its say first: about arguments, options and URI. */
int __wrap_upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts)
{
	struct upnvme_open_opts known = UPNVME_OPEN_OPTS_INIT;
	int rc = __real_upnvme_open(ctrlr, uri, opts);
	struct shape shape;

	if (rc)
		return rc;
	rc = upnvme_close(*ctrlr);
	if (rc)
		return rc;
	if (opts)
		memcpy(&known, opts, MIN(opts->size, sizeof(known)));
	shape = shape_of(uri);
	return qtest_open(ctrlr, process_for(&shape), &known);
}

void table_end(void)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		qemu_stop(processes[i].qemu);
		processes[i].qemu = NULL;
	}
}
