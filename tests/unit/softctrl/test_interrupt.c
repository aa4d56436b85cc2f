/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupts: their vectors, their time, and their coalescing. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/softctrl_host.h"

#define IEN         2u
#define COALESCING  0x08u
#define VECTOR_CONF 0x09u

static _Atomic uint32_t nsent[HOST_NQUEUES];

static void count(void *context, uint16_t vector)
{
	_Atomic uint32_t *counts = context;

	atomic_fetch_add(&counts[vector], 1);
}

static struct host *start(bool threaded)
{
	struct host *host = calloc(1, sizeof(*host));

	memset((void *)nsent, 0, sizeof(nsent));
	host_init(host);
	host->config.threaded = threaded;
	host->config.interrupt = (struct softctrl_interrupt){ count, nsent };
	host_create(host);
	host_enable(host);
	return host;
}

static int setup_inline(void **state)
{
	*state = start(false);
	return 0;
}

static int setup_threaded(void **state)
{
	*state = start(true);
	return 0;
}

/* `dword11` has the bits of Create I/O Completion Queue besides PC. */
static void queue_pair(struct host *host, uint16_t qid, uint32_t dword11)
{
	host_queue_pair_with(host, qid, 16, 16, dword11);
}

static void run(struct host *host, uint16_t qid, uint32_t n)
{
	while (n--)
		assert_int_equal(host_status(host, qid, (struct upnvme_spec_sqe){ .nsid = 1 }), 0);
}

/* A message follows its entry, so that the host may have seen the entry before. */
static void expect_sent(uint16_t vector, uint32_t n)
{
	uint64_t deadline = deadline_after(10 * NS_PER_S);

	while (atomic_load(&nsent[vector]) < n && !deadline_passed(deadline))
		sched_yield();
	assert_int_equal(atomic_load(&nsent[vector]), n);
}

/* --- vectors -------------------------------------------------------------------------------------- */

static void a_queue_with_interrupts_enabled_sends_on_its_vector(void **state)
{
	struct host *host = *state;

	queue_pair(host, 1, IEN | 3 << 16);
	queue_pair(host, 2, IEN | (HOST_NQUEUES - 1) << 16);
	run(host, 1, 5);
	expect_sent(3, 5);
	assert_int_equal(nsent[1], 0);
	assert_int_equal(nsent[HOST_NQUEUES - 1], 0);
	run(host, 2, 2);
	expect_sent(HOST_NQUEUES - 1, 2);
	assert_int_equal(nsent[3], 5);
}

static void a_queue_with_interrupts_disabled_sends_none(void **state)
{
	struct host *host = *state;

	queue_pair(host, 1, 3 << 16);
	queue_pair(host, 2, IEN | 2 << 16);
	run(host, 1, 5);
	run(host, 2, 1);
	expect_sent(2, 1);
	assert_int_equal(nsent[1], 0);
	assert_int_equal(nsent[3], 0);
}

static void queues_may_share_a_vector(void **state)
{
	struct host *host = *state;

	queue_pair(host, 1, IEN | 1 << 16);
	queue_pair(host, 2, IEN | 1 << 16);
	run(host, 1, 2);
	run(host, 2, 3);
	expect_sent(1, 5);
}

/* The Admin Queue's interrupts are always enabled. */
static void the_admin_queue_has_vector_0(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe keep_alive = { .opcode = UPNVME_SPEC_ADMIN_KEEP_ALIVE };

	assert_int_equal(nsent[0], 0);
	for (uint32_t i = 1; i <= 3; i++) {
		assert_int_equal(host_status(host, 0, keep_alive), 0);
		expect_sent(0, i);
	}
}

static void an_interrupt_is_sent_for_entries_only(void **state)
{
	struct host *host = *state;

	queue_pair(host, 1, IEN | 1 << 16);
	for (int i = 0; i < 5; i++)
		host_process(host, 1);
	assert_int_equal(nsent[1], 0);
	for (int i = 0; i < 4; i++)
		host_put(host, 1, (struct upnvme_spec_sqe){ .nsid = 1 });
	host_ring_sq(host, 1, host->queues[1].tail);
	for (int i = 0; i < 4; i++)
		host_wait(host, 1);
	/* One message stands for four entries that were posted together. */
	assert_int_equal(nsent[1], 1);
}

static void a_queue_created_again_without_interrupts_sends_none(void **state)
{
	struct host *host = *state;

	queue_pair(host, 1, IEN | 1 << 16);
	run(host, 1, 1);
	expect_sent(1, 1);
	host_queue_pair_delete(host, 1);
	queue_pair(host, 1, 1 << 16);
	run(host, 1, 3);
	assert_int_equal(nsent[1], 1);
}

