/* SPDX-License-Identifier: BSD-3-Clause */
/* Pins memory at its physical address, by which a device reaches it. */
#ifndef UPNVME_ENV_UIO_PIN_H
#define UPNVME_ENV_UIO_PIN_H

#include <stdint.h>

/* The most bytes that one call can pin; the kernel sets this limit. */
#define PIN_BYTES_MAX (1ull << 30)

/* Pins pages: they keep their physical addresses from the return on, until each of the bytes has been
 * unpinned. The call itself may move pages: ask for addresses afterwards. 0, or a negative errno
 * with its sentence. */
int pin_pages(void *va, uint64_t bytes);
/* Unpins bytes of one pin, or of several. */
void unpin_pages(void *va, uint64_t bytes);

#endif
