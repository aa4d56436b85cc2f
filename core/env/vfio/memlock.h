/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory a process may pin for a device. */
#ifndef UPNVME_ENV_VFIO_MEMLOCK_H
#define UPNVME_ENV_VFIO_MEMLOCK_H

#include <stdint.h>

/* 0 if `bytes` more can be pinned; else -ENOMEM with a sentence that says what to raise, to
 * what, and how. */
int memlock_check(uint64_t bytes);

/* Sets the sentence after the kernel has refused to pin `bytes` with ENOMEM, and returns
 * -ENOMEM. */
int memlock_refused(uint64_t bytes);

#endif
