/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller that is pulled out under I/O. Says "running" when commands are in flight; then the
 * test's other half pulls it. */
#include <errno.h>

#include "support.h"

#define DEPTH 32u

static const char *uri;

struct job {
	struct rig rig;
	void *buf;
	bool done_once[DEPTH]; /* since it was submitted */
	uint32_t ntwice;
	uint64_t nsubmitted, ncompleted, naborted;
};

struct slot {
	struct job *job;
	uint32_t index;
};

static void on_end(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;
	struct job *job = slot->job;

	job->ntwice += job->done_once[slot->index];
	job->done_once[slot->index] = true;
	job->ncompleted++;
	job->naborted += done->flags & UPNVME_DONE_ABORTED;
}

/* Keeps all slots busy until the queue pair takes nothing more. */
static int work(struct job *job, struct slot *slots)
{
	int rc = 0;

	for (uint32_t i = 0; i < DEPTH && !rc; i++) {
		if (!job->done_once[i])
			continue;
		rc = upnvme_read(job->rig.qp, job->rig.ns, job->buf, i, 1, on_end, &slots[i]);
		if (!rc) {
			job->done_once[i] = false;
			job->nsubmitted++;
		}
	}
	return rc;
}

static void run_until_it_is_gone(struct job *job)
{
	struct slot slots[DEPTH];
	uint64_t start_ns = now_ns();
	bool told = false;

	for (uint32_t i = 0; i < DEPTH; i++) {
		slots[i] = (struct slot){ job, i };
		job->done_once[i] = true;
	}
	while (!work(job, slots)) {
		assert_true(upnvme_poll(job->rig.qp, 0) >= 0);
		upnvme_ctrlr_poll(job->rig.ctrlr);
		if (!told && job->ncompleted > 100) {
			printf("running\n");
			fflush(stdout);
			told = true;
		}
		assert_true(now_ns() - start_ns < 180000000000ull);
	}
}

static void every_command_of_a_removed_controller_completes_once(void **state)
{
	struct job job = { 0 };

	(void)state;
	rig_open(&job.rig, DEPTH + 1, DEPTH, "%s", uri);
	job.buf = dma(job.rig.ctrlr, job.rig.block);
	run_until_it_is_gone(&job);
	assert_int_equal(upnvme_ctrlr_poll(job.rig.ctrlr), -EIO);
	expect_error(-EIO, -EIO, UPNVME_ERR_CTRLR_FAILED, NULL);
	OK(upnvme_qpair_close(job.rig.qp));
	assert_int_equal(job.ncompleted, job.nsubmitted);
	assert_int_equal(job.ntwice, 0);
	assert_true(job.naborted <= DEPTH);
	OK(upnvme_dma_free(job.rig.ctrlr, job.buf));
	/* QEMU's controller has a volatile write cache, which was lost with it. */
	expect_error(upnvme_close(job.rig.ctrlr), -EIO, UPNVME_ERR_NOT_DURABLE, NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_of_a_removed_controller_completes_once),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_unplug URI\n");
		return 2;
	}
	uri = argv[1];
	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}
