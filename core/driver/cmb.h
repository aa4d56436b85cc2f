/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller memory buffer: memory inside the controller, from which it fetches commands without an access to the
 * host's memory (NVMe Base 2.0c, 8.5). */
#ifndef UPNVME_DRIVER_CMB_H
#define UPNVME_DRIVER_CMB_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "transport/transport.h"

struct upnvme_ctrlr;

/* A piece of the buffer that is in use, in whole pages. Zero bytes stand for no piece. */
struct cmb_piece {
	struct cmb_piece *next;
	uint64_t offset;
	uint64_t bytes;
};

struct cmb {
	struct transport_memory memory;
	uint32_t abilities; /* UPNVME_CMB_... */
	/* The buffer of a controller before NVMe 1.4: always on, at the bus addresses of its BAR. */
	bool legacy;
	pthread_mutex_t lock; /* of the fields below */
	bool enabled;
	struct cmb_piece *pieces; /* by offset */
};

/* Looks for the buffer while the controller is disabled. A controller whose registers make no sense has none. A
 * negative errno where the controller cannot be driven without harm, or there is no memory. */
int cmb_find(struct upnvme_ctrlr *ctrlr);
/* Frees the record of the buffer. All pieces are back. */
void cmb_destroy(struct upnvme_ctrlr *ctrlr);

/* Takes a piece for a submission queue. The first call after bring-up switches the buffer on. */
int cmb_take(struct upnvme_ctrlr *ctrlr, uint64_t bytes, struct cmb_piece *piece, void **va);
void cmb_drop(struct upnvme_ctrlr *ctrlr, struct cmb_piece *piece);
/* The bus address of the piece. */
uint64_t cmb_iova(const struct upnvme_ctrlr *ctrlr, const struct cmb_piece *piece);

/* Switches the buffer off, once the controller is disabled: no address stands for the buffer any more. */
void cmb_disable(struct upnvme_ctrlr *ctrlr);

#endif
