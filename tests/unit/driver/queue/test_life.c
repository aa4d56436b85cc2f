/* SPDX-License-Identifier: BSD-3-Clause */
/* Queue pairs on a controller that refuses to make them, refuses to delete them, or never answers a command. */
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
#include "support/fake_transport.h"

static uint8_t refused; /* the admin opcode that the controller refuses, or holds */
static uint8_t refused_too;
static enum fake_verdict verdict;

static enum fake_verdict script(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				struct upnvme_spec_cqe *cqe)
{
	(void)fake;
	if (verdict == FAKE_DEFAULT || (sqe->opcode != refused && sqe->opcode != refused_too))
		return FAKE_DEFAULT;
	cqe->status = UPNVME_SPEC_SC_INVALID_QUEUE_IDENTIFIER;
	return verdict;
}

struct life {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	char *buf;
	uint32_t ndone;
	struct upnvme_completion done;
};

static void note(void *arg, const struct upnvme_completion *done)
{
	struct life *life = arg;

	life->ndone++;
	life->done = *done;
}

static int setup(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct life *life = calloc(1, sizeof(*life));
	void *buf;

	verdict = FAKE_DEFAULT;
	opts.admin_timeout_ns = NS_PER_S / 5;
	life->fake = fake_transport_create();
	life->fake->script = script;
	assert_int_equal(fake_transport_open(life->fake, &life->ctrlr, &opts), 0);
	assert_int_equal(upnvme_ns_get(&life->ns, life->ctrlr, upnvme_ns_next(life->ctrlr, 0)), 0);
	assert_int_equal(upnvme_dma_alloc(&buf, life->ctrlr, 4096, 0), 0);
	life->buf = buf;
	*state = life;
	return 0;
}

static int teardown(void **state)
{
	struct life *life = *state;

	verdict = FAKE_DEFAULT;
	assert_int_equal(upnvme_close(life->ctrlr), 0);
	free(life);
	return 0;
}

static void refuse(uint8_t opcode, enum fake_verdict what)
{
	refused = refused_too = opcode;
	verdict = what;
}

static void a_queue_pair_is_made_by_two_commands(void **state)
{
	struct life *life = *state;
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	upnvme_qpair *qp;
	uint32_t qid;

	opts.entries = 32;
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, &opts), 0);
	qid = upnvme_qpair_id(qp);
	fake_transport_expect(
		fake_transport_seen(life->fake, UPNVME_SPEC_ADMIN_CREATE_IO_CQ, 0),
		&(struct upnvme_spec_sqe){ .opcode = 0x05, .cdw10 = 31u << 16 | qid, .cdw11 = 1 },
		true);
	fake_transport_expect(fake_transport_seen(life->fake, UPNVME_SPEC_ADMIN_CREATE_IO_SQ, 0),
			      &(struct upnvme_spec_sqe){ .opcode = 0x01,
							 .cdw10 = 31u << 16 | qid,
							 .cdw11 = qid << 16 | 1 },
			      true);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	fake_transport_expect(fake_transport_seen(life->fake, UPNVME_SPEC_ADMIN_DELETE_IO_SQ, 0),
			      &(struct upnvme_spec_sqe){ .opcode = 0x00, .cdw10 = qid }, false);
	fake_transport_expect(fake_transport_seen(life->fake, UPNVME_SPEC_ADMIN_DELETE_IO_CQ, 0),
			      &(struct upnvme_spec_sqe){ .opcode = 0x04, .cdw10 = qid }, false);
}

static void a_refused_completion_queue_is_an_error(void **state)
{
	struct life *life = *state;
	upnvme_qpair *qp;

	refuse(UPNVME_SPEC_ADMIN_CREATE_IO_CQ, FAKE_ANSWER);
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
	assert_int_equal(fake_transport_count(life->fake, UPNVME_SPEC_ADMIN_CREATE_IO_SQ), 0);
	verdict = FAKE_DEFAULT;
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

static void a_refused_submission_queue_deletes_its_completion_queue(void **state)
{
	struct life *life = *state;
	upnvme_qpair *qp;

	refuse(UPNVME_SPEC_ADMIN_CREATE_IO_SQ, FAKE_ANSWER);
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), -EIO);
	assert_int_equal(fake_transport_count(life->fake, UPNVME_SPEC_ADMIN_DELETE_IO_CQ), 1);
	verdict = FAKE_DEFAULT;
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

