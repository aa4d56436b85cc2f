/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller memory buffer: the controller's own memory, at addresses that the host has chosen. */
#ifndef UPNVME_SOFTCTRL_RING_CMB_H
#define UPNVME_SOFTCTRL_RING_CMB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include <upnvme/spec/regs.h>

#define SC_PAGE_BYTES \
	(1u << UPNVME_SPEC_PAGE_SHIFT_MIN) /* CAP.MPSMIN: the unit of MDTS and CMBSZ */

struct sc_cmb {
	uint8_t *base; /* NULL: the controller has no buffer */
	uint64_t bytes;
	_Atomic uint64_t cmbmsc; /* the register; written under the registers' lock, read without */
};

/* Makes the buffer; none if `bytes` is 0. 0, or a negative errno with its sentence recorded. */
int sc_cmb_init(struct sc_cmb *cmb, uint64_t bytes);
void sc_cmb_fini(struct sc_cmb *cmb);

/* The part of the buffer at these addresses; NULL when the buffer does not have all of them. */
void *sc_cmb_at(const struct sc_cmb *cmb, uint64_t iova, uint64_t bytes);

uint32_t sc_cmb_read(const struct sc_cmb *cmb, uint32_t offset);
void sc_cmb_write(struct sc_cmb *cmb, uint64_t cmbmsc);

/* Does as sc_cmb_overlaps, for a controller that has a buffer. */
bool sc_cmb_covers_any(const struct sc_cmb *cmb, uint64_t iova, uint64_t bytes);

/* Whether the buffer has any of these addresses. */
static inline bool sc_cmb_overlaps(const struct sc_cmb *cmb, uint64_t iova, uint64_t bytes)
{
	return unlikely(cmb->base) && sc_cmb_covers_any(cmb, iova, bytes);
}

#endif
