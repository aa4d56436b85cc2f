/* SPDX-License-Identifier: BSD-3-Clause */
/* The NVM command set: its rows beside a table made from the specification, its limits, and Dataset Management. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "driver/commands/kind.h"
#include "support/fake_device.h"

/* NVM Command Set 1.0c, 3.2, Figure of the opcodes, with what the sections of the commands say. */
static const struct figure_row {
	uint8_t opcode;
	const char *name;
	bool by_op;    /* struct upnvme_op can say it */
	uint16_t oncs; /* NVMe Base 2.0c, 5.17.2.1, ONCS; of those that an op can say */
	bool has_data; /* of its blocks */
	bool is_write; /* the command replaces the content of its blocks */
	bool dealloc;  /* the command may leave blocks without content */
} figure[] = {
	{ 0x00, "flush", true, 0, false, false, false },
	{ 0x01, "write", true, 0, true, true, false },
	{ 0x02, "read", true, 0, true, false, false },
	{ 0x04, "write uncorrectable", false, 0, false, false, false },
	{ 0x05, "compare", true, 1 << 0, true, false, false },
	{ 0x08, "write zeroes", true, 1 << 3, false, true, false },
	{ 0x09, "dataset management", true, 1 << 2, false, false, true },
	{ 0x0c, "verify", true, 1 << 7, false, false, false },
	{ 0x0d, "reservation register", false, 0, false, false, false },
	{ 0x0e, "reservation report", false, 0, false, false, false },
	{ 0x11, "reservation acquire", false, 0, false, false, false },
	{ 0x15, "reservation release", false, 0, false, false, false },
	{ 0x19, "copy", false, 0, false, false, false },
};

static const struct figure_row *in_figure(uint32_t opcode)
{
	for (size_t i = 0; i < ARRAY_SIZE(figure); i++)
		if (figure[i].opcode == opcode)
			return &figure[i];
	return NULL;
}

static void the_rows_are_those_of_the_specification(void **state)
{
	for (uint32_t opcode = 0; opcode < 256; opcode++) {
		const struct command_kind *kind = command_kind(0, (uint8_t)opcode);
		const struct figure_row *row = in_figure(opcode);

		assert_int_equal(kind != NULL, row != NULL);
		if (!row)
			continue;
		assert_string_equal(kind->name, row->name);
		assert_int_equal(kind->check != NULL, row->by_op);
		assert_int_equal(kind->oncs, row->oncs);
		assert_int_equal(kind->flags & KIND_DATA, row->has_data ? KIND_DATA : 0);
		assert_int_equal(kind->flags & KIND_WRITES, row->is_write ? KIND_WRITES : 0);
		assert_int_equal(kind->flags & KIND_CHANGES,
				 row->is_write || row->dealloc ? KIND_CHANGES : 0);
	}
}

/* Dword 12 of each command has these bits, in the sections of the commands; an op cannot ask for others. */
static void flags_are_taken_where_the_command_has_them(void **state)
{
	const uint16_t rw = UPNVME_FUA | UPNVME_LIMITED_RETRY | UPNVME_NO_SPLIT | UPNVME_PRCHK_REF |
			    UPNVME_PRCHK_APP | UPNVME_PRCHK_GUARD | UPNVME_PRACT |
			    UPNVME_STORAGE_TAG_CHECK;

	assert_int_equal(command_kind(0, 0x00)->op_flags, 0);
	assert_int_equal(command_kind(0, 0x01)->op_flags, rw);
	assert_int_equal(command_kind(0, 0x02)->op_flags, rw);
	assert_int_equal(command_kind(0, 0x05)->op_flags, rw);
	assert_int_equal(command_kind(0, 0x08)->op_flags, rw | UPNVME_DEALLOCATE_ZEROES);
	assert_int_equal(command_kind(0, 0x09)->op_flags, 0);
	assert_int_equal(command_kind(0, 0x0c)->op_flags, rw);
}

static void ranges_are_for_dataset_management_and_within_its_limit(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *ranges = fake_alloc(dev, 4096);
	struct upnvme_op op = { .opcode = UPNVME_OP_DATASET_MANAGEMENT,
				.form = UPNVME_FORM_RANGES,
				.nsid = FAKE_NSID,
				.buf = ranges };

	dev->ctrlr.limits.max_deallocate_ranges = 3;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_BLOCKS,
			  "0 ranges", "1 to 3", NULL);
	op.blocks = 4;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_BLOCKS,
			  "4 ranges", NULL);
	op.blocks = 3;
	op.buf = NULL;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_NULL,
			  "48 bytes", NULL);
	op.buf = op.metadata = ranges;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_METADATA,
			  "dataset management", "no metadata buffer", NULL);
	op.metadata = NULL;
	fake_expect_sent(
		dev, &op,
		(struct upnvme_spec_sqe){ .opcode = 0x09, .prp1 = fake_iova(ranges), .cdw10 = 2 });
	op.form = UPNVME_FORM_BUF;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_ARGUMENT,
			  "UPNVME_FORM_RANGES", NULL);
	fake_destroy(dev);
}

