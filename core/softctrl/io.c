/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The common part of commands for logical blocks: block range, durability, the media's answers.
 *
 * NVM Command Set 1.0c, 3.1 (status) and 3.2 (commands).
 */
#include "softctrl/io.h"

#include <errno.h>

#include "softctrl/controller.h"
#include <upnvme/spec/command.h>

/* Blames the first block of the range that is beyond the namespace's end. */
static uint16_t out_of_range(struct sc_cmd *cmd, uint64_t slba, uint64_t nblocks)
{
	cmd->error_lba = MAX(slba, nblocks);
	return sc_refuse(cmd, UPNVME_SPEC_SC_LBA_OUT_OF_RANGE,
			 slba >= nblocks ? SC_AT(cdw10, 0) : SC_FIELD(cdw12, UPNVME_SPEC_RW_NLB));
}

uint16_t sc_io_range(struct sc_cmd *cmd)
{
	uint64_t slba = sc_cmd_slba(cmd);
	uint64_t nlb = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_RW_NLB, cmd->sqe.cdw12) + 1u;
	uint64_t nblocks = atomic_load_explicit(&cmd->ns->nblocks, memory_order_relaxed);

	if (unlikely(slba >= nblocks || nlb > nblocks - slba))
		return out_of_range(cmd, slba, nblocks);
	cmd->offset_bytes = slba << cmd->ns->block_shift;
	cmd->left_bytes = nlb << cmd->ns->block_shift;
	return UPNVME_SPEC_SC_SUCCESS;
}

/* MDTS limits the data: NVMe Base 2.0c, 5.17.2.1 */
uint16_t sc_io_transfer(struct sc_cmd *cmd)
{
	const struct softctrl *sc = cmd->sq->sc;
	uint16_t status = sc_io_range(cmd);

	if (unlikely(status))
		return status;
	if (unlikely(cmd->left_bytes > (uint64_t)SC_PAGE_BYTES << sc->mdts))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw12, UPNVME_SPEC_RW_NLB));
	return sc_cmd_map(cmd, cmd->left_bytes);
}

/* A namespace on a read-only medium is write protected. Base 2.0c, 8.12 */
uint16_t sc_io_check_writable(const struct sc_cmd *cmd)
{
	if (unlikely(cmd->ns->media->readonly))
		return sc_dnr(UPNVME_SPEC_SC_NAMESPACE_WRITE_PROTECTED);
	return UPNVME_SPEC_SC_SUCCESS;
}

bool sc_io_durable(const struct sc_cmd *cmd)
{
	return (cmd->sqe.cdw12 & UPNVME_SPEC_RW_FUA_BIT) ||
	       atomic_load_explicit(&cmd->sq->sc->writes_through, memory_order_relaxed);
}

/* A failed medium refuses all but reads as long as it is open, so the status then has Do Not Retry. */
static uint16_t media_status(const struct sc_cmd *cmd, int result)
{
	if (cmd->request.op == MEDIA_READ)
		return UPNVME_SPEC_SC_UNRECOVERED_READ_ERROR;
	if (atomic_load_explicit(&cmd->ns->media->failed, memory_order_acquire))
		return sc_dnr(UPNVME_SPEC_SC_WRITE_FAULT);
	switch (result) {
	case -ENOSPC:
		return UPNVME_SPEC_SC_CAPACITY_EXCEEDED;
	case -EROFS:
		return sc_dnr(UPNVME_SPEC_SC_NAMESPACE_WRITE_PROTECTED);
	default:
		return UPNVME_SPEC_SC_WRITE_FAULT;
	}
}

void sc_io_complete_media(struct sc_cmd *cmd, int result)
{
	uint16_t status = UPNVME_SPEC_SC_SUCCESS;

	if (unlikely(result)) {
		status = media_status(cmd, result);
		sc_events_media_check(cmd->sq->sc);
		if (UPNVME_SPEC_STATUS_SCT(status) == UPNVME_SPEC_SCT_MEDIA)
			sc_counter_add(&cmd->sq->counters.media_errors, 1);
	}
	sc_cmd_complete(cmd, status);
}
