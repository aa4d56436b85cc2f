/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA memory and registration. */
#include <upnvme/mem.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/memory.h"
#include "mem/domain.h"

/* The most bytes of one allocation: far above any machine's memory, and too few to make a sum of addresses wrap. */
#define DMA_BYTES_MAX (1ull << 46)

int upnvme_dma_alloc(void **buf, upnvme_ctrlr *ctrlr, size_t bytes, size_t align)
{
	int rc = ctrlr_check(ctrlr, "upnvme_dma_alloc");

	if (rc)
		return rc;
	if (!buf)
		return error_set(-EINVAL, UPNVME_ERR_NULL,
				 "upnvme_dma_alloc: the place for the address is null");
	if (!bytes || bytes > DMA_BYTES_MAX)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "upnvme_dma_alloc: %zu bytes: give 1 to 2^46 bytes", bytes);
	if (align && (!is_pow2(align) || align > DOMAIN_ALIGN_MAX))
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"upnvme_dma_alloc: alignment %zu: give a power of two up to %llu bytes, or 0 for a page",
			align, DOMAIN_ALIGN_MAX);
	return memory_alloc(ctrlr, bytes, align, buf);
}

int upnvme_dma_free(upnvme_ctrlr *ctrlr, void *buf)
{
	int rc = ctrlr_check(ctrlr, "upnvme_dma_free");

	if (rc || !buf)
		return rc;
	return domain_free(ctrlr->domain, buf);
}

int upnvme_mem_register(upnvme_ctrlr *ctrlr, void *buf, size_t bytes)
{
	int rc = ctrlr_check(ctrlr, "upnvme_mem_register");

	return rc ? rc : domain_register(ctrlr->domain, buf, bytes);
}

int upnvme_mem_unregister(upnvme_ctrlr *ctrlr, void *buf, size_t bytes)
{
	int rc = ctrlr_check(ctrlr, "upnvme_mem_unregister");

	return rc ? rc : domain_unregister(ctrlr->domain, buf, bytes);
}
