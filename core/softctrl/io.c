/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The I/O commands' dispatch, and what they have in common: namespace, block range, what the media
 * answered.
 *
 * NVM Command Set 1.0, 3.1 (status) and 3.2 (commands); NVMe Base 2.0, 3.3.3.1 (common command
 * format).
 */
#include <errno.h>

#include "softctrl/internal.h"
#include "spec/command.h"
#include "spec/log_page.h"
#include "spec/opcode.h"

struct io_command {
	uint16_t (*run)(struct sc_cmd *cmd);
	uint32_t effects;
	bool broadcast; /* NSID FFFFFFFFh names all namespaces */
	bool blocks;    /* SLBA and NLB say which */
};

#define EFFECTS_READ \
	(NVME_EFFECTS_SUPPORTED | NVME_FIELD_SET(NVME_EFFECTS_SCOPE, NVME_EFFECTS_SCOPE_NS))
#define EFFECTS_WRITE (EFFECTS_READ | NVME_EFFECTS_LBCC)

static const struct io_command commands[] = {
	[NVME_CMD_FLUSH] = { sc_io_flush, EFFECTS_READ, true, false },
	[NVME_CMD_WRITE] = { sc_io_write, EFFECTS_WRITE, false, true },
	[NVME_CMD_READ] = { sc_io_read, EFFECTS_READ, false, true },
	[NVME_CMD_COMPARE] = { sc_io_compare, EFFECTS_READ, false, true },
	[NVME_CMD_WRITE_ZEROES] = { sc_io_write_zeroes, EFFECTS_WRITE, false, true },
	[NVME_CMD_DATASET_MANAGEMENT] = { sc_io_dataset_management, EFFECTS_WRITE, false, false },
	[NVME_CMD_VERIFY] = { sc_io_verify, EFFECTS_READ, false, true },
};

static uint64_t slba_of(const struct sc_cmd *cmd)
{
	return (uint64_t)cmd->sqe.cdw11 << 32 | cmd->sqe.cdw10;
}

uint64_t sc_io_error_lba(const struct sc_cmd *cmd)
{
	if (cmd->error_lba != SC_NO_LBA)
		return cmd->error_lba;
	return cmd->sqe.opcode < ARRAY_SIZE(commands) && commands[cmd->sqe.opcode].blocks ?
		       slba_of(cmd) :
		       0;
}

uint32_t sc_io_effects(uint8_t opcode)
{
	return opcode < ARRAY_SIZE(commands) ? commands[opcode].effects : 0;
}

/* Base 2.0, 3.3.3.1, Figure 87, NSID */
static uint16_t find_namespace(struct sc_cmd *cmd, const struct io_command *command)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t nsid = cmd->sqe.nsid;

	cmd->ns = NULL;
	if (likely(nsid - 1 < sc->nnamespaces)) {
		cmd->ns = &sc->namespaces[nsid - 1];
		return NVME_SC_SUCCESS;
	}
	if (nsid != NVME_NSID_BROADCAST)
		return sc_refuse(cmd, NVME_SC_INVALID_NAMESPACE_OR_FORMAT, SC_AT(nsid, 0));
	return command->broadcast ? NVME_SC_SUCCESS :
				    sc_refuse(cmd, NVME_SC_INVALID_FIELD, SC_AT(nsid, 0));
}

static uint16_t check_flags(struct sc_cmd *cmd)
{
	unsigned psdt = NVME_SQE_PSDT(cmd->sqe.flags);

	if (NVME_SQE_FUSE(cmd->sqe.flags) != NVME_SQE_FUSE_NORMAL)
		return sc_refuse(cmd, NVME_SC_INVALID_FIELD,
				 SC_FIELD(flags, NVME_SQE_FUSE)); /* FUSES is 0 */
	if (psdt == NVME_SQE_PSDT_PRP)
		return NVME_SC_SUCCESS;
	/* MPTR as an SGL, and the reserved value, are not in SGLS. */
	if (psdt != NVME_SQE_PSDT_SGL_MPTR_BUFFER || !cmd->sq->sc->sgl)
		return sc_refuse(cmd, NVME_SC_INVALID_FIELD, SC_FIELD(flags, NVME_SQE_PSDT));
	return NVME_SC_SUCCESS;
}

