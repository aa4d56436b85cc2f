/* SPDX-License-Identifier: BSD-3-Clause */
/* A forked child has its parent's handles, and nothing behind them: every call says so, and the parent goes on. */
#include <errno.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

struct family {
	struct rig rig;
	char *buf;
};

static bool forked(int rc)
{
	struct upnvme_error error;

	upnvme_error_get(&error);
	return rc == -EOWNERDEAD && error.code == UPNVME_ERR_FORKED && strstr(error.text, "fork");
}

#define FORKED(call)                  \
	do {                          \
		if (!forked(call))    \
			return count; \
		count++;              \
	} while (0)

/* Returns 0, or the number of the call that was not refused. */
static int queue_pair_calls(void *arg)
{
	struct family *family = arg;
	upnvme_qpair *qp = family->rig.qp;
	upnvme_ns *ns = family->rig.ns;
	struct upnvme_completion done[2];
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH, .nsid = 1 };
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	int count = 1;

	FORKED(upnvme_read(qp, ns, family->buf, 0, 1, on_done, NULL));
	FORKED(upnvme_write(qp, ns, family->buf, 0, 1, on_done, NULL));
	FORKED(upnvme_compare(qp, ns, family->buf, 0, 1, on_done, NULL));
	FORKED(upnvme_flush(qp, ns, on_done, NULL));
	FORKED(upnvme_write_zeroes(qp, ns, 0, 1, on_done, NULL));
	FORKED(upnvme_deallocate(qp, ns, 0, 1, on_done, NULL));
	FORKED(upnvme_verify(qp, ns, 0, 1, on_done, NULL));
	FORKED(upnvme_io(qp, &op, NULL, NULL));
	FORKED(upnvme_submit(qp, &op, 1));
	FORKED(upnvme_poll(qp, 0));
	FORKED(upnvme_reap(qp, done, 2));
	FORKED(upnvme_exec(qp, &op, 1, done, 2, 0));
	FORKED(upnvme_qpair_ring(qp));
	FORKED(upnvme_qpair_fd(qp));
	FORKED(upnvme_qpair_wait(qp, 0));
	FORKED(upnvme_qpair_stop(qp));
	FORKED(upnvme_qpair_close(qp));
	FORKED(upnvme_qpair_release(qp));
	FORKED(upnvme_qpair_adopt(qp));
	FORKED(upnvme_qpair_abandon(qp));
	FORKED(upnvme_qpair_stats_get(qp, &stats));
	FORKED(upnvme_qpair_histogram(qp, NULL, 0));
	return 0;
}

static int ctrlr_calls(void *arg)
{
	struct family *family = arg;
	upnvme_ctrlr *ctrlr = family->rig.ctrlr;
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_ns_info ns_info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct upnvme_features features = { .size = UPNVME_FEATURES_SIZE };
	uint32_t effects;
	struct upnvme_completion done;
	struct upnvme_raw raw = { .cdw = { 0x0a, 0 } };
	static char data[4096];
	upnvme_qpair *qp;
	upnvme_ns *ns;
	void *place;
	int count = 101;

	FORKED(upnvme_ctrlr_info_get(ctrlr, &info));
	FORKED(upnvme_ctrlr_poll(ctrlr));
	FORKED(upnvme_admin(ctrlr, &raw, &done));
	FORKED(upnvme_admin_submit(ctrlr, &raw, on_done, NULL));
	FORKED(upnvme_identify(ctrlr, 1, 0, data));
	FORKED(upnvme_log_page(ctrlr, UINT32_MAX, 2, 0, data, 512));
	FORKED(upnvme_feature_get(ctrlr, 0, 7, 0, NULL, NULL, 0));
	FORKED(upnvme_feature_set(ctrlr, 0, 1, 0, 0, NULL, 0));
	FORKED(upnvme_smart_get(ctrlr, &smart));
	FORKED(upnvme_features_get(ctrlr, &features));
	FORKED(upnvme_command_effects(ctrlr, 1, 6, &effects));
	FORKED(upnvme_ctrlr_on_event(ctrlr, NULL, NULL));
	FORKED(upnvme_ns_get(&ns, ctrlr, 1));
	FORKED(upnvme_ns_info_get(family->rig.ns, &ns_info));
	FORKED(upnvme_qpair_create(&qp, ctrlr, NULL));
	FORKED(upnvme_dma_alloc(&place, ctrlr, 4096, 0));
	FORKED(upnvme_dma_free(ctrlr, family->buf));
	FORKED(upnvme_mem_register(ctrlr, data, 4096));
	FORKED(upnvme_mem_unregister(ctrlr, data, 4096));
	FORKED(upnvme_close(ctrlr));
	return 0;
}