/* The completion queue's memory is about to be given back, while the controller still uses it. */
static void a_completion_queue_that_cannot_be_deleted_disables_the_controller(void **state)
{
	struct life *life = *state;
	upnvme_qpair *qp;

	refuse(UPNVME_SPEC_ADMIN_CREATE_IO_SQ, FAKE_ANSWER);
	refused_too = UPNVME_SPEC_ADMIN_DELETE_IO_CQ;
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), -EIO);
	assert_int_equal(life->fake->cc & 1, 0); /* CC.EN */
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_FAILED);
}

/* The command may be carried out later, in memory that was given back: so the controller is disabled. */
static void an_unanswered_creation_disables_the_controller(struct life *life, uint8_t opcode)
{
	uint64_t start = clock_now_ns();
	upnvme_qpair *qp;

	refuse(opcode, FAKE_HOLD);
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_TIMEOUT);
	assert_true(clock_now_ns() - start < 10 * NS_PER_S);
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_FAILED);
}

static void an_unanswered_completion_queue_disables_the_controller(void **state)
{
	an_unanswered_creation_disables_the_controller(*state, UPNVME_SPEC_ADMIN_CREATE_IO_CQ);
}

static void an_unanswered_submission_queue_disables_the_controller(void **state)
{
	an_unanswered_creation_disables_the_controller(*state, UPNVME_SPEC_ADMIN_CREATE_IO_SQ);
}

/* The controller never answers a read: closing waits for nothing but the deletion of its queues. */
static void a_lost_completion_does_not_hold_a_close(void **state)
{
	struct life *life = *state;
	upnvme_qpair *qp;

	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_read(qp, life->ns, life->buf, 0, 1, note, life), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(upnvme_poll(qp, 0), 0);
	assert_int_equal(upnvme_qpair_inflight(qp), 1);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(life->ndone, 1);
	assert_int_equal(life->done.status, UPNVME_SPEC_SC_ABORTED_BY_HOST);
	assert_int_equal(life->done.flags, UPNVME_DONE_ABORTED);
}

static void a_lost_completion_does_not_hold_exec(void **state)
{
	struct life *life = *state;
	struct upnvme_op op = { .opcode = UPNVME_OP_READ, .blocks = 1, .buf = life->buf };
	struct upnvme_completion done;
	upnvme_qpair *qp;
	uint64_t start = clock_now_ns();

	op.nsid = upnvme_ns_id(life->ns);
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_release(qp), 0);
	assert_int_equal(upnvme_exec(qp, &op, 1, &done, 1, NS_PER_S / 20), -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_TIMEOUT);
	assert_true(clock_now_ns() - start < 10 * NS_PER_S);
	/* Released, as it was before. */
	assert_int_equal(upnvme_poll(qp, 0), -EPERM);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

static void a_tagged_command_whose_completion_is_lost_is_reaped_after_a_stop(void **state)
{
	struct life *life = *state;
	struct upnvme_op op = {
		.opcode = UPNVME_OP_WRITE, .blocks = 1, .buf = life->buf, .tag = 77
	};
	struct upnvme_completion done[2];
	upnvme_qpair *qp;

	op.nsid = upnvme_ns_id(life->ns);
	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_submit(qp, &op, 1), 1);
	assert_int_equal(upnvme_qpair_stop(qp), 0);
	assert_int_equal(upnvme_reap(qp, done, 2), 1);
	assert_int_equal(done[0].tag, 77);
	assert_int_equal(done[0].flags, UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE);
	assert_int_equal(upnvme_qpair_inflight(qp), 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
}

/* Answers a read at the last moment: after the driver looked, before the queue is gone. */
static enum fake_verdict answer_late(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				     struct upnvme_spec_cqe *cqe)
{
	const struct upnvme_spec_sqe *cq, *sq, *read;
	struct upnvme_spec_cqe *late;

	(void)cqe;
	if (sqe->opcode != UPNVME_SPEC_ADMIN_DELETE_IO_SQ)
		return FAKE_DEFAULT;
	cq = fake_transport_seen(fake, UPNVME_SPEC_ADMIN_CREATE_IO_CQ, 0);
	sq = fake_transport_seen(fake, UPNVME_SPEC_ADMIN_CREATE_IO_SQ, 0);
	read = fake_transport_memory(fake, sq->prp1, sizeof(*read));
	late = fake_transport_memory(fake, cq->prp1, sizeof(*late));
	late->sqhd = 1;
	late->sqid = (uint16_t)sqe->cdw10;
	late->cid = read->cid;
	__atomic_store_n(&late->status, UPNVME_SPEC_CQE_STATUS_WORD(0, 1), __ATOMIC_RELEASE);
	return FAKE_DEFAULT;
}

