/* SPDX-License-Identifier: BSD-3-Clause */
/* The check whether this process may read and write its own memory. */
#ifndef UPNVME_ENV_HOST_MAPPED_H
#define UPNVME_ENV_HOST_MAPPED_H

#include <stdint.h>

/* Whether all of [base, end), whole pages, can be read and written: 0, or -EFAULT with its sentence, or
 * another error with its sentence if that cannot be known. Changes no memory. */
int mapped_check(uint64_t base, uint64_t end);

#endif
