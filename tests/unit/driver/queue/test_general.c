/* SPDX-License-Identifier: BSD-3-Clause */
/* The reasons to refuse an op before its command is built, and that a refusal loses nothing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "support/fake_device.h"

static void refused(struct fake_device *dev, const struct upnvme_op *op, int err, uint32_t code,
		    const char *word)
{
	fake_expect_error(upnvme_io(dev->qp, op, fake_note, NULL), err, code, word, NULL);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
	assert_int_equal(dev->qp->stats.general, 0);
}

/* Opcodes that need a raw entry are refused in other forms, and the sentence names UPNVME_FORM_RAW. */
static void opcodes_that_no_op_has_are_refused(void **state)
{
	static const uint8_t ops[] = { 0x00, 0x01, 0x02, 0x05, 0x08, 0x09, 0x0c };
	struct fake_device *dev = fake_create(NULL);

	for (uint32_t opcode = 0; opcode < 256; opcode++) {
		struct upnvme_op op = { .opcode = (uint8_t)opcode, .nsid = FAKE_NSID };

		if (!memchr(ops, (int)opcode, sizeof(ops)))
			refused(dev, &op, -EINVAL, UPNVME_ERR_OPCODE, "UPNVME_FORM_RAW");
	}
	fake_destroy(dev);
}

/* No op is built by the rules of a command set that has no rows; a raw entry goes as it is. */
static void a_command_set_without_rows_takes_raw_commands_only(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op read = { .opcode = UPNVME_OP_READ, .nsid = FAKE_NSID, .blocks = 1 };
	struct upnvme_raw raw = { .cdw = { 0x7d, FAKE_NSID } };
	struct upnvme_op sent = { .form = UPNVME_FORM_RAW, .buf = &raw };

	dev->geometry.csi = 200;
	dev->geometry.page_lbas = 0; /* no straight path, which is the NVM command set's */
	dev->geometry.straight_blocks = 0;
	read.buf = fake_alloc(dev, 4096);
	refused(dev, &read, -EINVAL, UPNVME_ERR_OPCODE, "UPNVME_FORM_RAW");
	fake_expect_sent(dev, &sent, (struct upnvme_spec_sqe){ .opcode = 0x7d });
	fake_destroy(dev);
}

static void unknown_forms_types_and_flags_are_refused(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op good = { .opcode = UPNVME_OP_VERIFY, .nsid = FAKE_NSID, .blocks = 1 }, op;

	op = good;
	op.form = 4;
	refused(dev, &op, -EINVAL, UPNVME_ERR_ARGUMENT, "form 4");
	op = good;
	op.dtype = 16;
	refused(dev, &op, -EINVAL, UPNVME_ERR_ARGUMENT, "type 16");
	op = good;
	op.flags = UPNVME_FUSED_FIRST;
	refused(dev, &op, -ENOTSUP, UPNVME_ERR_FLAGS, "fused");
	op.flags = UPNVME_FUSED_SECOND | UPNVME_DEALLOCATE_ZEROES;
	refused(dev, &op, -ENOTSUP, UPNVME_ERR_FLAGS, "fused");
	op.flags = UPNVME_DEALLOCATE_ZEROES;
	refused(dev, &op, -EINVAL, UPNVME_ERR_FLAGS, "with verify use only");
	op = (struct upnvme_op){ .opcode = UPNVME_OP_FLUSH,
				 .nsid = FAKE_NSID,
				 .flags = UPNVME_FUA };
	refused(dev, &op, -EINVAL, UPNVME_ERR_FLAGS, "with flush use only the flags in 0");
	fake_destroy(dev);
}

/* Faults of the command itself are reported first. */
static void a_namespace_that_is_not_active_is_refused(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH, .nsid = FAKE_NSID + 1 };

	refused(dev, &op, -ENODEV, UPNVME_ERR_NS_NOT_FOUND, "namespace 6");
	op.opcode = 0x7d;
	refused(dev, &op, -EINVAL, UPNVME_ERR_OPCODE, "0x7d");
	op.opcode = UPNVME_OP_FLUSH;
	op.nsid = FAKE_NSID;
	dev->geometry.nblocks = 0;
	refused(dev, &op, -ENODEV, UPNVME_ERR_NS_GONE, "namespace 5");
	dev->geometry.nblocks = FAKE_NBLOCKS;
	fake_finish(dev, fake_issue(dev, &op).cid);
	assert_int_equal(dev->qp->stats.general, 1);
	fake_destroy(dev);
}

static void commands_that_the_controller_lacks_are_refused(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	static const struct {
		uint8_t opcode;
		const char *name;
	} optional[] = { { UPNVME_OP_COMPARE, "compare" },
			 { UPNVME_OP_WRITE_ZEROES, "write zeroes" },
			 { UPNVME_OP_DATASET_MANAGEMENT, "dataset management" },
			 { UPNVME_OP_VERIFY, "verify" } };
	struct upnvme_op op = { .nsid = FAKE_NSID, .blocks = 1 };

	dev->ctrlr.limits.oncs = 0;
	for (size_t i = 0; i < ARRAY_SIZE(optional); i++) {
		op.opcode = optional[i].opcode;
		op.buf = op.opcode == UPNVME_OP_COMPARE ? buf : NULL;
		fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -ENOTSUP,
				  UPNVME_ERR_UNSUPPORTED, optional[i].name, NULL);
	}
	fake_destroy(dev);
}

/* A full queue has no sentence, and counts; what is wrong with the op is said all the same. */
static void a_full_queue_is_told_after_every_check(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 2 });
	struct upnvme_op op = { .opcode = UPNVME_OP_VERIFY, .nsid = FAKE_NSID, .blocks = 1 };
	uint16_t cid = fake_issue(dev, &op).cid;

	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), -EAGAIN);
	assert_int_equal(dev->qp->stats.full, 1);
	op.blocks = 0;
	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), -EINVAL, UPNVME_ERR_BLOCKS,
			  NULL);
	assert_int_equal(dev->qp->stats.full, 1);
	assert_int_equal(dev->qp->stats.general, 1);
	fake_finish(dev, cid);
	fake_destroy(dev);
}

static void each_command_rings_the_doorbell_where_the_flag_says_so(void **state)
{
	struct fake_device *dev =
		fake_create(&(struct fake_config){ .flags = UPNVME_QPAIR_RING_EACH });
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH, .nsid = FAKE_NSID };

	assert_int_equal(upnvme_io(dev->qp, &op, fake_note, NULL), 0);
	fake_finish(dev, fake_take(dev).cid);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opcodes_that_no_op_has_are_refused),
		cmocka_unit_test(a_command_set_without_rows_takes_raw_commands_only),
		cmocka_unit_test(unknown_forms_types_and_flags_are_refused),
		cmocka_unit_test(a_namespace_that_is_not_active_is_refused),
		cmocka_unit_test(commands_that_the_controller_lacks_are_refused),
		cmocka_unit_test(a_full_queue_is_told_after_every_check),
		cmocka_unit_test(each_command_rings_the_doorbell_where_the_flag_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
