/* SPDX-License-Identifier: BSD-3-Clause */
/* Format NVM by a raw command: the size of a block changes under open handles, on a controller that
 * was not written with the driver. */
#include "support/rig.h"

#include <pthread.h>
#include <stdatomic.h>

#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>

/* QEMU's formats: 0 to 3 have 512 bytes, 4 to 7 have 4096 (with 0, 8, 16 and 64 of metadata). */
#define FORMAT_512  0u
#define FORMAT_4096 4u

static const struct qemu_ns namespaces[] = { { .nsid = 1, .bytes = 8 * MIB },
					     { .nsid = 2, .bytes = 8 * MIB } };
static const struct qemu_config config = { .namespaces = namespaces,
					   .nnamespaces = 2,
					   .subsystem = true };

static struct upnvme_raw format_to(uint32_t format)
{
	return (struct upnvme_raw){ .cdw = { UPNVME_SPEC_ADMIN_FORMAT_NVM, 1, [10] = format } };
}

static void do_format(upnvme_ctrlr *ctrlr, uint32_t format)
{
	struct upnvme_raw raw = format_to(format);
	struct upnvme_completion done;

	OK(upnvme_admin(ctrlr, &raw, &done));
	assert_int_equal(done.status, 0);
}

/* The format that all tests begin with. */
static void setup_rig(struct rig *rig)
{
	rig_of_group(rig, 1, 0, 0);
	do_format(rig->ctrlr, FORMAT_512);
	rig->block = 512;
	assert_int_equal(upnvme_ns_block_size(rig->ns), 512);
}

