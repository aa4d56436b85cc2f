/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller memory buffer, which may hold submission queues and nothing else. BAR 2 has the buffer alone.
 *
 * NVMe Base 2.0c, 8.5, and 3.1.3.11, .12, .16 and .17 (registers).
 */
#include "softctrl/ring/cmb.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define CMB_BIR 2u

int sc_cmb_init(struct sc_cmb *cmb, uint64_t bytes)
{
	if (!bytes)
		return 0;
	cmb->base = aligned_alloc(SC_PAGE_BYTES, bytes);
	if (!cmb->base)
		return error_no_memory("a controller memory buffer", bytes);
	memset(cmb->base, 0, bytes);
	cmb->bytes = bytes;
	return 0;
}

void sc_cmb_fini(struct sc_cmb *cmb)
{
	free(cmb->base);
}

static uint64_t address(uint64_t cmbmsc)
{
	return UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBMSC_CBA,
				     UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBMSC_CBA, cmbmsc));
}

/* Whether the buffer, at this address, ends below the last address of all. */
static bool address_is_valid(const struct sc_cmb *cmb, uint64_t cmbmsc)
{
	return address(cmbmsc) + cmb->bytes > address(cmbmsc);
}

/* Whether the host wants addresses for the buffer. CMSE has no effect without CRE. */
static bool is_wanted(uint64_t cmbmsc)
{
	return UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBMSC_CRE, cmbmsc) &&
	       UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBMSC_CMSE, cmbmsc);
}

/* Whether the buffer has addresses, which are valid. */
static bool is_on(const struct sc_cmb *cmb, uint64_t cmbmsc)
{
	return is_wanted(cmbmsc) && address_is_valid(cmb, cmbmsc);
}

bool sc_cmb_covers_any(const struct sc_cmb *cmb, uint64_t iova, uint64_t bytes)
{
	uint64_t cmbmsc = atomic_load_explicit(&cmb->cmbmsc, memory_order_acquire);

	return is_on(cmb, cmbmsc) && iova < address(cmbmsc) + cmb->bytes &&
	       iova + bytes > address(cmbmsc);
}

void *sc_cmb_at(const struct sc_cmb *cmb, uint64_t iova, uint64_t bytes)
{
	uint64_t cmbmsc = atomic_load_explicit(&cmb->cmbmsc, memory_order_acquire);
	uint64_t offset = iova - address(cmbmsc);

	if (!is_on(cmb, cmbmsc) || offset >= cmb->bytes || bytes > cmb->bytes - offset)
		return NULL;
	return cmb->base + offset;
}

/* CMBLOC and CMBSZ read as zero until the host sets CRE. */
uint32_t sc_cmb_read(const struct sc_cmb *cmb, uint32_t offset)
{
	uint64_t cmbmsc = atomic_load_explicit(&cmb->cmbmsc, memory_order_acquire);
	bool told = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBMSC_CRE, cmbmsc);
	uint32_t pages = (uint32_t)(cmb->bytes / SC_PAGE_BYTES);

	switch (offset) {
	case UPNVME_SPEC_REG_CMBLOC:
		return told ? UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBLOC_BIR, CMB_BIR) : 0;
	case UPNVME_SPEC_REG_CMBSZ:
		return told ? UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBSZ_SQS, 1u) |
				       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBSZ_SZ, pages) :
			      0;
	case UPNVME_SPEC_REG_CMBMSC:
		return (uint32_t)cmbmsc;
	case UPNVME_SPEC_REG_CMBMSC + 4:
		return (uint32_t)(cmbmsc >> 32);
	default: /* CMBSTS */
		return is_wanted(cmbmsc) && !address_is_valid(cmb, cmbmsc);
	}
}

void sc_cmb_write(struct sc_cmb *cmb, uint64_t cmbmsc)
{
	const uint64_t fields = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBMSC_CRE, ~UINT64_C(0)) |
				UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBMSC_CMSE, ~UINT64_C(0)) |
				UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBMSC_CBA, ~UINT64_C(0));

	if (cmb->base)
		atomic_store_explicit(&cmb->cmbmsc, cmbmsc & fields, memory_order_release);
}
