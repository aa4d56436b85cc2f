/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stands before libc's ioctl in nvme-cli, whose libnvme then speaks with the controller of
 * $UPNVME_URI: its passthrough commands go to it, whatever device the command line names. Public
 * headers only.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>
#include <upnvme.h>

#define DIRECTION 3u /* bits 1:0 of an opcode (NVMe Base 2.0c, 3.3.3.1) */

int ioctl(int fd, unsigned long request, ...);

/* Opened at the first command; it goes with the process. */
static upnvme_ctrlr *controller(void)
{
	static upnvme_ctrlr *ctrlr;

	if (!ctrlr && upnvme_open(&ctrlr, getenv("UPNVME_URI"), NULL)) {
		fprintf(stderr, "%s\n", upnvme_last_error());
		exit(1);
	}
	return ctrlr;
}

/* Both of the kernel's records begin with the entry, without the identifier and the data pointer.
 * The result is the status, as with the kernel. */
static int submit(const struct nvme_passthru_cmd *cmd, uint64_t *result)
{
	struct upnvme_raw raw = { .cdw = { cmd->opcode, cmd->nsid, cmd->cdw2,
					   cmd->cdw3, [10] = cmd->cdw10, cmd->cdw11, cmd->cdw12,
					   cmd->cdw13, cmd->cdw14, cmd->cdw15 },
				  .data = (void *)(uintptr_t)cmd->addr,
				  .data_bytes = cmd->data_len,
				  .direction = cmd->data_len ? cmd->opcode & DIRECTION : 0 };
	struct upnvme_completion done;

	if (upnvme_admin(controller(), &raw, &done)) {
		fprintf(stderr, "%s\n", upnvme_last_error());
		errno = EINVAL;
		return -1;
	}
	*result = done.result;
	return done.status;
}

int ioctl(int fd, unsigned long request, ...)
{
	uint64_t result = 0;
	va_list args;
	void *record;
	int status;

	(void)fd;
	va_start(args, request);
	record = va_arg(args, void *);
	va_end(args);
	if (request == NVME_IOCTL_ID)
		return 1;
	if (request != NVME_IOCTL_ADMIN_CMD && request != NVME_IOCTL_ADMIN64_CMD) {
		errno = ENOTTY;
		return -1;
	}
	status = submit(record, &result);
	if (request == NVME_IOCTL_ADMIN_CMD)
		((struct nvme_passthru_cmd *)record)->result = (uint32_t)result;
	else
		((struct nvme_passthru_cmd64 *)record)->result = result;
	return status;
}
