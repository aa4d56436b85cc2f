/* SPDX-License-Identifier: BSD-3-Clause */
/* Abort of commands that are not fetched, at the media, or not posted yet. NVMe Base 2.0, 5.1 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/fault_media.h"
#include "support/softctrl_host.h"

#define ABORT_REQUESTED 0x007
#define LIMIT_EXCEEDED  0x103

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host_create(host);
	fault_attach(host->sc);
	host_enable(host);
	*state = host;
	return 0;
}

static struct upnvme_spec_sqe abort_of(uint16_t sqid, uint16_t cid)
{
	return (struct upnvme_spec_sqe){ .opcode = 0x08, .cdw10 = (uint32_t)cid << 16 | sqid };
}

static struct upnvme_spec_sqe abort_sqe(uint16_t cid)
{
	return abort_of(1, cid);
}

static struct upnvme_spec_sqe read_one(void)
{
	return host_rw(0x02, 1, 0, 1, HOST_IOVA + HOST_BYTES - 4096, 0);
}

static void a_command_that_is_not_fetched_can_be_aborted(void **state)
{
	struct host *host = *state;
	uint64_t iova;
	uint16_t one, two, three;
	struct upnvme_spec_cqe cqe;

	host_page(host, &iova);
	host_queue_pair(host, 1, 16, 16);
	one = host_submit(host, 1, host_rw(0x02, 1, 0, 1, iova, 0));
	two = host_submit(host, 1, host_rw(0x02, 1, 0, 1, iova, 0));
	three = host_submit(host, 1, host_rw(0x02, 1, 0, 1, iova, 0));
	cqe = host_run(host, 0, abort_sqe(two));
	assert_int_equal(host_code(cqe), 0);
	assert_int_equal(cqe.dw0, 0);
	cqe = host_wait(host, 1);
	assert_int_equal(cqe.cid, one);
	assert_int_equal(host_code(cqe), 0);
	cqe = host_wait(host, 1);
	assert_int_equal(cqe.cid, two);
	assert_int_equal(host_code(cqe), 0x007);
	cqe = host_wait(host, 1);
	assert_int_equal(cqe.cid, three);
	assert_int_equal(host_code(cqe), 0);
	cqe = host_run(host, 0, abort_sqe(three));
	assert_int_equal(cqe.dw0, 1);
	assert_int_equal(host_status(host, 0, abort_of(2, 0)), 0x002);
	assert_int_equal(host_status(host, 0, abort_of(0xffff, 0)), 0x002);
}

static void a_command_at_the_media_is_not_aborted(void **state)
{
	struct host *host = *state;
	uint16_t cid;

	host_queue_pair(host, 1, 16, 16);
	fault.held = true;
	cid = host_submit(host, 1, read_one());
	host_process(host, 1);
	assert_int_equal(host_run(host, 0, abort_sqe(cid)).dw0, 1);
	fault.held = false;
	assert_int_equal(host_code(host_wait(host, 1)), 0);
}

static uint16_t request_event(struct host *host)
{
	return host_submit(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x0c });
}

static void an_event_request_can_be_aborted(void **state)
{
	struct host *host = *state;
	uint16_t one = request_event(host), two = request_event(host);
	struct upnvme_spec_sqe events = { .opcode = 0x09, .cdw10 = 0x0b, .cdw11 = 1 << 8 };
	struct upnvme_spec_cqe cqe;

	host_submit(host, 0, abort_of(0, one));
	cqe = host_wait(host, 0); /* the aborted command comes first */
	assert_int_equal(cqe.cid, one);
	assert_int_equal(host_code(cqe), 0x007);
	cqe = host_wait(host, 0);
	assert_int_equal(host_code(cqe), 0);
	assert_int_equal(cqe.dw0, 0);
	cqe = host_run(host, 0, abort_of(0, one));
	assert_int_equal(cqe.dw0, 1);
	assert_int_equal(host_status(host, 0, events), 0);
	softctrl_namespace_resize(host->sc, 1, 10);
	assert_int_equal(host_wait(host, 0).cid, two);
}

/* More commands than the controller takes at a time, so that the last ones stay in the ring. */
#define NSQES 320u
#define NHELD 256u

static void hold_commands(struct host *host, uint16_t *waiting, unsigned nwaiting)
{
	host_queue_pair(host, 1, NSQES, NSQES);
	fault.held = true;
	fault.nsubmitted[MEDIA_READ] = 0;
	for (unsigned i = 0; i < NHELD; i++)
		host_put(host, 1, read_one());
	for (unsigned i = 0; i < nwaiting; i++)
		waiting[i] = host_submit(host, 1, read_one());
	host_process(host, 1);
	assert_int_equal(fault.nsubmitted[MEDIA_READ], NHELD);
}

static void let_go(struct host *host)
{
	fault.held = false;
	host_process(host, 1);
}

