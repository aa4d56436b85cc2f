/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory that the kernel counts as pinned for this process (VmPin, proc_pid_status(5)). */
#ifndef UPNVME_TESTS_PINNED_H
#define UPNVME_TESTS_PINNED_H

#include <stdint.h>

uint64_t pinned_bytes(void);

#endif
