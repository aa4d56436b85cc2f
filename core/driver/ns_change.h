/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that may change namespaces: queue pairs are frozen before, and namespaces read again after. */
#ifndef UPNVME_DRIVER_NS_CHANGE_H
#define UPNVME_DRIVER_NS_CHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "driver/ctrlr.h"
#include <upnvme/spec/sqe.h>

enum ns_change {
	NS_CHANGE_NONE,
	NS_CHANGE_SETTINGS, /* namespaces are read again; I/O goes on */
	NS_CHANGE_FORMAT,   /* the same, and the format of blocks may change: no I/O meanwhile */
};

/* Reads from the controller which commands change namespaces. A controller that does not tell is no failure. */
int ns_changes_learn(struct upnvme_ctrlr *ctrlr);

/* What an admin command may do to namespaces. */
enum ns_change ns_change_of(const struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
/* Whether an I/O command with this opcode may change namespaces. */
static inline bool ns_change_by_io(const struct upnvme_ctrlr *ctrlr, uint8_t opcode)
{
	return ctrlr->ns_changes.io[opcode / 64] >> opcode % 64 & 1;
}

/*
 * Prepares for a command that changes namespaces, before it is sent. With NS_CHANGE_FORMAT no queue pair of
 * the controller takes commands any more, and none has commands in flight. -EBUSY: a queue pair has commands in
 * flight, or its owner has made no call with it in time; queue pairs then go on as before.
 */
int ns_change_begin(struct upnvme_ctrlr *ctrlr, enum ns_change change, uint8_t opcode);
/* Takes ns_change_begin back: the command was not sent after all. */
void ns_change_cancel(struct upnvme_ctrlr *ctrlr);
/* Notes that the device has ended such a command. Any thread may call, whatever lock it holds. */
void ns_change_ended(struct upnvme_ctrlr *ctrlr);
/* Notes the end of an I/O command that may have changed namespaces, for which there was no ns_change_begin. */
void ns_change_by_io_ended(struct upnvme_ctrlr *ctrlr);

/* Reads namespaces again if such a command has ended since the last time, and lets queue pairs go on once no such
 * command is left. In failure queue pairs stay frozen until another call succeeds. The caller holds no lock. */
int ns_changes_settle(struct upnvme_ctrlr *ctrlr);

static inline bool ns_changes_are_due(const struct upnvme_ctrlr *ctrlr)
{
	return atomic_load_explicit(&ctrlr->ns_changes.nended, memory_order_relaxed) != 0;
}

/* The error of a queue pair that is frozen: -EBUSY, with its sentence. */
int ns_change_error_frozen(const struct upnvme_ctrlr *ctrlr, uint16_t qid);

#endif
