/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Polls that find nothing while commands are in flight are counted down, since reading a clock would cost
 * more than a poll. At 0 the controller is looked at, and the clock is read to set the count anew, so that
 * looks come every few milliseconds, however fast or slowly the owner polls.
 */
#include "base/clock.h"
#include "base/util.h"
#include "driver/queue/qpair.h"
#include "driver/watch.h"

#define LOOK_NS (10 * NS_PER_MS)
/* The least and the most polls between two looks. A look over PCIe costs about as much as 50 polls. */
#define POLLS_MIN 256u
#define POLLS_MAX 16384u

static uint32_t polls_in(uint64_t ns, uint32_t polls, uint64_t took_ns)
{
	return (uint32_t)MIN(MAX(polls * ns / MAX(took_ns, 1), POLLS_MIN), POLLS_MAX);
}

void patience_start(struct upnvme_qpair *qp)
{
	qp->patience = qp->patience_full = POLLS_MIN;
}

bool patience_look(struct upnvme_qpair *qp)
{
	uint64_t now_ns = clock_now_ns();

	qp->patience_full = polls_in(LOOK_NS, qp->patience_full, now_ns - qp->looked_ns);
	qp->patience = qp->patience_full;
	qp->looked_ns = now_ns;
	return watch_alive(qp->ctrlr);
}
