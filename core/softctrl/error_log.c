/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps errors for the Error Information log page. NVMe Base 2.0c, 5.16.1.2 */
#include "softctrl/error_log.h"

#include "softctrl/command.h"
#include "softctrl/controller.h"
#include <upnvme/spec/cqe.h>

static struct sc_error *next_entry(struct sc_errors *errors)
{
	struct sc_error *error = &errors->entries[errors->count++ % SC_NERRORS];

	error->count = errors->count;
	error->location = SC_NOWHERE;
	error->lba = 0;
	error->nsid = 0;
	return error;
}

/* The first block that the error is about; 0 for a command without logical blocks. */
static uint64_t error_lba(const struct sc_cmd *cmd)
{
	const struct sc_ns *ns = cmd->sq->qid ? sc_ns_find(cmd->sq->sc, cmd->sqe.nsid) : NULL;

	if (cmd->error_lba != SC_NO_LBA)
		return cmd->error_lba;
	return sc_command_row(cmd, ns)->flags & SC_HAS_SLBA ? sc_cmd_slba(cmd) : 0;
}

void sc_error_record(struct sc_cmd *cmd)
{
	struct sc_errors *errors = &cmd->sq->sc->errors;
	struct sc_error *error;

	cmd->status |= UPNVME_SPEC_STATUS_MORE_BIT;
	pthread_mutex_lock(&errors->lock);
	error = next_entry(errors);
	error->sqid = cmd->sq->qid;
	error->cid = cmd->sqe.cid;
	error->status_word = UPNVME_SPEC_CQE_STATUS_WORD(cmd->status, 0);
	error->nsid = cmd->sqe.nsid;
	error->location = cmd->error_location;
	error->lba = error_lba(cmd);
	pthread_mutex_unlock(&errors->lock);
}

void sc_error_record_event(struct sc_errors *errors, uint16_t sqid, uint16_t status)
{
	struct sc_error *error;

	pthread_mutex_lock(&errors->lock);
	error = next_entry(errors);
	error->sqid = sqid;
	error->cid = UPNVME_SPEC_CID_INVALID;
	error->status_word = UPNVME_SPEC_CQE_STATUS_WORD(status, 0);
	pthread_mutex_unlock(&errors->lock);
}
