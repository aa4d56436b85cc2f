/* SPDX-License-Identifier: BSD-3-Clause */
/* Running the table of calls. */
#include "calls.h"

#include <errno.h>

#include "record.h"
#include "rig.h"

static struct json *table;

void calls_load(const char *path)
{
	char error[256];

	table = json_read(path, error, sizeof(error));
	if (!table) {
		printf("%s: %s\n", path, error);
		exit(1);
	}
}

void calls_free(void)
{
	json_free(table);
}

/* --- expectations ----------------------------------------------------------------------------- */

/* One call with one argument replaced, or none. */
struct attempt {
	const struct prototype *prototype;
	const struct json *line;
	int which; /* the argument; -1: none */
	uint64_t value;
	const char *outcome;
};

static int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} values[] = {
		{ "EINVAL", EINVAL }, { "EBUSY", EBUSY },   { "ENODEV", ENODEV },
		{ "ERANGE", ERANGE }, { "E2BIG", E2BIG },   { "ENOTSUP", ENOTSUP },
		{ "EFAULT", EFAULT }, { "ENOSPC", ENOSPC }, { "ETIMEDOUT", ETIMEDOUT },
	};

	for (size_t i = 0; i < NELEMS(values); i++)
		if (strcmp(values[i].name, name) == 0)
			return values[i].value;
	fail_msg("this harness does not know %s", name);
	return 0;
}

static void fail_attempt(const struct attempt *attempt, int64_t result)
{
	const char *name = attempt->prototype->name;
	const char *sentence = (const char *)(uintptr_t)CALL0("upnvme_last_error");

	if (attempt->which < 0)
		fail_msg("%s with good arguments: %lld, expected: %s (\"%s\")", name,
			 (long long)result, attempt->outcome, sentence);
	fail_msg("%s with `%s` = %llu: %lld, expected: %s (\"%s\")", name,
		 argument_word(attempt->prototype, (unsigned)attempt->which, "name"),
		 (unsigned long long)attempt->value, (long long)result, attempt->outcome, sentence);
}

/* "ERANGE UPNVME_ERR_LBA_RANGE": a negative errno, and the thread's error is that. */
static bool has_failed_as(const char *outcome, int64_t result)
{
	void *error = record_new("upnvme_error", 1);
	char name[16], code[64];
	bool as_told;

	if (sscanf(outcome, "%15s %63s", name, code) != 2)
		fail_msg("\"%s\" is no outcome that this harness knows", outcome);
	OK("upnvme_error_get", P(error));
	as_told = result == -errno_of(name) &&
		  (int32_t)record_get(error, "upnvme_error.err") == result &&
		  (int64_t)record_get(error, "upnvme_error.code") == constant(code) &&
		  *(char *)record_at(error, "upnvme_error.text");
	free(error);
	return as_told;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool has_succeeded(const struct prototype *prototype, int64_t result)
{
	const char *type = json_string(json_get(prototype->json, "returns"), "type", "");

	return strcmp(type, "int") == 0 ? result >= 0 : result != 0;
}

static bool is_as_told(const struct attempt *attempt, int64_t result)
{
	if (begins(attempt->outcome, "ok"))
		return has_succeeded(attempt->prototype, result);
	if (begins(attempt->outcome, "zero"))
		return result == 0;
	if (strcmp(attempt->outcome, "refused") == 0)
		return has_failed_as("EINVAL UPNVME_ERR_NULL", result);
	return has_failed_as(attempt->outcome, result);
}

/* --- calling -------------------------------------------------------------------------------------- */

/* A number, or a name, or an array that begins with one of these. */
static uint64_t good_value(struct rig *rig, const struct json *word)
{
	if (word->kind == JSON_ARRAY)
		word = word->children;
	return word->kind == JSON_NUMBER ? (uint64_t)word->number : rig_value(rig, word->string);
}

static unsigned good_values(struct rig *rig, const struct json *word, uint64_t *values)
{
	unsigned n = 0;

	for (; word; word = word->next) {
		assert_true(n < MAX_ARGUMENTS);
		values[n++] = good_value(rig, word);
	}
	return n;
}

/* ["upnvme_close", "got"], of the member `key`, if there is one. */
static void side_call(struct rig *rig, const struct json *line, const char *key)
{
	const struct json *words = json_get(line, key);
	uint64_t values[MAX_ARGUMENTS];
	unsigned n;

	if (!words)
		return;
	n = good_values(rig, words->children->next, values);
	ok(call_with(words->children->string, n, values), words->children->string);
}

static void attempt_run(const struct attempt *attempt)
{
	const char *name = attempt->prototype->name;
	uint64_t values[MAX_ARGUMENTS];
	struct rig rig;
	int64_t result;
	unsigned n;

	rig_open(&rig);
	side_call(&rig, attempt->line, "first");
	n = good_values(&rig, json_get(attempt->line, "arguments")->children, values);
	if (attempt->which >= 0)
		values[attempt->which] = attempt->value;
	result = call_with(name, n, values);
	if (!is_as_told(attempt, result))
		fail_attempt(attempt, result);
	if (has_succeeded(attempt->prototype, result))
		side_call(&rig, attempt->line, "then");
	if (attempt->which < 0)
		rig_forget(&rig, json_string(attempt->line, "gone", ""));
	rig_close(&rig);
}

/* ["buf", "refused"] has the outcome of a null pointer; [1, 0, "EINVAL ..."] that of the second
 * value. */
static void argument_run(struct attempt attempt, const struct json *word)
{
	const char *name = argument_word(attempt.prototype, (unsigned)attempt.which, "name");
	bool is_pointer = strcmp(argument_word(attempt.prototype, (unsigned)attempt.which, "ffi"),
				 "pointer") == 0;
	unsigned n = word->kind == JSON_ARRAY ? json_count(word) : 0;

	if (is_pointer && n != 2)
		fail_msg("%s: line %d of calls.json says nothing of a null `%s`",
			 attempt.prototype->name, word->line, name);
	if (n == 2) {
		assert_true(is_pointer);
		attempt.outcome = word->children->next->string;
		attempt_run(&attempt);
	} else if (n == 3) {
		attempt.value = (uint64_t)word->children->next->number;
		attempt.outcome = word->children->next->next->string;
		attempt_run(&attempt);
	}
}

void calls_run(void **state)
{
	struct prototype prototype;
	struct attempt attempt = { .prototype = &prototype, .which = -1 };
	const struct json *word;

	prototype_make(&prototype, *state);
	attempt.line = json_get(table, prototype.name);
	if (!attempt.line)
		fail_msg("%s has no line in tests/abi/calls.json: say there how it is called",
			 prototype.name);
	word = json_get(attempt.line, "arguments");
	if (!word || json_count(word) != prototype.narguments)
		fail_msg("%s: line %d of calls.json has not its %u arguments", prototype.name,
			 attempt.line->line, prototype.narguments);
	attempt.outcome = json_string(attempt.line, "gives", "ok");
	attempt_run(&attempt);
	call_done(prototype.name);
	for (word = word->children; word; word = word->next) {
		attempt.which++;
		argument_run(attempt, word);
	}
}

void calls_are_all_known(void **state)
{
	for (const struct json *line = table->children; line; line = line->next)
		description_find("functions", line->key);
}
