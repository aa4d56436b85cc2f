/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings of the system's io_uring: whether they work here, and how one is made. */
#ifndef UPNVME_MEDIA_URING_RING_H
#define UPNVME_MEDIA_URING_RING_H

#include <stdbool.h>

struct io_uring;

/* Whether the system has all that the engine needs, and lets this process use it. */
bool uring_ring_works(void);

/* 0, or a negative errno without a sentence. */
int uring_ring_make(struct io_uring *ring, unsigned entries);
void uring_ring_unmake(struct io_uring *ring);

#endif
