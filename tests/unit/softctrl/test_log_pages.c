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

static int teardown(void **state)
{
	host_destroy(*state);
	free(*state);
	return 0;
}

static struct nvme_sqe get_sqe(uint32_t lid, uint64_t offset, uint32_t bytes, uint64_t iova)
{
	uint32_t numd = bytes / 4 - 1;

	return (struct nvme_sqe){ .opcode = 0x02,
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
	const struct nvme_supported_log_pages *log = get(host, 0x00, 0, 1024);
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
	const struct nvme_error_log_entry *entries;
	struct nvme_cqe one, two;

	entries = get(host, 0x01, 0, 4096);
	assert_int_equal(entries[0].error_count, 0);
	one = host_run(host, 1, host_rw(0x02, 1, 0x123456789, 1, HOST_IOVA, 0));
	two = host_run(host, 0, (struct nvme_sqe){ .opcode = 0x7f, .nsid = 5 });
	assert_true(NVME_CQE_STATUS(one.status) & NVME_STATUS_MORE);
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

/*
 * Base 2.0, 5.16.1.2: the byte (bits 7:0) and the bit of it (bits 10:8) at which the parameter begins that is in error,
 * FFFFh where it is none; the first LBA that experienced the error, where the command has any. Bytes of the commands are
 * those of Figure 87 and of the commands' own figures: DPTR 24, dword 10 at 40, and so on.
 */
static void errors_say_which_parameter_and_which_block(void **state)
{
	const uint64_t data = HOST_IOVA + HOST_BYTES - 65536;
	const struct {
		uint16_t qid;
		struct nvme_sqe sqe;
		uint16_t status;
		uint16_t location;
		uint64_t lba;
	} rows[] = {
		/* I/O: opcode, FUSE, PSDT, NSID */
		{ 1, { .opcode = 0x7f, .nsid = 1, .cdw10 = 5 }, 0x001, 0, 0 },
		{ 1, { .opcode = 0x02, .flags = 1, .nsid = 1, .cdw10 = 5 }, 0x002, 1, 5 },
		{ 1, { .opcode = 0x02, .flags = 3 << 6, .nsid = 1 }, 0x002, 6 << 8 | 1, 0 },
		{ 1, { .opcode = 0x02, .nsid = 9, .cdw10 = 6 }, 0x00b, 4, 6 },
		{ 1, { .opcode = 0x02, .nsid = 0xffffffff }, 0x002, 4, 0 },
		/* SLBA, or the length beyond the end, where the first block that is not there is 32768 */
		{ 1, host_rw(0x02, 1, 32768, 1, data, 0), 0x080, 40, 32768 },
		{ 1, host_rw(0x01, 1, 40000, 1, data, 0), 0x080, 40, 40000 },
		{ 1, host_rw(0x02, 1, 32766, 4, data, 0), 0x080, 48, 32768 },
		{ 1, host_rw(0x08, 1, 32766, 4, 0, 0), 0x080, 48, 32768 },
		{ 1, host_rw(0x0c, 1, 32768, 4, 0, 0), 0x080, 40, 32768 },
		/* more than MDTS */
		{ 1, host_rw(0x02, 1, 7, 2049, data, 0), 0x002, 48, 7 },
		/* PRP1, PRP2 as a page, PRP2 as a list */
		{ 1, host_rw(0x02, 1, 3, 1, data + 1, 0), 0x013, 24, 3 },
		{ 1, host_rw(0x02, 1, 3, 16, data, data + 4096 + 8), 0x013, 32, 3 },
		{ 1, host_rw(0x02, 1, 3, 24, data, data + 4), 0x013, 32, 3 },
		/* an SGL descriptor of the command */
		{ 1,
		  { .opcode = 0x02,
		    .flags = 1 << 6,
		    .nsid = 1,
		    .sgl1 = { .address = data, .length = 512, .id = 0x10 } },
		  0x011,
		  24,
		  0 },
		/* what is out of reach is no parameter's error */
		{ 1, host_rw(0x02, 1, 3, 1, 0, 0), 0x004, 0xffff, 3 },
		/* commands without blocks of their own, whatever lies where others have it */
		{ 1, { .opcode = 0x00, .nsid = 9, .cdw10 = 77 }, 0x00b, 4, 0 },
		{ 1, { .opcode = 0x09, .nsid = 9, .cdw10 = 77, .cdw11 = 4 }, 0x00b, 4, 0 },
		/* Admin: opcode, FUSE, PSDT, NSID */
		{ 0, { .opcode = 0x7f, .cdw10 = 5 }, 0x001, 0, 0 },
		{ 0, { .opcode = 0x06, .flags = 2, .cdw10 = 1 }, 0x002, 1, 0 },
		{ 0, { .opcode = 0x06, .flags = 1 << 6, .cdw10 = 1 }, 0x002, 6 << 8 | 1, 0 },
		{ 0, { .opcode = 0x08, .nsid = 1 }, 0x002, 4, 0 },
		/* Identify: CNS, CSI, NSID, CNTID */
		{ 0, { .opcode = 0x06, .cdw10 = 0x77 }, 0x002, 40, 0 },
		{ 0, { .opcode = 0x06, .nsid = 1, .cdw10 = 5, .cdw11 = 3u << 24 }, 0x002, 47, 0 },
		{ 0, { .opcode = 0x06, .nsid = 9, .prp1 = HOST_IOVA }, 0x00b, 4, 0 },
		{ 0, { .opcode = 0x06, .cdw10 = 0xfff5u << 16 | 0x1c }, 0x002, 42, 0 },
		/* Get Log Page: LID, OT, CSI, offset */
		{ 0, { .opcode = 0x02, .cdw10 = 0x77 }, 0x109, 40, 0 },
		{ 0, { .opcode = 0x02, .cdw10 = 2, .cdw14 = 1u << 23 }, 0x002, 7 << 8 | 58, 0 },
		{ 0, { .opcode = 0x02, .cdw10 = 2, .cdw14 = 3u << 24 }, 0x002, 59, 0 },
		{ 0, { .opcode = 0x02, .cdw10 = 2, .cdw12 = 512 }, 0x002, 52 - 4, 0 },
		/* Features: FID, SEL, SV, NSID, fields of dword 11 */
		{ 0, { .opcode = 0x0a, .cdw10 = 0x77 }, 0x002, 40, 0 },
		{ 0, { .opcode = 0x0a, .cdw10 = 5u << 8 | 1 }, 0x002, 41, 0 },
		{ 0, { .opcode = 0x09, .cdw10 = 0x77 }, 0x002, 40, 0 },
		{ 0, { .opcode = 0x09, .cdw10 = 1u << 31 | 1 }, 0x10d, 7 << 8 | 43, 0 },
		{ 0, { .opcode = 0x09, .nsid = 1, .cdw10 = 1 }, 0x10f, 4, 0 },
		{ 0, { .opcode = 0x09, .cdw10 = 2, .cdw11 = 1 }, 0x002, 44, 0 },
		{ 0, { .opcode = 0x09, .cdw10 = 4, .cdw11 = 9u << 16 }, 0x002, 46, 0 },
		{ 0, { .opcode = 0x09, .cdw10 = 4, .cdw11 = 2u << 20 }, 0x002, 4 << 8 | 46, 0 },
		{ 0, { .opcode = 0x09, .cdw10 = 7, .cdw11 = 0xffff0000 }, 0x002, 46, 0 },
		{ 0, { .opcode = 0x09, .cdw10 = 0xb, .cdw11 = 1u << 12 }, 0x002, 4 << 8 | 45, 0 },
		{ 0, { .opcode = 0x09, .cdw10 = 0x19, .cdw11 = 1 }, 0x12b, 44, 0 },
		/* queues: identifier, size, contiguity, vector, address, completion queue */
		{ 0, { .opcode = 0x05, .cdw10 = 7u << 16 }, 0x101, 40, 0 },
		{ 0, { .opcode = 0x05, .cdw10 = 2 }, 0x102, 42, 0 },
		{ 0, { .opcode = 0x05, .cdw10 = 7u << 16 | 2, .cdw11 = 99u << 16 }, 0x108, 46, 0 },
		{ 0, { .opcode = 0x05, .prp1 = data, .cdw10 = 7u << 16 | 2 }, 0x002, 44, 0 },
		{ 0,
		  { .opcode = 0x05, .prp1 = 4, .cdw10 = 7u << 16 | 2, .cdw11 = 1 },
		  0x013,
		  24,
		  0 },
		{ 0,
		  { .opcode = 0x01, .cdw10 = 7u << 16 | 2, .cdw11 = 5u << 16 | 1 },
		  0x100,
		  46,
		  0 },
		{ 0, { .opcode = 0x00, .cdw10 = 5 }, 0x101, 40, 0 },
		{ 0, { .opcode = 0x04, .cdw10 = 1 }, 0x10c, 40, 0 },
		{ 0, { .opcode = 0x08, .cdw10 = 5 }, 0x002, 40, 0 },
	};
	struct host *host = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct nvme_error_log_entry *entry;

		assert_int_equal(host_status(host, rows[i].qid, rows[i].sqe), rows[i].status);
		entry = get(host, 0x01, 0, 64);
		if (entry->parameter_location != rows[i].location || entry->lba != rows[i].lba)
			fail_msg("row %zu: location %x, LBA %llu", i, entry->parameter_location,
				 (unsigned long long)entry->lba);
	}
}

static void error_log_keeps_the_newest(void **state)
{
	struct host *host = *state;
	const struct nvme_error_log_entry *entries;

	for (int i = 0; i < 100; i++)
		host_status(host, 1, host_rw(0x02, 2, 0, 1, HOST_IOVA, 0));
	entries = get(host, 0x01, 0, 4096);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(entries[i].error_count, 100 - i);
}

static void smart_counters_count(void **state)
{
	struct host *host = *state;
	const struct nvme_smart_log *log = get(host, 0x02, 0, 512);
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
	host_queue_pair_delete(host, 1); /* its counters stay */
	log = get(host, 0x02, 0, 512);
	assert_int_equal(log->data_units_read.lo, 3);
	assert_int_equal(log->host_read_commands.lo,
			 126); /* NVM Command Set 1.0, 1.4.2: not Verify */
	assert_int_equal(log->error_log_entries.lo, 1);
	assert_int_equal(log->media_errors.lo, 0);
}

static void firmware_slot_one_is_active(void **state)
{
	const struct nvme_firmware_slot_log *log = get(*state, 0x03, 0, 512);

	assert_int_equal(log->afi, 1);
	assert_memory_equal(log->frs[0], "0       ", 8);
	assert_int_equal(log->frs[1][0], 0);
}

static void commands_and_features_that_are_supported_are_listed(void **state)
{
	static const uint8_t admin[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 24 },
			     io[] = { 0, 1, 2, 5, 8, 9, 12 };
	const struct nvme_commands_supported_log *commands = get(*state, 0x05, 0, 4096);
	const struct nvme_features_supported_log *features = get(*state, 0x12, 0, 1024);
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
	struct nvme_sqe sqe;
	uint64_t iova;

	host_alloc(host, 8192, 4096, &iova);
	assert_int_equal(host_status(host, 0, get_sqe(0x03, 512, 4, iova)), 0x002);
	assert_int_equal(host_status(host, 0, get_sqe(0x03, 1ull << 32, 4, iova)), 0x002);
	assert_int_equal(host_status(host, 0, get_sqe(0x03, 2, 4, iova)), 0x002);
	assert_int_equal(host_status(host, 0, get_sqe(0x03, 0, (1 << 20) + 4, iova)), 0x002);
	sqe = get_sqe(0x03, 0, 4, iova);
	sqe.cdw14 = 1 << 23; /* the offset as an index */
	assert_int_equal(host_status(host, 0, sqe), 0x002);
	sqe.cdw14 = 2u << 24; /* of zoned namespaces */
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

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(supported_pages_are_those_that_answer),
		test(failed_commands_are_in_the_error_log),
		test(errors_say_which_parameter_and_which_block),
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
