/* SPDX-License-Identifier: BSD-3-Clause */
/* Get Features and Set Features of the software controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "support/softctrl_host.h"

static void kept_values_come_back_and_reset_restores_the_defaults(void **state)
{
	static const struct {
		uint32_t fid, initial, written, kept;
	} rows[] = {
		{ 0x01, 7, 0x04030201, 0x04030201 }, /* arbitration */
		{ 0x01, 7, 0xffffffff, 0xffffff07 },
		{ 0x02, 0, 3 << 5, 3 << 5 },     /* power management: workload hint */
		{ 0x08, 0, 0xabcd1234, 0x1234 }, /* interrupt coalescing */
		{ 0x0a, 0, 1, 1 },               /* write atomicity */
		{ 0x0b, 0, 0x13f, 0x13f },       /* events: all warnings, and OAES */
		{ 0x0f, 0, 1, 1000 },            /* keep alive: rounded up */
		{ 0x0f, 0, 60000, 60000 },
	};
	struct host *host = *state;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(host_get_feature(host, rows[i].fid, 0, 0), rows[i].initial);
		assert_int_equal(host_set_feature(host, rows[i].fid, rows[i].written), 0);
		assert_int_equal(host_get_feature(host, rows[i].fid, 0, 0), rows[i].kept);
		assert_int_equal(host_get_feature(host, rows[i].fid, 1, 0), rows[i].initial);
		assert_int_equal(host_get_feature(host, rows[i].fid, 2, 0), rows[i].initial);
		assert_int_equal(host_get_feature(host, rows[i].fid, 3, 0), 1 << 2);
		host_disable(host);
		host_enable(host);
	}
}

static void unknown_features_are_invalid_fields(void **state)
{
	static const uint8_t claimed[] = { 0x01, 0x02, 0x04, 0x05, 0x07, 0x08, 0x09,
					   0x0a, 0x0b, 0x0e, 0x0f, 0x16, 0x19 };
	struct host *host = *state;

	for (unsigned fid = 0; fid < 256; fid++) {
		if (memchr(claimed, (int)fid, sizeof(claimed)))
			continue;
		assert_int_equal(host_status(host, 0, host_get_feature_sqe(fid, 0, 0)), 0x002);
		assert_int_equal(host_status(host, 0, host_get_feature_sqe(fid, 3, 0)), 0x002);
		assert_int_equal(host_set_feature(host, fid, 0), 0x002);
	}
	for (uint32_t select = 4; select < 8; select++)
		assert_int_equal(host_status(host, 0, host_get_feature_sqe(0x01, select, 0)),
				 0x002);
}

static void no_feature_is_saveable(void **state)
{
	assert_int_equal(host_set_feature(*state, 1u << 31 | 0x01, 0), 0x10d);
}

/* Identify (CNS 1Ch) lists all combinations but index 0 as 0h, so they are rejected: Base 2.0, 5.27.1.21. */
static void the_only_combination_of_command_sets_can_be_chosen(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_set_feature(host, 0x19, 0), 0);
	assert_int_equal(host_set_feature(host, 0x19, 1), 0x12b);
	assert_int_equal(host_set_feature(host, 0x19, 511), 0x12b);
	assert_int_equal(host_get_feature(host, 0x19, 0, 0), 0);
	assert_int_equal(host_get_feature(host, 0x19, 3, 0), 1 << 2);
}

static void namespaces_are_only_for_features_of_namespaces(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe = host_set_feature_sqe(0x01, 0);

	sqe.nsid = 1;
	assert_int_equal(host_status(host, 0, sqe), 0x10f);
	sqe.nsid = 0xffffffff;
	assert_int_equal(host_status(host, 0, sqe), 0);
	sqe.nsid = 2; /* there is no such namespace */
	assert_int_equal(host_status(host, 0, sqe), 0x00b);
	sqe = host_get_feature_sqe(0x01, 0, 0);
	assert_int_equal(host_status(host, 0, sqe), 0);
	sqe.nsid = 1;
	assert_int_equal(host_status(host, 0, sqe), 0);
	sqe.nsid = 0xffffffff;
	assert_int_equal(host_status(host, 0, sqe), 0);
	sqe.nsid = 0xfffffffe;
	assert_int_equal(host_status(host, 0, sqe), 0x00b);
}

static void error_recovery_belongs_to_a_namespace(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe in = host_set_feature_sqe(0x05, 50),
			       out = host_get_feature_sqe(0x05, 0, 0);
	struct upnvme_spec_cqe cqe;

	assert_int_equal(host_status(host, 0, in), 0x00b);
	in.nsid = 2;
	assert_int_equal(host_status(host, 0, in), 0x00b);
	in.nsid = 0xffffffff;
	assert_int_equal(host_status(host, 0, in), 0);
	out.nsid = 1;
	cqe = host_run(host, 0, out);
	assert_int_equal(cqe.dw0, 50);
	/* Get Features is for one namespace: Base 2.1, 4.4. */
	out.nsid = 0xffffffff;
	assert_int_equal(host_status(host, 0, out), 0x00b);
	out.nsid = 0;
	assert_int_equal(host_status(host, 0, out), 0x00b);
	out.nsid = 2;
	assert_int_equal(host_status(host, 0, out), 0x00b);
	in.nsid = 1;
	in.cdw11 = 1 << 16; /* errors for deallocated blocks: not in NSFEAT */
	assert_int_equal(host_status(host, 0, in), 0x002);
	assert_int_equal(host_get_feature(host, 0x05, 3, 0), 1 << 2 | 1 << 1);
}

