/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/ctrlr.h, controllers: opening, closing, polling, properties. */
#include "driver/ctrlr.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "driver/cmb.h"
#include "driver/event.h"
#include "driver/identify.h"
#include "driver/ns.h"
#include "driver/poll.h"
#include "driver/quirks.h"
#include "env/env.h"
#include "media.h"
#include "mem/domain.h"
#include "options.h"
#include "spec/identify.h"
#include "transport/transport.h"

/* The first version's sizes, for ever. */
#define OPEN_OPTS_V1  32u
#define CTRLR_INFO_V1 408u
_Static_assert(sizeof(struct upnvme_open_opts) >= OPEN_OPTS_V1, "options only grow");
_Static_assert(sizeof(struct upnvme_ctrlr_info) >= CTRLR_INFO_V1, "records only grow");

int upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts)
{
	struct upnvme_open_opts known;
	int rc = check_pointer(ctrlr, "upnvme_open", "ctrlr");

	if (!rc)
		rc = check_pointer(uri, "upnvme_open", "uri");
	if (!rc)
		rc = options_take(&known, sizeof(known), opts, OPEN_OPTS_V1, "upnvme_open_opts");
	return rc ? rc : ctrlr_open(ctrlr, uri, &known, media_makers);
}

int upnvme_close(upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr ? ctrlr_check(ctrlr, "upnvme_close") : 0;

	return rc || !ctrlr ? rc : ctrlr_close(ctrlr);
}

int upnvme_ctrlr_poll(upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr_check(ctrlr, "upnvme_ctrlr_poll");

	return rc ? rc : ctrlr_poll(ctrlr);
}

int upnvme_ctrlr_abandon(upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr_check(ctrlr, "upnvme_ctrlr_abandon");

	if (!rc)
		poll_abandon(ctrlr);
	return rc;
}

int upnvme_ctrlr_on_event(upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg)
{
	int rc = ctrlr_check(ctrlr, "upnvme_ctrlr_on_event");

	if (!rc)
		events_on(ctrlr, cb, arg);
	return rc;
}

const char *upnvme_ctrlr_uri(const upnvme_ctrlr *ctrlr)
{
	return ctrlr_check(ctrlr, "upnvme_ctrlr_uri") ? NULL : ctrlr->uri;
}

static void fill_identity(struct upnvme_ctrlr_info *info, const struct nvme_id_ctrl *id)
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

int upnvme_ctrlr_info_get(upnvme_ctrlr *ctrlr, struct upnvme_ctrlr_info *info)
{
	struct upnvme_ctrlr_info full = { 0 };
	int rc = ctrlr_check(ctrlr, "upnvme_ctrlr_info_get");

	if (!rc)
		rc = check_pointer(info, "upnvme_ctrlr_info_get", "info");
	if (!rc)
		rc = record_check(info, CTRLR_INFO_V1, "upnvme_ctrlr_info");
	if (rc)
		return rc;
	fill_identity(&full, &ctrlr->id);
	fill_limits(&full, &ctrlr->limits);
	fill_environment(&full, ctrlr->transport);
	fill_memory_buffer(&full, ctrlr->cmb);
	full.version = ctrlr->version;
	full.ns_count = ns_count(ctrlr);
	full.ready_timeout_ms = ctrlr->ready_timeout_ms;
	quirks_text(ctrlr->quirks, full.quirks, sizeof(full.quirks));
	record_give(info, &full, sizeof(full));
	return 0;
}
