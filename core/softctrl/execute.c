/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks that commands have in common, before the function of a command's row runs. NVMe Base 2.0c, 3.3.3.1, Figures 86
 * and 87 (common command format).
 */
#include "softctrl/execute.h"

#include "softctrl/controller.h"

/* Admin commands of a PCIe controller have PRPs, and are not fused. NSID must be 0 where a command does not use it. */
static uint16_t admin_check(struct sc_cmd *cmd, const struct sc_command *row)
{
	if (UPNVME_SPEC_SQE_FUSE(cmd->sqe.flags))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(flags, UPNVME_SPEC_SQE_FUSE));
	if (UPNVME_SPEC_SQE_PSDT(cmd->sqe.flags))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(flags, UPNVME_SPEC_SQE_PSDT));
	if (!(row->flags & SC_USES_NSID) && cmd->sqe.nsid)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD, SC_AT(nsid, 0));
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t admin_row_run(struct sc_cmd *cmd)
{
	const struct sc_command *row = sc_command_row(cmd, NULL);
	uint16_t status;

	if (!row->run)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_OPCODE, SC_AT(opcode, 0));
	status = admin_check(cmd, row);
	return status ? status : row->run(cmd);
}

void sc_admin_execute(struct sc_cmd *cmd)
{
	uint16_t status = admin_row_run(cmd);

	if (status != SC_PENDING)
		sc_cmd_complete(cmd, status);
}

/* FUSES is 0, so no command is fused. SGLS offers no SGL in MPTR, so two of the four values of PSDT are refused. */
static uint16_t io_check_flags(struct sc_cmd *cmd)
{
	unsigned psdt = UPNVME_SPEC_SQE_PSDT(cmd->sqe.flags);

	if (UPNVME_SPEC_SQE_FUSE(cmd->sqe.flags) != UPNVME_SPEC_SQE_FUSE_NORMAL)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(flags, UPNVME_SPEC_SQE_FUSE));
	if (psdt == UPNVME_SPEC_SQE_PSDT_PRP)
		return UPNVME_SPEC_SC_SUCCESS;
	if (psdt != UPNVME_SPEC_SQE_PSDT_SGL_MPTR_BUFFER || !cmd->sq->sc->sgl)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(flags, UPNVME_SPEC_SQE_PSDT));
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Checks an NSID that names no namespace of the controller. */
static uint16_t io_check_broadcast(struct sc_cmd *cmd, const struct sc_command *row)
{
	if (cmd->sqe.nsid != UPNVME_SPEC_NSID_BROADCAST)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT, SC_AT(nsid, 0));
	return row->flags & SC_BROADCASTS ?
		       UPNVME_SPEC_SC_SUCCESS :
		       sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD, SC_AT(nsid, 0));
}

static uint16_t io_run(struct sc_cmd *cmd)
{
	struct sc_ns *ns = sc_ns_find(cmd->sq->sc, cmd->sqe.nsid);
	const struct sc_command *row = sc_command_row(cmd, ns);
	uint16_t status = UPNVME_SPEC_SC_SUCCESS;

	if (unlikely(!row->run))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_OPCODE, SC_AT(opcode, 0));
	cmd->ns = ns;
	if (unlikely(cmd->sqe.flags))
		status = io_check_flags(cmd);
	if (unlikely(!ns) && !status)
		status = io_check_broadcast(cmd, row);
	return unlikely(status) ? status : row->run(cmd);
}

void sc_io_execute(struct sc_cmd *cmd)
{
	uint16_t status = io_run(cmd);

	if (unlikely(status != SC_PENDING))
		sc_cmd_complete(cmd, status);
}
