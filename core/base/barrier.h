/* SPDX-License-Identifier: BSD-3-Clause */
/* Ordering between this processor and a device that reads and writes the same memory.
 * C11's fences order processors among themselves; a device sees memory and doorbells in the order
 * that the bus keeps, which on aarch64 needs an outer-shareable barrier. */
#ifndef UPNVME_BASE_BARRIER_H
#define UPNVME_BASE_BARRIER_H

#include <stdatomic.h>

#include "base/util.h"

/* To be called before a doorbell: the device sees all entries written so far before it sees the doorbell. */
static inline void barrier_before_doorbell(void)
{
#if defined(__aarch64__)
	__asm__ volatile("dmb oshst" ::: "memory");
#endif
	atomic_thread_fence(memory_order_release);
}

/* To be called after a phase tag was read: what the device wrote before the tag is read after the tag. */
static inline void barrier_after_phase(void)
{
#if defined(__aarch64__)
	__asm__ volatile("dmb oshld" ::: "memory");
#endif
	atomic_thread_fence(memory_order_acquire);
}

#endif
