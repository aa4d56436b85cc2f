/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory that a controller can address: the host's, and the controller's own buffer. */
#ifndef UPNVME_SOFTCTRL_RING_MEMORY_H
#define UPNVME_SOFTCTRL_RING_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "softctrl/ring/cmb.h"
#include "softctrl/ring/dma.h"
#include "softctrl/ring/refusal.h"

struct sc_memory {
	struct softctrl_dma dma;
	struct sc_cmb cmb;
	uint32_t page_shift; /* of the page size in CC.MPS */
};

static inline uint64_t sc_memory_page_bytes(const struct sc_memory *memory)
{
	return 1ull << memory->page_shift;
}

/* Maps host memory; NULL when it is not reachable, or when any of the addresses is in the controller's own buffer. */
static inline void *sc_memory_map(const struct sc_memory *memory, uint64_t iova, uint64_t bytes)
{
	if (iova + bytes < iova || sc_cmb_overlaps(&memory->cmb, iova, bytes))
		return NULL;
	return memory->dma.map(memory->dma.context, iova, bytes);
}

/*
 * The status of a command for whose data, or list, sc_memory_map gave NULL. The controller's own buffer may hold
 * neither data nor lists.
 */
static inline uint16_t sc_memory_unmapped(const struct sc_memory *memory, uint64_t iova,
					  uint64_t bytes)
{
	return sc_cmb_overlaps(&memory->cmb, iova, bytes) ?
		       sc_dnr(UPNVME_SPEC_SC_INVALID_USE_OF_CMB) :
		       UPNVME_SPEC_SC_DATA_TRANSFER_ERROR;
}

#endif
