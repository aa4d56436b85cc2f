/* SPDX-License-Identifier: BSD-3-Clause */
/* The rights that this process has to its memory. */
#ifndef UPNVME_ENV_HOST_MAPPED_H
#define UPNVME_ENV_HOST_MAPPED_H

#include <stdint.h>

/* 0 when all of [base, end), whole pages, can be read and written. -EFAULT with its sentence when
 * not, another error with its sentence when that cannot be known. Changes no memory. */
int mapped_check(uint64_t base, uint64_t end);

#endif