/* Every byte of eight blocks goes to the medium and comes back, and none beyond. */
static void expect_blocks_of(struct rig *rig, uint32_t block)
{
	uint32_t bytes = 8 * block;
	char *buf = dma(rig->ctrlr, 2 * bytes);

	assert_int_equal(upnvme_ns_block_size(rig->ns), block);
	assert_int_equal(upnvme_ns_block_count(rig->ns), 8 * MIB / block);
	pattern_fill(buf, 0, 8, block, 3);
	assert_int_equal(do_write(rig, buf, 0, 8), 0);
	memset(buf, 0xee, 2 * bytes);
	assert_int_equal(do_read(rig, buf, 0, 8), 0);
	assert_true(pattern_is(buf, 0, 8, block, 3));
	for (uint32_t i = bytes; i < 2 * bytes; i++)
		assert_int_equal((uint8_t)buf[i], 0xee);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void io_after_a_format_is_of_the_new_blocks(void **state)
{
	struct rig rig;

	(void)state;
	setup_rig(&rig);
	expect_blocks_of(&rig, 512);
	do_format(rig.ctrlr, FORMAT_4096);
	expect_blocks_of(&rig, 4096);
	do_format(rig.ctrlr, FORMAT_512);
	expect_blocks_of(&rig, 512);
	rig_close(&rig);
}

static struct upnvme_completion formatted;
static uint32_t block_seen; /* when the callback ran */

static void on_formatted(void *ns, const struct upnvme_completion *done)
{
	formatted = *done;
	formatted.tag = 1;
	block_seen = upnvme_ns_block_size(ns);
}

static void an_asynchronous_format_is_known_to_its_callback(void **state)
{
	uint64_t deadline = now_ns() + 20ull * 1000000000;
	struct upnvme_raw raw = format_to(FORMAT_4096);
	struct io io = { 0 };
	struct rig rig;
	void *buf;

	(void)state;
	setup_rig(&rig);
	buf = dma(rig.ctrlr, 4096);
	formatted.tag = 0;
	OK(upnvme_admin_submit(rig.ctrlr, &raw, on_formatted, rig.ns));
	expect_error(upnvme_read(rig.qp, rig.ns, buf, 0, 1, on_done, &io), -EBUSY,
		     UPNVME_ERR_NS_CHANGING, "queue pair 1", "upnvme_ctrlr_poll", NULL);
	while (!formatted.tag && now_ns() < deadline)
		assert_true(upnvme_ctrlr_poll(rig.ctrlr) >= 0);
	assert_int_equal(formatted.tag, 1);
	assert_int_equal(formatted.status, 0);
	assert_int_equal(block_seen, 4096);
	expect_blocks_of(&rig, 4096);
	rig_close(&rig);
}

static void a_format_is_refused_beside_commands_in_flight(void **state)
{
	struct upnvme_raw raw = format_to(FORMAT_4096);
	struct upnvme_completion done;
	struct io io = { 0 };
	struct rig rig;
	char *buf;

	(void)state;
	setup_rig(&rig);
	buf = dma(rig.ctrlr, 4096);
	OK(upnvme_read(rig.qp, rig.ns, buf, 0, 8, on_done, &io));
	expect_error(upnvme_admin(rig.ctrlr, &raw, &done), -EBUSY, UPNVME_ERR_NS_CHANGING, "80h",
		     "queue pair 1", "upnvme_poll", NULL);
	expect_error(upnvme_admin_submit(rig.ctrlr, &raw, on_formatted, rig.ns), -EBUSY,
		     UPNVME_ERR_NS_CHANGING, "80h", NULL);
	OK(upnvme_read(rig.qp, rig.ns, buf, 0, 8, on_done, &io)); /* all is as before */
	wait_for(rig.qp, &io, 2);
	assert_int_equal(io.last.status, 0);
	expect_blocks_of(&rig, 512);
	do_format(rig.ctrlr, FORMAT_4096);
	expect_blocks_of(&rig, 4096);
	rig_close(&rig);
}

/* A thread that reads as fast as it can, with any size of block, until it is told to stop. */
struct reader {
	struct rig *rig;
	_Atomic bool stop;
	_Atomic uint32_t nread;
	uint32_t nrefused, nfailed;
	char *trouble;
};

static void read_once(struct reader *reader, upnvme_qpair *qp, char *buf)
{
	struct upnvme_op op = { .opcode = UPNVME_OP_READ, .nsid = 1, .blocks = 8, .buf = buf };
	struct upnvme_completion done = { 0 };
	int rc = upnvme_exec(qp, &op, 1, &done, 1, UINT64_MAX);

	if (rc == -EBUSY)
		reader->nrefused++;
	else if (rc != 1 || done.status)
		reader->nfailed++;
	else
		atomic_fetch_add(&reader->nread, 1);
}

static void *read_on(void *arg)
{
	struct reader *reader = arg;
	upnvme_qpair *qp = NULL;
	char *buf = NULL;
	int rc = upnvme_qpair_create(&qp, reader->rig->ctrlr, NULL);

	if (!rc)
		rc = upnvme_dma_alloc((void **)&buf, reader->rig->ctrlr, 8 * 4096, 0);
	while (!rc && !atomic_load(&reader->stop))
		read_once(reader, qp, buf);
	if (upnvme_qpair_close(qp) || rc)
		reader->nfailed++;
	return NULL;
}

/* The reader's queue pair is drained, and used again; no command is of the wrong size, which the
 * device would tell. */
static void another_threads_io_waits_for_the_format(void **state)
{
	uint64_t deadline = now_ns() + 20ull * 1000000000;
	struct reader reader = { 0 };
	struct rig rig;
	pthread_t thread;

	(void)state;
	setup_rig(&rig);
	reader.rig = &rig;
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t before = atomic_load(&reader.nread);

		while (atomic_load(&reader.nread) == before && now_ns() < deadline)
			;
		do_format(rig.ctrlr, i % 2 ? FORMAT_512 : FORMAT_4096);
		assert_int_equal(upnvme_ns_block_size(rig.ns), i % 2 ? 512 : 4096);
	}
	atomic_store(&reader.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(reader.nfailed, 0);
	assert_true(reader.nread >= 20);
	rig_close(&rig);
}

static void a_namespace_is_listed_as_soon_as_it_is_attached(void **state)
{
	static uint16_t list[2048] = { 1, 0 };
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_NAMESPACE_ATTACHMENT, 2, [10] = 1 },
				  .data = list,
				  .data_bytes = sizeof(list),
				  .direction = UPNVME_DATA_TO_DEVICE };
	struct upnvme_completion done;
	struct rig rig;

	(void)state;
	setup_rig(&rig);
	assert_int_equal(upnvme_ns_next(rig.ctrlr, 1), 2);
	OK(upnvme_admin(rig.ctrlr, &raw, &done)); /* detached */
	assert_int_equal(done.status, 0);
	assert_int_equal(upnvme_ns_next(rig.ctrlr, 1), 0);
	raw.cdw[10] = 0;
	OK(upnvme_admin(rig.ctrlr, &raw, &done));
	assert_int_equal(upnvme_ns_next(rig.ctrlr, 1), 2);
	rig_close(&rig);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(io_after_a_format_is_of_the_new_blocks),
	cmocka_unit_test(an_asynchronous_format_is_known_to_its_callback),
	cmocka_unit_test(a_format_is_refused_beside_commands_in_flight),
	cmocka_unit_test(another_threads_io_waits_for_the_format),
	cmocka_unit_test(a_namespace_is_listed_as_soon_as_it_is_attached),
};

QEMU_GROUP(config, tests)
