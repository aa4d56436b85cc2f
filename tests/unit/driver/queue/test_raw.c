/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that the caller has put together: what is kept of them, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver/ns_table.h"
#include "support/fake_device.h"

static void a_raw_command_keeps_its_dwords(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *buf = fake_alloc(dev, 8192);
	struct upnvme_raw raw = { .data = buf,
				  .data_bytes = 8192,
				  .metadata = buf + 64,
				  .metadata_bytes = 128,
				  .direction = UPNVME_DATA_TO_DEVICE };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };

	for (uint32_t i = 0; i < 16; i++)
		raw.cdw[i] = 0x01010101u * i;
	raw.cdw[0] = 0xffff00c1;
	raw.cdw[1] = FAKE_NSID;
	fake_expect_sent(dev, &op,
			 (struct upnvme_spec_sqe){ .opcode = 0xc1,
						   .cdw2 = 0x02020202,
						   .cdw3 = 0x03030303,
						   .mptr = fake_iova(buf + 64),
						   .prp1 = fake_iova(buf),
						   .prp2 = fake_iova(buf + 4096),
						   .cdw10 = 0x0a0a0a0a,
						   .cdw11 = 0x0b0b0b0b,
						   .cdw12 = 0x0c0c0c0c,
						   .cdw13 = 0x0d0d0d0d,
						   .cdw14 = 0x0e0e0e0e,
						   .cdw15 = 0x0f0f0f0f });
	fake_destroy(dev);
}

static void refused(struct fake_device *dev, const struct upnvme_raw *raw, int err, uint32_t code,
		    const char *word)
{
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = (void *)(uintptr_t)raw };

	fake_expect_error(upnvme_io(dev->qp, &op, fake_note, NULL), err, code, word, NULL);
	assert_int_equal(upnvme_qpair_inflight(dev->qp), 0);
}

static void raw_commands_that_must_not_be_sent_are_refused(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .max_transfer_bytes = 8192 });
	char *buf = fake_alloc(dev, 16384);
	const struct upnvme_raw good = { .cdw = { 0xc1, FAKE_NSID },
					 .data = buf,
					 .data_bytes = 8192,
					 .direction = UPNVME_DATA_TO_DEVICE };
	struct upnvme_raw raw = good;

	refused(dev, NULL, -EINVAL, UPNVME_ERR_NULL, "raw command");
	raw.cdw[0] |= 0x100; /* FUSE */
	refused(dev, &raw, -EINVAL, UPNVME_ERR_FLAGS, "FUSE");
	raw.cdw[0] = 0x40c1; /* PSDT */
	refused(dev, &raw, -EINVAL, UPNVME_ERR_FLAGS, "PSDT");
	raw = good;
	raw.reserved32 = 1;
	refused(dev, &raw, -EINVAL, UPNVME_ERR_ARGUMENT, "set them to zero");
	raw = good;
	raw.direction = 3;
	refused(dev, &raw, -EINVAL, UPNVME_ERR_ARGUMENT, "direction is 3");
	raw = good;
	raw.data_bytes = 0;
	refused(dev, &raw, -EINVAL, UPNVME_ERR_ARGUMENT, "0 bytes");
	raw.data_bytes = 8196;
	refused(dev, &raw, -EINVAL, UPNVME_ERR_TRANSFER, "not split");
	raw = good;
	raw.data = buf + 1;
	refused(dev, &raw, -EINVAL, UPNVME_ERR_BUFFER_ALIGN, "aligned");
	raw = good;
	raw.metadata = buf + 8192;
	refused(dev, &raw, -EFAULT, UPNVME_ERR_METADATA, "has no length");
	fake_destroy(dev);
}

/* Of a command that the driver knows, in the namespace that the entry names, data_bytes is what its dwords say. */
static void a_known_command_needs_the_length_that_its_dwords_say(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	struct ns_table *one = calloc(1, sizeof(*one) + sizeof(one->ns[0]));
	struct upnvme_raw raw = { .cdw = { 0x02, FAKE_NSID },
				  .data = fake_alloc(dev, 4096),
				  .data_bytes = 4096,
				  .direction = UPNVME_DATA_FROM_DEVICE };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };

	assert_non_null(one);
	one->n = 1;
	one->ns[0] = &dev->ns;
	atomic_store(&dev->ctrlr.namespaces, one);
	raw.cdw[12] = 6;
	refused(dev, &raw, -EINVAL, UPNVME_ERR_TRANSFER, "3584 bytes");
	raw.cdw[12] = 7;
	fake_finish(dev, fake_issue(dev, &op).cid);
	raw.cdw[12] = 6;
	dev->geometry.nblocks = 0; /* gone: its format is not known any more */
	fake_finish(dev, fake_issue(dev, &op).cid);
	atomic_store(&dev->ctrlr.namespaces, NULL);
	free(one);
	fake_destroy(dev);
}

