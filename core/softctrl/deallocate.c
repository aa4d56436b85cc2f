/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Write Zeroes and Dataset Management: changes of blocks for which the host sends no data.
 *
 * NVM Command Set 1.0c, 3.2.3 and 3.2.8. Deallocated blocks read as zeroes where the medium's do so (DLFEAT).
 */
#include "softctrl/deallocate.h"

#include "softctrl/controller.h"
#include "softctrl/execute.h"
#include "softctrl/io.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>

static void prepare_change(struct sc_cmd *cmd, enum media_op op, uint64_t offset, uint64_t bytes)
{
	bool durable = atomic_load_explicit(&cmd->sq->sc->writes_through, memory_order_relaxed);

	/* Dataset Management has no FUA: its dword 12 is reserved. */
	if (cmd->sqe.opcode == UPNVME_SPEC_CMD_WRITE_ZEROES)
		durable = sc_io_durable(cmd);
	cmd->request.op = op;
	cmd->request.fua = durable;
	cmd->request.offset_bytes = offset;
	cmd->request.length_bytes = bytes;
}

uint16_t sc_io_write_zeroes(struct sc_cmd *cmd)
{
	bool deallocate = cmd->sqe.cdw12 & UPNVME_SPEC_RW_DEAC_BIT;
	uint16_t status = sc_io_check_writable(cmd);

	if (!status)
		status = sc_io_range(cmd);
	if (status)
		return status;
	/* DEAC is a wish. The blocks must read as zeroes afterwards, so the medium may not deallocate unless its do. */
	prepare_change(cmd,
		       deallocate && cmd->ns->zeroes_read ? MEDIA_DEALLOCATE : MEDIA_WRITE_ZEROES,
		       cmd->offset_bytes, cmd->left_bytes);
	sc_cmd_step(cmd, sc_io_complete_media);
	return SC_PENDING;
}

static const struct upnvme_spec_dsm_range *ranges(const struct sc_cmd *cmd)
{
	return (const struct upnvme_spec_dsm_range *)(const void *)cmd->bounce;
}

static void range_done(struct sc_cmd *cmd, int result);

/* Deallocates the next range that has blocks. False: none is left. */
static bool start_next_range(struct sc_cmd *cmd)
{
	while (cmd->index < cmd->count) {
		const struct upnvme_spec_dsm_range *range = &ranges(cmd)[cmd->index++];

		if (range->length) {
			prepare_change(cmd, MEDIA_DEALLOCATE, range->slba << cmd->ns->block_shift,
				       (uint64_t)range->length << cmd->ns->block_shift);
			sc_cmd_step(cmd, range_done);
			return true;
		}
	}
	return false;
}

static void range_done(struct sc_cmd *cmd, int result)
{
	if (result || !start_next_range(cmd))
		sc_io_complete_media(cmd, result);
}

/* All ranges are checked before anything is done. NVM 1.0c, 3.2.3: LBA Out of Range */
static uint16_t dsm_check_ranges(struct sc_cmd *cmd)
{
	uint64_t nblocks = atomic_load_explicit(&cmd->ns->nblocks, memory_order_relaxed);

	for (uint32_t i = 0; i < cmd->count; i++) {
		const struct upnvme_spec_dsm_range *range = &ranges(cmd)[i];

		if (range->slba <= nblocks && range->length <= nblocks - range->slba)
			continue;
		cmd->error_lba = MAX(range->slba, nblocks);
		return sc_dnr(UPNVME_SPEC_SC_LBA_OUT_OF_RANGE);
	}
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Only the attribute AD (Deallocate) has an effect. The ranges' own attributes are hints, which are not used. */
uint16_t sc_io_dataset_management(struct sc_cmd *cmd)
{
	bool deallocate = cmd->sqe.cdw11 & UPNVME_SPEC_DSM_AD;
	uint16_t status = deallocate ? sc_io_check_writable(cmd) : UPNVME_SPEC_SC_SUCCESS;

	cmd->index = 0;
	cmd->count = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DSM_NR, cmd->sqe.cdw10) + 1u;
	if (status)
		return status;
	if (!sc_cmd_bounce(cmd))
		return UPNVME_SPEC_SC_INTERNAL_ERROR;
	status = sc_cmd_read(cmd, cmd->bounce, cmd->count * sizeof(struct upnvme_spec_dsm_range));
	if (!status)
		status = dsm_check_ranges(cmd);
	if (status)
		return status;
	return deallocate && start_next_range(cmd) ? SC_PENDING : UPNVME_SPEC_SC_SUCCESS;
}
