/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Admin commands' dispatch, and what the controller does for its Admin Queue besides. NVMe Base
 * 2.0, 5
 */
#include "softctrl/internal.h"
#include "spec/log_page.h"
#include "spec/opcode.h"

struct admin_command {
	uint16_t (*run)(struct softctrl *sc, struct sc_cmd *cmd);
	uint32_t effects;
	bool uses_nsid;
};

#define EFFECTS \
	(NVME_EFFECTS_SUPPORTED | NVME_FIELD_SET(NVME_EFFECTS_SCOPE, NVME_EFFECTS_SCOPE_CTRLR))

static const struct admin_command commands[] = {
	[NVME_ADMIN_DELETE_IO_SQ] = { sc_admin_delete_sq, EFFECTS, false },
	[NVME_ADMIN_CREATE_IO_SQ] = { sc_admin_create_sq, EFFECTS, false },
	[NVME_ADMIN_GET_LOG_PAGE] = { sc_get_log_page, EFFECTS, true },
	[NVME_ADMIN_DELETE_IO_CQ] = { sc_admin_delete_cq, EFFECTS, false },
	[NVME_ADMIN_CREATE_IO_CQ] = { sc_admin_create_cq, EFFECTS, false },
	[NVME_ADMIN_IDENTIFY] = { sc_identify, EFFECTS, true },
	[NVME_ADMIN_ABORT] = { sc_abort, EFFECTS, false },
	[NVME_ADMIN_SET_FEATURES] = { sc_set_features, EFFECTS, true },
	[NVME_ADMIN_GET_FEATURES] = { sc_get_features, EFFECTS, true },
	[NVME_ADMIN_ASYNC_EVENT_REQUEST] = { sc_async_event_request, EFFECTS, false },
	[NVME_ADMIN_KEEP_ALIVE] = { sc_keep_alive, EFFECTS, false },
};

uint32_t sc_admin_effects(uint8_t opcode)
{
	return opcode < ARRAY_SIZE(commands) ? commands[opcode].effects : 0;
}

static uint16_t run(struct softctrl *sc, struct sc_cmd *cmd)
{
	const struct admin_command *command;

	if (cmd->sqe.opcode >= ARRAY_SIZE(commands) || !commands[cmd->sqe.opcode].run)
		return sc_refuse(cmd, NVME_SC_INVALID_OPCODE, SC_AT(opcode, 0));
	command = &commands[cmd->sqe.opcode];
	/*
	 * Admin commands of a PCIe controller use PRPs, and are never fused. Base 2.0, 3.3.3.1,
	 * Figure 86
	 */
	if (NVME_SQE_FUSE(cmd->sqe.flags))
		return sc_refuse(cmd, NVME_SC_INVALID_FIELD, SC_FIELD(flags, NVME_SQE_FUSE));
	if (NVME_SQE_PSDT(cmd->sqe.flags))
		return sc_refuse(cmd, NVME_SC_INVALID_FIELD, SC_FIELD(flags, NVME_SQE_PSDT));
	/* Figure 87: a command that does not use NSID is given 0. */
	if (!command->uses_nsid && cmd->sqe.nsid)
		return sc_refuse(cmd, NVME_SC_INVALID_FIELD, SC_AT(nsid, 0));
	return command->run(sc, cmd);
}

void sc_admin_execute(struct sc_cmd *cmd)
{
	uint16_t status = run(cmd->sq->sc, cmd);

	if (status != SC_PENDING)
		sc_cmd_complete(cmd, status);
}

/* What does not come from a fetched command. Tells whether it made a completion. */
bool sc_admin_service(struct softctrl *sc)
{
	bool worked = false;

	if (sc->naborting)
		worked |= sc_abort_service(sc);
	if (sc->ndeleting)
		worked |= sc_admin_queue_service(sc);
	if (sc->orphans)
		sc_orphans_rest(sc);
	worked |= sc_events_deliver(sc);
	if (sc_keep_alive_expired(sc)) {
		sc_error_record_event(sc, NVME_ERROR_SQID_NONE, NVME_SC_KEEP_ALIVE_TIMER_EXPIRED);
		sc_fatal(sc, "the Keep Alive Timer expired");
	}
	return worked;
}
