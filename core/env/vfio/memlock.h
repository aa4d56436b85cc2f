/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory a process may pin for a device. */
#ifndef UPNVME_ENV_VFIO_MEMLOCK_H
#define UPNVME_ENV_VFIO_MEMLOCK_H

#include <stdint.h>

/* Whether `bytes` more can be pinned: 0, or -ENOMEM with a sentence that says which limit to raise, to
 * how much, and how. */
int memlock_check(uint64_t bytes);

/* Sets the sentence after the kernel has refused to pin `bytes` with ENOMEM, and returns
 * -ENOMEM. */
int memlock_refused(uint64_t bytes);

#endif