static void ranges_in_an_area_with_metadata_have_none(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *memory = fake_alloc(dev, 4096);
	struct upnvme_area area = {
		.data = memory, .data_bytes = 64, .metadata = memory + 512, .metadata_bytes = 8
	};
	struct upnvme_op op = { .opcode = UPNVME_OP_DATASET_MANAGEMENT,
				.form = UPNVME_FORM_RANGES,
				.nsid = FAKE_NSID,
				.blocks = 2,
				.buf = (void *)32 };
	struct upnvme_spec_sqe sqe;

	assert_int_equal(upnvme_io_at(dev->qp, &area, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	assert_int_equal(sqe.prp1, fake_iova(memory + 32));
	assert_int_equal(sqe.mptr, 0);
	fake_finish(dev, sqe.cid);
	fake_destroy(dev);
}

static void a_deallocation_is_one_range(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op op = {
		.opcode = UPNVME_OP_DATASET_MANAGEMENT, .nsid = FAKE_NSID, .lba = 77, .blocks = 1000
	};
	struct upnvme_spec_sqe sqe = fake_issue(dev, &op);
	const uint32_t *range = fake_resolve(dev, sqe.prp1, 16);

	fake_expect_sqe(&sqe, &(struct upnvme_spec_sqe){ .opcode = 0x09,
							 .cid = sqe.cid,
							 .nsid = FAKE_NSID,
							 .prp1 = sqe.prp1,
							 .prp2 = sqe.prp2,
							 .cdw10 = 0,
							 .cdw11 = 1u << 2 });
	assert_int_equal(sqe.prp1 % 4, 0);
	assert_true(sqe.prp1 % 4096 <= 4096 - 16);
	assert_int_equal(range[0], 0);
	assert_int_equal(range[1], 1000);
	assert_int_equal(range[2], 77);
	assert_int_equal(range[3], 0);
	fake_finish(dev, sqe.cid);
	assert_int_equal(fake_log.done[0].blocks, 1000);
	fake_destroy(dev);
}

/* In each slot, the last one among them. */
static void a_device_may_read_256_ranges_of_a_deallocation_of_one(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op op = { .opcode = UPNVME_OP_DATASET_MANAGEMENT,
				.nsid = FAKE_NSID,
				.blocks = 1 };
	uint32_t within = 0;

	assert_true(dev->qp->list_bytes < 4096);
	for (uint32_t i = 0; i < dev->qp->outstanding; i++) {
		struct upnvme_spec_sqe sqe = fake_issue(dev, &op);
		uint64_t first = 4096 - sqe.prp1 % 4096;

		assert_non_null(fake_resolve(dev, sqe.prp1, first));
		assert_int_equal(sqe.prp2 % 4096, 0);
		assert_non_null(fake_resolve(dev, sqe.prp2, 4096));
		within += first < 4096;
	}
	assert_true(within > 0);
	fake_give_up(dev);
	fake_destroy(dev);
}

static void the_callers_ranges_are_sent_as_they_are(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *ranges = fake_alloc(dev, 8192);
	struct upnvme_op op = { .opcode = UPNVME_OP_DATASET_MANAGEMENT,
				.form = UPNVME_FORM_RANGES,
				.nsid = FAKE_NSID,
				.blocks = 256,
				.buf = ranges + 32,
				.dsm = 0x5 };

	fake_expect_sent(dev, &op,
			 (struct upnvme_spec_sqe){ .opcode = 0x09,
						   .prp1 = fake_iova(ranges + 32),
						   .prp2 = fake_iova(ranges + 4096),
						   .cdw10 = 255,
						   .cdw11 = 5 });
	op.blocks = 257;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_BLOCKS,
			  "257", "256", NULL);
	fake_destroy(dev);
}

static void limits_of_commands_without_data_are_their_own(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 64 });
	struct upnvme_op op = { .opcode = UPNVME_OP_WRITE_ZEROES,
				.nsid = FAKE_NSID,
				.blocks = 1000 };
	struct upnvme_spec_sqe sqe;
	uint32_t total = 0, n = 0;

	dev->geometry.max_write_zeroes_blocks = 300;
	dev->geometry.max_verify_blocks = 500;
	dev->ctrlr.limits.max_deallocate_blocks = 400;
	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	op.opcode = UPNVME_OP_VERIFY;
	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	op.opcode = UPNVME_OP_DATASET_MANAGEMENT;
	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	while (fake_fetch(dev, &sqe)) {
		total += sqe.opcode == 0x09 ? ((uint32_t *)fake_resolve(dev, sqe.prp1, 16))[1] :
					      (sqe.cdw12 & 0xffff) + 1;
		n++;
		fake_post(dev, sqe.cid, 0);
	}
	assert_int_equal(n, 4 + 2 + 3);
	assert_int_equal(total, 3000);
	assert_int_equal(upnvme_poll(dev->qp, 0), 3);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_are_those_of_the_specification),
		cmocka_unit_test(flags_are_taken_where_the_command_has_them),
		cmocka_unit_test(ranges_are_for_dataset_management_and_within_its_limit),
		cmocka_unit_test(ranges_in_an_area_with_metadata_have_none),
		cmocka_unit_test(a_deallocation_is_one_range),
		cmocka_unit_test(a_device_may_read_256_ranges_of_a_deallocation_of_one),
		cmocka_unit_test(the_callers_ranges_are_sent_as_they_are),
		cmocka_unit_test(limits_of_commands_without_data_are_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
