/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps that run other steps elsewhere: in another thread, in a forked child. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

struct elsewhere {
	struct run *run;
	const struct json *steps;
	bool well;
};

static void *elsewhere_run(void *arg)
{
	struct elsewhere *elsewhere = arg;

	elsewhere->well = run_steps(elsewhere->run, elsewhere->steps);
	return NULL;
}

static bool step_in_thread(struct run *run, const struct json *step)
{
	struct elsewhere elsewhere = { run, json_get(step, "steps"), false };
	pthread_t thread;

	if (pthread_create(&thread, NULL, elsewhere_run, &elsewhere))
		return run_fail(run, "no thread");
	pthread_join(thread, NULL);
	return elsewhere.well;
}

static bool step_in_child(struct run *run, const struct json *step)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return run_fail(run, "no child");
	if (pid == 0) {
		bool well = run_steps(run, json_get(step, "steps"));

		if (!well)
			fprintf(stderr, "in the child: %s\n", run->failure);
		_exit(well ? 0 : 1);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return run_fail(run, "the child ended with %#x", (unsigned)status);
	return true;
}

const struct step_kind steps_context[] = {
	{ "in_thread", step_in_thread },
	{ "in_child", step_in_child },
	{ NULL, NULL },
};