static void a_controller_without_a_way_to_send_works(void **state)
{
	struct host host;

	host_open(&host);
	queue_pair(&host, 1, IEN | 1 << 16);
	run(&host, 1, 5);
	host_destroy(&host);
}

/* --- coalescing ----------------------------------------------------------------------------------- */

#define LONGEST 0xff00u /* 25.5 ms */

static void set(struct host *host, uint32_t fid, uint32_t value)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x09, .cdw10 = fid, .cdw11 = value };

	assert_int_equal(host_status(host, 0, sqe), 0);
}

static void entries_are_gathered_up_to_the_threshold(void **state)
{
	struct host *host = *state;

	set(host, COALESCING, LONGEST | 7);
	queue_pair(host, 1, IEN | 1 << 16);
	run(host, 1, 800);
	/* Eight entries make a message, and fewer do when the time is over, on a slow machine often. */
	assert_in_range(nsent[1], 1, 799);
}

static void the_aggregation_time_sends_entries_below_the_threshold(void **state)
{
	struct host *host = *state;

	set(host, COALESCING, LONGEST | 255);
	queue_pair(host, 1, IEN | 1 << 16);
	for (uint32_t i = 1; i <= 3; i++) {
		run(host, 1, 1);
		expect_sent(1, i);
	}
}

static void each_entry_sends(struct host *host, uint32_t value)
{
	uint32_t before = nsent[1];

	set(host, COALESCING, value);
	run(host, 1, 50);
	expect_sent(1, before + 50);
}

static void without_threshold_or_time_no_entries_are_gathered(void **state)
{
	struct host *host = *state;

	queue_pair(host, 1, IEN | 1 << 16);
	each_entry_sends(host, LONGEST);
	each_entry_sends(host, 255);
	each_entry_sends(host, 0);
}

static void a_vector_may_be_left_out(void **state)
{
	struct host *host = *state;

	queue_pair(host, 1, IEN | 1 << 16);
	set(host, VECTOR_CONF, 1 << 16 | 1);
	each_entry_sends(host, LONGEST | 255);
	set(host, VECTOR_CONF, 1);
	run(host, 1, 800);
	assert_in_range(nsent[1], 50, 50 + 799);
}

static void failures_are_told_at_once(void **state)
{
	struct host *host = *state;

	queue_pair(host, 1, IEN | 1 << 16);
	set(host, COALESCING, LONGEST | 255);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(host_status(host, 1, (struct upnvme_spec_sqe){ .nsid = 77 }),
				 0x00b);
	expect_sent(1, 50);
}

static void the_admin_queue_is_never_kept_waiting(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe keep_alive = { .opcode = UPNVME_SPEC_ADMIN_KEEP_ALIVE };

	set(host, COALESCING, LONGEST | 255);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(host_status(host, 0, keep_alive), 0);
	expect_sent(0, 51);
}

static void a_reset_takes_coalescing_back(void **state)
{
	struct host *host = *state;

	set(host, COALESCING, LONGEST | 255);
	set(host, VECTOR_CONF, 1 << 16 | 2);
	queue_pair(host, 1, IEN | 1 << 16);
	run(host, 1, 1);
	host_disable(host);
	host_enable(host);
	queue_pair(host, 1, IEN | 1 << 16);
	memset((void *)nsent, 0, sizeof(nsent));
	run(host, 1, 50);
	expect_sent(1, 50);
}

#define both(name)                                                          \
	cmocka_unit_test_setup_teardown(name, setup_inline, host_teardown), \
		cmocka_unit_test_setup_teardown(name, setup_threaded, host_teardown)
#define inline_(name)  cmocka_unit_test_setup_teardown(name, setup_inline, host_teardown)
#define threaded(name) cmocka_unit_test_setup_teardown(name, setup_threaded, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		both(a_queue_with_interrupts_enabled_sends_on_its_vector),
		both(a_queue_with_interrupts_disabled_sends_none),
		both(queues_may_share_a_vector),
		both(the_admin_queue_has_vector_0),
		inline_(an_interrupt_is_sent_for_entries_only),
		both(a_queue_created_again_without_interrupts_sends_none),
		cmocka_unit_test(a_controller_without_a_way_to_send_works),
		threaded(entries_are_gathered_up_to_the_threshold),
		threaded(the_aggregation_time_sends_entries_below_the_threshold),
		both(without_threshold_or_time_no_entries_are_gathered),
		threaded(a_vector_may_be_left_out),
		threaded(failures_are_told_at_once),
		threaded(the_admin_queue_is_never_kept_waiting),
		threaded(a_reset_takes_coalescing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
