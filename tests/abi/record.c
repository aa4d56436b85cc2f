/* SPDX-License-Identifier: BSD-3-Clause */
/* Records by their description. */
#include "record.h"

static const struct json *struct_of(const char *name)
{
	return description_find("structs", name);
}

static const struct json *field_of(const char *path)
{
	const char *dot = strchr(path, '.');
	char name[64];
	const struct json *field;

	assert_non_null(dot);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
	field = json_get(struct_of(name), "fields")->children;
	while (field && strcmp(json_string(field, "name", ""), dot + 1) != 0)
		field = field->next;
	if (!field)
		fail_msg("the description has no field %s", path);
	return field;
}

size_t record_bytes(const char *name)
{
	return (size_t)json_number(struct_of(name), "size", 0);
}

void *record_new(const char *name, unsigned n)
{
	size_t bytes = record_bytes(name);
	char *records = calloc(n, bytes), path[80];

	assert_non_null(records);
	snprintf(path, sizeof(path), "%s.size", name);
	if (strcmp(json_string(struct_of(name), "kind", ""), "sized") == 0)
		for (unsigned i = 0; i < n; i++)
			record_set(records + i * bytes, path, bytes);
	return records;
}

void *record_at(void *record, const char *path)
{
	return (char *)record + json_number(field_of(path), "offset", 0);
}

static size_t width_of(const struct json *field)
{
	return ffi_type_of(json_string(field, "ffi", ""))->size;
}

/* Little-endian: the low bytes come first. */
void record_set(void *record, const char *path, uint64_t value)
{
	memcpy(record_at(record, path), &value, width_of(field_of(path)));
}

uint64_t record_get(const void *record, const char *path)
{
	const struct json *field = field_of(path);
	uint64_t value = 0;

	memcpy(&value, (const char *)record + json_number(field, "offset", 0), width_of(field));
	return value;
}
