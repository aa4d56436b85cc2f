/* SPDX-License-Identifier: BSD-3-Clause */
/* Fetching and posting: wrap, phase, a full completion queue, doorbells that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static struct upnvme_spec_sqe read_one(void)
{
	return host_rw(0x02, 1, 0, 1, HOST_IOVA + HOST_BYTES - 4096, 0);
}

/* Many laps, several commands at a time. host_reap checks each completion's phase, this function the CID. */
static void laps(struct host *host, uint32_t nsqes, uint32_t ncqes, unsigned batch, unsigned rounds)
{
	uint16_t cids[64];
	struct upnvme_spec_cqe cqe;

	host_queue_pair(host, 1, nsqes, ncqes);
	for (unsigned r = 0; r < rounds; r++) {
		for (unsigned i = 0; i < batch; i++)
			cids[i] = host_put(host, 1, read_one());
		host_ring_sq(host, 1, host->queues[1].tail);
		host_process(host, 1);
		for (unsigned i = 0; i < batch; i++) {
			assert_true(host_reap(host, 1, &cqe));
			assert_int_equal(host_code(cqe), 0);
			assert_int_equal(cqe.cid, cids[i]);
			assert_int_equal(cqe.sqhd, host->queues[1].tail);
		}
		assert_false(host_reap(host, 1, &cqe));
	}
	host_queue_pair_delete(host, 1);
}

static void phase_and_indices_wrap_over_many_laps(void **state)
{
	laps(*state, 2, 2, 1, 5000);
	laps(*state, 3, 3, 2, 5000);
	laps(*state, 3, 7, 2, 5000);
	laps(*state, 64, 33, 32, 500);
	laps(*state, 64, 64, 63, 500);
}

static void more_commands_than_the_controller_takes_at_once(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;

	host_queue_pair(host, 1, 1024, 1024);
	for (int i = 0; i < 1023; i++)
		host_put(host, 1, read_one());
	host_ring_sq(host, 1, host->queues[1].tail);
	host_process(host, 1);
	for (int i = 0; i < 1023; i++)
		assert_true(host_reap(host, 1, &cqe));
	assert_int_equal(cqe.sqhd, 1023);
}

static void a_full_completion_queue_is_never_overrun(void **state)
{
	struct host *host = *state;
	uint16_t first = host->next_cid;
	struct upnvme_spec_cqe cqe;

	host_queue_pair(host, 1, 1024, 4);
	first = host->next_cid;
	for (int i = 0; i < 600; i++)
		host_put(host, 1, read_one());
	host_ring_sq(host, 1, host->queues[1].tail);
	for (int i = 0; i < 600; i += 3) {
		host_process(host, 1);
		host_process(host, 1);
		for (int j = 0; j < 3; j++) {
			assert_true(host_reap(host, 1, &cqe));
			assert_int_equal(cqe.cid, (uint16_t)(first + i + j));
		}
		/* The fourth entry is the gap that tells full from empty. */
		assert_false(host_reap(host, 1, &cqe));
	}
}

static struct upnvme_spec_sqe aer(void)
{
	return (struct upnvme_spec_sqe){ .opcode = 0x0c };
}

/* Waits for an event of the type Error, unmasks the type by reading the log, and gives the newest entry. */
static struct upnvme_spec_error_log_entry error_event(struct host *host, uint32_t info)
{
	struct upnvme_spec_sqe get = { .opcode = 0x02, .cdw10 = 15 << 16 | 0x01 };
	struct upnvme_spec_cqe cqe = host_wait(host, 0);
	uint64_t iova;
	struct upnvme_spec_error_log_entry *entry = host_page(host, &iova);

	assert_int_equal(host_code(cqe), 0);
	assert_int_equal(cqe.dw0, 0x01 << 16 | info << 8 | 0);
	get.prp1 = iova;
	assert_int_equal(host_status(host, 0, get), 0);
	assert_int_not_equal(entry->error_count, 0);
	return *entry;
}

static void an_invalid_tail_is_an_event_and_ignored(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_error_log_entry entry;
	struct upnvme_spec_cqe cqe;

	host_queue_pair(host, 1, 16, 16);
	host_submit(host, 0, aer());
	host_put(host, 1, read_one());
	host_ring_sq(host, 1, 16);
	host_process(host, 1);
	host_process(host, 1);
	assert_false(host_reap(host, 1, &cqe));
	entry = error_event(host, 1);
	assert_int_equal(entry.sqid, 1);
	assert_int_equal(entry.cid, 0xffff);
	host_ring_sq(host, 1, 0xffffffff);
	host_process(host, 1);
	host_submit(host, 0, aer());
	error_event(host, 1);
	host_ring_sq(host, 1, 1);
	assert_int_equal(host_code(host_wait(host, 1)), 0);
}

static void an_invalid_head_is_an_event_and_ignored(void **state)
{
	struct host *host = *state;

	host_queue_pair(host, 1, 16, 16);
	host_submit(host, 0, aer());
	assert_int_equal(host_status(host, 1, read_one()), 0);
	host_process(host, 1);     /* the controller sees that the first entry was taken */
	host_ring_cq(host, 1, 16); /* outside */
	host_process(host, 1);
	error_event(host, 1);
	host_submit(host, 0, aer());
	host_ring_cq(host, 1, 5); /* inside, but over entries that were never posted */
	host_process(host, 1);
	error_event(host, 1);
	host_submit(host, 0, aer());
	host_ring_cq(host, 1, 0); /* backwards */
	host_process(host, 1);
	error_event(host, 1);
	host_ring_cq(host, 1, 1);
	for (int i = 0; i < 40; i++)
		assert_int_equal(host_status(host, 1, read_one()), 0);
}

static void a_doorbell_of_no_queue_is_an_event(void **state)
{
	struct host *host = *state;

	host_submit(host, 0, aer());
	host_ring_sq(host, 5, 3);
	host_process(host, 5);
	assert_int_equal(error_event(host, 0).sqid, 5);
	host_submit(host, 0, aer());
	host_ring_cq(host, 6, 3);
	host_process(host, 6);
	assert_int_equal(error_event(host, 0).sqid, 6);
	host_queue_pair(host, 5, 16, 16);
	assert_int_equal(host_status(host, 5, read_one()), 0);
}

static void queues_that_do_not_exist_are_ignored(void **state)
{
	struct host *host = *state;

	softctrl_process(host->sc, HOST_NQUEUES);
	softctrl_process(host->sc, 0xffff);
	host_disable(host);
	softctrl_process(host->sc, 0);
	softctrl_process(host->sc, 1);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(phase_and_indices_wrap_over_many_laps),
		test(more_commands_than_the_controller_takes_at_once),
		test(a_full_completion_queue_is_never_overrun),
		test(an_invalid_tail_is_an_event_and_ignored),
		test(an_invalid_head_is_an_event_and_ignored),
		test(a_doorbell_of_no_queue_is_an_event),
		test(queues_that_do_not_exist_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
