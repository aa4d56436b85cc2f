/* SPDX-License-Identifier: BSD-3-Clause */
/* A logarithmic histogram: values below 16 ns have a bucket each, above that every power of two
 * has 16. */
#include "driver/queue/histogram.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t started_ns[]; /* by slot */
};

int histogram_create(struct histogram **histogram, uint32_t nslots)
{
	uint64_t bytes = sizeof(**histogram) + nslots * sizeof((*histogram)->started_ns[0]);

	*histogram = calloc(1, bytes);
	return *histogram ? 0 : error_no_memory("a latency histogram", bytes);
}

void histogram_destroy(struct histogram *histogram)
{
	free(histogram);
}

uint32_t histogram_bucket(uint64_t latency_ns)
{
	unsigned exponent;

	if (latency_ns < 16)
		return (uint32_t)latency_ns;
	exponent = log2_floor(latency_ns);
	return (exponent - 3) * 16 + (uint32_t)((latency_ns >> (exponent - 4)) & 15);
}

uint64_t histogram_limit_ns(uint32_t bucket)
{
	unsigned exponent = bucket / 16 + 3;

	if (bucket < 16)
		return bucket;
	if (bucket >= HISTOGRAM_BUCKETS - 1)
		return UINT64_MAX;
	return ((uint64_t)(bucket % 16 + 17) << (exponent - 4)) - 1;
}

void histogram_start(struct histogram *histogram, uint32_t slot)
{
	histogram->started_ns[slot] = clock_now_ns();
}

void histogram_stop(struct histogram *histogram, uint32_t slot)
{
	histogram->counts[histogram_bucket(clock_now_ns() - histogram->started_ns[slot])]++;
}

const uint64_t *histogram_counts(const struct histogram *histogram)
{
	return histogram->counts;
}
