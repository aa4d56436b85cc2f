/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that the caller has put together, dword by dword. */
#ifndef UPNVME_DRIVER_QUEUE_RAW_H
#define UPNVME_DRIVER_QUEUE_RAW_H

#include <stdatomic.h>
#include <stdbool.h>

#include <upnvme/types.h>

struct upnvme_qpair;

/* A copy of the caller's record, which is read once: another thread may write to the record meanwhile, and the checked
 * values must be those that are sent. The fence keeps the compiler from reading the record again in place of the
 * copy. */
static inline struct upnvme_raw raw_copy(const struct upnvme_raw *raw)
{
	struct upnvme_raw copy = *raw;

	atomic_signal_fence(memory_order_seq_cst);
	return copy;
}

/* Whether the reserved words, of an I/O or an admin command, are zero; if not, the sentence of -EINVAL is set. */
bool raw_is_clean(const struct upnvme_raw *raw);

/* Submits an I/O command as general_submit does, but neither counts it nor rings. */
int raw_submit(struct upnvme_qpair *qp, const struct upnvme_raw *raw, upnvme_cb cb, void *arg);

#endif