static uint16_t run(struct sc_cmd *cmd)
{
	const struct io_command *command;
	uint16_t status;

	if (unlikely(cmd->sqe.opcode >= ARRAY_SIZE(commands) || !commands[cmd->sqe.opcode].run))
		return sc_refuse(cmd, NVME_SC_INVALID_OPCODE, SC_AT(opcode, 0));
	command = &commands[cmd->sqe.opcode];
	status = cmd->sqe.flags ? check_flags(cmd) : NVME_SC_SUCCESS;
	if (likely(!status))
		status = find_namespace(cmd, command);
	return unlikely(status) ? status : command->run(cmd);
}

void sc_io_execute(struct sc_cmd *cmd)
{
	uint16_t status = run(cmd);

	if (unlikely(status != SC_PENDING))
		sc_cmd_complete(cmd, status);
}

/* The first block that is not there. */
static uint16_t out_of_range(struct sc_cmd *cmd, uint64_t slba, uint64_t nblocks)
{
	cmd->error_lba = MAX(slba, nblocks);
	return sc_refuse(cmd, NVME_SC_LBA_OUT_OF_RANGE,
			 slba >= nblocks ? SC_AT(cdw10, 0) : SC_FIELD(cdw12, NVME_RW_NLB));
}

/* SLBA and NLB in bytes of the medium: offset_bytes and left_bytes. */
uint16_t sc_io_range(struct sc_cmd *cmd)
{
	uint64_t slba = slba_of(cmd);
	uint64_t nlb = NVME_FIELD_GET(NVME_RW_NLB, cmd->sqe.cdw12) + 1u;
	uint64_t nblocks = atomic_load_explicit(&cmd->ns->nblocks, memory_order_relaxed);

	if (unlikely(slba >= nblocks || nlb > nblocks - slba))
		return out_of_range(cmd, slba, nblocks);
	cmd->offset_bytes = slba << cmd->ns->block_shift;
	cmd->left_bytes = nlb << cmd->ns->block_shift;
	return NVME_SC_SUCCESS;
}

/*
 * The range of a command that transfers it, so that MDTS bounds it, and where its data is. Base
 * 2.0, 5.17.2.1
 */
uint16_t sc_io_transfer(struct sc_cmd *cmd)
{
	const struct softctrl *sc = cmd->sq->sc;
	uint16_t status = sc_io_range(cmd);

	if (unlikely(status))
		return status;
	if (unlikely(cmd->left_bytes > (uint64_t)SC_PAGE_BYTES << sc->mdts))
		return sc_refuse(cmd, NVME_SC_INVALID_FIELD, SC_FIELD(cdw12, NVME_RW_NLB));
	return sc_data_map(cmd, cmd->left_bytes);
}

/* A medium that may only be read is a namespace that is write protected. Base 2.0, 8.12 */
uint16_t sc_io_check_writable(const struct sc_cmd *cmd)
{
	if (unlikely(cmd->ns->media->readonly))
		return sc_dnr(NVME_SC_NAMESPACE_WRITE_PROTECTED);
	return NVME_SC_SUCCESS;
}

/* Whether a change has to be on the medium before it completes. */
bool sc_io_durable(const struct sc_cmd *cmd)
{
	return (cmd->sqe.cdw12 & NVME_RW_FUA) ||
	       atomic_load_explicit(&cmd->sq->sc->writes_through, memory_order_relaxed);
}

/* A medium that has failed answers as long as it is open what it answers now. */
static uint16_t media_status(const struct sc_cmd *cmd, int result)
{
	if (cmd->request.op == MEDIA_READ)
		return NVME_SC_UNRECOVERED_READ_ERROR;
	if (atomic_load_explicit(&cmd->ns->media->failed, memory_order_acquire))
		return sc_dnr(NVME_SC_WRITE_FAULT);
	switch (result) {
	case -ENOSPC:
		return NVME_SC_CAPACITY_EXCEEDED;
	case -EROFS:
		return sc_dnr(NVME_SC_NAMESPACE_WRITE_PROTECTED);
	default:
		return NVME_SC_WRITE_FAULT;
	}
}

/* The command ends with what the media answered. */
void sc_io_complete_media(struct sc_cmd *cmd, int result)
{
	uint16_t status = NVME_SC_SUCCESS;

	if (unlikely(result)) {
		status = media_status(cmd, result);
		sc_events_media_check(cmd->sq->sc);
		if (NVME_STATUS_SCT(status) == NVME_SCT_MEDIA)
			sc_counter_add(&cmd->sq->counters.media_errors, 1);
	}
	sc_cmd_complete(cmd, status);
}
