/* SPDX-License-Identifier: BSD-3-Clause */
/* The check that every exported function makes of its pointers. */
#ifndef UPNVME_CAPI_CHECK_H
#define UPNVME_CAPI_CHECK_H

#include <stddef.h>

#include "base/error.h"

/* -EINVAL with its sentence if `pointer` is null; `call` and `argument` are the names of the function and of its
 * argument. */
static inline int check_pointer(const void *pointer, const char *call, const char *argument)
{
	if (pointer)
		return 0;
	return error_set(-EINVAL, UPNVME_ERR_NULL, "%s: the argument `%s` is null", call, argument);
}

#endif
