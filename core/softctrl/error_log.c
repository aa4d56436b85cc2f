/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes wrong is kept for the Error Information log page. NVMe Base 2.0, 5.16.1.2 */
#include "softctrl/internal.h"

static struct sc_error *next_entry(struct sc_errors *errors)
{
	struct sc_error *error = &errors->entries[errors->count++ % SC_NERRORS];

	error->count = errors->count;
	error->location = SC_NOWHERE;
	error->lba = 0;
	error->nsid = 0;
	return error;
}

/* A command that failed; its completion then says that there is more to be read. */
void sc_error_record(struct sc_cmd *cmd)
{
	struct sc_errors *errors = &cmd->sq->sc->errors;
	struct sc_error *error;

	cmd->status |= NVME_STATUS_MORE;
	pthread_mutex_lock(&errors->lock);
	error = next_entry(errors);
	error->sqid = cmd->sq->qid;
	error->cid = cmd->sqe.cid;
	error->status_word = NVME_CQE_STATUS_WORD(cmd->status, 0);
	error->nsid = cmd->sqe.nsid;
	error->location = cmd->error_location;
	error->lba = cmd->sq->qid ? sc_io_error_lba(cmd) : 0;
	pthread_mutex_unlock(&errors->lock);
}

/* What is of no command: a doorbell that was rung wrongly, a timer that expired. */
void sc_error_record_event(struct softctrl *sc, uint16_t qid, uint16_t status)
{
	struct sc_errors *errors = &sc->errors;
	struct sc_error *error;

	pthread_mutex_lock(&errors->lock);
	error = next_entry(errors);
	error->sqid = qid;
	error->cid = NVME_CID_INVALID;
	error->status_word = NVME_CQE_STATUS_WORD(status, 0);
	pthread_mutex_unlock(&errors->lock);
}
