/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands between their fetch and the posting of their completion: data, media, end. */
#include "softctrl/command.h"

#include <stdlib.h>

#include "softctrl/error_log.h"
#include "softctrl/namespace.h"
#include "softctrl/queue.h"

uint16_t sc_cmd_write(struct sc_cmd *cmd, const void *from, uint64_t bytes)
{
	uint16_t status = sc_cmd_map(cmd, bytes);

	if (!status)
		sc_data_write(&cmd->data, from);
	return status;
}

uint16_t sc_cmd_read(struct sc_cmd *cmd, void *to, uint64_t bytes)
{
	uint16_t status = sc_cmd_map(cmd, bytes);

	if (!status)
		sc_data_read(&cmd->data, to);
	return status;
}

void sc_cmd_complete(struct sc_cmd *cmd, uint16_t status)
{
	cmd->status = status;
	if (unlikely(status != UPNVME_SPEC_SC_SUCCESS))
		sc_error_record(cmd);
	sc_list_append(&cmd->sq->completed, cmd);
}

bool sc_cmd_bounce(struct sc_cmd *cmd)
{
	if (!cmd->bounce)
		cmd->bounce = malloc(SC_BOUNCE_BYTES);
	return cmd->bounce;
}

void sc_cmd_start(struct sc_cmd *cmd, void (*done)(struct media_request *request, int result))
{
	struct sc_channel *channel = &cmd->sq->channels[cmd->ns->nsid - 1];

	cmd->request.done = done;
	channel->noutstanding++;
	cmd->sq->noutstanding++;
	media_submit(channel->media, &cmd->request);
}

struct sc_cmd *sc_cmd_returned(struct media_request *request)
{
	struct sc_cmd *cmd = container_of(request, struct sc_cmd, request);

	cmd->sq->channels[cmd->ns->nsid - 1].noutstanding--;
	cmd->sq->noutstanding--;
	return cmd;
}

/*
 * Notes the end of a step; `advance` is called later. Media that answer at once would else nest a stack frame for each
 * step.
 */
static void step_done(struct media_request *request, int result)
{
	struct sc_cmd *cmd = sc_cmd_returned(request);

	cmd->result = result;
	sc_list_append(&cmd->sq->finished, cmd);
}

void sc_cmd_step(struct sc_cmd *cmd, void (*advance)(struct sc_cmd *cmd, int result))
{
	cmd->advance = advance;
	sc_cmd_start(cmd, step_done);
}

static void flush_step_done(struct media_request *request, int result)
{
	container_of(request, struct sc_cmd, request)->sq->nflushing--;
	step_done(request, result);
}

void sc_cmd_flush(struct sc_cmd *cmd, void (*advance)(struct sc_cmd *cmd, int result))
{
	cmd->request.op = MEDIA_FLUSH;
	cmd->request.fua = false;
	cmd->request.offset_bytes = 0;
	cmd->request.length_bytes = 0;
	cmd->advance = advance;
	cmd->sq->nflushing++;
	sc_cmd_start(cmd, flush_step_done);
}