/* Memory is not given back while a command may touch it, and a command from the host may change the medium. */
static void the_slot_notes_the_memory_that_a_raw_command_touches(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 2 });
	char *buf = fake_alloc(dev, 8192);
	const uint64_t page = fake_iova(buf), more = 1ull << SLOT_TOUCHES_PAGES_SHIFT;
	struct upnvme_raw raw = { .cdw = { 0xc0, FAKE_NSID } };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };
	uint16_t cid;

	cid = fake_issue(dev, &op).cid;
	assert_int_equal(atomic_load(&dev->qp->slots[0].touches), SLOT_CHANGES_MEDIUM);
	fake_finish(dev, cid);
	raw.data = buf;
	raw.data_bytes = 8192;
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	cid = fake_issue(dev, &op).cid;
	assert_int_equal(atomic_load(&dev->qp->slots[0].touches), page | more);
	fake_finish(dev, cid);
	raw.direction = UPNVME_DATA_TO_DEVICE;
	cid = fake_issue(dev, &op).cid;
	assert_int_equal(atomic_load(&dev->qp->slots[0].touches),
			 page | more | SLOT_CHANGES_MEDIUM);
	fake_finish(dev, cid);
	raw.metadata = buf;
	raw.metadata_bytes = 8;
	cid = fake_issue(dev, &op).cid;
	assert_true(atomic_load(&dev->qp->slots[0].touches) & SLOT_TOUCHES_MANY);
	fake_finish(dev, cid);
	fake_destroy(dev);
}

/* As the log of effects has it: what a completed command has made of namespaces is read before others are built. */
static void a_command_that_changes_namespaces_is_marked(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 2 });
	struct upnvme_raw raw = { .cdw = { 0xc0, FAKE_NSID } };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };
	uint16_t cid = fake_issue(dev, &op).cid;

	assert_false(dev->qp->slots[0].head & SLOT_CHANGES);
	fake_finish(dev, cid);
	dev->ctrlr.ns_changes.io[3] = 1; /* opcode C0h */
	fake_issue(dev, &op);
	assert_true(dev->qp->slots[0].head & SLOT_CHANGES);
	assert_true(dev->qp->slots[0].blocks & SLOT_NOT_PLAIN);
	fake_destroy(dev);
}

/* The caller's record as another thread leaves it, in the middle of the submission: the clock is read there, by a queue
 * pair that measures latencies. */
static struct upnvme_raw *changing;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (changing) {
		memset(changing, 0xff, sizeof(*changing));
		changing->cdw[0] = 0x4fc1; /* FUSE, PSDT, and another opcode */
	}
	return (int)syscall(SYS_clock_gettime, clock, now);
}

static void a_raw_entry_is_sent_as_it_was_checked(void **state)
{
	struct fake_device *dev =
		fake_create(&(struct fake_config){ .flags = UPNVME_QPAIR_HISTOGRAM });
	struct upnvme_raw raw = { .cdw = { 0xc0, FAKE_NSID } };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };
	struct upnvme_spec_sqe sent;

	dev->ctrlr.ns_changes.io[3] = 1; /* opcode C0h */
	changing = &raw;
	sent = fake_issue(dev, &op);
	changing = NULL;
	assert_int_equal(raw.cdw[0], 0x4fc1); /* the record did change */
	fake_expect_sqe(&sent, &(struct upnvme_spec_sqe){
				       .opcode = 0xc0, .cid = sent.cid, .nsid = FAKE_NSID });
	assert_true(dev->qp->slots[0].head & SLOT_CHANGES);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_raw_command_keeps_its_dwords),
		cmocka_unit_test(raw_commands_that_must_not_be_sent_are_refused),
		cmocka_unit_test(a_known_command_needs_the_length_that_its_dwords_say),
		cmocka_unit_test(the_slot_notes_the_memory_that_a_raw_command_touches),
		cmocka_unit_test(a_command_that_changes_namespaces_is_marked),
		cmocka_unit_test(a_raw_entry_is_sent_as_it_was_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
