/* SPDX-License-Identifier: BSD-3-Clause */
/* The log pages of the software controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_open(host);
	host_queue_pair(host, 1, 16, 16);
	*state = host;
	return 0;
}

static struct upnvme_spec_sqe get_sqe(uint32_t lid, uint64_t offset, uint32_t bytes, uint64_t iova)
{
	uint32_t numd = bytes / 4 - 1;

	return (struct upnvme_spec_sqe){ .opcode = 0x02,
					 .prp1 = iova,
					 .prp2 = iova + 4096,
					 .cdw10 = numd << 16 | lid,
					 .cdw11 = numd >> 16,
					 .cdw12 = (uint32_t)offset,
					 .cdw13 = (uint32_t)(offset >> 32) };
}

static const void *get(struct host *host, uint32_t lid, uint64_t offset, uint32_t bytes)
{
	uint64_t iova;
	void *data = host_alloc(host, 8192, 4096, &iova);

	memset(data, 0xee, 8192);
	assert_int_equal(host_status(host, 0, get_sqe(lid, offset, bytes, iova)), 0);
	assert_int_equal(((uint8_t *)data)[bytes], 0xee);
	return data;
}

static void supported_pages_are_those_that_answer(void **state)
{
	static const uint8_t claimed[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x12, 0x13 };
	struct host *host = *state;
	const struct upnvme_spec_supported_log_pages *log = get(host, 0x00, 0, 1024);
	uint64_t iova;

	host_page(host, &iova);
	for (unsigned lid = 0; lid < 256; lid++) {
		bool there = memchr(claimed, (int)lid, sizeof(claimed));

		assert_int_equal(log->lid[lid], there ? 1 : 0);
		assert_int_equal(host_status(host, 0, get_sqe(lid, 0, 512, iova)),
				 there ? 0 : 0x109);
	}
}

static void failed_commands_are_in_the_error_log(void **state)
{
	struct host *host = *state;
	const struct upnvme_spec_error_log_entry *entries;
	struct upnvme_spec_cqe one, two;

	entries = get(host, 0x01, 0, 4096);
	assert_int_equal(entries[0].error_count, 0);
	one = host_run(host, 1, host_rw(0x02, 1, 0x123456789, 1, HOST_IOVA, 0));
	two = host_run(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x7f, .nsid = 5 });
	assert_true(UPNVME_SPEC_CQE_STATUS(one.status) & UPNVME_SPEC_STATUS_MORE_BIT);
	entries = get(host, 0x01, 0, 4096);
	assert_int_equal(entries[0].error_count, 2);
	assert_int_equal(entries[0].sqid, 0);
	assert_int_equal(entries[0].cid, two.cid);
	assert_int_equal(entries[0].status, two.status & ~1);
	assert_int_equal(entries[0].parameter_location, 0); /* the opcode */
	assert_int_equal(entries[0].lba, 0);
	assert_int_equal(entries[0].nsid, 5);
	assert_int_equal(entries[1].error_count, 1);
	assert_int_equal(entries[1].sqid, 1);
	assert_int_equal(entries[1].cid, one.cid);
	assert_int_equal(entries[1].status, one.status & ~1);
	assert_int_equal(entries[1].lba, 0x123456789);
	assert_int_equal(entries[1].parameter_location, 40);
	assert_int_equal(entries[1].nsid, 1);
	assert_int_equal(entries[2].error_count, 0);
}

static void error_log_keeps_the_newest(void **state)
{
	struct host *host = *state;
	const struct upnvme_spec_error_log_entry *entries;

	for (int i = 0; i < 100; i++)
		host_status(host, 1, host_rw(0x02, 2, 0, 1, HOST_IOVA, 0));
	entries = get(host, 0x01, 0, 4096);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(entries[i].error_count, 100 - i);
}

static void smart_counters_count(void **state)
{
	struct host *host = *state;
	const struct upnvme_spec_smart_log *log = get(host, 0x02, 0, 512);
	uint64_t iova;

	assert_int_equal(log->critical_warning, 0);
	assert_int_equal(log->composite_temperature[0] | log->composite_temperature[1] << 8, 313);
	assert_int_equal(log->temperature_sensor[0], 313);
	assert_int_equal(log->temperature_sensor[1], 313);
	assert_int_equal(log->temperature_sensor[2], 0);
	assert_int_equal(log->available_spare, 100);
	assert_int_equal(log->percentage_used, 0);
	assert_int_equal(log->data_units_read.lo, 0);
	assert_int_equal(log->host_read_commands.lo, 0);
	assert_int_equal(log->power_cycles.lo, 1);
	assert_int_equal(log->power_on_hours.lo, 0);
	assert_int_equal(log->unsafe_shutdowns.lo, 0);
	assert_int_equal(log->error_log_entries.lo, 0);
	host_alloc(host, 8192, 4096, &iova);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, 0, 1, iova, 0)), 0);
	for (int i = 0; i < 125; i++)
		assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, iova, 0)), 0);
	log = get(host, 0x02, 0, 512);
	assert_int_equal(log->data_units_read.lo, 1);    /* exactly 1,000 */
	assert_int_equal(log->data_units_written.lo, 1); /* rounded up */
	assert_int_equal(log->host_read_commands.lo, 125);
	assert_int_equal(log->host_write_commands.lo, 1);
	memset(host_ptr(host, iova), 0, 8192);
	assert_int_equal(host_status(host, 1, host_rw(0x05, 1, 8, 8, iova, 0)), 0); /* compare */
	assert_int_equal(host_status(host, 1, host_rw(0x0c, 1, 0, 993, 0, 0)), 0);  /* verify */
	assert_int_equal(host_status(host, 1, host_rw(0x02, 2, 0, 8, iova, 0)), 0x00b);
	host_queue_pair_delete(host, 1); /* the queue's counters stay */
	log = get(host, 0x02, 0, 512);
	assert_int_equal(log->data_units_read.lo, 3);
	assert_int_equal(log->host_read_commands.lo,
			 126); /* without Verify: NVM Command Set 1.0, 1.4.2 */
	assert_int_equal(log->error_log_entries.lo, 1);
	assert_int_equal(log->media_errors.lo, 0);
}