static void power_states_that_do_not_exist_are_refused(void **state)
{
	assert_int_equal(host_set_feature(*state, 0x02, 1), 0x002);
}

static void number_of_queues_is_negotiated_before_the_first_queue(void **state)
{
	struct host *host = *state;
	uint32_t most = HOST_NQUEUES - 2; /* 0's based */
	struct upnvme_spec_cqe cqe;
	uint64_t iova;

	host_page(host, &iova);
	assert_int_equal(host_get_feature(host, 0x07, 0, 0), most << 16 | most);
	cqe = host_run(host, 0, host_set_feature_sqe(0x07, 1 << 16 | 2));
	assert_int_equal(host_code(cqe), 0);
	assert_int_equal(cqe.dw0, 1 << 16 | 2);
	assert_int_equal(host_get_feature(host, 0x07, 0, 0), 1 << 16 | 2);
	assert_int_equal(host_get_feature(host, 0x07, 1, 0), most << 16 | most);
	cqe = host_run(host, 0, host_set_feature_sqe(0x07, 1000 << 16 | 1));
	assert_int_equal(cqe.dw0, most << 16 | 1);
	assert_int_equal(host_set_feature(host, 0x07, 0xffff), 0x002);
	assert_int_equal(host_set_feature(host, 0x07, 0xffff0000), 0x002);
	assert_int_equal(host_status(host, 0, host_create_cq(4, 16, iova)), 0);
	assert_int_equal(host_status(host, 0, host_create_sq(3, 16, iova, 4)), 0x101);
	assert_int_equal(host_set_feature(host, 0x07, 0), 0x00c);
}

static void interrupt_vectors_are_configured_one_by_one(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_set_feature(host, 0x09, 1 << 16 | 3), 0);
	assert_int_equal(host_get_feature(host, 0x09, 0, 3), 1 << 16 | 3);
	assert_int_equal(host_get_feature(host, 0x09, 0, 2), 2);
	assert_int_equal(host_set_feature(host, 0x09, HOST_NQUEUES), 0x002);
	assert_int_equal(host_status(host, 0, host_get_feature_sqe(0x09, 0, HOST_NQUEUES)), 0x002);
}

static unsigned completed(struct host *host, uint16_t qid)
{
	struct upnvme_spec_cqe cqe;
	unsigned n = 0;

	host_process(host, qid);
	while (host_reap(host, qid, &cqe))
		n++;
	return n;
}

static void put_ten(struct host *host, uint16_t qid)
{
	for (int i = 0; i < 10; i++)
		host_put(host, qid, (struct upnvme_spec_sqe){ .opcode = 0x00, .nsid = 1 });
	host_ring_sq(host, qid, host->queues[qid].tail);
}

/* A queue has 2^AB commands in its turn, without a limit if AB is 7: Base 2.0, 3.4.4.1 and 5.27.1.1. */
static void a_burst_is_all_that_is_fetched_at_a_time(void **state)
{
	struct host *host = *state;

	host_queue_pair(host, 1, 16, 16);
	put_ten(host, 1);
	assert_int_equal(completed(host, 1), 10);
	for (uint32_t ab = 0; ab < 4; ab++) {
		unsigned left = 10;

		assert_int_equal(host_set_feature(host, 0x01, ab), 0);
		for (put_ten(host, 1); left; left -= MIN(left, 1u << ab))
			assert_int_equal(completed(host, 1), MIN(left, 1u << ab));
		assert_int_equal(completed(host, 1), 0);
	}
	host_disable(host);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	put_ten(host, 1);
	assert_int_equal(completed(host, 1), 10);
}

static void the_write_cache_is_a_feature_only_where_there_is_a_cache(void **state)
{
	struct host *host = *state, file;
	char path[HOST_PATH_BYTES];
	int fd = host_temp_file(path, 1 << 20);

	assert_int_equal(host_status(host, 0, host_get_feature_sqe(0x06, 0, 0)), 0x002);
	assert_int_equal(host_set_feature(host, 0x06, 1), 0x002);
	host_init(&file);
	file.media[0].maker = &media_file;
	file.media[0].path = path;
	file.media[0].size_bytes = 0;
	host_create(&file);
	host_enable(&file);
	host_queue_pair(&file, 1, 16, 16);
	assert_int_equal(host_get_feature(&file, 0x06, 0, 0), 1);
	assert_int_equal(host_set_feature(&file, 0x06, 0), 0);
	assert_int_equal(host_get_feature(&file, 0x06, 0, 0), 0);
	assert_int_equal(host_get_feature(&file, 0x06, 1, 0), 1);
	assert_int_equal(host_status(&file, 1, host_rw(0x01, 1, 0, 8, HOST_IOVA, 0)), 0);
	assert_int_equal(host_status(&file, 1, host_rw(0x08, 1, 0, 8, 0, 0)), 0);
	host_disable(&file);
	host_enable(&file);
	assert_int_equal(host_get_feature(&file, 0x06, 0, 0), 1);
	host_destroy(&file);
	close(fd);
	unlink(path);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(kept_values_come_back_and_reset_restores_the_defaults),
		test(unknown_features_are_invalid_fields),
		test(no_feature_is_saveable),
		test(the_only_combination_of_command_sets_can_be_chosen),
		test(a_burst_is_all_that_is_fetched_at_a_time),
		test(namespaces_are_only_for_features_of_namespaces),
		test(error_recovery_belongs_to_a_namespace),
		test(power_states_that_do_not_exist_are_refused),
		test(number_of_queues_is_negotiated_before_the_first_queue),
		test(interrupt_vectors_are_configured_one_by_one),
		test(the_write_cache_is_a_feature_only_where_there_is_a_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
