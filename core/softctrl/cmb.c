/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller memory buffer: submission queues may be in it, nothing else. It is all of BAR 2.
 *
 * NVMe Base 2.0, 8.5, and 3.1.3.11, .12, .16 and .17 (registers).
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "softctrl/internal.h"

#define CMB_BIR 2u

int sc_cmb_init(struct softctrl *sc, uint64_t bytes)
{
	if (!bytes)
		return 0;
	sc->cmb.base = aligned_alloc(SC_PAGE_BYTES, bytes);
	if (!sc->cmb.base)
		return error_no_memory("a controller memory buffer", bytes);
	memset(sc->cmb.base, 0, bytes);
	sc->cmb.bytes = bytes;
	sc->cap |= NVME_FIELD_SET(NVME_CAP_CMBS, 1ull);
	return 0;
}

void sc_cmb_fini(struct softctrl *sc)
{
	free(sc->cmb.base);
}

void *softctrl_cmb(const struct softctrl *sc, uint64_t *bytes)
{
	*bytes = sc->cmb.bytes;
	return sc->cmb.base;
}

static uint64_t address(uint64_t cmbmsc)
{
	return NVME_FIELD_SET(NVME_CMBMSC_CBA, NVME_FIELD_GET(NVME_CMBMSC_CBA, cmbmsc));
}

/* Its end can be named, too. */
static bool address_is_valid(const struct softctrl *sc, uint64_t cmbmsc)
{
	return address(cmbmsc) + sc->cmb.bytes > address(cmbmsc);
}

/* Without CRE the host knows of no buffer, whatever else it sets. */
static bool is_wanted(uint64_t cmbmsc)
{
	return NVME_FIELD_GET(NVME_CMBMSC_CRE, cmbmsc) && NVME_FIELD_GET(NVME_CMBMSC_CMSE, cmbmsc);
}

/* Whether the controller takes addresses for its own memory's. */
static bool is_on(const struct softctrl *sc, uint64_t cmbmsc)
{
	return is_wanted(cmbmsc) && address_is_valid(sc, cmbmsc);
}

bool sc_cmb_overlaps(const struct softctrl *sc, uint64_t iova, uint64_t bytes)
{
	uint64_t cmbmsc;

	if (likely(!sc->cmb.base))
		return false;
	cmbmsc = atomic_load_explicit(&sc->cmb.cmbmsc, memory_order_acquire);
	return is_on(sc, cmbmsc) && iova < address(cmbmsc) + sc->cmb.bytes &&
	       iova + bytes > address(cmbmsc);
}

void *sc_cmb_at(const struct softctrl *sc, uint64_t iova, uint64_t bytes)
{
	uint64_t cmbmsc = atomic_load_explicit(&sc->cmb.cmbmsc, memory_order_acquire);
	uint64_t offset = iova - address(cmbmsc);

	if (!is_on(sc, cmbmsc) || offset >= sc->cmb.bytes || bytes > sc->cmb.bytes - offset)
		return NULL;
	return sc->cmb.base + offset;
}

/* The location and the size are told to those who ask for them by CRE. */
uint32_t sc_cmb_read(const struct softctrl *sc, uint32_t offset)
{
	uint64_t cmbmsc = atomic_load_explicit(&sc->cmb.cmbmsc, memory_order_acquire);
	bool told = NVME_FIELD_GET(NVME_CMBMSC_CRE, cmbmsc);
	uint32_t pages = (uint32_t)(sc->cmb.bytes / SC_PAGE_BYTES);

	switch (offset) {
	case NVME_REG_CMBLOC:
		return told ? NVME_FIELD_SET(NVME_CMBLOC_BIR, CMB_BIR) : 0;
	case NVME_REG_CMBSZ:
		return told ? NVME_FIELD_SET(NVME_CMBSZ_SQS, 1u) |
				       NVME_FIELD_SET(NVME_CMBSZ_SZ, pages) :
			      0;
	case NVME_REG_CMBMSC:
		return (uint32_t)cmbmsc;
	case NVME_REG_CMBMSC + 4:
		return (uint32_t)(cmbmsc >> 32);
	default: /* CMBSTS */
		return is_wanted(cmbmsc) && !address_is_valid(sc, cmbmsc);
	}
}

void sc_cmb_write(struct softctrl *sc, uint64_t cmbmsc)
{
	const uint64_t fields = NVME_FIELD_SET(NVME_CMBMSC_CRE, ~UINT64_C(0)) |
				NVME_FIELD_SET(NVME_CMBMSC_CMSE, ~UINT64_C(0)) |
				NVME_FIELD_SET(NVME_CMBMSC_CBA, ~UINT64_C(0));

	if (sc->cmb.base)
		atomic_store_explicit(&sc->cmb.cmbmsc, cmbmsc & fields, memory_order_release);
}
