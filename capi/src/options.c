/* SPDX-License-Identifier: BSD-3-Clause */
/* Structs that begin with their size: what a size other than this library's means. */
#include "options.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"

static uint32_t size_of(const void *record)
{
	uint32_t size;

	memcpy(&size, record, sizeof(size));
	return size;
}

static bool all_zero(const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

int record_check(const void *record, uint32_t first_bytes, const char *name)
{
	uint32_t size = size_of(record);

	if (size < first_bytes)
		return error_set(
			-EINVAL, UPNVME_ERR_OPTIONS_SIZE,
			"struct %s says that it has %u bytes, but it has at least %u: set its "
			"size field to sizeof(struct %s)",
			name, size, first_bytes, name);
	return 0;
}

int options_take(void *into, uint32_t known_bytes, const void *from, uint32_t first_bytes,
		 const char *name)
{
	uint32_t size;
	int rc;

	memset(into, 0, known_bytes);
	memcpy(into, &known_bytes, sizeof(known_bytes));
	if (!from)
		return 0;
	rc = record_check(from, first_bytes, name);
	if (rc)
		return rc;
	size = size_of(from);
	if (size > known_bytes &&
	    !all_zero((const uint8_t *)from + known_bytes, size - known_bytes))
		return error_set(
			-E2BIG, UPNVME_ERR_OPTIONS_FUTURE,
			"struct %s has %u bytes, of which this library knows %u, and asks for "
			"something in the others: use a newer library or leave them zero",
			name, size, known_bytes);
	memcpy(into, from, MIN(size, known_bytes));
	memcpy(into, &known_bytes, sizeof(known_bytes));
	return 0;
}

void record_give(void *record, const void *full, uint32_t known_bytes)
{
	uint32_t size = size_of(record), common = MIN(size, known_bytes);

	memcpy((char *)record + sizeof(size), (const char *)full + sizeof(size),
	       common - sizeof(size));
	if (size > common)
		memset((char *)record + common, 0, size - common);
}
