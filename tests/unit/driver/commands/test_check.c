/* SPDX-License-Identifier: BSD-3-Clause */
/* Ops on blocks that are refused, each with its error, and their neighbours that are not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "base/util.h"
#include "support/fake_device.h"

static void refused(struct fake_device *dev, const struct upnvme_op *op, int err, uint32_t code,
		    const char *word)
{
	fake_expect_error(upnvme_io(dev->qp, op, fake_note, NULL), err, code, word, NULL);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
}

static void blocks_past_the_end_of_the_namespace_are_refused(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op op = { .opcode = UPNVME_OP_VERIFY, .nsid = FAKE_NSID };

	refused(dev, &op, -EINVAL, UPNVME_ERR_BLOCKS, "blocks is 0");
	op.blocks = 1;
	op.lba = FAKE_NBLOCKS;
	refused(dev, &op, -ERANGE, UPNVME_ERR_LBA_RANGE, "LBA 100000");
	op.lba = FAKE_NBLOCKS - 1;
	op.blocks = 2;
	refused(dev, &op, -ERANGE, UPNVME_ERR_LBA_RANGE, "2 blocks");
	op.lba = UINT64_MAX;
	refused(dev, &op, -ERANGE, UPNVME_ERR_LBA_RANGE, "pass the end");
	op.lba = FAKE_NBLOCKS - 2;
	fake_finish(dev, fake_issue(dev, &op).cid);
	fake_destroy(dev);
}

static void commands_without_data_take_no_metadata_and_no_ranges(void **state)
{
	static const uint8_t opcodes[] = { UPNVME_OP_FLUSH, UPNVME_OP_WRITE_ZEROES,
					   UPNVME_OP_VERIFY };
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);

	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		struct upnvme_op op = {
			.opcode = opcodes[i], .nsid = FAKE_NSID, .blocks = 1, .metadata = buf
		};

		refused(dev, &op, -EINVAL, UPNVME_ERR_METADATA, "no metadata buffer");
		op.metadata = NULL;
		op.buf = (void *)1; /* nobody looks at it */
		fake_finish(dev, fake_issue(dev, &op).cid);
		op.form = UPNVME_FORM_RANGES;
		if (op.opcode != UPNVME_OP_FLUSH)
			refused(dev, &op, -EINVAL, UPNVME_ERR_ARGUMENT, "has no ranges");
	}
	fake_destroy(dev);
}

/* Offsets mean nothing to a command without data, whatever memory the area has. */
static void offsets_of_commands_without_data_are_ignored(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *memory = fake_alloc(dev, 4096);
	struct upnvme_area area = {
		.data = memory, .data_bytes = 512, .metadata = memory + 512, .metadata_bytes = 8
	};
	struct upnvme_op op = { .opcode = UPNVME_OP_VERIFY,
				.nsid = FAKE_NSID,
				.blocks = 1,
				.buf = (void *)4096,
				.metadata = (void *)4096 };

	assert_int_equal(upnvme_io_at(dev->qp, &area, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	fake_finish(dev, fake_take(dev).cid);
	fake_destroy(dev);
}

static void data_that_the_device_cannot_reach_are_refused(void **state)
{
	static char outside[4096];
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_op op = { .opcode = UPNVME_OP_COMPARE, .nsid = FAKE_NSID, .blocks = 8 };

	refused(dev, &op, -EINVAL, UPNVME_ERR_NULL, "4096 bytes");
	op.buf = buf + 2;
	refused(dev, &op, -EINVAL, UPNVME_ERR_BUFFER_ALIGN, "aligned");
	op.buf = outside;
	refused(dev, &op, -EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE, "upnvme_dma_alloc");
	op.buf = buf;
	op.metadata = buf;
	refused(dev, &op, -EINVAL, UPNVME_ERR_METADATA, "no separate metadata");
	op.metadata = NULL;
	op.form = UPNVME_FORM_RANGES;
	refused(dev, &op, -EINVAL, UPNVME_ERR_ARGUMENT, "has no ranges");
	fake_destroy(dev);
}

static void expect_whole(struct fake_device *dev, const struct upnvme_op *op)
{
	struct upnvme_op split = *op;

	assert_int_equal(upnvme_io(dev->qp, op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	fake_post(dev, fake_take(dev).cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	split.blocks++;
	split.flags |= UPNVME_NO_SPLIT;
	fake_expect_error(upnvme_io(dev->qp, &split, fake_note, NULL), -EINVAL, UPNVME_ERR_TRANSFER,
			  "UPNVME_NO_SPLIT", NULL);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
}

/* Up to each limit it goes whole, and beyond it is refused; nothing is sent then. */
static void requests_that_would_be_split_are_refused_with_no_split(void **state)
{
	static const uint8_t opcodes[] = { UPNVME_OP_WRITE, UPNVME_OP_READ, UPNVME_OP_COMPARE,
					   UPNVME_OP_WRITE_ZEROES, UPNVME_OP_VERIFY };

	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		struct fake_device *dev =
			fake_create(&(struct fake_config){ .max_transfer_bytes = 4096 });
		struct upnvme_op op = { .opcode = opcodes[i],
					.flags = UPNVME_NO_SPLIT,
					.nsid = FAKE_NSID,
					.blocks = 8 };

		dev->geometry.max_write_zeroes_blocks = dev->geometry.max_verify_blocks = 8;
		if (i < 3)
			op.buf = fake_alloc(dev, 8192);
		expect_whole(dev, &op);
		fake_destroy(dev);
	}
}

/* A buffer that PRP cannot express in one entry is refused just the same. */
static void pieces_that_one_command_cannot_express_are_refused(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 4096 });
	char *buf = fake_alloc(dev, 8192);
	struct iovec iov[] = { { buf, 512 }, { buf + 4096, 512 } };
	struct upnvme_op op = { .opcode = UPNVME_OP_WRITE,
				.form = UPNVME_FORM_IOV,
				.nsid = FAKE_NSID,
				.blocks = 2,
				.buf = iov,
				.niov = 2 };

	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	fake_post(dev, fake_take(dev).cid, 0);
	fake_post(dev, fake_take(dev).cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.done[0].flags, UPNVME_DONE_NOT_ATOMIC);
	op.flags = UPNVME_NO_SPLIT;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_TRANSFER,
			  "2 blocks", "takes 1 here", NULL);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_past_the_end_of_the_namespace_are_refused),
		cmocka_unit_test(commands_without_data_take_no_metadata_and_no_ranges),
		cmocka_unit_test(offsets_of_commands_without_data_are_ignored),
		cmocka_unit_test(data_that_the_device_cannot_reach_are_refused),
		cmocka_unit_test(requests_that_would_be_split_are_refused_with_no_split),
		cmocka_unit_test(pieces_that_one_command_cannot_express_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
