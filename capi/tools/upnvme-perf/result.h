/* SPDX-License-Identifier: BSD-3-Clause */
/* The result of a measurement, for all threads together. */
#ifndef UPNVME_PERF_RESULT_H
#define UPNVME_PERF_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "worker.h"

enum { P50, P90, P99, P99_9, PMAX, NPERCENTILES };

struct result {
	double seconds;
	struct counter reads, writes, total;
	bool has_latency;
	uint64_t latency_ns[NPERCENTILES];
	bool flushed;
	double flush_seconds;
	struct statuses statuses;
	struct verified verified;
	bool interrupted;
	/* The reason why the controller, or a thread, gave up; null if none did. */
	const char *failure;
};

void result_collect(struct result *result, const struct job *job);

int result_exit_code(const struct result *result);

#endif