static bool none_is_answered(struct host *host)
{
	struct upnvme_spec_cqe cqe;

	host_process(host, 0);
	return !host_reap(host, 0, &cqe);
}

static void two_aborts_of_a_command_abort_no_other_command(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;
	uint16_t waiting;

	hold_commands(host, &waiting, 1);
	host_submit(host, 0, abort_sqe(waiting));
	host_submit(host, 0, abort_sqe(waiting));
	assert_true(none_is_answered(host));
	let_go(host);
	for (unsigned i = 0; i < NHELD; i++)
		assert_int_equal(host_code(host_wait(host, 1)), 0);
	cqe = host_wait(host, 1);
	assert_int_equal(cqe.cid, waiting);
	assert_int_equal(host_code(cqe), ABORT_REQUESTED);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(host_wait(host, 0).dw0, 0);
	for (unsigned i = 0; i < 3 * NSQES; i++)
		assert_int_equal(host_status(host, 1, read_one()), 0);
}

static void an_abort_is_answered_after_the_aborted_command_is_posted(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;
	uint16_t cid;

	host_queue_pair(host, 1, 8, 2); /* room for one completion */
	host_submit(host, 1, read_one());
	host_process(host, 1);
	cid = host_submit(host, 1, read_one());
	host_submit(host, 0, abort_sqe(cid));
	assert_true(none_is_answered(host));
	assert_int_equal(host_code(host_wait(host, 1)), 0);
	host_process(host, 0);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(cqe.cid, cid);
	assert_int_equal(host_code(cqe), ABORT_REQUESTED);
	assert_true(host_reap(host, 0, &cqe));
	assert_int_equal(cqe.dw0, 0);
	assert_int_equal(host_status(host, 1, read_one()), 0);
}

static void not_more_aborts_wait_than_the_limit_says(void **state)
{
	struct host *host = *state;
	uint16_t waiting[5];

	hold_commands(host, waiting, 5);
	for (unsigned i = 0; i < 4; i++)
		host_submit(host, 0, abort_sqe(waiting[i]));
	assert_true(none_is_answered(host));
	assert_int_equal(host_status(host, 0, abort_sqe(waiting[4])), LIMIT_EXCEEDED);
	assert_int_equal(host_run(host, 0, abort_sqe(0xfff0)).dw0,
			 1); /* no such command: the Abort need not wait */
	let_go(host);
	for (unsigned i = 0; i < NHELD; i++)
		assert_int_equal(host_code(host_wait(host, 1)), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(host_code(host_wait(host, 1)), ABORT_REQUESTED);
	assert_int_equal(host_code(host_wait(host, 1)), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(host_wait(host, 0).dw0, 0);
}

static void aborts_end_with_the_queue_of_their_commands(void **state)
{
	struct upnvme_spec_sqe delete = { .opcode = 0x00, .cdw10 = 1 };
	struct host *host = *state;
	uint16_t waiting[2], cid;

	hold_commands(host, waiting, 2);
	host_submit(host, 0, abort_sqe(waiting[0]));
	host_submit(host, 0, abort_sqe(waiting[1]));
	assert_true(none_is_answered(host));
	cid = host_submit(host, 0, delete);
	fault.held = false;
	/* Each completion comes once, in whatever order. */
	for (unsigned i = 0, ndeleted = 0; i < 3; i++) {
		struct upnvme_spec_cqe cqe = host_wait(host, 0);

		assert_int_equal(host_code(cqe), 0);
		ndeleted += cqe.cid == cid;
		assert_true(i < 2 || ndeleted == 1);
	}
	assert_true(none_is_answered(host));
	assert_int_equal(
		host_run(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x0a, .cdw10 = 7 }).cid,
		cid + 1);
}

static void a_reset_forgets_aborts_that_wait(void **state)
{
	struct host *host = *state;
	uint16_t waiting[4];

	hold_commands(host, waiting, 4);
	for (unsigned i = 0; i < 4; i++)
		host_submit(host, 0, abort_sqe(waiting[i]));
	assert_true(none_is_answered(host));
	fault.held = false;
	host_disable(host);
	host_enable(host);
	assert_true(none_is_answered(host));
	hold_commands(host, waiting, 1);
	host_submit(host, 0, abort_sqe(waiting[0]));
	assert_true(none_is_answered(host));
	let_go(host);
	assert_int_equal(host_wait(host, 0).dw0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fault_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_command_that_is_not_fetched_can_be_aborted,
						host_setup, host_teardown),
		TEST(a_command_at_the_media_is_not_aborted),
		TEST(an_event_request_can_be_aborted),
		TEST(two_aborts_of_a_command_abort_no_other_command),
		TEST(an_abort_is_answered_after_the_aborted_command_is_posted),
		TEST(not_more_aborts_wait_than_the_limit_says),
		TEST(aborts_end_with_the_queue_of_their_commands),
		TEST(a_reset_forgets_aborts_that_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
