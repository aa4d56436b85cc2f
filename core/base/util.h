/* SPDX-License-Identifier: BSD-3-Clause */
/* The small arithmetic that every floor needs. */
#ifndef UPNVME_BASE_UTIL_H
#define UPNVME_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "upnvme supports x86-64 and aarch64 only"
#endif
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "upnvme supports little-endian machines only: NVMe structures are little-endian"
#endif

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)                       ((a) < (b) ? (a) : (b))
#define MAX(a, b)                       ((a) > (b) ? (a) : (b))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* The argument `align` is a power of two in align_down, align_up and is_aligned. */
static inline uint64_t align_down(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

static inline uint64_t align_up(uint64_t value, uint64_t align)
{
	return align_down(value + align - 1, align);
}

static inline bool is_aligned(uint64_t value, uint64_t align)
{
	return (value & (align - 1)) == 0;
}

static inline bool is_pow2(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* The exponent of the largest power of two that is not above `value`; `value` is not 0. */
static inline unsigned log2_floor(uint64_t value)
{
	return 63u - (unsigned)__builtin_clzll(value);
}

static inline uint64_t pow2_ceil(uint64_t value)
{
	return value <= 1 ? 1 : 1ull << (log2_floor(value - 1) + 1);
}

#endif
