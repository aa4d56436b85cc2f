/* SPDX-License-Identifier: BSD-3-Clause */
/* The common part of commands for logical blocks. A function that returns a uint16_t returns a status. */
#ifndef UPNVME_SOFTCTRL_IO_H
#define UPNVME_SOFTCTRL_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "softctrl/command.h"
#include "softctrl/namespace.h"
#include <upnvme/spec/command.h>

/* Checks the range of SLBA and NLB, and sets offset_bytes and left_bytes to its bytes on the medium. */
uint16_t sc_io_range(struct sc_cmd *cmd);

/* Does as sc_io_range for a command that transfers the range: also checks MDTS, and maps the data. */
uint16_t sc_io_transfer(struct sc_cmd *cmd);

uint16_t sc_io_check_writable(const struct sc_cmd *cmd);

/* Whether a write has to be durable before its completion: FUA, or the cache is disabled. */
bool sc_io_durable(const struct sc_cmd *cmd);

/*
 * Whether a read has to flush the medium first: the read has FUA, and the medium has a cache that may hold the
 * blocks.
 */
static inline bool sc_io_reads_durable(const struct sc_cmd *cmd)
{
	return unlikely(cmd->sqe.cdw12 & UPNVME_SPEC_RW_FUA_BIT) &&
	       cmd->ns->media->volatile_cache && !cmd->ns->media->readonly;
}

/* Ends the command with the medium's answer: 0 or a negative errno. */
void sc_io_complete_media(struct sc_cmd *cmd, int result);

#endif
