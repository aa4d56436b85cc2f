/* SPDX-License-Identifier: BSD-3-Clause */
/* Structs that begin with their size, in both directions, so that old and new programs and
 * libraries fit. */
#ifndef UPNVME_CAPI_OPTIONS_H
#define UPNVME_CAPI_OPTIONS_H

#include <stdint.h>

/*
 * Options in: fills *into, of `known_bytes`, from the caller's struct; all zeroes (the defaults)
 * where that is null or shorter. `first_bytes` is the size of the first version: below it is
 * -EINVAL. Bytes that this library does not know must be zero, else -E2BIG. `name` names the
 * struct.
 */
int options_take(void *into, uint32_t known_bytes, const void *from, uint32_t first_bytes,
		 const char *name);

/* Whether a caller's record has a size that can be filled: at least that of the first version. */
int record_check(const void *record, uint32_t first_bytes, const char *name);

/* Records out: copies what fits of `full`, zeroes what this library does not know, and leaves the
 * size field alone. The size was checked before. */
void record_give(void *record, const void *full, uint32_t known_bytes);

#endif
