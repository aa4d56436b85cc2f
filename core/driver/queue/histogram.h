/* SPDX-License-Identifier: BSD-3-Clause */
/* Latencies of requests, from submission to the poll that saw the (last) completion. */
#ifndef UPNVME_DRIVER_QUEUE_HISTOGRAM_H
#define UPNVME_DRIVER_QUEUE_HISTOGRAM_H

#include <stdint.h>

struct histogram;

int histogram_create(struct histogram **histogram, uint32_t nslots);
void histogram_destroy(struct histogram *histogram);
void histogram_start(struct histogram *histogram, uint32_t slot);
void histogram_stop(struct histogram *histogram, uint32_t slot);

/* 16 buckets per power of two, so a bucket is at most 6.25 % wide; all of uint64_t is covered. */
#define HISTOGRAM_BUCKETS 976u
uint32_t histogram_bucket(uint64_t latency_ns);
uint64_t histogram_limit_ns(uint32_t bucket);
const uint64_t *histogram_counts(const struct histogram *histogram);

#endif
