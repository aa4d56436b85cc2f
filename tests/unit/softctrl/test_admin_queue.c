/* SPDX-License-Identifier: BSD-3-Clause */
/* Creating and deleting I/O queues, with every status that the commands can end with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fault_media.h"
#include "support/softctrl_host.h"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->config.mqes = 255;
	host_create(host);
	host_enable(host);
	*state = host;
	return 0;
}

static uint16_t create_cq(struct host *host, uint16_t qid, uint32_t n, uint64_t iova)
{
	return host_status(host, 0, host_create_cq(qid, n, iova));
}

static uint16_t create_sq(struct host *host, uint16_t qid, uint32_t n, uint64_t iova, uint16_t cqid)
{
	return host_status(host, 0, host_create_sq(qid, n, iova, cqid));
}

static uint16_t delete (struct host *host, uint8_t opcode, uint32_t qid)
{
	return host_status(host, 0, (struct upnvme_spec_sqe){ .opcode = opcode, .cdw10 = qid });
}

static void queue_identifiers_are_checked(void **state)
{
	struct host *host = *state;
	uint64_t iova;

	host_page(host, &iova);
	assert_int_equal(create_cq(host, 0, 16, iova), 0x101);
	assert_int_equal(create_cq(host, HOST_NQUEUES, 16, iova), 0x101);
	assert_int_equal(create_cq(host, 0xffff, 16, iova), 0x101);
	assert_int_equal(create_cq(host, 1, 16, iova), 0);
	assert_int_equal(create_cq(host, 1, 16, iova), 0x101);
	assert_int_equal(create_sq(host, 0, 16, iova, 1), 0x101);
	assert_int_equal(create_sq(host, HOST_NQUEUES, 16, iova, 1), 0x101);
	assert_int_equal(create_sq(host, 1, 16, iova, 1), 0);
	assert_int_equal(create_sq(host, 1, 16, iova, 1), 0x101);
}

static void queue_sizes_are_checked(void **state)
{
	struct host *host = *state;
	uint64_t iova;

	host_alloc(host, 65536, 4096, &iova);
	assert_int_equal(create_cq(host, 1, 1, iova), 0x102);
	assert_int_equal(create_cq(host, 1, 257, iova), 0x102);
	assert_int_equal(create_cq(host, 1, 65536, iova), 0x102);
	assert_int_equal(create_cq(host, 1, 256, iova), 0);
	assert_int_equal(create_sq(host, 1, 1, iova, 1), 0x102);
	assert_int_equal(create_sq(host, 1, 257, iova, 1), 0x102);
	assert_int_equal(create_sq(host, 1, 2, iova, 1), 0);
}

static void completion_queue_of_a_submission_queue_is_checked(void **state)
{
	struct host *host = *state;
	uint64_t iova;

	host_page(host, &iova);
	assert_int_equal(create_sq(host, 1, 16, iova, 0), 0x101);
	assert_int_equal(create_sq(host, 1, 16, iova, HOST_NQUEUES), 0x101);
	assert_int_equal(create_sq(host, 1, 16, iova, 1), 0x100);
}

static void rings_are_contiguous_aligned_and_reachable(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe;
	uint64_t iova;

	host_page(host, &iova);
	sqe = host_create_cq(1, 16, iova);
	sqe.cdw11 = 0;
	assert_int_equal(host_status(host, 0, sqe), 0x002);
	assert_int_equal(create_cq(host, 1, 16, iova + 64), 0x013);
	assert_int_equal(create_cq(host, 1, 16, 0), 0x004);
	assert_int_equal(create_cq(host, 1, 16, UINT64_MAX & ~4095ull), 0x004);
	assert_int_equal(create_cq(host, 1, 256, HOST_IOVA + HOST_BYTES - 4096), 0);
	sqe = host_create_sq(1, 16, iova, 1);
	sqe.cdw11 &= ~1u;
	assert_int_equal(host_status(host, 0, sqe), 0x002);
	assert_int_equal(create_sq(host, 1, 16, iova + 2048, 1), 0x013);
	/* 256 entries are four pages, of which only the first is reachable. */
	assert_int_equal(create_sq(host, 1, 256, HOST_IOVA + HOST_BYTES - 4096, 1), 0x004);
	assert_int_equal(create_sq(host, 1, 64, HOST_IOVA + HOST_BYTES - 4096, 1), 0);
}

static void interrupt_vectors_and_sets_are_checked(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe;
	uint64_t iova;

	host_page(host, &iova);
	sqe = host_create_cq(1, 16, iova);
	sqe.cdw11 |= 2 | HOST_NQUEUES << 16;
	assert_int_equal(host_status(host, 0, sqe), 0x108);
	sqe.cdw11 = 3 | (HOST_NQUEUES - 1) << 16;
	assert_int_equal(host_status(host, 0, sqe), 0);
	sqe = host_create_sq(1, 16, iova, 1);
	sqe.cdw12 = 1;
	assert_int_equal(host_status(host, 0, sqe), 0x002);
}

