/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the specification's structs lie in memory: compile-time checks of size and offset, and the
 * 128-bit number, which C has no portable type for.
 */
#ifndef UPNVME_SPEC_LAYOUT_H
#define UPNVME_SPEC_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define NVME_ASSERT_SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), #type " is " #bytes " bytes")
#define NVME_ASSERT_OFFSET(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), #type "." #field " is at " #offset)

/* Little-endian, as all numbers are: NVMe Base 2.0c. */
struct nvme_uint128 {
	uint64_t lo;
	uint64_t hi;
};

NVME_ASSERT_SIZE(nvme_uint128, 16);
NVME_ASSERT_OFFSET(nvme_uint128, lo, 0);
NVME_ASSERT_OFFSET(nvme_uint128, hi, 8);

#endif