/* A child may open controllers of its own. */
static int own_controller(void *arg)
{
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	struct io io = { 0 };
	void *buf;

	const char *build = getenv("UPNVME_TEST_BUILD");
	/* TSan ends the child of a process with threads when the child starts a thread. */
	bool threads = !build || strcmp(build, "tsan") != 0;

	if (upnvme_open(&ctrlr, threads ? "soft:ram?size=1MiB&mode=thread" : "soft:ram?size=1MiB",
			NULL))
		return 1;
	if (upnvme_ns_get(&ns, ctrlr, 1) || upnvme_qpair_create(&qp, ctrlr, NULL) ||
	    upnvme_dma_alloc(&buf, ctrlr, 4096, 0))
		return 2;
	if (upnvme_read(qp, ns, buf, 0, 1, on_done, &io))
		return 3;
	while (!io.ndone)
		if (upnvme_poll(qp, 0) < 0)
			return 4;
	if (io.last.status || upnvme_qpair_close(qp) || upnvme_dma_free(ctrlr, buf))
		return 5;
	return upnvme_close(ctrlr) ? 6 : 0;
}

static void children_are_refused(const char *mode)
{
	struct family family;
	struct io io = { 0 };

	rig_open(&family.rig, 0, 0, "soft:ram?size=1MiB&mode=%s", mode);
	family.buf = dma(family.rig.ctrlr, 4096);
	pattern_fill(family.buf, 5, 1, 4096, 8);
	assert_int_equal(do_write(&family.rig, family.buf, 5, 1), 0);
	OK(upnvme_read(family.rig.qp, family.rig.ns, family.buf, 5, 1, on_done, &io));
	assert_int_equal(in_child(queue_pair_calls, &family), 0);
	assert_int_equal(in_child(ctrlr_calls, &family), 0);
	assert_int_equal(in_child(own_controller, NULL), 0);
	/* The parent's command in flight completes once, and the parent goes on. */
	wait_for(family.rig.qp, &io, 1);
	memset(family.buf, 0, 4096);
	assert_int_equal(do_read(&family.rig, family.buf, 5, 1), 0);
	assert_true(pattern_is(family.buf, 5, 1, 4096, 8));
	rig_close(&family.rig);
}

static void every_call_is_refused_in_a_child(void **state)
{
	children_are_refused("inline");
}

static void every_call_is_refused_in_a_child_beside_a_controller_thread(void **state)
{
	children_are_refused("thread");
}

#define NO_NAMESPACE 99 /* no namespace can be made here */

static int first_of_a_namespace(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) && unshare(CLONE_NEWUSER | CLONE_NEWPID))
		return NO_NAMESPACE;
	pid = fork();
	if (pid == 0)
		_exit(getpid() == 1 ? fn(arg) : 98);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

static int calls_of_both(void *arg)
{
	int rc = queue_pair_calls(arg);

	return rc ? rc : ctrlr_calls(arg);
}

static int open_as_process_1(void *arg)
{
	struct family family = { 0 };

	if (upnvme_open(&family.rig.ctrlr, "soft:ram?size=1MiB", NULL) ||
	    upnvme_ns_get(&family.rig.ns, family.rig.ctrlr, 1) ||
	    upnvme_qpair_create(&family.rig.qp, family.rig.ctrlr, NULL))
		return 96;
	return first_of_a_namespace(calls_of_both, &family);
}

static int two_namespaces(void *arg)
{
	return first_of_a_namespace(open_as_process_1, NULL);
}

/* The first process of each PID namespace is process 1. */
static void a_child_with_its_parents_process_id_is_refused(void **state)
{
	int rc = in_child(two_namespaces, NULL);

	if (rc == NO_NAMESPACE)
		skip();
	assert_int_equal(rc, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_refused_in_a_child),
		cmocka_unit_test(every_call_is_refused_in_a_child_beside_a_controller_thread),
		cmocka_unit_test(a_child_with_its_parents_process_id_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
