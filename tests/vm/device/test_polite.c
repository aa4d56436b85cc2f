/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a controller does not change affinity, signals, output, the environment, or files. This
 * holds for each kind of memory, and above all for DPDK, whose start would change them. Runs alone,
 * since DPDK starts once. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

#define NSIGNALS 64

extern char **environ;

static const char *uri;

struct state {
	cpu_set_t affinity, affinity_of_new;
	struct {
		sighandler_t handler;
		int flags;
	} signals[NSIGNALS];
	sigset_t mask;
	size_t environ_bytes;
	bool folder;
};

static void *read_affinity(void *set)
{
	sched_getaffinity(0, sizeof(cpu_set_t), set);
	return NULL;
}

static void state_take(struct state *state)
{
	pthread_t thread;
	struct stat file;

	memset(state, 0, sizeof(*state));
	read_affinity(&state->affinity);
	assert_int_equal(pthread_create(&thread, NULL, read_affinity, &state->affinity_of_new), 0);
	pthread_join(thread, NULL);
	for (int i = 0; i < NSIGNALS; i++) {
		struct sigaction action = { 0 };

		sigaction(i + 1, NULL, &action);
		state->signals[i].handler = action.sa_handler;
		state->signals[i].flags = action.sa_flags;
	}
	pthread_sigmask(0, NULL, &state->mask);
	for (char **variable = environ; *variable; variable++)
		state->environ_bytes += strlen(*variable) + 1;
	state->folder = !stat("/var/run/dpdk", &file) || !stat("/run/dpdk", &file);
}

static void use(struct rig *rig)
{
	char *buf = dma(rig->ctrlr, 8u << 20);

	assert_int_equal(do_write(rig, buf, 0, 1), 0);
	assert_int_equal(do_read(rig, buf, 0, 1), 0);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

/* Puts a file in the place of standard output and error, until quiet_end, which returns how much
 * was written. */
static int quiet[2], heard;

static void quiet_begin(void)
{
	heard = memfd_create("heard", MFD_CLOEXEC);
	assert_true(heard > 0);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		quiet[i] = dup(i + 1);
		assert_true(dup2(heard, i + 1) > 0);
	}
}

static long quiet_end(void)
{
	struct stat file;

	fflush(stdout);
	fflush(stderr);
	for (int i = 0; i < 2; i++) {
		dup2(quiet[i], i + 1);
		close(quiet[i]);
	}
	assert_int_equal(fstat(heard, &file), 0);
	close(heard);
	return (long)file.st_size;
}

static void opening_and_closing_leave_the_process_as_it_was(void **test)
{
	struct state before, after;
	struct rig rig;
	long printed;

	state_take(&before);
	quiet_begin();
	rig_open(&rig, 0, 0, "%s", uri);
	use(&rig);
	printed = quiet_end();
	state_take(&after);
	assert_int_equal(printed, 0);
	assert_memory_equal(&after, &before, sizeof(before));
	rig_close(&rig);
	state_take(&after);
	assert_memory_equal(&after, &before, sizeof(before));
}

/* The signals that a thread does not block; bit 0 is signal 1. */
static uint64_t signals_taken_by(const char *thread)
{
	unsigned long long blocked = 0;
	char path[300], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) && sscanf(line, "SigBlk: %llx", &blocked) != 1)
		;
	fclose(file);
	return ~blocked;
}

/* A signal that is sent to the process goes to a thread of the application's. */
static void no_thread_of_the_librarys_takes_a_signal(void **test)
{
	const uint64_t asynchronous = 1ull << (SIGINT - 1) | 1ull << (SIGTERM - 1) |
				      1ull << (SIGALRM - 1) | 1ull << (SIGUSR1 - 1) |
				      1ull << (SIGCHLD - 1) | 1ull << (SIGURG - 1);
	struct dirent *task;
	struct rig rig;
	DIR *tasks;

	rig_open(&rig, 0, 0, "%s", uri);
	tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	while ((task = readdir(tasks)))
		if (task->d_name[0] != '.' && atoi(task->d_name) != getpid())
			assert_int_equal(signals_taken_by(task->d_name) & asynchronous, 0);
	closedir(tasks);
	rig_close(&rig);
}

static int child_opens(void *arg)
{
	upnvme_ctrlr *ctrlr;

	return -upnvme_open(&ctrlr, uri, NULL);
}

/* The child is refused: with DPDK because it has neither its threads nor its memory, else because
 * the device is the parent's. */
static void a_child_does_not_use_its_parents_device(void **test)
{
	bool dpdk = strstr(uri, "env=dpdk") || strstr(uri, "unsafe=1");
	struct rig rig;

	rig_open(&rig, 0, 0, "%s", uri);
	assert_int_equal(in_child(child_opens, NULL), dpdk ? EOWNERDEAD : EBUSY);
	use(&rig);
	rig_close(&rig);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_and_closing_leave_the_process_as_it_was),
		cmocka_unit_test(no_thread_of_the_librarys_takes_a_signal),
		cmocka_unit_test(a_child_does_not_use_its_parents_device),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_polite URI\n");
		return 2;
	}
	uri = argv[1];
	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}
