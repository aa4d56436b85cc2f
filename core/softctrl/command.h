/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command from its fetch until its completion is posted. The life of a command, file by file:
 *
 *   process.c     fetches the command from its submission queue,
 *   execute.c     finds the row of the command in its command set (admin.c, nvm.c), checks the command, and runs the
 *                 row's function,
 *   command.c     hands the command to a medium, as often as that function asks, and ends the command with a status,
 *   process.c     posts the completion as soon as the completion queue has room;
 *   abort_note.c  remembers the Aborts of a command that wait for its completion,
 *   orphan.c      keeps a flush whose submission queue is deleted meanwhile.
 *
 * Every command ends by sc_cmd_complete, but for those that a deletion, a reset or a power failure takes away.
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
	uint64_t error_lba;      /* if it is another than SLBA; else SC_NO_LBA */
	uint32_t dw0;            /* of the completion */
	struct sc_data data;     /* in host memory, once sc_cmd_map has found it */

	/* Commands of several steps: `advance` is called when the medium has done a step. */
	void (*advance)(struct sc_cmd *cmd, int result);
	int result;
	uint64_t offset_bytes; /* where the next step begins on the medium */
	uint64_t left_bytes;
	uint32_t index; /* of a range or a namespace, whichever the command goes through */
	uint32_t count;
	uint8_t *bounce;    /* SC_BOUNCE_BYTES, made when first needed, then kept */
	struct iovec piece; /* the part of `bounce` that is at the medium */

	struct upnvme_spec_sqe sqe; /* the controller's own copy: the host may change its memory */
	struct media_request request;
};

/* Commands in order. */
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

/* A status with Do Not Retry, of which a parameter of the command is the cause. */
static inline uint16_t sc_refuse(struct sc_cmd *cmd, uint16_t status, uint16_t location)
{
	cmd->error_location = location;
	return sc_dnr(status);
}

/* Dwords 10 and 11 of a command that names logical blocks. */
static inline uint64_t sc_cmd_slba(const struct sc_cmd *cmd)
{
	return (uint64_t)cmd->sqe.cdw11 << 32 | cmd->sqe.cdw10;
}

/* Finds where in host memory the command's data lies, all of it, before any of it is touched; a status. */
static inline uint16_t sc_cmd_map(struct sc_cmd *cmd, uint64_t bytes)
{
	uint16_t status = sc_data_ptr_walk(&cmd->data, &cmd->sqe, bytes);

	if (unlikely(status))
		cmd->error_location = cmd->data.error_location;
	return status;
}

/* Writes or reads all of the command's data in host memory; a status. */
uint16_t sc_cmd_write(struct sc_cmd *cmd, const void *from, uint64_t bytes);
uint16_t sc_cmd_read(struct sc_cmd *cmd, void *to, uint64_t bytes);

/* The command has ended: its completion is posted as soon as there is room. */
void sc_cmd_complete(struct sc_cmd *cmd, uint16_t status);

/* Makes the command's buffer. False: there is no memory. */
bool sc_cmd_bounce(struct sc_cmd *cmd);

/* Hands the command's request to the medium of its namespace. Every `done` begins with sc_cmd_returned. */
void sc_cmd_start(struct sc_cmd *cmd, void (*done)(struct media_request *request, int result));
struct sc_cmd *sc_cmd_returned(struct media_request *request);

/* Hands the request over as a step of the command: `advance` is called afterwards. */
void sc_cmd_step(struct sc_cmd *cmd, void (*advance)(struct sc_cmd *cmd, int result));

/* A step that flushes the command's namespace. */
void sc_cmd_flush(struct sc_cmd *cmd, void (*advance)(struct sc_cmd *cmd, int result));

#endif
