/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests: an admin command's slot, its data and its answer. The admin queue's lock is held by every caller;
 * admin_request_copy_out needs no lock for a request that its caller alone knows. */
#ifndef UPNVME_DRIVER_ADMIN_REQUEST_H
#define UPNVME_DRIVER_ADMIN_REQUEST_H

#include "driver/admin_queue.h"

struct upnvme_ctrlr;

/* Sends the command, its data copied. A null `cb`: the caller waits for the command. Returns 0, or a negative errno
 * with its sentence; -EAGAIN: as many commands are outstanding as may be. */
int admin_request_begin(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
			enum admin_origin origin, upnvme_cb cb, void *arg,
			struct admin_request **started);
/* Copies the data that came from the device to the caller's memory, for a command that succeeded. */
void admin_request_copy_out(const struct admin_request *request);
/* Makes the request free: its answer was fetched, or it was not sent. */
void admin_request_put(struct admin_request *request);

#endif
