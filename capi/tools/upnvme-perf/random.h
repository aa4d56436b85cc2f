/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers that cost a few instructions (splitmix64, a public-domain algorithm by S. Vigna). */
#ifndef UPNVME_PERF_RANDOM_H
#define UPNVME_PERF_RANDOM_H

#include <stdint.h>

#define RANDOM_STEP 0x9e3779b97f4a7c15ull

static inline uint64_t random_mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
	return value ^ (value >> 31);
}

static inline uint64_t random_next(uint64_t *state)
{
	return random_mix(*state += RANDOM_STEP);
}

/* A random number from 0 to limit - 1. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
	return (uint64_t)(((unsigned __int128)random_next(state) * limit) >> 64);
}

#endif
