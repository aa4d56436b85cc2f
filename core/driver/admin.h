/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands: one queue for all threads, under a lock, polled by the threads that wait. */
#ifndef UPNVME_DRIVER_ADMIN_H
#define UPNVME_DRIVER_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <upnvme/types.h>

#include <upnvme/spec/sqe.h>

struct upnvme_ctrlr;
struct upnvme_qpair;

#define ADMIN_ENTRIES 68u
/* The number of entries of each ring: QUIRK_WHOLE_ADMIN_QUEUE wants pages full of submission queue entries. */
uint32_t admin_entries(const struct upnvme_ctrlr *ctrlr);
/* Slots that only Asynchronous Event Requests may use, which stay at the controller until something happens. */
#define ADMIN_RESERVED 4u
/* Slots for synchronous commands only: these slots come free by themselves, so that no number of asynchronous commands
 * keeps a queue pair from being closed. */
#define ADMIN_WAITED   4u
#define ADMIN_DATA_MAX (2u << 20) /* what one PRP list page describes */

/* An admin command to run: the entry without identifier and data pointer, and the command's data in any
 * memory. */
struct admin_command {
	struct upnvme_spec_sqe sqe;
	void *data; /* up to ADMIN_DATA_MAX bytes, or null */
	uint32_t data_bytes;
	uint32_t direction;  /* UPNVME_DATA_... */
	uint64_t timeout_ns; /* 0: as command_timeout_ns says; UINT64_MAX: none */
};

/* Runs the command and waits for its end. Returns 0 when the controller answered, whatever the status, else a negative
 * errno with its sentence. */
int admin_run(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
	      struct upnvme_completion *done);

/* As admin_run, but an error status is -EIO, with `what` and the status in the sentence. `result`
 * may be null. */
int admin_expect(struct upnvme_ctrlr *ctrlr, const struct admin_command *command, const char *what,
		 uint64_t *result);

/* -EIO for an error status, with `what` and the status in the sentence; else 0. */
int admin_check_status(const struct upnvme_completion *done, const char *what);

/* The origin of a command: the user, or the library. */
enum admin_origin {
	ADMIN_CALLER, /* the user: the command's callback counts in the poll's result */
	ADMIN_OWN,    /* the library itself */
	ADMIN_EVENT,  /* the library, and the command may use the reserved slots */
};

/*
 * Starts the command; `cb` runs in admin_serve, outside the lock, and may call every function of this header.
 * `command` may go at once, its data must stay until the callback. A command that is late ends as aborted; the
 * library's copy of the data stays out of use until the device answers.
 */
int admin_start(struct upnvme_ctrlr *ctrlr, const struct admin_command *command,
		enum admin_origin origin, upnvme_cb cb, void *arg);

/* Completes asynchronous commands that are done, or were late at `now_ns`; called by the thread that serves. The caller
 * has looked at CSTS after `now_ns`, since a pause of the controller excuses a late command. */
void admin_serve(struct upnvme_ctrlr *ctrlr, uint64_t now_ns);

/* Ends every outstanding command as aborted. The device does not touch memory any more. */
void admin_abort(struct upnvme_ctrlr *ctrlr);

/* Makes the admin queue; the controller does not know of it yet. */
int admin_create(struct upnvme_ctrlr *ctrlr);
/* Frees the queue, if there is one. The device does not touch the queue any more. */
void admin_destroy(struct upnvme_ctrlr *ctrlr);
const struct upnvme_qpair *admin_qpair(const struct upnvme_ctrlr *ctrlr);

#endif
