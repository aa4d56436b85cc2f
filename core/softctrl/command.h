/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command from its fetch until its completion is posted. The life of a command, file by file:
 *
 *   process.c     fetches the command from its submission queue,
 *   execute.c     finds the row of the command in its command set (admin.c, nvm.c), checks the command, and runs the
 *                 row's function,
 *   command.c     hands the command to a medium, as often as that function asks, and ends the command with a status,
 *   process.c     posts the completion as soon as the completion queue has room;
 *   abort_note.c  remembers the Aborts that wait for the command's completion,
 *   orphan.c      keeps a flush whose submission queue is deleted meanwhile.
 *
 * Every command ends by sc_cmd_complete, except commands that go with their queue at a deletion, a reset or the
 * controller's end.
 */
#ifndef UPNVME_SOFTCTRL_COMMAND_H
#define UPNVME_SOFTCTRL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/util.h"
#include "media/media.h"
#include "softctrl/ring/data_ptr.h"
#include "softctrl/ring/refusal.h"
#include <upnvme/spec/sqe.h>

#define SC_BOUNCE_BYTES (128u << 10)

struct sc_cmd {
	struct sc_cmd *next;
	struct sc_sq *sq;
	struct sc_ns *ns;
	uint16_t status;         /* 15 bits, without the phase tag */
	uint16_t error_location; /* for the Error Information log page */
	uint64_t error_lba;      /* for the log page; SC_NO_LBA: the command's SLBA */
	uint32_t dw0;            /* dword 0 of the completion */
	struct sc_data data;     /* the data's segments, after sc_cmd_map */

	/* For commands of several steps: `advance` is called with `result` after each step of the medium. */
	void (*advance)(struct sc_cmd *cmd, int result);
	int result;
	uint64_t offset_bytes; /* where the next step begins on the medium */
	uint64_t left_bytes;
	uint32_t index; /* of the next range or namespace; `count` is how many there are */
	uint32_t count;
	uint8_t *bounce;    /* SC_BOUNCE_BYTES, made at its first use, then kept */
	struct iovec piece; /* the part of `bounce` that the medium fills */

	struct upnvme_spec_sqe sqe; /* a copy, since the host may change its memory */
	struct media_request request;
};

/* A list of commands, first in, first out. */
struct sc_list {
	struct sc_cmd *first;
	struct sc_cmd **last;
};

static inline void sc_list_init(struct sc_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static inline void sc_list_append(struct sc_list *list, struct sc_cmd *cmd)
{
	cmd->next = NULL;
	*list->last = cmd;
	list->last = &cmd->next;
}

static inline struct sc_cmd *sc_list_take(struct sc_list *list)
{
	struct sc_cmd *cmd = list->first;

	if (cmd) {
		list->first = cmd->next;
		if (!list->first)
			list->last = &list->first;
	}
	return cmd;
}

/* Refuses the command for the parameter at `location`: gives the status, with Do Not Retry. */
static inline uint16_t sc_refuse(struct sc_cmd *cmd, uint16_t status, uint16_t location)
{
	cmd->error_location = location;
	return sc_dnr(status);
}

/* The Starting LBA: dwords 10 and 11 of a command for logical blocks. */
static inline uint64_t sc_cmd_slba(const struct sc_cmd *cmd)
{
	return (uint64_t)cmd->sqe.cdw11 << 32 | cmd->sqe.cdw10;
}

/* Finds all segments of the command's data in host memory, before any byte is moved. Gives a status. */
static inline uint16_t sc_cmd_map(struct sc_cmd *cmd, uint64_t bytes)
{
	uint16_t status = sc_data_ptr_walk(&cmd->data, &cmd->sqe, bytes);

	if (unlikely(status))
		cmd->error_location = cmd->data.error_location;
	return status;
}

/* Map the command's data, then write or read all of it in host memory. Give a status. */
uint16_t sc_cmd_write(struct sc_cmd *cmd, const void *from, uint64_t bytes);
uint16_t sc_cmd_read(struct sc_cmd *cmd, void *to, uint64_t bytes);

/* Ends the command with a status: the completion is posted as soon as its queue has room. */
void sc_cmd_complete(struct sc_cmd *cmd, uint16_t status);

/* Makes the command's bounce buffer, if it has none. False: there is no memory. */
bool sc_cmd_bounce(struct sc_cmd *cmd);

/* Hands the command's request to the medium of its namespace. Every `done` has to call sc_cmd_returned first. */
void sc_cmd_start(struct sc_cmd *cmd, void (*done)(struct media_request *request, int result));
struct sc_cmd *sc_cmd_returned(struct media_request *request);

/* Hands the command's request to the medium as one step: `advance` is called when the step is done. */
void sc_cmd_step(struct sc_cmd *cmd, void (*advance)(struct sc_cmd *cmd, int result));

/* Flushes the command's namespace, as one step. */
void sc_cmd_flush(struct sc_cmd *cmd, void (*advance)(struct sc_cmd *cmd, int result));

#endif
