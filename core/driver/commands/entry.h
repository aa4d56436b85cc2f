/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries of commands on a range of blocks, for the rows of command sets. */
#ifndef UPNVME_DRIVER_COMMANDS_ENTRY_H
#define UPNVME_DRIVER_COMMANDS_ENTRY_H

#include "driver/commands/kind.h"

/* Fills in the range, the tags and the flags of a command that moves no data. */
void entry_blocks(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		  uint32_t blocks, struct upnvme_spec_sqe *sqe);
/* Fills in the same, and data and metadata. */
void entry_data_blocks(struct upnvme_qpair *qp, struct request *request, struct slot *slot,
		       uint32_t blocks, struct upnvme_spec_sqe *sqe);

#endif
