/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads open and close controllers while others fork, and each child opens one of its own: no
 * lock of the library stays held in a child, and nothing of the parent's is in the child's way.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define OPENERS_MAX 2
#define NFORKERS    2
#define PATIENCE    60 /* seconds for a child, which needs milliseconds */
#define EXIT_CODE   77 /* of a test that cannot run */

static struct storm {
	const char *uri;
	unsigned nforks; /* for each forker */
	atomic_bool over;
	atomic_uint nopened, nfailed;
} storm;

static void on_log(void *arg, uint32_t level, const char *text)
{
}

/* Returns 0, or the number of the step that failed. */
static int session(const char *uri)
{
	struct io io = { 0 };
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	void *buf;

	if (upnvme_log_set(on_log, NULL, UPNVME_LOG_DEBUG))
		return 1;
	if (upnvme_open(&ctrlr, uri, NULL))
		return 2;
	if (upnvme_ns_get(&ns, ctrlr, 1) || upnvme_qpair_create(&qp, ctrlr, NULL) ||
	    upnvme_dma_alloc(&buf, ctrlr, 4096, 0))
		return 3;
	if (upnvme_read(qp, ns, buf, 0, 1, on_done, &io))
		return 4;
	while (!io.ndone)
		if (upnvme_poll(qp, 0) < 0)
			return 5;
	if (io.last.status || upnvme_qpair_close(qp) || upnvme_dma_free(ctrlr, buf))
		return 6;
	return upnvme_close(ctrlr) ? 7 : 0;
}

static void *set_log(void *arg)
{
	while (!storm.over)
		if (upnvme_log_set(on_log, NULL, UPNVME_LOG_DEBUG))
			storm.nfailed++;
	return NULL;
}

static void *open_and_close(void *arg)
{
	while (!storm.over) {
		int step = session(storm.uri);

		if (step) {
			fprintf(stderr, "opener, step %d: %s\n", step, upnvme_last_error());
			storm.nfailed++;
			break;
		}
		storm.nopened++;
	}
	return NULL;
}

/* A child that hangs is ended by its alarm. */
static int child(void)
{
	int step;

	signal(SIGALRM, SIG_DFL);
	alarm(PATIENCE);
	step = session(storm.uri);
	if (step)
		fprintf(stderr, "child, step %d: %s\n", step, upnvme_last_error());
	return step;
}

static void *fork_on(void *arg)
{
	for (unsigned i = 0; i < storm.nforks && !storm.nfailed; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(child());
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
			fprintf(stderr, "child %u: %s\n", i,
				pid < 0             ? strerror(errno) :
				WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) :
						      "failed");
			storm.nfailed++;
		}
	}
	return NULL;
}

static void run(const char *uri, int nopeners, unsigned nforks)
{
	pthread_t openers[OPENERS_MAX], forkers[NFORKERS], setter;

	storm.uri = uri;
	storm.nforks = nforks / NFORKERS;
	storm.over = false;
	storm.nopened = storm.nfailed = 0;
	for (int i = 0; i < nopeners; i++)
		assert_int_equal(pthread_create(&openers[i], NULL, open_and_close, NULL), 0);
	assert_int_equal(pthread_create(&setter, NULL, set_log, NULL), 0);
	for (int i = 0; i < NFORKERS; i++)
		assert_int_equal(pthread_create(&forkers[i], NULL, fork_on, NULL), 0);
	for (int i = 0; i < NFORKERS; i++)
		pthread_join(forkers[i], NULL);
	storm.over = true;
	for (int i = 0; i < nopeners; i++)
		pthread_join(openers[i], NULL);
	pthread_join(setter, NULL);
	OK(upnvme_log_set(NULL, NULL, 0));
	assert_int_equal(storm.nfailed, 0);
	assert_true(storm.nopened > 0);
}

/* With one opener, the state that all controllers share is made and freed with each controller. */
static void children_open_in_memory(void **state)
{
	run("soft:ram?size=1MiB", 1, 600);
}

static void children_open_with_a_controller_thread(void **state)
{
	run("soft:ram?size=1MiB&mode=thread", 2, 200);
}

/* Several controllers may have the file open for reading. */
static void children_open_a_file(void **state)
{
	char *path = image_create(1 << 20);
	char uri[300];

	snprintf(uri, sizeof(uri), "soft:%s?readonly=1", path);
	run(uri, 2, 200);
	image_remove(path);
}

int main(void)
{
	const char *build = getenv("UPNVME_TEST_BUILD");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_open_in_memory),
		cmocka_unit_test(children_open_with_a_controller_thread),
		cmocka_unit_test(children_open_a_file),
	};

	if (build && (!strcmp(build, "asan") || !strcmp(build, "tsan"))) {
		puts("a sanitizer's own locks may be held when a process with threads forks");
		return EXIT_CODE;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
