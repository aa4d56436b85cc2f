/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics of a queue pair, for its owner. */
#ifndef UPNVME_DRIVER_QUEUE_STATS_H
#define UPNVME_DRIVER_QUEUE_STATS_H

#include <stdint.h>

#include <upnvme/io.h>

/* Reads all counters. 0, or a negative errno with its sentence. */
int stats_read(const struct upnvme_qpair *qp, struct upnvme_qpair_stats *stats);
/* Copies the first `n` buckets of the latencies' histogram. Returns how many buckets there are, or a negative errno
 * with its sentence. */
int stats_latencies(const struct upnvme_qpair *qp, uint64_t *buckets, uint32_t n);
/* The number of requests accepted and not yet handed out; 0, with a sentence, for a thread that is not the owner. */
uint32_t stats_inflight(const struct upnvme_qpair *qp);

#endif
