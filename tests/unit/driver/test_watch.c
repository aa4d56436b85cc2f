/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller that dies with commands in flight, and nobody calls upnvme_ctrlr_poll: whatever waits for it notices. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "support/fake_transport.h"

/* Far more than it takes, on a machine however slow. */
#define POLLS   16000000
#define LONG_NS (100 * NS_PER_S)

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	upnvme_qpair *qp;
	void *buf;
	uint32_t ndone;
	struct upnvme_completion done;
};

static void note(void *arg, const struct upnvme_completion *done)
{
	struct rig *rig = arg;

	rig->ndone++;
	rig->done = *done;
}

static void setup_with(struct rig *rig, uint32_t flags)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_qpair_opts qpair = UPNVME_QPAIR_OPTS_INIT;

	*rig = (struct rig){ .fake = fake_transport_create() };
	rig->fake->cap |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_NSSRS, 1ull);
	opts.admin_timeout_ns = LONG_NS;
	qpair.flags = flags;
	assert_int_equal(fake_transport_open(rig->fake, &rig->ctrlr, &opts), 0);
	assert_int_equal(upnvme_ns_get(&rig->ns, rig->ctrlr, 1), 0);
	assert_int_equal(upnvme_dma_alloc(&rig->buf, rig->ctrlr, 4096, 0), 0);
	assert_int_equal(upnvme_qpair_create(&rig->qp, rig->ctrlr, &qpair), 0);
}

static void teardown(struct rig *rig)
{
	assert_int_equal(upnvme_qpair_close(rig->qp), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
}

static void read_one(struct rig *rig, upnvme_cb cb)
{
	assert_int_equal(upnvme_read(rig->qp, rig->ns, rig->buf, 0, 1, cb, rig), 0);
}

enum death { FATAL, GONE, RESET, DISABLED, SUBSYSTEM_RESET, TAKEN, NDEATHS };

static void kill_it(struct fake_transport *fake, enum death death)
{
	pthread_mutex_lock(&fake->lock);
	if (death == FATAL)
		fake->csts |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_CFS, 1u);
	else if (death == GONE)
		atomic_store(&fake->gone, true);
	else if (death == RESET)
		fake->cc = fake->csts = 0;
	else if (death == DISABLED) {
		fake->never_disabled = true;
		fake->cc = 0;
	} else if (death == SUBSYSTEM_RESET)
		fake->csts |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_NSSRO, 1u);
	else
		atomic_store(&fake->leaving, true);
	pthread_mutex_unlock(&fake->lock);
}

static void expect_aborted(const struct upnvme_completion *done)
{
	assert_int_equal(done->status, UPNVME_SPEC_SC_ABORTED_BY_HOST);
	assert_true(done->flags & UPNVME_DONE_ABORTED);
}

static void poll_notices(uint32_t flags, enum death death)
{
	struct rig rig;
	int n = 0;

	setup_with(&rig, flags);
	read_one(&rig, note);
	read_one(&rig, note);
	assert_int_equal(upnvme_poll(rig.qp, 0), 0);
	kill_it(rig.fake, death);
	for (int i = 0; i < POLLS && !n; i++)
		n = upnvme_poll(rig.qp, 0);
	assert_int_equal(n, 2);
	assert_int_equal(rig.ndone, 2);
	expect_aborted(&rig.done);
	assert_int_equal(upnvme_poll(rig.qp, 0), 0);
	assert_int_equal(upnvme_read(rig.qp, rig.ns, rig.buf, 0, 1, note, &rig), -EIO);
	teardown(&rig);
	assert_int_equal(rig.ndone, 2);
}

static void a_poll_notices_every_failure_of_the_controller(void **state)
{
	for (enum death death = FATAL; death < NDEATHS; death++)
		poll_notices(0, death);
}

