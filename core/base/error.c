/* SPDX-License-Identifier: BSD-3-Clause */
/* The last error is a variable of the thread, so that an error needs no lock and no allocation. */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

static _Thread_local struct upnvme_error last;

int(error_set)(int err, uint32_t code, const char *format, ...)
{
	va_list args;

	last.err = err;
	last.code = code;
	last.status = 0;
	va_start(args, format);
	text_format(last.text, sizeof(last.text), format, args);
	va_end(args);
	return err;
}

void error_set_status(uint16_t status)
{
	last.status = status;
}

void error_put(const struct upnvme_error *error)
{
	size_t length = (size_t)text_fit(error->text, sizeof(error->text) - 1);

	last = *error;
	memset(last.text + length, 0, sizeof(last.text) - length);
}

const struct upnvme_error *error_last(void)
{
	return &last;
}

void error_clear(void)
{
	memset(&last, 0, sizeof(last));
}

int(error_no_memory)(const char *what, uint64_t bytes)
{
	return error_set(
		-ENOMEM, UPNVME_ERR_NO_MEMORY,
		"no memory for %s (%llu bytes): free some memory or raise the limit (ulimit -v, cgroup)",
		what, (unsigned long long)bytes);
}
