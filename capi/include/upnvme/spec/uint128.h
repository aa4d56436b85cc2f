/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/uint128.h
 * A number of 128 bits, for which C has no portable type.
 */
#ifndef UPNVME_SPEC_UINT128_H
#define UPNVME_SPEC_UINT128_H

#include <stdint.h>

/** A number of 128 bits, little-endian as all numbers are (NVMe Base 2.0c). */
struct upnvme_spec_uint128 {
	uint64_t lo; /**< 0: lower half */
	uint64_t hi; /**< 8: upper half */
};

#endif
