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
	NS_CHANGE_FORMAT,   /* besides, blocks may not be what they were: no I/O meanwhile */
};

/* Reads from the controller which commands change namespaces. A controller that does not tell is no failure. */
int ns_changes_learn(struct upnvme_ctrlr *ctrlr);

/* What an admin command may do to namespaces. */
enum ns_change ns_change_of(const struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
/* Whether an I/O command may. */
static inline bool ns_change_by_io(const struct upnvme_ctrlr *ctrlr, uint8_t opcode)
{
	return ctrlr->ns_changes.io[opcode / 64] >> opcode % 64 & 1;
}

/*
 * Before such a command is sent: with NS_CHANGE_FORMAT every queue pair of the controller takes no
 * commands any more, and has none in flight. -EBUSY: one that has, or whose owner could not be heard;
 * nothing has happened then.
 */
int ns_change_begin(struct upnvme_ctrlr *ctrlr, enum ns_change change, uint8_t opcode);
/* Takes ns_change_begin back: the command was not sent after all. */
void ns_change_cancel(struct upnvme_ctrlr *ctrlr);
/* The device has ended it. Any thread, whatever it holds. */
void ns_change_ended(struct upnvme_ctrlr *ctrlr);
/* An I/O command that may have changed namespaces, and was not announced, has ended. */
void ns_change_by_io_ended(struct upnvme_ctrlr *ctrlr);

/* Reads namespaces again if a command has ended since, and lets queue pairs go on once none is left. In
 * failure they stay frozen until another call succeeds. The caller holds no lock. */
int ns_changes_settle(struct upnvme_ctrlr *ctrlr);

static inline bool ns_changes_are_due(const struct upnvme_ctrlr *ctrlr)
{
	return atomic_load_explicit(&ctrlr->ns_changes.nended, memory_order_relaxed) != 0;
}

/* -EBUSY, with its sentence, of a queue pair that is frozen. */
int ns_change_error_frozen(const struct upnvme_ctrlr *ctrlr, uint16_t qid);

#endif
