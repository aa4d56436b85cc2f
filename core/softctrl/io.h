/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands for logical blocks have in common. A function that gives a uint16_t gives a status. */
#ifndef UPNVME_SOFTCTRL_IO_H
#define UPNVME_SOFTCTRL_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "softctrl/command.h"
#include "softctrl/namespace.h"
#include <upnvme/spec/command.h>

/* The range of SLBA and NLB in bytes of the medium: offset_bytes and left_bytes. */
uint16_t sc_io_range(struct sc_cmd *cmd);

/* The same, of a command that transfers the range: MDTS bounds the range, and the data's place is found. */
uint16_t sc_io_transfer(struct sc_cmd *cmd);

uint16_t sc_io_check_writable(const struct sc_cmd *cmd);

/* Whether a change has to be on the medium before it completes. */
bool sc_io_durable(const struct sc_cmd *cmd);

/* Whether blocks that are read have to be flushed first: FUA, and a cache that may hold them. */
static inline bool sc_io_reads_durable(const struct sc_cmd *cmd)
{
	return unlikely(cmd->sqe.cdw12 & UPNVME_SPEC_RW_FUA_BIT) &&
	       cmd->ns->media->volatile_cache && !cmd->ns->media->readonly;
}

/* The command ends with what the medium answered. */
void sc_io_complete_media(struct sc_cmd *cmd, int result);

#endif
