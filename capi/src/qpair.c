/* SPDX-License-Identifier: BSD-3-Clause */
/* Queue pairs as handles: creation, ownership, properties, statistics. */
#include <upnvme/io.h>

#include "base/error.h"
#include "base/handle.h"
#include "check.h"
#include "driver/ctrlr.h"
#include "driver/queue/histogram.h"
#include "driver/queue/qpair.h"
#include "driver/queue/stats.h"
#include "options.h"

/* The sizes of the first versions, which never change. */
#define QPAIR_OPTS_V1  16u
#define QPAIR_STATS_V1 88u

/* The check of a handle; calls that are made per I/O do without it. */
static int check_qpair(const upnvme_qpair *qp, const char *call)
{
	if (!qp)
		return error_set(-EINVAL, UPNVME_ERR_NULL, "%s: the queue pair is null", call);
	return handle_check(qp, HANDLE_QPAIR, call);
}

int upnvme_qpair_create(upnvme_qpair **qp, upnvme_ctrlr *ctrlr,
			const struct upnvme_qpair_opts *opts)
{
	struct upnvme_qpair_opts known;
	int rc = ctrlr_check(ctrlr, "upnvme_qpair_create");

	if (!rc && !qp)
		rc = error_set(-EINVAL, UPNVME_ERR_NULL,
			       "upnvme_qpair_create: the place for the handle is null");
	if (!rc)
		rc = options_take(&known, sizeof(known), opts, QPAIR_OPTS_V1, "upnvme_qpair_opts");
	return rc ? rc : qpair_create(qp, ctrlr, &known);
}

int upnvme_qpair_stop(upnvme_qpair *qp)
{
	int rc = check_qpair(qp, "upnvme_qpair_stop");

	return rc ? rc : qpair_stop(qp);
}

int upnvme_qpair_close(upnvme_qpair *qp)
{
	int rc = qp ? check_qpair(qp, "upnvme_qpair_close") : 0;

	return rc || !qp ? rc : qpair_close(qp);
}

int upnvme_qpair_release(upnvme_qpair *qp)
{
	int rc = check_qpair(qp, "upnvme_qpair_release");

	return rc ? rc : qpair_release(qp);
}

int upnvme_qpair_adopt(upnvme_qpair *qp)
{
	int rc = check_qpair(qp, "upnvme_qpair_adopt");

	return rc ? rc : qpair_adopt(qp);
}

int upnvme_qpair_abandon(upnvme_qpair *qp)
{
	int rc = check_qpair(qp, "upnvme_qpair_abandon");

	return rc ? rc : qpair_abandon(qp);
}

uint32_t upnvme_qpair_id(const upnvme_qpair *qp)
{
	return check_qpair(qp, "upnvme_qpair_id") ? 0 : qp->qid;
}

uint32_t upnvme_qpair_entries(const upnvme_qpair *qp)
{
	return check_qpair(qp, "upnvme_qpair_entries") ? 0 : qp->entries;
}

uint32_t upnvme_qpair_outstanding_max(const upnvme_qpair *qp)
{
	return check_qpair(qp, "upnvme_qpair_outstanding_max") ? 0 : qp->outstanding;
}

uint32_t upnvme_qpair_inflight(const upnvme_qpair *qp)
{
	return qp ? stats_inflight(qp) : 0;
}

int upnvme_qpair_stats_get(const upnvme_qpair *qp, struct upnvme_qpair_stats *stats)
{
	struct upnvme_qpair_stats full;
	int rc = check_qpair(qp, "upnvme_qpair_stats_get");

	if (!rc)
		rc = check_pointer(stats, "upnvme_qpair_stats_get", "stats");
	if (!rc)
		rc = record_check(stats, QPAIR_STATS_V1, "upnvme_qpair_stats");
	if (!rc)
		rc = stats_read(qp, &full);
	if (!rc)
		record_give(stats, &full, sizeof(full));
	return rc;
}

int upnvme_qpair_histogram(const upnvme_qpair *qp, uint64_t *buckets, uint32_t n)
{
	int rc = check_qpair(qp, "upnvme_qpair_histogram");

	if (!rc && n)
		rc = check_pointer(buckets, "upnvme_qpair_histogram", "buckets");
	return rc ? rc : stats_latencies(qp, buckets, n);
}

int upnvme_qpair_fd(const upnvme_qpair *qp)
{
	int rc = check_qpair(qp, "upnvme_qpair_fd");

	return rc ? rc : interrupt_fd(qp);
}

int upnvme_qpair_wait(upnvme_qpair *qp, uint64_t timeout_ns)
{
	int rc = check_pointer(qp, "upnvme_qpair_wait", "qp");

	return rc ? rc : qpair_wait(qp, timeout_ns);
}

uint64_t upnvme_histogram_limit_ns(uint32_t bucket)
{
	return histogram_limit_ns(bucket);
}
