/* SPDX-License-Identifier: BSD-3-Clause */
/* What every call that submits does before and after the command itself: gate, namespace, doorbell. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver/queue/submit.h"
#include "support/fake_device.h"

int __real_owner_enter_to_submit(struct upnvme_qpair *qp);
int __wrap_owner_enter_to_submit(struct upnvme_qpair *qp);

static uint32_t nentries;

int __wrap_owner_enter_to_submit(struct upnvme_qpair *qp)
{
	nentries++;
	return __real_owner_enter_to_submit(qp);
}

static struct upnvme_op read_op(char *buf)
{
	return (struct upnvme_op){
		.opcode = UPNVME_OP_READ, .nsid = FAKE_NSID, .blocks = 1, .buf = buf
	};
}

/* A queue pair whose gate never opens: each command enters, and once only. */
static void a_call_enters_a_shut_gate_once_for_each_command(void **state)
{
	struct fake_device *dev =
		fake_create(&(struct fake_config){ .flags = UPNVME_QPAIR_RING_EACH });
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_op ops[3] = { read_op(buf), read_op(buf), read_op(buf) };

	nentries = 0;
	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 0, 1, fake_note, NULL), 0);
	assert_int_equal(nentries, 1);
	assert_int_equal(upnvme_flush(dev->qp, &dev->ns, fake_note, NULL), 0);
	assert_int_equal(nentries, 2);
	assert_int_equal(upnvme_io(dev->qp, ops, fake_note, NULL), 0);
	assert_int_equal(nentries, 3);
	assert_int_equal(upnvme_submit(dev->qp, ops, 3), 3);
	assert_int_equal(nentries, 6);
	fake_destroy(dev);
}

static void a_call_skips_an_open_gate(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_op ops[2] = { read_op(buf), read_op(buf) };

	nentries = 0;
	assert_int_equal(upnvme_flush(dev->qp, &dev->ns, fake_note, NULL), 0);
	assert_int_equal(upnvme_submit(dev->qp, ops, 2), 2);
	assert_int_equal(upnvme_submit(dev->qp, ops, 0), 0);
	assert_int_equal(nentries, 0);
	qpair_alert(dev->qp);
	assert_int_equal(upnvme_submit(dev->qp, ops, 2), 2);
	assert_int_equal(nentries, 1); /* the first op has opened it again */
	fake_destroy(dev);
}

/* Also a batch of no ops is for the owner. */
static void an_empty_batch_is_refused_where_an_op_is(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_op op = { 0 };

	assert_int_equal(qpair_release(dev->qp), 0);
	fake_expect_error(upnvme_submit(dev->qp, &op, 0), -EPERM, UPNVME_ERR_QPAIR_RELEASED, NULL);
	assert_int_equal(qpair_adopt(dev->qp), 0);
	assert_int_equal(upnvme_submit(dev->qp, &op, 0), 0);
	fake_destroy(dev);
}

/* The namespace that was used last stays what it was until a command went to another. */
static void a_refused_command_does_not_change_the_namespace_used_last(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct upnvme_ctrlr stranger = { 0 };
	struct ns_geometry gone = { .block_bytes = 512 };
	struct upnvme_ns foreign = { .ctrlr = &stranger, .nsid = FAKE_NSID };
	struct upnvme_ns empty = { .ctrlr = &dev->ctrlr, .nsid = FAKE_NSID };
	char *buf = fake_alloc(dev, 4096);

	atomic_store(&foreign.geometry, &dev->geometry);
	atomic_store(&empty.geometry, &gone);
	fake_expect_error(upnvme_read(dev->qp, &foreign, buf, 0, 1, fake_note, NULL), -EXDEV,
			  UPNVME_ERR_NS_FOREIGN, NULL);
	fake_expect_error(upnvme_read(dev->qp, &empty, buf, 0, 1, fake_note, NULL), -ENODEV,
			  UPNVME_ERR_NS_GONE, NULL);
	assert_ptr_equal(dev->qp->ns, &dev->ns);
	fake_destroy(dev);
}

/* Two handles with one number, as after a deletion: the one that the caller gave is the one that counts. */
static void a_handle_counts_for_more_than_the_namespace_used_last(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct ns_geometry small = dev->geometry;
	struct upnvme_ns other = { .ctrlr = &dev->ctrlr, .nsid = FAKE_NSID };
	char *buf = fake_alloc(dev, 4096);

	small.nblocks = 10;
	small.page_blocks = small.page_lbas = 0;
	atomic_store(&other.geometry, &small);
	assert_int_equal(upnvme_read(dev->qp, &dev->ns, buf, 10, 1, fake_note, NULL), 0);
	fake_expect_error(upnvme_read(dev->qp, &other, buf, 10, 1, fake_note, NULL), -ERANGE,
			  UPNVME_ERR_LBA_RANGE, "10 blocks", NULL);
	fake_destroy(dev);
}

static void a_batch_ends_before_the_first_that_is_refused_and_rings(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 4096);
	struct upnvme_op ops[3] = { read_op(buf), read_op(buf), read_op(buf) };

	ops[1].blocks = 0;
	assert_int_equal(upnvme_submit(dev->qp, ops, 3), 1);
	assert_int_equal(fake_take(dev).opcode, 0x02);
	assert_int_equal(ring_unrung(dev->qp), 0);
	fake_expect_error(upnvme_submit(dev->qp, ops + 1, 2), -EINVAL, UPNVME_ERR_BLOCKS, NULL);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_enters_a_shut_gate_once_for_each_command),
		cmocka_unit_test(a_call_skips_an_open_gate),
		cmocka_unit_test(an_empty_batch_is_refused_where_an_op_is),
		cmocka_unit_test(a_refused_command_does_not_change_the_namespace_used_last),
		cmocka_unit_test(a_handle_counts_for_more_than_the_namespace_used_last),
		cmocka_unit_test(a_batch_ends_before_the_first_that_is_refused_and_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
