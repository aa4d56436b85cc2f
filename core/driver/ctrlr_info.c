/* SPDX-License-Identifier: BSD-3-Clause */
/* The public record of a controller: its identity, its limits, and how it is reached. */
#include <stdio.h>
#include <string.h>

#include "driver/cmb.h"
#include "driver/ctrlr.h"
#include "driver/identify.h"
#include "driver/ns.h"
#include "driver/quirks.h"
#include "env/env.h"
#include "mem/domain.h"
#include <upnvme/spec/identify.h>
#include "transport/transport.h"

static void fill_identity(struct upnvme_ctrlr_info *info, const struct upnvme_spec_id_ctrl *id)
{
	info->vendor_id = id->vid;
	info->ctrlr_id = id->cntlid;
	identify_trim(info->serial, sizeof(info->serial), id->sn, sizeof(id->sn));
	identify_trim(info->model, sizeof(info->model), id->mn, sizeof(id->mn));
	identify_trim(info->firmware, sizeof(info->firmware), id->fr, sizeof(id->fr));
	identify_trim(info->subnqn, sizeof(info->subnqn), id->subnqn,
		      strnlen(id->subnqn, sizeof(id->subnqn)));
}

static void fill_limits(struct upnvme_ctrlr_info *info, const struct ctrlr_limits *limits)
{
	info->max_transfer_bytes = limits->max_transfer_bytes;
	info->max_queue_entries = limits->max_queue_entries;
	info->max_qpairs = limits->max_qpairs;
	info->page_bytes = NVME_PAGE_BYTES;
	info->buffer_align = 4; /* PRP1's offset is in dwords: NVMe Base 2.0c, 4.1.1 */
	info->oncs = limits->oncs;
	info->volatile_write_cache = limits->volatile_write_cache;
	info->sgl = limits->sgl;
	info->max_write_zeroes_bytes = limits->max_write_zeroes_bytes;
	info->max_verify_bytes = limits->max_verify_bytes;
	info->max_deallocate_ranges = limits->max_deallocate_ranges;
}

static void fill_environment(struct upnvme_ctrlr_info *info, const struct transport *transport)
{
	snprintf(info->environment, sizeof(info->environment), "%s",
		 domain_env(transport->domain)->name);
	info->numa_node = transport->node;
}

static void fill_memory_buffer(struct upnvme_ctrlr_info *info, const struct cmb *cmb)
{
	info->cmb_bytes = cmb ? cmb->memory.bytes : 0;
	info->cmb_flags = cmb ? cmb->abilities : 0;
}

void ctrlr_info(struct upnvme_ctrlr *ctrlr, struct upnvme_ctrlr_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = UPNVME_CTRLR_INFO_SIZE;
	fill_identity(info, &ctrlr->id);
	fill_limits(info, &ctrlr->limits);
	fill_environment(info, ctrlr->transport);
	fill_memory_buffer(info, ctrlr->cmb);
	info->version = ctrlr->version;
	info->ns_count = ns_count(ctrlr);
	info->ready_timeout_ms = ctrlr->ready_timeout_ms;
	quirks_text(ctrlr->quirks, info->quirks, sizeof(info->quirks));
}
