/* SPDX-License-Identifier: BSD-3-Clause */
/* Media that fail, and media that take their time: what the commands over them answer. */
#include <errno.h>
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
	host->media[1] = host->media[0];
	host->config.nnamespaces = 2;
	host_create(host);
	fault_attach(host->sc);
	host_enable(host);
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

static uint64_t buffer(struct host *host)
{
	uint64_t iova;

	host_page(host, &iova);
	return iova;
}

static uint16_t status(struct host *host, uint8_t opcode, uint32_t flags)
{
	struct nvme_sqe sqe = host_rw(opcode, 1, 0, 8, buffer(host), 0);

	sqe.cdw12 |= flags;
	return host_status(host, 1, sqe);
}

static void failed_reads_are_unrecovered_read_errors(void **state)
{
	fault.results[MEDIA_READ] = -EIO;
	assert_int_equal(status(*state, 0x02, 0), 0x281);
	assert_int_equal(status(*state, 0x05, 0), 0x281);
	assert_int_equal(status(*state, 0x0c, 0), 0x281);
	fault.results[MEDIA_READ] = -ENOSPC;
	assert_int_equal(status(*state, 0x02, 0), 0x281);
}

static void failed_writes_say_why(void **state)
{
	static const struct {
		int result;
		uint16_t status;
	} rows[] = { { -EIO, 0x280 }, { -EINVAL, 0x280 }, { -ENOSPC, 0x081 }, { -EROFS, 0x020 } };
	struct host *host = *state;
	struct nvme_sqe dsm = { .opcode = 0x09, .nsid = 1, .cdw10 = 1, .cdw11 = 4 };
	struct nvme_dsm_range *ranges = host_page(host, &dsm.prp1);

	ranges[0].length = 1;
	ranges[1].length = 1;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fault.results[MEDIA_WRITE] = rows[i].result;
		fault.results[MEDIA_WRITE_ZEROES] = rows[i].result;
		fault.results[MEDIA_DEALLOCATE] = rows[i].result;
		fault.results[MEDIA_FLUSH] = rows[i].result;
		assert_int_equal(status(host, 0x01, 0), rows[i].status);
		assert_int_equal(status(host, 0x08, 0), rows[i].status);
		assert_int_equal(status(host, 0x08, 1 << 25), rows[i].status);
		assert_int_equal(status(host, 0x00, 0), rows[i].status);
		fault.nsubmitted[MEDIA_DEALLOCATE] = 0;
		assert_int_equal(host_status(host, 1, dsm), rows[i].status);
		assert_int_equal(fault.nsubmitted[MEDIA_DEALLOCATE],
				 1); /* the second is not tried */
	}
}

static void reads_with_fua_flush_first(void **state)
{
	static const uint8_t opcodes[] = { 0x02, 0x05, 0x0c };

	for (unsigned i = 0; i < sizeof(opcodes); i++) {
		memset(fault.nsubmitted, 0, sizeof(fault.nsubmitted));
		fault.results[MEDIA_FLUSH] = 0;
		assert_int_not_equal(status(*state, opcodes[i], 1u << 30), 0x281);
		assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 1);
		assert_int_equal(fault.nsubmitted[MEDIA_READ], 1);
		fault.results[MEDIA_FLUSH] = -EIO;
		assert_int_equal(status(*state, opcodes[i], 1u << 30), 0x280);
		assert_int_equal(fault.nsubmitted[MEDIA_READ], 1);
	}
}

static void writes_are_durable_by_fua_or_without_the_cache(void **state)
{
	struct host *host = *state;
	struct nvme_sqe cache = { .opcode = 0x09, .cdw10 = 0x06, .cdw11 = 0 };
	struct nvme_sqe dsm = { .opcode = 0x09, .nsid = 1, .cdw10 = 0, .cdw11 = 4 };
	struct nvme_dsm_range *ranges = host_page(host, &dsm.prp1);

	ranges[0].length = 1;
	assert_int_equal(status(host, 0x01, 0), 0);
	assert_false(fault.fua);
	assert_int_equal(status(host, 0x01, 1u << 30), 0);
	assert_true(fault.fua);
	assert_int_equal(status(host, 0x08, 0), 0);
	assert_false(fault.fua);
	assert_int_equal(status(host, 0x08, 1u << 30), 0);
	assert_true(fault.fua);
	assert_int_equal(host_status(host, 1, dsm), 0);
	assert_false(fault.fua);
	assert_int_equal(host_status(host, 0, cache), 0);
	assert_int_equal(status(host, 0x01, 0), 0);
	assert_true(fault.fua);
	assert_int_equal(status(host, 0x08, 0), 0);
	assert_true(fault.fua);
	assert_int_equal(host_status(host, 1, dsm), 0);
	assert_true(fault.fua);
}

static void flush_of_all_flushes_each(void **state)
{
	struct host *host = *state;
	struct nvme_sqe sqe = { .opcode = 0x00, .nsid = 0xffffffff };

	assert_int_equal(host_status(host, 1, sqe), 0);
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 2);
	fault.results[MEDIA_FLUSH] = -EIO;
	assert_int_equal(host_status(host, 1, sqe), 0x280);
	assert_int_equal(fault.nsubmitted[MEDIA_FLUSH], 3);
}

static void completions_come_in_the_order_of_the_media(void **state)
{
	struct host *host = *state;
	uint16_t slow, fast;

	fault.held = true;
	slow = host_submit(host, 1, host_rw(0x02, 1, 0, 8, buffer(host), 0));
	host_process(host, 1);
	fast = host_submit(host, 1, host_rw(0x02, 9, 0, 8, 0, 0)); /* refused at once */
	assert_int_equal(host_wait(host, 1).cid, fast);
	fault.held = false;
	assert_int_equal(host_wait(host, 1).cid, slow);
}

static void deletion_completes_when_the_media_are_done(void **state)
{
	struct host *host = *state;
	struct nvme_sqe delete = { .opcode = 0x00, .cdw10 = 1 };
	uint16_t io, unfetched, admin;
	struct nvme_cqe cqe;

	fault.held = true;
	io = host_submit(host, 1, host_rw(0x02, 1, 0, 8, buffer(host), 0));
	host_process(host, 1);
	unfetched = host_submit(host, 1, host_rw(0x02, 1, 0, 8, buffer(host), 0));
	admin = host_submit(host, 0, delete);
	for (int i = 0; i < 10; i++)
		host_process(host, 0);
	assert_false(host_reap(host, 0, &cqe));
	assert_int_equal(host_status(host, 0, delete), 0x101); /* it is going already */
	assert_int_equal(host_status(host, 0, (struct nvme_sqe){ .opcode = 0x18 }), 0);
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

static void a_command_at_the_media_is_not_aborted(void **state)
{
	struct host *host = *state;
	struct nvme_sqe abort = { .opcode = 0x08 };
	uint16_t cid;

	fault.held = true;
	cid = host_submit(host, 1, host_rw(0x02, 1, 0, 8, buffer(host), 0));
	host_process(host, 1);
	abort.cdw10 = (uint32_t)cid << 16 | 1;
	assert_int_equal(host_run(host, 0, abort).dw0, 1);
	fault.held = false;
	assert_int_equal(host_code(host_wait(host, 1)), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(failed_reads_are_unrecovered_read_errors),
		test(failed_writes_say_why),
		test(reads_with_fua_flush_first),
		test(writes_are_durable_by_fua_or_without_the_cache),
		test(flush_of_all_flushes_each),
		test(completions_come_in_the_order_of_the_media),
		test(deletion_completes_when_the_media_are_done),
		test(a_command_at_the_media_is_not_aborted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
