/* SPDX-License-Identifier: BSD-3-Clause */
/* The progress line shows rates since it was last written; only the main thread writes it. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "job.h"
#include "number.h"

static bool on_terminal;
static uint64_t last_ns, last_ios, last_bytes;

void progress_begin(const struct job *job)
{
	on_terminal = isatty(STDERR_FILENO);
	last_ns = job->start_ns;
	last_ios = last_bytes = 0;
}

static uint64_t sum(const struct job *job, uint64_t *bytes)
{
	uint64_t ios = 0;

	*bytes = 0;
	for (uint32_t i = 0; i < job->options->nthreads; i++) {
		ios += atomic_load_explicit(&job->workers[i].nios, memory_order_relaxed);
		*bytes += atomic_load_explicit(&job->workers[i].nbytes, memory_order_relaxed);
	}
	return ios;
}

/* How much is done, from 0 to 1, by the limit that is nearer; negative if there is no limit. */
static double fraction_done(const struct job *job, uint64_t ios, uint64_t now)
{
	double by_time = -1, by_ios = -1;

	if (job->options->time_ns)
		by_time = (double)(now - job->start_ns) / (double)job->options->time_ns;
	if (job->total_ios)
		by_ios = (double)ios / (double)job->total_ios;
	return by_time > by_ios ? by_time : by_ios;
}

static void show_rest(double fraction, double elapsed)
{
	if (fraction > 0)
		fprintf(stderr, "  %3.0f %%  %.1f s left", fraction * 100,
			elapsed * (1 - fraction) / fraction);
}

void progress_show(const struct job *job, uint64_t now)
{
	uint64_t bytes, ios = sum(job, &bytes);
	double seconds = (double)(now - last_ns) / 1e9;
	double elapsed = (double)(now - job->start_ns) / 1e9;
	double fraction = fraction_done(job, ios, now);
	char rate[NUMBER_ROOM];

	if (!on_terminal || seconds <= 0)
		return;
	fprintf(stderr, "\r%.1f s  ", elapsed);
	if (!atomic_load(&job->nmeasuring))
		fputs("checking what was written", stderr);
	else
		fprintf(stderr, "%s IOPS  %.0f MiB/s",
			number_show_count(rate, (uint64_t)((double)(ios - last_ios) / seconds)),
			(double)(bytes - last_bytes) / 1048576 / seconds);
	if (atomic_load(&job->nmeasuring) && fraction < 1)
		show_rest(fraction, elapsed);
	fputs("\033[K", stderr);
	fflush(stderr);
	last_ns = now;
	last_ios = ios;
	last_bytes = bytes;
}

void progress_end(void)
{
	if (on_terminal)
		fputs("\r\033[K", stderr);
}
