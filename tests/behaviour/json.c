/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON reader: one pass, a node for each value. */
#include "json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *at;
	int line;
	char *error;
	unsigned error_bytes;
};

static struct json *value_read(struct reader *reader);

static void *complain(struct reader *reader, const char *what)
{
	if (!*reader->error)
		snprintf(reader->error, reader->error_bytes, "line %d: %s near \"%.20s\"",
			 reader->line, what, reader->at);
	return NULL;
}

static char next_token(struct reader *reader)
{
	while (isspace((unsigned char)*reader->at))
		reader->line += *reader->at++ == '\n';
	return *reader->at;
}

static struct json *node(struct reader *reader, enum json_kind kind)
{
	struct json *json = calloc(1, sizeof(*json));

	if (!json)
		abort();
	json->kind = kind;
	json->line = reader->line;
	return json;
}

void json_free(struct json *json)
{
	while (json) {
		struct json *next = json->next;

		json_free(json->children);
		free(json->string);
		free(json->key);
		free(json);
		json = next;
	}
}

static char *string_read(struct reader *reader)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char *text = calloc(1, strcspn(reader->at, "\n") + 1), *out = text;

	reader->at++;
	for (; text && *reader->at != '"'; reader->at++) {
		const char *escape;

		if ((unsigned char)*reader->at < ' ') {
			free(text);
			return complain(reader, "a string that does not end");
		}
		if (*reader->at != '\\') {
			*out++ = *reader->at;
			continue;
		}
		reader->at++;
		escape = *reader->at ? strchr(from, *reader->at) : NULL;
		if (!escape) {
			free(text);
			return complain(reader, "an escape that this reader does not know");
		}
		*out++ = to[escape - from];
	}
	reader->at++;
	return text;
}

static struct json *number_read(struct reader *reader)
{
	char *end;
	int64_t number = strtoll(reader->at, &end, 10);
	struct json *json;

	if (end == reader->at || strchr(".eE", *end))
		return complain(reader, "not a whole number");
	json = node(reader, JSON_NUMBER);
	json->number = number;
	reader->at = end;
	return json;
}

static struct json *word_read(struct reader *reader, const char *word, enum json_kind kind,
			      int64_t number)
{
	struct json *json;

	if (strncmp(reader->at, word, strlen(word)) != 0)
		return complain(reader, "an unknown word");
	reader->at += strlen(word);
	json = node(reader, kind);
	json->number = number;
	return json;
}

/* A member's key and colon. */
static char *key_read(struct reader *reader, const struct json *object)
{
	char *key;

	if (next_token(reader) != '"')
		return complain(reader, "a key was expected");
	key = string_read(reader);
	if (key && json_get(object, key)) {
		free(key);
		return complain(reader, "a key for the second time");
	}
	if (key && next_token(reader) != ':') {
		free(key);
		return complain(reader, "a colon was expected");
	}
	reader->at++;
	return key;
}

static struct json *children_read(struct reader *reader, enum json_kind kind)
{
	struct json *json = node(reader, kind), **end = &json->children;
	char close = kind == JSON_OBJECT ? '}' : ']';

	reader->at++;
	if (next_token(reader) == close) {
		reader->at++;
		return json;
	}
	for (;;) {
		char *key = kind == JSON_OBJECT ? key_read(reader, json) : NULL;

		*end = kind == JSON_OBJECT && !key ? NULL : value_read(reader);
		if (!*end) {
			free(key);
			json_free(json);
			return NULL;
		}
		(*end)->key = key;
		end = &(*end)->next;
		if (next_token(reader) == close)
			break;
		if (*reader->at != ',') {
			json_free(json);
			return complain(reader, "a comma or an end was expected");
		}
		reader->at++;
	}
	reader->at++;
	return json;
}

static struct json *value_read(struct reader *reader)
{
	struct json *json;

	switch (next_token(reader)) {
	case '{':
		return children_read(reader, JSON_OBJECT);
	case '[':
		return children_read(reader, JSON_ARRAY);
	case '"':
		json = node(reader, JSON_STRING);
		json->string = string_read(reader);
		if (json->string)
			return json;
		json_free(json);
		return NULL;
	case 't':
		return word_read(reader, "true", JSON_BOOL, 1);
	case 'f':
		return word_read(reader, "false", JSON_BOOL, 0);
	case 'n':
		return word_read(reader, "null", JSON_NULL, 0);
	default:
		return number_read(reader);
	}
}

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t bytes = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &bytes, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

struct json *json_read(const char *path, char *error, unsigned error_bytes)
{
	char *text = file_read(path);
	struct reader reader = { text, 1, error, error_bytes };
	struct json *json;

	*error = '\0';
	if (!text) {
		snprintf(error, error_bytes, "cannot be read");
		return NULL;
	}
	json = value_read(&reader);
	if (json && next_token(&reader)) {
		json_free(json);
		json = complain(&reader, "more than one value");
	}
	free(text);
	return json;
}

const struct json *json_get(const struct json *object, const char *key)
{
	const struct json *child = object ? object->children : NULL;

	while (child && (!child->key || strcmp(child->key, key) != 0))
		child = child->next;
	return child;
}

const char *json_string(const struct json *object, const char *key, const char *otherwise)
{
	const struct json *json = json_get(object, key);

	return json && json->kind == JSON_STRING ? json->string : otherwise;
}

int64_t json_number(const struct json *object, const char *key, int64_t otherwise)
{
	const struct json *json = json_get(object, key);

	return json && (json->kind == JSON_NUMBER || json->kind == JSON_BOOL) ? json->number :
										otherwise;
}

unsigned json_count(const struct json *json)
{
	unsigned n = 0;

	for (const struct json *child = json ? json->children : NULL; child; child = child->next)
		n++;
	return n;
}
