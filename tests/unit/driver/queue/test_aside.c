/* SPDX-License-Identifier: BSD-3-Clause */
/* Queue pairs that are closed while storage or the controller still uses their memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/io.h>
#include <upnvme/mem.h>

#include "base/clock.h"
#include "base/error.h"
#include "driver/queue/qpair.h"
#include "support/fake_transport.h"

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_ctrlr *keeper; /* keeps the memory when the other is closed */
	upnvme_ns *ns;
	upnvme_qpair *qp, *other;
	void *buf;
	char *registered;
	uint32_t ndone;
	uint16_t flags;
};

static uint16_t held_cid;

/* The controller deletes no submission queue, and does not say why. */
static enum fake_verdict hold_deletion(struct fake_transport *fake,
				       const struct upnvme_spec_sqe *sqe,
				       struct upnvme_spec_cqe *cqe)
{
	(void)fake;
	(void)cqe;
	if (sqe->opcode != UPNVME_SPEC_ADMIN_DELETE_IO_SQ)
		return FAKE_DEFAULT;
	held_cid = sqe->cid;
	return FAKE_HOLD;
}

static void note(void *arg, const struct upnvme_completion *done)
{
	struct rig *rig = arg;

	rig->ndone++;
	rig->flags = done->flags;
}

static int setup(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct rig *rig = calloc(1, sizeof(*rig));
	void *registered = NULL;

	opts.admin_timeout_ns = NS_PER_S / 5;
	rig->fake = fake_transport_create();
	fake_transport_with_storage(rig->fake);
	assert_int_equal(fake_transport_open(fake_transport_create(), &rig->keeper, NULL), 0);
	assert_int_equal(fake_transport_open(rig->fake, &rig->ctrlr, &opts), 0);
	assert_int_equal(upnvme_ns_get(&rig->ns, rig->ctrlr, upnvme_ns_next(rig->ctrlr, 0)), 0);
	assert_int_equal(upnvme_dma_alloc(&rig->buf, rig->ctrlr, 4096, 0), 0);
	assert_int_equal(posix_memalign(&registered, 4096, 4096), 0);
	rig->registered = registered;
	assert_int_equal(upnvme_mem_register(rig->ctrlr, registered, 4096), 0);
	assert_int_equal(upnvme_qpair_create(&rig->qp, rig->ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_create(&rig->other, rig->ctrlr, NULL), 0);
	assert_int_equal(upnvme_read(rig->qp, rig->ns, rig->buf, 0, 1, note, rig), 0);
	assert_int_equal(upnvme_write(rig->qp, rig->ns, registered, 0, 1, note, rig), 0);
	assert_int_equal(upnvme_qpair_ring(rig->qp), 0);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(upnvme_close(rig->keeper), 0);
	free(rig->registered);
	free(rig);
	return 0;
}

static void storage_hangs(struct rig *rig)
{
	atomic_store(&rig->fake->waiting, true);
	rig->fake->script = hold_deletion;
}

/* As the software controller does it: the deletion is answered at last. */
static void storage_answers(struct rig *rig)
{
	rig->fake->script = NULL;
	atomic_store(&rig->fake->waiting, false);
	fake_transport_post(rig->fake, held_cid, 0, 0);
}

/* Whether the freed buffer is handed out again: an arena has 512 pages. */
static bool buffer_comes_again(struct rig *rig)
{
	void *pages[1024];
	bool came = false;

	for (size_t i = 0; i < 1024; i++) {
		assert_int_equal(upnvme_dma_alloc(&pages[i], rig->keeper, 4096, 0), 0);
		came |= pages[i] == rig->buf;
	}
	for (size_t i = 0; i < 1024; i++)
		assert_int_equal(upnvme_dma_free(rig->keeper, pages[i]), 0);
	return came;
}

static void expect_set_aside(struct rig *rig)
{
	assert_int_equal(upnvme_mem_unregister(rig->keeper, rig->registered, 4096), -EBUSY);
	assert_false(buffer_comes_again(rig));
}

static void free_too_early(struct rig *rig)
{
	assert_int_equal(rig->ndone, 2);
	assert_int_equal(rig->flags, UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE);
	assert_int_equal(upnvme_dma_free(rig->keeper, rig->buf), 0);
	expect_set_aside(rig);
}

static void expect_free_again(struct rig *rig)
{
	assert_int_equal(upnvme_mem_unregister(rig->keeper, rig->registered, 4096), 0);
	assert_true(buffer_comes_again(rig));
}

static void expect_sentence(int rc, const char *word)
{
	assert_int_equal(rc, -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_TIMEOUT);
	assert_non_null(strstr(error_last()->text, word));
}

/* Late storage costs one queue pair, not the controller; once it answers, memory and identifier are free again. */
static void late_storage_costs_one_queue_pair_and_not_the_controller(void **state)
{
	struct rig *rig = *state;
	uint16_t qid = rig->qp->qid;
	upnvme_qpair *next;

	storage_hangs(rig);
	expect_sentence(upnvme_qpair_close(rig->qp), "set aside");
	assert_non_null(strstr(error_last()->text, "200 ms"));
	free_too_early(rig);
	assert_int_equal(rig->fake->cc & 1, 1);
	rig->fake->script = NULL;
	assert_true(upnvme_ctrlr_poll(rig->ctrlr) >= 0);
	assert_int_equal(upnvme_read(rig->other, rig->ns, rig->registered, 0, 1, note, rig), 0);
	/* The identifier is still the controller's. */
	assert_int_equal(upnvme_qpair_create(&next, rig->ctrlr, NULL), 0);
	assert_int_not_equal(next->qid, qid);
	assert_int_equal(upnvme_qpair_close(next), 0);
	assert_int_equal(fake_transport_count(rig->fake, UPNVME_SPEC_ADMIN_DELETE_IO_CQ), 1);

	storage_answers(rig);
	assert_true(upnvme_ctrlr_poll(rig->ctrlr) >= 0);
	assert_int_equal(fake_transport_count(rig->fake, UPNVME_SPEC_ADMIN_DELETE_IO_CQ), 2);
	assert_int_equal(fake_transport_seen(rig->fake, UPNVME_SPEC_ADMIN_DELETE_IO_CQ, 1)->cdw10,
			 qid);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	expect_free_again(rig);
	assert_int_equal(upnvme_qpair_create(&next, rig->ctrlr, NULL), 0);
	assert_int_equal(next->qid, qid);
	assert_int_equal(upnvme_qpair_close(next), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
}

static void creating_a_queue_pair_frees_memory_set_aside_whose_commands_ended(void **state)
{
	struct rig *rig = *state;
	uint16_t qid = rig->qp->qid;
	upnvme_qpair *next;

	storage_hangs(rig);
	expect_sentence(upnvme_qpair_close(rig->qp), "set aside");
	storage_answers(rig);
	assert_int_equal(upnvme_qpair_create(&next, rig->ctrlr, NULL), 0);
	assert_int_equal(next->qid, qid);
	assert_int_equal(upnvme_qpair_close(next), 0);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
}

/* Stop and close both report the memory that is set aside, so that no caller misses it. Completions with a tag can
 * still be reaped between the two. */
static void stop_and_close_both_report_memory_set_aside(void **state)
{
	struct rig *rig = *state;

	storage_hangs(rig);
	expect_sentence(upnvme_qpair_stop(rig->qp), "set aside");
	assert_int_equal(rig->ndone, 2);
	expect_sentence(upnvme_qpair_close(rig->qp), "set aside");
	free_too_early(rig);
	storage_answers(rig);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	expect_free_again(rig);
}

/* The controller could be disabled, after all, at its close. */
static void closing_the_controller_frees_memory_set_aside(void **state)
{
	struct rig *rig = *state;

	storage_hangs(rig);
	expect_sentence(upnvme_qpair_close(rig->qp), "set aside");
	assert_int_equal(upnvme_qpair_close(rig->other), -ETIMEDOUT);
	free_too_early(rig);
	rig->fake->script = NULL;
	atomic_store(&rig->fake->waiting, false);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	expect_free_again(rig);
}

/* Storage is asked, and nothing else: a controller that does not answer is given up. */
static void a_controller_that_does_not_answer_is_given_up(void **state)
{
	struct rig *rig = *state;

	rig->fake->script = hold_deletion;
	expect_sentence(upnvme_qpair_close(rig->qp), "is given up");
	assert_int_equal(rig->fake->cc & 1, 0);
	assert_int_equal(upnvme_qpair_close(rig->other), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	assert_int_equal(rig->ndone, 2);
	assert_int_equal(upnvme_mem_unregister(rig->keeper, rig->registered, 4096), 0);
}

/* The controller is disabled at last, which the next close of any controller notices. */
static void let_go(struct rig *rig)
{
	rig->fake->never_disabled = false;
	rig->fake->csts = 0;
	assert_int_equal(fake_transport_open(fake_transport_create(), &rig->ctrlr, NULL), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
}

/* A controller that was given up and could not be disabled: polls complete the commands, and the memory is not given
 * back. */
static void memory_of_a_controller_at_large_is_kept(void **state)
{
	struct rig *rig = *state;

	atomic_store(&rig->fake->waiting, true);
	rig->fake->never_disabled = true;
	ctrlr_fail(rig->ctrlr, "a test says so");
	assert_int_equal(upnvme_poll(rig->qp, 0), 2);
	free_too_early(rig);
	assert_int_equal(upnvme_qpair_close(rig->qp), -EIO);
	assert_non_null(strstr(error_last()->text, "could not be disabled"));
	assert_int_equal(upnvme_qpair_close(rig->other), -EIO);
	expect_set_aside(rig);
	assert_int_equal(upnvme_close(rig->ctrlr), -EIO);
	expect_set_aside(rig);

	let_go(rig);
	expect_free_again(rig);
}

/* A close that a callback asked for is told by the poll that carries it out. */
static void close_within(void *arg, const struct upnvme_completion *done)
{
	struct rig *rig = arg;

	note(arg, done);
	assert_int_equal(upnvme_qpair_close(rig->other), -EINPROGRESS);
}

static void a_poll_returns_the_error_of_the_close_that_it_carries_out(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(upnvme_read(rig->other, rig->ns, rig->buf, 0, 1, close_within, rig), 0);
	atomic_store(&rig->fake->waiting, true);
	rig->fake->never_disabled = true;
	ctrlr_fail(rig->ctrlr, "a test says so");
	assert_int_equal(upnvme_poll(rig->other, 0), -EIO);
	assert_int_equal(rig->ndone, 1);
	assert_non_null(strstr(error_last()->text, "set aside"));
	assert_int_equal(upnvme_qpair_close(rig->qp), -EIO);
	assert_int_equal(upnvme_close(rig->ctrlr), -EIO);
	let_go(rig);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(late_storage_costs_one_queue_pair_and_not_the_controller),
		TEST(creating_a_queue_pair_frees_memory_set_aside_whose_commands_ended),
		TEST(stop_and_close_both_report_memory_set_aside),
		TEST(closing_the_controller_frees_memory_set_aside),
		TEST(a_controller_that_does_not_answer_is_given_up),
		TEST(memory_of_a_controller_at_large_is_kept),
		TEST(a_poll_returns_the_error_of_the_close_that_it_carries_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
