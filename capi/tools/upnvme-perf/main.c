/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme-perf: measures a controller through queue pairs that are polled from user space. */
#include <signal.h>
#include <stdio.h>

#include "job.h"
#include "report.h"
#include "result.h"

static struct job job;

/* The handler takes one signal: SA_RESETHAND removes it then, and a second signal ends the program at once. */
static void on_signal(int number)
{
	(void)number;
	job_interrupt(&job);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int report(void)
{
	struct result result;

	result_collect(&result, &job);
	if (job.options->json)
		report_json(&job, &result);
	else
		report_table(&job, &result);
	if (result.failure)
		fprintf(stderr, "%s: %s\n", PROGRAM, result.failure);
	return result_exit_code(&result);
}

static int measure(const struct options *options)
{
	int code = job_open(&job, options), closed;

	if (code < 0) {
		catch_signals();
		code = job_run(&job);
		if (!code)
			code = report();
	}
	closed = job_close(&job);
	return code ? code : closed;
}

int main(int argc, char **argv)
{
	struct options options;
	int code = options_parse(&options, argc, argv);

	if (code < 0)
		code = measure(&options);
	if (fflush(stdout) && code == EXIT_GOOD) {
		perror(PROGRAM ": standard output");
		code = EXIT_BAD;
	}
	return code;
}
