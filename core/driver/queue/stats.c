/* SPDX-License-Identifier: BSD-3-Clause */
/* The figures that a queue pair's owner may ask for. The owner alone changes them, without a lock, so any other thread
 * is refused. */
#include "driver/queue/stats.h"

#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/queue/histogram.h"
#include "driver/queue/owner.h"

/* qp->completed counts aborted commands, too; the caller finds them in `aborted` alone. */
int stats_read(const struct upnvme_qpair *qp, struct upnvme_qpair_stats *stats)
{
	int rc = owner_check(qp);

	if (rc)
		return rc;
	*stats = qp->stats;
	stats->size = UPNVME_QPAIR_STATS_SIZE;
	stats->submitted = qp->completed + qpair_commands(qp);
	stats->completed = qp->completed - stats->aborted;
	return 0;
}

int stats_latencies(const struct upnvme_qpair *qp, uint64_t *buckets, uint32_t n)
{
	int rc = owner_check(qp);

	if (rc)
		return rc;
	if (!qp->histogram)
		return error_set(-ENOTSUP, UPNVME_ERR_FLAGS,
				 "queue pair %u measures no latencies: create the queue pair with "
				 "UPNVME_QPAIR_HISTOGRAM",
				 qp->qid);
	if (n)
		memcpy(buckets, histogram_counts(qp->histogram),
		       MIN(n, HISTOGRAM_BUCKETS) * sizeof(buckets[0]));
	return HISTOGRAM_BUCKETS;
}

uint32_t stats_inflight(const struct upnvme_qpair *qp)
{
	return owner_check(qp) ? 0 : qpair_inflight(qp);
}
