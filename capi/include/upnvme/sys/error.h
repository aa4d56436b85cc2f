/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/sys/error.h
 * The thread's error, for those who implement something on upnvme: a library above it, a binding, a
 * function that the library calls. upnvme.h does not include this header.
 *
 * A call of theirs that fails tells the same as one of the library's: a negative errno, a code, and
 * a sentence that names the thing, the value and the remedy.
 *
 *     if (offset > size)
 *             return upnvme_error_set(-ERANGE, UPNVME_ERR_ARGUMENT,
 *                                     "offset %llu is past the end of %s, which has %llu bytes", ...);
 *
 * The code is one of UPNVME_ERR_... where it says what happened, else one of the implementer's own,
 * from UPNVME_ERROR_CODE_OWN on.
 *
 * Cleaning up after a failure may fail too, and would put its own sentence in place of the first.
 * Keep the first one by a pair of calls:
 *
 *     struct upnvme_error error;
 *
 *     upnvme_error_get(&error);
 *     upnvme_qpair_close(qp);
 *     upnvme_error_put(&error);
 */
#ifndef UPNVME_SYS_ERROR_H
#define UPNVME_SYS_ERROR_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "upnvme/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes a record the calling thread's last error: one that upnvme_error_get gave, or a new one. The
 * text is cut where it is not terminated, or ends in half a character of UTF-8.
 *
 * @param error  the error, which is copied; all zeroes: nothing has failed yet
 * @return 0, or -EINVAL (null; a positive errno; a code, a status or a text without an errno; a
 *   reserved field that is set)
 * @thread Any thread; each has its own.
 * @since 0.1
 */
UPNVME_API int upnvme_error_put(const struct upnvme_error *error);

#ifndef UPNVME_ERROR_FORMAT
/** Lets the compiler check a sentence's arguments, from the first one on, against its format. */
#define UPNVME_ERROR_FORMAT(first) __attribute__((format(printf, 3, first)))
#endif

/**
 * Makes a sentence the calling thread's last error: upnvme_error_set for a function that has taken
 * its arguments as `...` itself.
 *
 * @param err  a negative errno
 * @param code  UPNVME_ERR_..., or an own one from UPNVME_ERROR_CODE_OWN on
 * @param format  the sentence, as printf takes it, without a newline
 * @param args  what the format names; used up
 * @return as upnvme_error_set
 * @thread Any thread; each has its own.
 * @since 0.1
 */
static inline UPNVME_ERROR_FORMAT(0) int upnvme_error_vset(int err, uint32_t code,
							   const char *format, va_list args)
{
	struct upnvme_error error;
	int rc;

	error.err = err;
	error.code = code;
	error.status = 0;
	error.reserved = 0;
	if (vsnprintf(error.text, sizeof(error.text), format, args) < 0)
		snprintf(error.text, sizeof(error.text), "%s", format);
	if (err >= 0) {
		error.err = -EINVAL;
		error.code = UPNVME_ERR_ARGUMENT;
		snprintf(error.text, sizeof(error.text),
			 "upnvme_error_set: errno %d: give a negative one", err);
	}
	rc = upnvme_error_put(&error);
	return rc ? rc : error.err;
}

/**
 * Makes a sentence the calling thread's last error. A sentence that is too long is cut between two
 * characters of UTF-8; where printf refuses the arguments, the sentence is the format itself.
 *
 * @param err  a negative errno
 * @param code  UPNVME_ERR_..., or an own one from UPNVME_ERROR_CODE_OWN on
 * @param format  the sentence, as printf takes it, without a newline
 * @return `err`, so that a check is one line, `return upnvme_error_set(...)`; or -EINVAL if `err` is
 *   not negative
 * @thread Any thread; each has its own.
 * @since 0.1
 */
static inline UPNVME_ERROR_FORMAT(4) int upnvme_error_set(int err, uint32_t code,
							  const char *format, ...)
{
	va_list args;
	int rc;

	va_start(args, format);
	rc = upnvme_error_vset(err, code, format, args);
	va_end(args);
	return rc;
}

#ifdef __cplusplus
}
#endif

#endif
