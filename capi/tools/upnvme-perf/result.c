/* SPDX-License-Identifier: BSD-3-Clause */
/* Adding up the threads, and the percentiles of their latencies. */
#include "result.h"

#include "job.h"

static void add_counter(struct counter *sum, const struct counter *counter)
{
	sum->nios += counter->nios;
	sum->nbytes += counter->nbytes;
}

static void add_verified(struct verified *sum, const struct verified *verified)
{
	uint64_t kept =
		verified->nmismatches < MISMATCHES_KEPT ? verified->nmismatches : MISMATCHES_KEPT;

	for (uint64_t i = 0; i < kept && sum->nmismatches + i < MISMATCHES_KEPT; i++)
		sum->first[sum->nmismatches + i] = verified->first[i];
	sum->nblocks += verified->nblocks;
	sum->nmismatches += verified->nmismatches;
}

static void add_worker(struct result *result, const struct worker *worker, uint64_t start_ns)
{
	double seconds = (double)(worker->end_ns - start_ns) / 1e9;

	if (worker->end_ns && seconds > result->seconds)
		result->seconds = seconds;
	add_counter(&result->reads, &worker->reads);
	add_counter(&result->writes, &worker->writes);
	add_verified(&result->verified, &worker->verified);
	for (uint32_t i = 0; i < worker->statuses.n; i++)
		statuses_add(&result->statuses, &worker->statuses.counts[i]);
	result->statuses.others += worker->statuses.others;
	result->statuses.total += worker->statuses.others;
	if (worker->flush_ns) {
		result->flushed = true;
		result->flush_seconds = (double)worker->flush_ns / 1e9;
	}
	if (worker->error[0] && !result->failure)
		result->failure = worker->error;
}

/* How many latencies bucket `i` of all threads holds. */
static uint64_t bucket(const struct job *job, uint32_t i)
{
	uint64_t n = 0;

	for (uint32_t t = 0; t < job->options->nthreads; t++)
		if (i < job->workers[t].nlatencies)
			n += job->workers[t].latencies[i];
	return n;
}

static void find_percentiles(struct result *result, const struct job *job)
{
	static const double shares[NPERCENTILES] = { 0.5, 0.9, 0.99, 0.999, 1 };
	uint32_t nbuckets = job->workers[0].nlatencies;
	uint64_t total = 0, seen = 0;
	int next = 0;

	for (uint32_t i = 0; i < nbuckets; i++)
		total += bucket(job, i);
	result->has_latency = total > 0;
	for (uint32_t i = 0; i < nbuckets && seen < total; i++) {
		seen += bucket(job, i);
		while (next < NPERCENTILES && (double)seen >= shares[next] * (double)total)
			result->latency_ns[next++] = upnvme_histogram_limit_ns(i);
	}
}

void result_collect(struct result *result, const struct job *job)
{
	*result = (struct result){ .interrupted = atomic_load(&job->interrupted) };
	if (job->failure[0])
		result->failure = job->failure;
	for (uint32_t i = 0; i < job->options->nthreads; i++)
		add_worker(result, &job->workers[i], job->start_ns);
	add_counter(&result->total, &result->reads);
	add_counter(&result->total, &result->writes);
	find_percentiles(result, job);
}

int result_exit_code(const struct result *result)
{
	if (result->failure || result->statuses.total || result->verified.nmismatches)
		return EXIT_BAD;
	return result->interrupted ? EXIT_INTERRUPTED : EXIT_GOOD;
}
