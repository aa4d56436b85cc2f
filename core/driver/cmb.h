/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller memory buffer: memory of the controller's own, from which it fetches commands without a look at the
 * host's (NVMe Base 2.0c, 8.5). */
#ifndef UPNVME_DRIVER_CMB_H
#define UPNVME_DRIVER_CMB_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "transport/transport.h"

struct upnvme_ctrlr;

/* A part of it that is in use; whole pages. Zero bytes: none. */
struct cmb_piece {
	struct cmb_piece *next;
	uint64_t offset;
	uint64_t bytes;
};

struct cmb {
	struct transport_memory memory;
	uint32_t abilities; /* UPNVME_CMB_... */
	/* Before NVMe 1.4: always on, at the addresses of its BAR. */
	bool legacy;
	pthread_mutex_t lock; /* what follows */
	bool enabled;
	struct cmb_piece *pieces; /* by offset */
};

/* Looks for the buffer while the controller is disabled. A controller whose registers make no sense has none. A
 * negative errno where the controller cannot be driven without harm, or there is no memory. */
int cmb_find(struct upnvme_ctrlr *ctrlr);
/* All pieces are back. */
void cmb_destroy(struct upnvme_ctrlr *ctrlr);

/* Room for a submission queue. The first time the controller is told to look there. */
int cmb_take(struct upnvme_ctrlr *ctrlr, uint64_t bytes, struct cmb_piece *piece, void **va);
void cmb_drop(struct upnvme_ctrlr *ctrlr, struct cmb_piece *piece);
/* Where the controller finds the piece. */
uint64_t cmb_iova(const struct upnvme_ctrlr *ctrlr, const struct cmb_piece *piece);

/* The controller has been disabled: it takes no address for its own memory's any more. */
void cmb_disable(struct upnvme_ctrlr *ctrlr);

#endif
