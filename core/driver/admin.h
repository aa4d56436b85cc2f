/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands: one queue for all threads, under a lock, polled by whoever waits. */
#ifndef UPNVME_DRIVER_ADMIN_H
#define UPNVME_DRIVER_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include <upnvme/types.h>

#include "spec/sqe.h"

struct upnvme_ctrlr;

/* An admin command to run: the entry without identifier and data pointer, and its data in any memory. */
struct admin_command {
	struct nvme_sqe sqe;
	void *data; /* up to ADMIN_DATA_MAX bytes, or null */
	uint32_t data_bytes;
	uint32_t direction;  /* UPNVME_DATA_... */
	uint64_t timeout_ns; /* 0: the controller's default */
};

/* Runs the command and waits. 0 when the controller answered, whatever the status, else a negative errno with its sentence. */
int admin_run(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
	      struct upnvme_completion *done);

/* As admin_run, but an error status is -EIO, with `what` and the status in the sentence. `result` may be null. */
int admin_expect(struct upnvme_ctrlr *ctrlr, const struct admin_command *command, const char *what,
		 uint64_t *result);

#endif
