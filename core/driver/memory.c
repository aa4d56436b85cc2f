/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/memory.h"

#include "driver/ctrlr.h"
#include "mem/domain.h"
#include "transport/transport.h"

int memory_alloc(struct upnvme_ctrlr *ctrlr, uint64_t bytes, uint64_t align, void **va)
{
	return domain_alloc(ctrlr->domain, bytes, align, ctrlr->transport->node, va);
}
