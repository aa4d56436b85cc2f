/* SPDX-License-Identifier: BSD-3-Clause */
/* This thread's last error: a negative errno, a stable code, and a sentence that names the thing,
 * the value and the remedy. */
#ifndef UPNVME_BASE_ERROR_H
#define UPNVME_BASE_ERROR_H

#include <errno.h>
#include <stdint.h>

#include <upnvme/error.h>

/* Records the sentence and returns `err`, so that a check reads `return error_set(-EINVAL, ...)`. */
__attribute__((format(printf, 3, 4), cold)) int error_set(int err, uint32_t code,
							  const char *format, ...);

/* Adds the status that the controller answered to this thread's error. */
void error_set_status(uint16_t status);

/* Makes a whole record this thread's error. A text that is not terminated is cut between two characters. */
void error_put(const struct upnvme_error *error);

const struct upnvme_error *error_last(void);
void error_clear(void);

/* The error for want of memory, in the same words everywhere. */
__attribute__((cold)) int error_no_memory(const char *what, uint64_t bytes);

#ifdef __clang_analyzer__
/* The analyzer cannot see into error_set, and would follow paths on which an error is 0. */
#define error_set(err, ...)          (error_set(err, __VA_ARGS__), (err))
#define error_no_memory(what, bytes) (error_no_memory(what, bytes), -ENOMEM)
#endif

#endif
