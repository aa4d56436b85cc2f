/* SPDX-License-Identifier: BSD-3-Clause */
/* Callbacks that are left by longjmp: the errors of the queue pair, the way out, and that nothing
 * is lost. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"

#define READS 8u

static jmp_buf out;
static struct rig rig;
static char *buf;
static uint32_t ran[READS], leave_at;

static void count_or_leave(void *arg, const struct upnvme_completion *done)
{
	uint32_t i = (uint32_t)(uintptr_t)arg;

	assert_int_equal(done->status, 0);
	ran[i]++;
	if (i == leave_at)
		longjmp(out, 1);
}

static int setup(void **state)
{
	rig_open(&rig, 64, 0, "soft:ram?size=1MiB&block=512");
	buf = dma(rig.ctrlr, READS * 4096);
	memset(ran, 0, sizeof(ran));
	leave_at = UINT32_MAX;
	return 0;
}

static void read_all(uint32_t blocks)
{
	for (uint32_t i = 0; i < READS; i++)
		OK(upnvme_read(rig.qp, rig.ns, buf + i * 4096, i, blocks, count_or_leave,
			       (void *)(uintptr_t)i));
}

static void expect_each_once(void)
{
	for (uint32_t i = 0; i < READS; i++)
		assert_int_equal(ran[i], 1);
}

static void expect_left(void)
{
	expect_error(upnvme_poll(rig.qp, 0), -EDEADLK, UPNVME_ERR_IN_CALLBACK,
		     "upnvme_qpair_abandon", NULL);
	expect_error(upnvme_qpair_close(rig.qp), -EINPROGRESS, UPNVME_ERR_IN_CALLBACK, "not closed",
		     "upnvme_qpair_abandon", NULL);
}

static void poll_until_idle(void)
{
	while (upnvme_qpair_inflight(rig.qp))
		assert_true(upnvme_poll(rig.qp, 0) >= 0);
}

static void go_on(void)
{
	expect_left();
	OK(upnvme_qpair_abandon(rig.qp));
	OK(upnvme_qpair_adopt(rig.qp));
	poll_until_idle();
	expect_each_once();
	memset(ran, 0, sizeof(ran));
	leave_at = UINT32_MAX;
	for (int i = 0; i < 20; i++) { /* over the end of the rings */
		read_all(1);
		poll_until_idle();
	}
	for (uint32_t i = 0; i < READS; i++)
		assert_int_equal(ran[i], 20);
	rig_close(&rig);
}

static void a_poll_that_was_left_goes_on(void **state)
{
	for (volatile uint32_t i = 0; i < READS; i++) {
		setup(state);
		leave_at = i;
		read_all(1);
		if (!setjmp(out)) {
			upnvme_poll(rig.qp, 0);
			fail_msg("the callback did not run");
		}
		go_on();
	}
}

static void a_split_request_that_was_left_goes_on(void **state)
{
	rig_open(&rig, 64, 0, "soft:ram?size=1MiB&block=512&mdts=1&noiob=2");
	buf = dma(rig.ctrlr, READS * 4096);
	memset(ran, 0, sizeof(ran));
	leave_at = 2;
	read_all(8);
	if (!setjmp(out)) {
		poll_until_idle();
		fail_msg("the callback did not run");
	}
	go_on();
}

static void an_exec_that_was_left_goes_on(void **state)
{
	struct upnvme_op op = { .opcode = UPNVME_OP_READ, .nsid = 1, .blocks = 1, .tag = 7 };
	struct upnvme_completion done;

	setup(state);
	op.buf = buf;
	leave_at = 3;
	read_all(1);
	OK(upnvme_qpair_release(rig.qp));
	if (!setjmp(out)) {
		upnvme_exec(rig.qp, &op, 1, &done, 1, UINT64_MAX);
		fail_msg("the callback did not run");
	}
	expect_left();
	OK(upnvme_qpair_abandon(rig.qp));
	/* The thread's command is still in flight, or done and waits to be reaped. */
	assert_int_equal(upnvme_exec(rig.qp, NULL, 0, &done, 1, UINT64_MAX), 1);
	assert_int_equal(done.tag, 7);
	expect_each_once();
	rig_close(&rig);
}

static uint32_t naborted;

static void leave_first(void *arg, const struct upnvme_completion *done)
{
	if (naborted++ == 0)
		longjmp(out, 1);
}

/* The thread never polls: its callbacks run in the close. */
static void a_close_that_was_left_is_repeated(void **state)
{
	setup(state);
	naborted = 0;
	for (uint32_t i = 0; i < READS; i++)
		OK(upnvme_read(rig.qp, rig.ns, buf, i, 1, leave_first, NULL));
	if (!setjmp(out)) {
		OK(upnvme_qpair_close(rig.qp));
		fail_msg("the callback did not run");
	}
	expect_left();
	OK(upnvme_qpair_abandon(rig.qp));
	OK(upnvme_qpair_close(rig.qp)); /* the close adopts the queue pair */
	assert_true(naborted <= READS);
	OK(upnvme_close(rig.ctrlr));
}

static void ask_to_close(void *arg, const struct upnvme_completion *done)
{
	expect_error(upnvme_qpair_close(rig.qp), -EINPROGRESS, UPNVME_ERR_IN_CALLBACK,
		     "when the poll", NULL);
	longjmp(out, 1);
}

/* A caller whose close failed does not find its queue pair closed. */
static void a_close_that_a_callback_asked_for_is_forgotten_when_the_callback_is_left(void **state)
{
	setup(state);
	OK(upnvme_read(rig.qp, rig.ns, buf, 0, 1, ask_to_close, NULL));
	if (!setjmp(out)) {
		upnvme_poll(rig.qp, 0);
		fail_msg("the callback did not run");
	}
	OK(upnvme_qpair_abandon(rig.qp));
	OK(upnvme_qpair_adopt(rig.qp));
	read_all(1);
	poll_until_idle();
	expect_each_once();
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_poll_that_was_left_goes_on),
		cmocka_unit_test(a_split_request_that_was_left_goes_on),
		cmocka_unit_test(an_exec_that_was_left_goes_on),
		cmocka_unit_test(a_close_that_was_left_is_repeated),
		cmocka_unit_test(
			a_close_that_a_callback_asked_for_is_forgotten_when_the_callback_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
