/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read and Write: the data goes straight between host memory and the medium.
 *
 * NVM Command Set 1.0c, 3.2.4 and 3.2.6. The namespaces have no metadata, so the commands' fields for protection
 * information have no effect.
 */
#include "softctrl/read_write.h"

#include "softctrl/controller.h"
#include "softctrl/execute.h"
#include "softctrl/io.h"

static void read_done(struct media_request *request, int result)
{
	struct sc_cmd *cmd = sc_cmd_returned(request);

	if (likely(!result)) {
		sc_counter_add(&cmd->sq->counters.read_sectors,
			       cmd->data.bytes >> SC_BLOCK_SHIFT_MIN);
		sc_counter_add(&cmd->sq->counters.read_commands, 1);
	}
	sc_io_complete_media(cmd, result);
}

static void write_done(struct media_request *request, int result)
{
	struct sc_cmd *cmd = sc_cmd_returned(request);

	if (likely(!result)) {
		sc_counter_add(&cmd->sq->counters.written_sectors,
			       cmd->data.bytes >> SC_BLOCK_SHIFT_MIN);
		sc_counter_add(&cmd->sq->counters.write_commands, 1);
	}
	sc_io_complete_media(cmd, result);
}

static void transfer(struct sc_cmd *cmd, enum media_op op, bool fua)
{
	struct media_request *request = &cmd->request;

	request->op = op;
	request->fua = fua;
	request->offset_bytes = cmd->offset_bytes;
	request->length_bytes = cmd->data.bytes;
	request->iov = cmd->data.iov;
	request->niov = (int)cmd->data.niov;
	sc_cmd_start(cmd, op == MEDIA_READ ? read_done : write_done);
}

static void read_flushed(struct sc_cmd *cmd, int result)
{
	if (result)
		sc_io_complete_media(cmd, result);
	else
		transfer(cmd, MEDIA_READ, false);
}

/* Blocks that are read with FUA have to be on the medium, so a cache is flushed first. NVM 1.0c, 3.2.4 */
uint16_t sc_io_read(struct sc_cmd *cmd)
{
	uint16_t status = sc_io_transfer(cmd);

	if (unlikely(status))
		return status;
	if (unlikely(sc_io_reads_durable(cmd)))
		sc_cmd_flush(cmd, read_flushed);
	else
		transfer(cmd, MEDIA_READ, false);
	return SC_PENDING;
}

uint16_t sc_io_write(struct sc_cmd *cmd)
{
	uint16_t status = sc_io_check_writable(cmd);

	if (likely(!status))
		status = sc_io_transfer(cmd);
	if (unlikely(status))
		return status;
	transfer(cmd, MEDIA_WRITE, sc_io_durable(cmd));
	return SC_PENDING;
}
