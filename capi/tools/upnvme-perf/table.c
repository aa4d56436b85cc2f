/* SPDX-License-Identifier: BSD-3-Clause */
/* The result as a table for people. */
#include <inttypes.h>
#include <stdio.h>

#include "job.h"
#include "number.h"
#include "report.h"
#include "result.h"

const char *report_status(char *room, unsigned room_bytes, const struct status_count *count)
{
	snprintf(room, room_bytes, "%s%s", count->aborted ? "aborted by the library: " : "",
		 upnvme_status_name(count->status));
	return room;
}

static void show_head(const struct job *job, const struct result *result)
{
	const struct options *options = job->options;
	char count[NUMBER_ROOM], size[NUMBER_ROOM];

	printf("%s, namespace %u: %s blocks of %u bytes\n", options->uri, options->nsid,
	       number_show_count(count, job->nblocks), job->block_bytes);
	printf("%s", options->rw);
	if (options->read_percent % 100)
		printf(" (%u %% reads)", options->read_percent);
	printf(", %s, queue depth %u, %u thread%s, %.2f s%s\n\n",
	       number_show_size(size, options->io_bytes), options->depth, options->nthreads,
	       options->nthreads == 1 ? "" : "s", result->seconds,
	       result->interrupted ? ", interrupted" : "");
}

static void show_counter(const char *name, const struct counter *counter, double seconds)
{
	char iops[NUMBER_ROOM], ios[NUMBER_ROOM];
	double rate = seconds > 0 ? 1 / seconds : 0;

	printf("  %-9s%14s%14.1f%16s\n", name,
	       number_show_count(iops, (uint64_t)((double)counter->nios * rate)),
	       (double)counter->nbytes / 1048576 * rate, number_show_count(ios, counter->nios));
}

static void show_rates(const struct result *result)
{
	printf("  %-9s%14s%14s%16s\n", "", "IOPS", "MiB/s", "I/Os");
	if (result->reads.nios)
		show_counter("read", &result->reads, result->seconds);
	if (result->writes.nios)
		show_counter("write", &result->writes, result->seconds);
	if (result->reads.nios && result->writes.nios)
		show_counter("together", &result->total, result->seconds);
}

static void show_latency(const struct job *job, const struct result *result)
{
	static const char *const names[NPERCENTILES] = { "p50", "p90", "p99", "p99.9", "max" };
	char time[NUMBER_ROOM];

	if (!result->has_latency) {
		if (job->options->latency && result->total.nios)
			printf("  latency   not measured: requests of this size are split\n");
		return;
	}
	printf("  latency ");
	for (int i = 0; i < NPERCENTILES; i++)
		printf("  %s %s", names[i], number_show_time(time, result->latency_ns[i]));
	printf("\n");
}

static void show_errors(const struct result *result)
{
	char count[NUMBER_ROOM], name[128];

	if (!result->statuses.total)
		printf("  errors    none\n");
	for (uint32_t i = 0; i < result->statuses.n; i++)
		printf("  errors    %s: %s\n",
		       report_status(name, sizeof(name), &result->statuses.counts[i]),
		       number_show_count(count, result->statuses.counts[i].n));
	if (result->statuses.others)
		printf("  errors    others: %s\n",
		       number_show_count(count, result->statuses.others));
}

static void show_bytes(const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		printf("%s%02x", i ? " " : "", bytes[i]);
}

static void show_mismatch(const struct pattern_mismatch *mismatch)
{
	printf("            LBA %" PRIu64 ", byte %u: expected ", mismatch->lba, mismatch->offset);
	show_bytes(mismatch->expected, mismatch->nbytes);
	printf(", found ");
	show_bytes(mismatch->found, mismatch->nbytes);
	printf("%s%s\n", mismatch->hint[0] ? ": " : "", mismatch->hint);
}

static void show_verified(const struct verified *verified)
{
	char checked[NUMBER_ROOM], differ[NUMBER_ROOM];

	printf("  verify    %s blocks checked, %s differ\n",
	       number_show_count(checked, verified->nblocks),
	       verified->nmismatches ? number_show_count(differ, verified->nmismatches) : "none");
	for (uint64_t i = 0; i < verified->nmismatches && i < MISMATCHES_KEPT; i++)
		show_mismatch(&verified->first[i]);
	if (verified->nmismatches > MISMATCHES_KEPT)
		printf("            ...\n");
}

void report_table(const struct job *job, const struct result *result)
{
	show_head(job, result);
	show_rates(result);
	show_latency(job, result);
	if (result->flushed)
		printf("  flush     %.3f s\n", result->flush_seconds);
	show_errors(result);
	if (job->options->verify)
		show_verified(&result->verified);
}
