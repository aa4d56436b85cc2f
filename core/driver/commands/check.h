/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of ops, for the rows of command sets: 0, or a negative errno with its sentence. */
#ifndef UPNVME_DRIVER_COMMANDS_CHECK_H
#define UPNVME_DRIVER_COMMANDS_CHECK_H

#include "driver/commands/kind.h"

/* Checks that an op has no metadata buffer. In an area, the offset of metadata means nothing. */
int check_no_metadata(struct upnvme_op *op, const struct upnvme_area *area, const char *name);
/* Checks an op without blocks and without data. */
int check_no_blocks(struct upnvme_qpair *qp, const struct command_kind *kind,
		    struct request *request, const struct upnvme_area *area);
/* Checks an op on a range of blocks: the range, its data and metadata where the kind has them, and, with
 * UPNVME_NO_SPLIT, that one command is enough. */
int check_blocks(struct upnvme_qpair *qp, const struct command_kind *kind, struct request *request,
		 const struct upnvme_area *area);

#endif
