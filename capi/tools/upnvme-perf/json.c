/* SPDX-License-Identifier: BSD-3-Clause */
/* The result as one JSON object; --help describes its fields. */
#include <inttypes.h>
#include <stdio.h>

#include "job.h"
#include "report.h"
#include "result.h"

/* RFC 8259, section 7. Bytes that are not ASCII are printed unchanged: names of files are mostly UTF-8. */
static void put_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_counter(const char *name, const struct counter *counter, double seconds)
{
	double rate = seconds > 0 ? 1 / seconds : 0;

	printf("  \"%s\": {\"ios\": %" PRIu64 ", \"bytes\": %" PRIu64
	       ", \"iops\": %.1f, \"mib_per_s\": %.3f},\n",
	       name, counter->nios, counter->nbytes, (double)counter->nios * rate,
	       (double)counter->nbytes / 1048576 * rate);
}

static void put_controller(const struct job *job)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };

	upnvme_ctrlr_info_get(job->ctrlr, &info);
	printf("  \"controller\": {\"model\": ");
	put_string(info.model);
	printf(", \"serial\": ");
	put_string(info.serial);
	printf(", \"firmware\": ");
	put_string(info.firmware);
	printf(", \"environment\": ");
	put_string(info.environment);
	printf("},\n");
}

static void put_task(const struct job *job)
{
	const struct options *options = job->options;

	printf("  \"tool\": \"%s\",\n  \"version\": \"%s\",\n  \"uri\": ", PROGRAM, UPNVME_VERSION);
	put_string(options->uri);
	printf(",\n");
	put_controller(job);
	printf("  \"namespace\": {\"nsid\": %u, \"block_bytes\": %u, \"block_count\": %" PRIu64
	       "},\n",
	       options->nsid, job->block_bytes, job->nblocks);
	printf("  \"rw\": \"%s\",\n  \"read_percent\": %u,\n  \"io_bytes\": %" PRIu64 ",\n",
	       options->rw, options->read_percent, options->io_bytes);
	printf("  \"queue_depth\": %u,\n  \"threads\": %u,\n  \"seed\": %" PRIu64 ",\n",
	       options->depth, options->nthreads, options->seed);
}

static void put_latency(const struct result *result)
{
	static const char *const names[NPERCENTILES] = { "p50", "p90", "p99", "p99_9", "max" };

	printf("  \"latency_ns\": ");
	if (!result->has_latency) {
		printf("null,\n");
		return;
	}
	for (int i = 0; i < NPERCENTILES; i++)
		printf("%s\"%s\": %" PRIu64, i ? ", " : "{", names[i], result->latency_ns[i]);
	printf("},\n");
}

static void put_errors(const struct statuses *statuses)
{
	char name[128];

	printf("  \"errors\": {\"total\": %" PRIu64 ", \"by_status\": {", statuses->total);
	for (uint32_t i = 0; i < statuses->n; i++) {
		printf("%s", i ? ", " : "");
		put_string(report_status(name, sizeof(name), &statuses->counts[i]));
		printf(": %" PRIu64, statuses->counts[i].n);
	}
	if (statuses->others)
		printf(", \"others\": %" PRIu64, statuses->others);
	printf("}},\n");
}

static void put_bytes(const char *name, const uint8_t *bytes, uint32_t n)
{
	printf(", \"%s\": \"", name);
	for (uint32_t i = 0; i < n; i++)
		printf("%02x", bytes[i]);
	printf("\"");
}

static void put_mismatch(const struct pattern_mismatch *mismatch)
{
	printf("{\"lba\": %" PRIu64 ", \"offset\": %u", mismatch->lba, mismatch->offset);
	put_bytes("expected", mismatch->expected, mismatch->nbytes);
	put_bytes("found", mismatch->found, mismatch->nbytes);
	printf(", \"hint\": ");
	put_string(mismatch->hint);
	printf("}");
}

static void put_verified(const struct verified *verified)
{
	printf("  \"verify\": {\"blocks_checked\": %" PRIu64 ", \"mismatches\": %" PRIu64
	       ", \"first\": [",
	       verified->nblocks, verified->nmismatches);
	for (uint64_t i = 0; i < verified->nmismatches && i < MISMATCHES_KEPT; i++) {
		printf("%s", i ? ", " : "");
		put_mismatch(&verified->first[i]);
	}
	printf("]}\n");
}

void report_json(const struct job *job, const struct result *result)
{
	printf("{\n");
	put_task(job);
	printf("  \"seconds\": %.6f,\n  \"interrupted\": %s,\n", result->seconds,
	       result->interrupted ? "true" : "false");
	put_counter("total", &result->total, result->seconds);
	put_counter("read", &result->reads, result->seconds);
	put_counter("write", &result->writes, result->seconds);
	put_latency(result);
	if (result->flushed)
		printf("  \"flush_seconds\": %.6f,\n", result->flush_seconds);
	else
		printf("  \"flush_seconds\": null,\n");
	put_errors(&result->statuses);
	printf("  \"failure\": ");
	if (result->failure)
		put_string(result->failure);
	else
		printf("null");
	printf(",\n");
	if (job->options->verify)
		put_verified(&result->verified);
	else
		printf("  \"verify\": null\n");
	printf("}\n");
}
