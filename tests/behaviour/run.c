/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a case: names, quantities, expected results, and the order of things. */
#include "run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_NS 20000000000ull

bool run_fail(struct run *run, const char *format, ...)
{
	va_list args;
	int n;

	if (*run->failure)
		return false;
	n = snprintf(run->failure, sizeof(run->failure),
		     "table line %d (%s): ", run->step ? run->step->line : 0,
		     json_string(run->step, "do", "?"));
	va_start(args, format);
	vsnprintf(run->failure + n, sizeof(run->failure) - (size_t)n, format, args);
	va_end(args);
	return false;
}

struct named *named_find(struct run *run, enum named_kind kind, const char *name)
{
	for (size_t i = 0; i < NAMED_MAX; i++)
		if (run->named[i].kind == kind && strcmp(run->named[i].name, name) == 0)
			return &run->named[i];
	return NULL;
}

struct named *named_add(struct run *run, enum named_kind kind, const char *name)
{
	for (size_t i = 0; i < NAMED_MAX; i++) {
		struct named *named = &run->named[i];

		if (named->kind)
			continue;
		memset(named, 0, sizeof(*named));
		named->kind = kind;
		named->run = run;
		snprintf(named->name, sizeof(named->name), "%s", name);
		return named;
	}
	abort();
}

void named_remove(struct named *named)
{
	named->kind = 0;
}

void *step_handle(struct run *run, enum named_kind kind, const char *key, const char *otherwise)
{
	const char *name = json_string(run->step, key, otherwise);
	struct named *named = named_find(run, kind, name);

	return named ? named->handle : NULL;
}

uint64_t quantity(struct run *run, const struct json *value, uint64_t otherwise)
{
	char *end;
	uint64_t number;

	if (!value)
		return otherwise;
	if (value->kind == JSON_NUMBER)
		return (uint64_t)value->number;
	number = strtoull(value->string, &end, 0);
	if (*end == 'b')
		number *= run->configuration->block;
	else if (*end == 'p')
		number *= PAGE;
	end += *end == 'b' || *end == 'p';
	return *end ? number + (uint64_t)strtoll(end, NULL, 0) : number;
}

uint64_t lba_of(struct run *run, const struct json *object)
{
	const struct json *value = json_get(object, "lba");
	upnvme_ns *ns = step_handle(run, NAMED_NS, "ns", "ns");

	if (!value)
		return 0;
	if (value->kind == JSON_STRING)
		return strtoull(value->string, NULL, 0);
	return value->number < 0 ? upnvme_ns_block_count(ns) + (uint64_t)value->number :
				   (uint64_t)value->number;
}

static bool expect_sentence(struct run *run, const struct json *step)
{
	const struct json *names = json_get(step, "names");
	const char *code = json_string(step, "code", NULL);
	struct upnvme_error error;

	upnvme_error_get(&error);
	if (code && strcmp(code, upnvme_error_name(error.code)) != 0)
		return run_fail(run, "code is %s: %s", upnvme_error_name(error.code), error.text);
	for (const struct json *word = names ? names->children : NULL; word; word = word->next)
		if (!strstr(error.text, word->string))
			return run_fail(run, "\"%s\" does not name \"%s\"", error.text,
					word->string);
	return true;
}

bool expect_result(struct run *run, const struct json *step, int rc)
{
	const char *error = json_string(step, "error", NULL);
	/* Two names of one number. */
	const char *got = rc == -ENOTSUP ? "ENOTSUP" : rc < 0 ? strerrorname_np(-rc) : NULL;
	int64_t returns = json_number(step, "returns", 0);

	if (!error) {
		if (rc < 0)
			return run_fail(run, "%s: %s", got ? got : "?", upnvme_last_error());
		return rc == returns ||
		       run_fail(run, "returned %d, not %lld", rc, (long long)returns);
	}
	if (!got || strcmp(got, error) != 0)
		return run_fail(run, "%s (%d) instead of %s: %s", got ? got : "success", rc, error,
				upnvme_last_error());
	return expect_sentence(run, step);
}

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

bool deadline_is_over(uint64_t start_ns)
{
	return clock_ns() - start_ns > DEADLINE_NS;
}

static const struct step_kind *step_find(const char *name)
{
	static const struct step_kind *const all[] = { steps_io, steps_handle, steps_memory,
						       steps_context };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct step_kind *kind = all[i]; kind->name; kind++)
			if (strcmp(kind->name, name) == 0)
				return kind;
	return NULL;
}

bool run_steps(struct run *run, const struct json *steps)
{
	for (const struct json *step = steps ? steps->children : NULL; step; step = step->next) {
		const struct step_kind *kind = step_find(json_string(step, "do", ""));

		run->step = step;
		if (!kind)
			return run_fail(run, "there is no such step");
		if (!kind->run(run, step))
			return false;
	}
	return true;
}

/* What is left over at the end of a case, children first. */
static bool clean_up(struct run *run)
{
	static const enum named_kind order[] = { NAMED_QPAIR, NAMED_BUF, NAMED_CTRLR };

	run->step = NULL;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		for (size_t j = 0; j < NAMED_MAX; j++) {
			struct named *named = &run->named[j];
			int rc = 0;

			if (named->kind != order[i])
				continue;
			if (named->kind == NAMED_QPAIR)
				rc = upnvme_qpair_close(named->handle);
			else if (named->kind == NAMED_CTRLR)
				rc = upnvme_close(named->handle);
			else if (!named->is_dma)
				munmap(named->handle, named->bytes);
			named->kind = 0;
			if (rc)
				run_fail(run, "at the end: %s", upnvme_last_error());
		}
	for (size_t j = 0; j < NAMED_MAX; j++)
		if (named_find(run, NAMED_IO, run->named[j].name) && run->named[j].kind &&
		    run->named[j].ndone != 1)
			run_fail(run, "command %s completed %u times", run->named[j].name,
				 run->named[j].ndone);
	return !*run->failure;
}

uint64_t case_blocks(const struct run *run)
{
	return (uint64_t)json_number(run->configuration->one, "nblocks", 1024);
}

static bool temporary_file(struct run *run)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	snprintf(run->path, sizeof(run->path), "%s/upnvme-behaviour-XXXXXX",
		 folder ? folder : "/tmp");
	fd = mkstemp(run->path);
	if (fd < 0)
		return run_fail(run, "no temporary file %s", run->path);
	if (strcmp(run->configuration->medium, "file") == 0 &&
	    ftruncate(fd, (off_t)(case_blocks(run) * run->configuration->block)))
		run_fail(run, "no room for %s", run->path);
	close(fd);
	return !*run->failure;
}

bool run_case(struct run *run, const struct configuration *configuration)
{
	const struct json *one = configuration->one;
	bool bare = json_number(one, "bare", 0);

	memset(run, 0, sizeof(*run));
	run->configuration = configuration;
	if (!temporary_file(run))
		return false;
	if (bare || run_steps(run, json_get(configuration->table, "before")))
		run_steps(run, json_get(one, "steps"));
	clean_up(run);
	unlink(run->path);
	return !*run->failure;
}