static void firmware_slot_one_is_active(void **state)
{
	const struct upnvme_spec_firmware_slot_log *log = get(*state, 0x03, 0, 512);

	assert_int_equal(log->afi, 1);
	assert_memory_equal(log->frs[0], "0       ", 8);
	assert_int_equal(log->frs[1][0], 0);
}

static void commands_and_features_that_are_supported_are_listed(void **state)
{
	static const uint8_t admin[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 24 },
			     io[] = { 0, 1, 2, 5, 8, 9, 12 };
	const struct upnvme_spec_commands_supported_log *commands = get(*state, 0x05, 0, 4096);
	const struct upnvme_spec_features_supported_log *features = get(*state, 0x12, 0, 1024);
	const uint32_t *mi = get(*state, 0x13, 0, 1024);

	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(commands->acs[i] & 1,
				 memchr(admin, (int)i, sizeof(admin)) ? 1 : 0);
		assert_int_equal(commands->iocs[i] & 1, memchr(io, (int)i, sizeof(io)) ? 1 : 0);
		assert_int_equal(mi[i], 0);
	}
	assert_int_equal(commands->iocs[1], 1 << 20 | 3);
	assert_int_equal(commands->iocs[2], 1 << 20 | 1);
	assert_int_equal(commands->acs[6], 2 << 20 | 1);
	assert_int_equal(commands->acs[9],
			 2 << 20 | 1); /* no feature changes what the controller can */
	assert_int_equal(features->fid[0x01], 2 << 20 | 1);
	assert_int_equal(features->fid[0x05], 1 << 20 | 1);
	assert_int_equal(features->fid[0x06], 0);
}

static void parts_are_the_same_as_the_whole(void **state)
{
	struct host *host = *state;
	const uint8_t *whole = get(host, 0x05, 0, 4096);

	for (uint32_t offset = 0; offset < 4096; offset += 404) {
		const uint8_t *part = get(host, 0x05, offset, 4);

		assert_memory_equal(part, whole + offset, 4);
	}
	assert_memory_equal(get(host, 0x05, 1000, 1024), whole + 1000, 1024);
}

static void beyond_the_end_of_a_page_are_zeroes(void **state)
{
	static const uint8_t zeroes[8192];
	const uint8_t *log = get(*state, 0x03, 508, 4096);

	assert_memory_equal(log, zeroes, 4096);
	log = get(*state, 0x03, 0, 4100);
	assert_memory_equal(log + 16, zeroes, 4084);
}

static void offsets_and_lengths_are_checked(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe sqe;
	uint64_t iova;

	host_alloc(host, 8192, 4096, &iova);
	assert_int_equal(host_status(host, 0, get_sqe(0x03, 512, 4, iova)), 0x002);
	assert_int_equal(host_status(host, 0, get_sqe(0x03, 1ull << 32, 4, iova)), 0x002);
	assert_int_equal(host_status(host, 0, get_sqe(0x03, 2, 4, iova)), 0x002);
	assert_int_equal(host_status(host, 0, get_sqe(0x03, 0, (1 << 20) + 4, iova)), 0x002);
	sqe = get_sqe(0x03, 0, 4, iova);
	sqe.cdw14 = 1 << 23; /* the offset as an index */
	assert_int_equal(host_status(host, 0, sqe), 0x002);
	sqe.cdw14 = 2u << 24; /* the page of zoned namespaces */
	assert_int_equal(host_status(host, 0, sqe), 0x002);
	sqe = get_sqe(0x02, 0, 512, iova);
	sqe.nsid = 0xffffffff;
	assert_int_equal(host_status(host, 0, sqe), 0);
	sqe.nsid = 1;
	assert_int_equal(host_status(host, 0, sqe), 0x002);
	sqe.nsid = 2;
	assert_int_equal(host_status(host, 0, sqe), 0x00b);
	assert_int_equal(host_status(host, 0, get_sqe(0x02, 0, 512, 0)), 0x004);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(supported_pages_are_those_that_answer),
		test(failed_commands_are_in_the_error_log),
		test(error_log_keeps_the_newest),
		test(smart_counters_count),
		test(firmware_slot_one_is_active),
		test(commands_and_features_that_are_supported_are_listed),
		test(parts_are_the_same_as_the_whole),
		test(beyond_the_end_of_a_page_are_zeroes),
		test(offsets_and_lengths_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
