/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/admin_raw.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "driver/admin.h"
#include "driver/commands/admin.h"
#include "driver/features.h"
#include "driver/queue/raw.h"
#include <upnvme/spec/opcode.h>

static int check_sqe(const struct upnvme_spec_sqe *sqe)
{
	if (admin_kind(sqe->opcode)->flags & ADMIN_DRIVERS)
		return error_set(
			-EINVAL, UPNVME_ERR_OPCODE,
			"admin command %02xh is sent by the driver alone: use the calls for "
			"queues, events and doorbells",
			sqe->opcode);
	if (sqe->flags)
		return error_set(
			-EINVAL, UPNVME_ERR_FLAGS,
			"bits 15:8 of an admin command's dword 0 are %02xh: set them to 0, since "
			"the admin queue takes neither fused commands nor SGLs",
			sqe->flags);
	if (sqe->opcode == UPNVME_SPEC_ADMIN_SET_FEATURES)
		return feature_check_settable(sqe->cdw10 & 0xff);
	return 0;
}

static int check_raw(const struct upnvme_raw *raw)
{
	if (raw->metadata || raw->metadata_bytes)
		return error_set(
			-EINVAL, UPNVME_ERR_METADATA,
			"an admin command with a metadata buffer: give none, since only I/O "
			"commands have metadata");
	return raw_is_clean(raw) ? 0 : -EINVAL;
}

/* Copies the caller's command, without identifier and data pointer, which the driver fills in. */
static int take_raw(struct admin_command *command, const struct upnvme_raw *callers)
{
	struct upnvme_raw raw = raw_copy(callers);
	int rc = check_raw(&raw);

	*command = (struct admin_command){ .data = raw.data,
					   .data_bytes = raw.data_bytes,
					   .direction = raw.direction,
					   .timeout_ns = raw.timeout_ns };
	memcpy(&command->sqe, raw.cdw, sizeof(command->sqe));
	command->sqe.cid = 0;
	command->sqe.mptr = command->sqe.prp1 = command->sqe.prp2 = 0;
	return rc ? rc : check_sqe(&command->sqe);
}

int admin_raw_run(struct upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw,
		  struct upnvme_completion *done)
{
	struct admin_command command;
	int rc = take_raw(&command, raw);

	return rc ? rc : admin_run(ctrlr, &command, done);
}

int admin_raw_start(struct upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw, upnvme_cb cb,
		    void *arg)
{
	struct admin_command command;
	int rc = take_raw(&command, raw);

	return rc ? rc : admin_start(ctrlr, &command, ADMIN_CALLER, cb, arg);
}
