/* SPDX-License-Identifier: BSD-3-Clause */
/* Sleeping until a word changes, between the threads of this process. */
#ifndef UPNVME_BASE_FUTEX_H
#define UPNVME_BASE_FUTEX_H

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

/* Sleeps until the word is not `value`, a thread wakes the sleeper, or the time is over (UINT64_MAX: never);
 * sometimes returns for no reason. */
static inline void futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec timeout = { .tv_sec = (time_t)(timeout_ns / NS_PER_S),
				    .tv_nsec = (long)(timeout_ns % NS_PER_S) };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value,
		timeout_ns == UINT64_MAX ? NULL : &timeout, NULL, 0);
}

static inline void futex_wake_one(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
