/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps memory where it is, for a device that knows it by its physical address. */
#ifndef UPNVME_ENV_UIO_PIN_H
#define UPNVME_ENV_UIO_PIN_H

#include <stdint.h>

/* Of one call; what the kernel takes. */
#define PIN_BYTES_MAX (1ull << 30)

/* The pages stay in their places from the return on, until each of the bytes has been unpinned. They may be moved on
 * the way: their addresses are asked for afterwards. 0, or a negative errno with its sentence. */
int pin_pages(void *va, uint64_t bytes);
/* Of one pin or of several. */
void unpin_pages(void *va, uint64_t bytes);

#endif
