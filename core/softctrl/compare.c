/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compare and Verify: the blocks are read into a buffer of the controller's own, piece by piece.
 *
 * NVM Command Set 1.0c, 3.2.1 and 3.2.5. The blocks of both commands count as data units read, but only Compare is a
 * Host Read Command: 1.4.2, SMART Data Units Read Command and SMART Host Read Command.
 */
#include "softctrl/compare.h"

#include "softctrl/controller.h"
#include "softctrl/execute.h"
#include "softctrl/io.h"
#include <upnvme/spec/opcode.h>

static void piece_done(struct sc_cmd *cmd, int result);

static void read_piece(struct sc_cmd *cmd)
{
	struct media_request *request = &cmd->request;

	cmd->piece.iov_base = cmd->bounce;
	cmd->piece.iov_len = MIN(cmd->left_bytes, SC_BOUNCE_BYTES);
	request->op = MEDIA_READ;
	request->fua = false;
	request->offset_bytes = cmd->offset_bytes;
	request->length_bytes = cmd->piece.iov_len;
	request->iov = &cmd->piece;
	request->niov = 1;
	sc_cmd_step(cmd, piece_done);
}

static void piece_done(struct sc_cmd *cmd, int result)
{
	uint64_t bytes = cmd->request.length_bytes;

	if (result) {
		sc_io_complete_media(cmd, result);
		return;
	}
	if (cmd->sqe.opcode == UPNVME_SPEC_CMD_COMPARE &&
	    !sc_data_equal(&cmd->data, cmd->data.bytes - cmd->left_bytes, cmd->bounce, bytes)) {
		sc_cmd_complete(cmd, sc_dnr(UPNVME_SPEC_SC_COMPARE_FAILURE));
		return;
	}
	sc_counter_add(&cmd->sq->counters.read_sectors, bytes >> SC_BLOCK_SHIFT_MIN);
	cmd->offset_bytes += bytes;
	cmd->left_bytes -= bytes;
	if (cmd->left_bytes) {
		read_piece(cmd);
		return;
	}
	if (cmd->sqe.opcode == UPNVME_SPEC_CMD_COMPARE)
		sc_counter_add(&cmd->sq->counters.read_commands, 1);
	sc_cmd_complete(cmd, UPNVME_SPEC_SC_SUCCESS);
}

static void flushed(struct sc_cmd *cmd, int result)
{
	if (result)
		sc_io_complete_media(cmd, result);
	else
		read_piece(cmd);
}

static uint16_t begin(struct sc_cmd *cmd)
{
	if (!sc_cmd_bounce(cmd))
		return UPNVME_SPEC_SC_INTERNAL_ERROR;
	if (sc_io_reads_durable(cmd))
		sc_cmd_flush(cmd, flushed);
	else
		read_piece(cmd);
	return SC_PENDING;
}

uint16_t sc_io_compare(struct sc_cmd *cmd)
{
	uint16_t status = sc_io_transfer(cmd);

	return status ? status : begin(cmd);
}

uint16_t sc_io_verify(struct sc_cmd *cmd)
{
	uint16_t status = sc_io_range(cmd);

	return status ? status : begin(cmd);
}
