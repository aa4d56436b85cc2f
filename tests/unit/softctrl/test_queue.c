/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues from creation to deletion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static struct upnvme_spec_sqe read_one(void)
{
	return host_rw(0x02, 1, 0, 1, HOST_IOVA + HOST_BYTES - 4096, 0);
}

static uint16_t create_sq(struct host *host, uint16_t qid, uint32_t n, uint64_t iova, uint16_t cqid)
{
	return host_status(host, 0, host_create_sq(qid, n, iova, cqid));
}

static uint16_t delete (struct host *host, uint8_t opcode, uint32_t qid)
{
	return host_status(host, 0, (struct upnvme_spec_sqe){ .opcode = opcode, .cdw10 = qid });
}

static void largest_queues_work(void **state)
{
	struct host *host = *state;

	host_queue_pair(host, 1, 65536, 65536);
	for (int i = 0; i < 70000; i++)
		assert_int_equal(host_status(host, 1, read_one()), 0);
}

static void a_queue_can_be_made_again_after_deletion(void **state)
{
	struct host *host = *state;

	for (int i = 0; i < 20; i++) {
		host_queue_pair(host, 3, 16, 16);
		assert_int_equal(host_status(host, 3, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0)), 0);
		host_queue_pair_delete(host, 3);
	}
}

static void two_submission_queues_share_a_completion_queue(void **state)
{
	struct host *host = *state;
	struct host_queue *one = &host->queues[1], *two = &host->queues[2];
	unsigned seen[3] = { 0 };
	struct upnvme_spec_cqe cqe;

	host_queue_pair(host, 1, 16, 16);
	two->sq = host_alloc(host, 16 * 64, 4096, &two->sq_iova);
	two->nsqes = 16;
	assert_int_equal(create_sq(host, 2, 16, two->sq_iova, 1), 0);
	for (int lap = 0; lap < 40; lap++) {
		host_submit(host, 1, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0));
		host_submit(host, 2, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0));
		host_submit(host, 2, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0));
		host_process(host, 2);
		host_process(host, 1);
		for (int i = 0; i < 3; i++) {
			assert_true(host_reap(host, 1, &cqe));
			assert_int_equal(host_code(cqe), 0);
			assert_int_equal(cqe.sqhd, cqe.sqid == 1 ? one->tail : two->tail);
			seen[cqe.sqid]++;
		}
	}
	assert_int_equal(seen[1], 40);
	assert_int_equal(seen[2], 80);
	assert_int_equal(delete (host, 0x00, 1), 0);
	assert_int_equal(delete (host, 0x04, 1), 0x10c);
	assert_int_equal(delete (host, 0x00, 2), 0);
	assert_int_equal(delete (host, 0x04, 1), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(largest_queues_work),
		test(a_queue_can_be_made_again_after_deletion),
		test(two_submission_queues_share_a_completion_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
