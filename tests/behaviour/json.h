/* SPDX-License-Identifier: BSD-3-Clause */
/* A small strict JSON reader for the behaviour table: no comments, no duplicate keys, integers instead of fractions. */
#ifndef UPNVME_TESTS_BEHAVIOUR_JSON_H
#define UPNVME_TESTS_BEHAVIOUR_JSON_H

#include <stdbool.h>
#include <stdint.h>

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_kind kind;
	int64_t number; /* also 0 or 1 for a bool */
	char *string;
	char *key; /* of a member */
	int line;
	struct json *children; /* of an array or object, in order */
	struct json *next;
};

/* Reads a file; on a mistake null, with the line and the reason in `error`. */
struct json *json_read(const char *path, char *error, unsigned error_bytes);
void json_free(struct json *json);

/* The member of that name, or null; null has no members. */
const struct json *json_get(const struct json *object, const char *key);
const char *json_string(const struct json *object, const char *key, const char *otherwise);
int64_t json_number(const struct json *object, const char *key, int64_t otherwise);
unsigned json_count(const struct json *json);

#endif
