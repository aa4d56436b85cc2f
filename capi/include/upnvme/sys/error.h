/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/sys/error.h
 * The thread's error, for those who implement something on upnvme: a library above upnvme, a binding,
 * or a function that the library calls. upnvme.h does not include this header.
 *
 * An implementer's call that fails should tell what the library's calls tell: a negative errno, a
 * code, and a sentence that names the thing, the value and the remedy.
 *
 *     if (offset > size)
 *             return upnvme_error_set(-ERANGE, UPNVME_ERR_ARGUMENT,
 *                                     "offset %llu is past the end of %s, which has %llu bytes", ...);
 *
 * The code is one of UPNVME_ERR_... where one of these says what happened, else a code of the
 * implementer's own, from UPNVME_ERROR_CODE_OWN on.
 *
 * Cleaning up after a failure may fail, too, and would put another sentence in place of the first.
 * Keep the first sentence by a pair of calls:
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
 * Makes a record the calling thread's last error: a record that upnvme_error_get gave, or a new one.
 * A text that is not terminated, or that ends in half a character of UTF-8, is cut.
 *
 * @param error  the error, which is copied; all zeroes: nothing has failed yet
 * @return 0, or -EINVAL (null; an errno above 0 or below -4095; an errno without a code; a code, a
 *   status or a text without an errno; a reserved field that is set)
 * @thread Any thread; each has its own.
 * @since 0.1
 */
UPNVME_API int upnvme_error_put(const struct upnvme_error *error);

#ifndef UPNVME_ERROR_FORMAT
/** Lets the compiler check a sentence's arguments, from argument `first` on, against its format. */
#define UPNVME_ERROR_FORMAT(first) __attribute__((format(printf, 3, first)))
#endif

/**
 * Makes a sentence the calling thread's last error. Does as upnvme_error_set, for a function that has
 * taken the sentence's arguments as `...` itself.
 *
 * @param err  a negative errno
 * @param code  UPNVME_ERR_..., or a code of the caller's own, from UPNVME_ERROR_CODE_OWN on
 * @param format  the sentence, as printf takes it, without a newline
 * @param args  the format's arguments; used up
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
 * @param code  UPNVME_ERR_..., or a code of the caller's own, from UPNVME_ERROR_CODE_OWN on
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