static void entry_sizes_have_to_be_set_before(void **state)
{
	struct host *host = *state;
	uint64_t iova;

	host_page(host, &iova);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 1);
	assert_int_equal(create_cq(host, 1, 16, iova), 0x102);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 1 | 4 << 20);
	assert_int_equal(create_cq(host, 1, 16, iova), 0);
	assert_int_equal(create_sq(host, 1, 16, iova, 1), 0x102);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 1 | 4 << 20 | 6 << 16);
	assert_int_equal(create_sq(host, 1, 16, iova, 1), 0);
}

static void deletion_is_checked(void **state)
{
	struct host *host = *state;

	assert_int_equal(delete (host, 0x00, 0), 0x101);
	assert_int_equal(delete (host, 0x00, 1), 0x101);
	assert_int_equal(delete (host, 0x00, 0xffff), 0x101);
	assert_int_equal(delete (host, 0x04, 0), 0x101);
	assert_int_equal(delete (host, 0x04, 1), 0x101);
	assert_int_equal(delete (host, 0x04, 0xffff), 0x101);
	host_queue_pair(host, 1, 16, 16);
	assert_int_equal(delete (host, 0x04, 1), 0x10c);
	assert_int_equal(delete (host, 0x00, 1), 0);
	assert_int_equal(delete (host, 0x00, 1), 0x101);
	assert_int_equal(delete (host, 0x04, 1), 0);
	assert_int_equal(delete (host, 0x04, 1), 0x101);
}

static void commands_not_fetched_are_aborted_by_deletion(void **state)
{
	struct host *host = *state;
	uint16_t cids[3];
	struct upnvme_spec_cqe cqe;

	host_queue_pair(host, 1, 16, 16);
	for (int i = 0; i < 3; i++)
		cids[i] = host_submit(host, 1, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0));
	assert_int_equal(delete (host, 0x00, 1), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(host_reap(host, 1, &cqe));
		assert_int_equal(host_code(cqe), 0x008);
		assert_int_equal(cqe.cid, cids[i]);
		assert_int_equal(cqe.sqid, 1);
	}
	assert_false(host_reap(host, 1, &cqe));
}

static void deletion_does_not_wait_for_room_in_the_completion_queue(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;

	host_queue_pair(host, 1, 16, 2);
	for (int i = 0; i < 5; i++)
		host_submit(host, 1, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0));
	host_process(host, 1);
	assert_int_equal(delete (host, 0x00, 1), 0);
	assert_true(host_reap(host, 1, &cqe));
	assert_false(host_reap(host, 1, &cqe));
	assert_int_equal(delete (host, 0x04, 1), 0);
}

static void deletion_completes_when_the_media_are_done(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe delete = { .opcode = 0x00, .cdw10 = 1 };
	uint16_t io, unfetched, admin;
	struct upnvme_spec_cqe cqe;

	fault.held = true;
	io = host_submit(host, 1, host_rw(0x02, 1, 0, 8, HOST_IOVA, 0));
	host_process(host, 1);
	unfetched = host_submit(host, 1, host_rw(0x02, 1, 0, 8, HOST_IOVA, 0));
	admin = host_submit(host, 0, delete);
	for (int i = 0; i < 10; i++)
		host_process(host, 0);
	assert_false(host_reap(host, 0, &cqe));
	assert_int_equal(host_status(host, 0, delete), 0x101); /* the queue is going already */
	assert_int_equal(host_status(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x18 }), 0);
	cqe = host_wait(host, 1);
	assert_int_equal(cqe.cid, unfetched);
	assert_int_equal(host_code(cqe), 0x008);
	fault.held = false;
	cqe = host_wait(host, 0);
	assert_int_equal(cqe.cid, admin);
	assert_int_equal(host_code(cqe), 0);
	assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(cqe.cid, io);
	assert_int_equal(host_code(cqe), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(queue_identifiers_are_checked),
		test(queue_sizes_are_checked),
		test(completion_queue_of_a_submission_queue_is_checked),
		test(rings_are_contiguous_aligned_and_reachable),
		test(interrupt_vectors_and_sets_are_checked),
		test(entry_sizes_have_to_be_set_before),
		test(deletion_is_checked),
		test(commands_not_fetched_are_aborted_by_deletion),
		test(deletion_does_not_wait_for_room_in_the_completion_queue),
		cmocka_unit_test_setup_teardown(deletion_completes_when_the_media_are_done,
						fault_setup, fault_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
