/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pattern of --verify. A block has 64-bit words: its LBA, the seed, the generation (which write of
 * the run to this place it was), then words that are computed from these three.
 */
#ifndef UPNVME_PERF_PATTERN_H
#define UPNVME_PERF_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#define PATTERN_SHOWN 8u /* bytes of a mismatch that are kept */

struct pattern_mismatch {
	uint64_t lba;
	uint32_t offset; /* of the first byte that differs, within the block */
	uint32_t nbytes; /* in `expected` and `found`: fewer than PATTERN_SHOWN at a block's end */
	uint8_t expected[PATTERN_SHOWN];
	uint8_t found[PATTERN_SHOWN];
	char hint[96]; /* what the block seems to hold instead, or empty */
};

void pattern_fill(void *block, uint32_t block_bytes, uint64_t lba, uint64_t seed,
		  uint64_t generation);

/* Whether the block holds its pattern, of any generation if `generation` is 0. If not, *mismatch says what differs. */
bool pattern_check(const void *block, uint32_t block_bytes, uint64_t lba, uint64_t seed,
		   uint64_t generation, struct pattern_mismatch *mismatch);

#endif