/* NSSRO tells of the past until it is cleared (NVMe Base 2.0c, 3.1.3.6), and means nothing without CAP.NSSRS. */
static void an_earlier_subsystem_reset_is_no_failure(void **state)
{
	static const struct {
		uint64_t nssrs;
		bool sticky;
		uint32_t left;
	} rows[] = { { 1, false, 0 }, { 1, true, 1 }, { 0, false, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_transport *fake = fake_transport_create();
		struct upnvme_ctrlr *ctrlr;

		fake->cap |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_NSSRS, rows[i].nssrs);
		fake->csts = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_NSSRO, 1u);
		fake->sticky = rows[i].sticky;
		assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
		assert_int_equal(UPNVME_SPEC_CSTS_NSSRO(fake->csts), rows[i].left);
		assert_int_equal(upnvme_ctrlr_poll(ctrlr), 0);
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

/* Such queue pairs have no open gate, so that their polls take another way in. */
static void a_poll_with_flags_notices_a_failure(void **state)
{
	poll_notices(UPNVME_QPAIR_RING_EACH, FATAL);
	poll_notices(UPNVME_QPAIR_HISTOGRAM, GONE);
}

static void a_reap_notices_a_failure(void **state)
{
	struct upnvme_completion done[4];
	struct rig rig;
	int n = 0;

	setup_with(&rig, 0);
	read_one(&rig, NULL);
	assert_int_equal(upnvme_reap(rig.qp, done, 4), 0);
	kill_it(rig.fake, FATAL);
	for (int i = 0; i < POLLS && !n; i++)
		n = upnvme_reap(rig.qp, done, 4);
	assert_int_equal(n, 1);
	expect_aborted(&done[0]);
	teardown(&rig);
}

static void exec_notices_a_failure(void **state)
{
	struct upnvme_completion done;
	struct upnvme_op op = { .opcode = UPNVME_OP_READ, .nsid = 1, .blocks = 1 };
	struct rig rig;

	setup_with(&rig, 0);
	op.buf = rig.buf;
	kill_it(rig.fake, FATAL);
	assert_int_equal(upnvme_exec(rig.qp, &op, 1, &done, 1, LONG_NS), 1);
	expect_aborted(&done);
	teardown(&rig);
}

static void a_wait_notices_a_failure(void **state)
{
	struct rig rig;

	setup_with(&rig, UPNVME_QPAIR_INTERRUPT);
	read_one(&rig, note);
	kill_it(rig.fake, GONE);
	assert_int_equal(upnvme_qpair_wait(rig.qp, UINT64_MAX), 1);
	assert_int_equal(upnvme_poll(rig.qp, 0), 1);
	expect_aborted(&rig.done);
	assert_int_equal(upnvme_qpair_wait(rig.qp, UINT64_MAX), -EIO);
	teardown(&rig);
}

/* As a loop does that asks before it sleeps somewhere else. */
static void waits_of_no_time_notice_a_failure(void **state)
{
	struct rig rig;
	int n = 0;

	setup_with(&rig, UPNVME_QPAIR_INTERRUPT);
	read_one(&rig, note);
	kill_it(rig.fake, FATAL);
	for (int i = 0; i < POLLS && !n; i++)
		n = upnvme_qpair_wait(rig.qp, 0);
	assert_int_equal(n, 1);
	assert_int_equal(upnvme_poll(rig.qp, 0), 1);
	teardown(&rig);
}

static void an_idle_queue_pair_leaves_the_controller_alone(void **state)
{
	struct rig rig;

	setup_with(&rig, UPNVME_QPAIR_INTERRUPT);
	kill_it(rig.fake, GONE);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(upnvme_poll(rig.qp, 0), 0);
	assert_int_equal(upnvme_qpair_wait(rig.qp, 250 * NS_PER_MS), 0);
	/* The close is the first call that needs the controller. */
	assert_int_equal(upnvme_qpair_close(rig.qp), -EIO);
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

static void an_admin_command_notices_a_failure(void **state)
{
	uint64_t start_ns = clock_now_ns();
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct rig rig;

	setup_with(&rig, 0);
	kill_it(rig.fake, GONE);
	assert_int_equal(upnvme_smart_get(rig.ctrlr, &smart), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_FAILED);
	assert_non_null(strstr(error_last()->text, "registers"));
	assert_true(clock_now_ns() - start_ns < LONG_NS);
	teardown(&rig);
}

static enum fake_verdict die_at_identify(struct fake_transport *fake,
					 const struct upnvme_spec_sqe *sqe,
					 struct upnvme_spec_cqe *cqe)
{
	if (sqe->opcode != UPNVME_SPEC_ADMIN_IDENTIFY)
		return FAKE_DEFAULT;
	fake->csts |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_CFS, 1u);
	return FAKE_HOLD;
}

static void an_open_notices_a_failure(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	fake->script = die_at_identify;
	opts.admin_timeout_ns = LONG_NS;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_FAILED);
	assert_non_null(strstr(error_last()->text, "CFS"));
}

static void a_stop_notices_a_failure(void **state)
{
	struct rig rig;

	setup_with(&rig, 0);
	read_one(&rig, note);
	kill_it(rig.fake, FATAL);
	assert_int_equal(upnvme_qpair_stop(rig.qp), 0);
	assert_int_equal(rig.ndone, 1);
	expect_aborted(&rig.done);
	teardown(&rig);
}

static void *poll_elsewhere(void *arg)
{
	struct rig *rig = arg;
	upnvme_qpair *mine;
	int n = 0;

	assert_int_equal(upnvme_qpair_create(&mine, rig->ctrlr, NULL), 0);
	assert_int_equal(upnvme_read(mine, rig->ns, rig->buf, 0, 1, note, rig), 0);
	for (int i = 0; i < POLLS && !n; i++)
		n = upnvme_poll(mine, 0);
	assert_int_equal(upnvme_qpair_close(mine), 0);
	return (void *)(intptr_t)n;
}

/* Both look; one of them gives the controller up, and the other is told. */
static void every_thread_gets_its_commands_back(void **state)
{
	struct rig rig, other;
	pthread_t thread;
	void *answer;
	int n = 0;

	setup_with(&rig, 0);
	other = rig;
	other.ndone = 0;
	read_one(&rig, note);
	assert_int_equal(pthread_create(&thread, NULL, poll_elsewhere, &other), 0);
	while (!atomic_load(&rig.fake->io_doorbells[2][0]))
		assert_int_equal(upnvme_poll(rig.qp, 0), 0);
	kill_it(rig.fake, FATAL);
	for (int i = 0; i < POLLS && !n; i++)
		n = upnvme_poll(rig.qp, 0);
	assert_int_equal(pthread_join(thread, &answer), 0);
	assert_int_equal(n, 1);
	assert_int_equal((intptr_t)answer, 1);
	assert_int_equal(other.ndone, 1);
	teardown(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_poll_notices_every_failure_of_the_controller),
		cmocka_unit_test(an_earlier_subsystem_reset_is_no_failure),
		cmocka_unit_test(a_poll_with_flags_notices_a_failure),
		cmocka_unit_test(a_reap_notices_a_failure),
		cmocka_unit_test(exec_notices_a_failure),
		cmocka_unit_test(a_wait_notices_a_failure),
		cmocka_unit_test(waits_of_no_time_notice_a_failure),
		cmocka_unit_test(an_idle_queue_pair_leaves_the_controller_alone),
		cmocka_unit_test(an_admin_command_notices_a_failure),
		cmocka_unit_test(an_open_notices_a_failure),
		cmocka_unit_test(a_stop_notices_a_failure),
		cmocka_unit_test(every_thread_gets_its_commands_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