static void completions_posted_before_the_deletion_are_taken(void **state)
{
	struct life *life = *state;
	upnvme_qpair *qp;

	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_read(qp, life->ns, life->buf, 0, 1, note, life), 0);
	assert_int_equal(upnvme_poll(qp, 0), 0);
	life->fake->script = answer_late;
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(life->ndone, 1);
	assert_int_equal(life->done.status, 0);
	assert_int_equal(life->done.flags, 0);
	assert_int_equal(life->done.blocks, 1);
}

/* A controller that does not delete a queue is disabled: only then are buffers given back. */
static void stuck_queues_cost_the_controller(struct life *life, uint8_t opcode,
					     enum fake_verdict what, int expected)
{
	upnvme_qpair *qp, *other;
	uint64_t start = clock_now_ns();

	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_qpair_create(&other, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_write(qp, life->ns, life->buf, 0, 1, note, life), 0);
	assert_int_equal(upnvme_qpair_ring(qp), 0);
	refuse(opcode, what);
	assert_int_equal(upnvme_qpair_close(qp), expected);
	assert_non_null(strstr(error_last()->text, "is given up"));
	assert_true(clock_now_ns() - start < 10 * NS_PER_S);
	assert_int_equal(life->ndone, 1);
	assert_int_equal(life->done.flags, UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE);
	assert_int_equal(life->fake->cc & 1, 0); /* CC.EN */
	/* The others learn of it at their next call. */
	assert_int_equal(upnvme_read(other, life->ns, life->buf, 0, 1, note, life), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_FAILED);
	assert_int_equal(upnvme_qpair_close(other), 0);
}

static void a_refused_deletion_disables_the_controller(void **state)
{
	stuck_queues_cost_the_controller(*state, UPNVME_SPEC_ADMIN_DELETE_IO_SQ, FAKE_ANSWER, -EIO);
}

static void an_unanswered_deletion_disables_the_controller(void **state)
{
	stuck_queues_cost_the_controller(*state, UPNVME_SPEC_ADMIN_DELETE_IO_SQ, FAKE_HOLD,
					 -ETIMEDOUT);
}

static void an_unanswered_deletion_of_the_completion_queue_disables_the_controller(void **state)
{
	stuck_queues_cost_the_controller(*state, UPNVME_SPEC_ADMIN_DELETE_IO_CQ, FAKE_HOLD,
					 -ETIMEDOUT);
}

static void a_controller_that_is_gone_ends_commands_in_flight(void **state)
{
	struct life *life = *state;
	upnvme_qpair *qp;

	assert_int_equal(upnvme_qpair_create(&qp, life->ctrlr, NULL), 0);
	assert_int_equal(upnvme_write(qp, life->ns, life->buf, 0, 1, note, life), 0);
	assert_int_equal(upnvme_qpair_ring(qp), 0);
	atomic_store(&life->fake->gone, true);
	assert_int_equal(upnvme_ctrlr_poll(life->ctrlr), -EIO);
	assert_int_equal(upnvme_poll(qp, 0), 1);
	assert_int_equal(life->ndone, 1);
	assert_int_equal(life->done.flags, UPNVME_DONE_ABORTED | UPNVME_DONE_INDETERMINATE);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(life->ndone, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_queue_pair_is_made_by_two_commands),
		TEST(a_refused_completion_queue_is_an_error),
		TEST(a_refused_submission_queue_deletes_its_completion_queue),
		TEST(a_completion_queue_that_cannot_be_deleted_disables_the_controller),
		TEST(an_unanswered_completion_queue_disables_the_controller),
		TEST(an_unanswered_submission_queue_disables_the_controller),
		TEST(a_lost_completion_does_not_hold_a_close),
		TEST(a_lost_completion_does_not_hold_exec),
		TEST(a_tagged_command_whose_completion_is_lost_is_reaped_after_a_stop),
		TEST(completions_posted_before_the_deletion_are_taken),
		TEST(a_refused_deletion_disables_the_controller),
		TEST(an_unanswered_deletion_disables_the_controller),
		TEST(an_unanswered_deletion_of_the_completion_queue_disables_the_controller),
		TEST(a_controller_that_is_gone_ends_commands_in_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
