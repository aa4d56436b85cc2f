/* SPDX-License-Identifier: BSD-3-Clause */
/* Structs that begin with their size, in both directions, so that programs and libraries of
 * different versions fit. */
#ifndef UPNVME_CAPI_OPTIONS_H
#define UPNVME_CAPI_OPTIONS_H

#include <stdint.h>

/*
 * Options in: fills *into, of `known_bytes`, from the caller's struct; zeroes (the defaults) where
 * that struct is null or shorter. A struct below `first_bytes`, the size of the first version, is
 * -EINVAL. Bytes that this library does not know must be zero, else -E2BIG. `name` is the struct's
 * name, for the sentence.
 */
int options_take(void *into, uint32_t known_bytes, const void *from, uint32_t first_bytes,
		 const char *name);

/* Whether a caller's record has a size that can be filled: at least that of the first version. */
int record_check(const void *record, uint32_t first_bytes, const char *name);

/* Records out: copies what fits of `full`, zeroes what this library does not know, and leaves the
 * size field alone. record_check has checked the size. */
void record_give(void *record, const void *full, uint32_t known_bytes);

#endif
