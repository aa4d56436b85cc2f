/* SPDX-License-Identifier: BSD-3-Clause */
/* Wrong calls: each gets an errno of its class, a stable code, and a sentence with the value in
 * it. */
#include <errno.h>
#include <sys/mman.h>

#include "support.h"

#define BLOCKS 2048u /* of 512 bytes in 1 MiB */

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig_open(rig, 16, 0, "soft:ram?size=1MiB&block=512&mdts=5");
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}

static void a_namespace_that_does_not_exist_is_refused(void **state)
{
	struct rig *rig = *state;
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH, .nsid = 17 };
	upnvme_ns *ns;

	expect_error(upnvme_ns_get(&ns, rig->ctrlr, 2), -ENODEV, UPNVME_ERR_NS_NOT_FOUND, "2",
		     NULL);
	expect_error(upnvme_ns_get(&ns, rig->ctrlr, 0), -EINVAL, UPNVME_ERR_ARGUMENT, "0", NULL);
	expect_error(upnvme_ns_get(&ns, rig->ctrlr, UINT32_MAX), -EINVAL, UPNVME_ERR_ARGUMENT,
		     "4294967295", NULL);
	expect_error(upnvme_ns_get(NULL, rig->ctrlr, 1), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_ns_get(&ns, NULL, 1), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -ENODEV, UPNVME_ERR_NS_NOT_FOUND, "17",
		     NULL);
	expect_error(upnvme_submit(rig->qp, &op, 1), -ENODEV, UPNVME_ERR_NS_NOT_FOUND, "17", NULL);
}

typedef int (*ranged_call)(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
			   upnvme_cb cb, void *arg);

static void a_range_past_the_end_or_wrapping_is_refused(void **state)
{
	static const ranged_call calls[] = { upnvme_write_zeroes, upnvme_deallocate,
					     upnvme_verify };
	static const struct {
		uint64_t lba;
		uint32_t blocks;
		const char *names;
	} bad[] = {
		{ BLOCKS, 1, "2048" },
		{ BLOCKS - 1, 2, "2047" },
		{ 0, BLOCKS + 1, "2049" },
		{ UINT64_MAX, 1, "18446744073709551615" },
		{ UINT64_MAX, 2, "18446744073709551615" },
		{ UINT64_MAX - 7, 16, "18446744073709551608" },
		{ 1, UINT32_MAX, "4294967295" },
		{ 1ull << 63, 1, "9223372036854775808" },
	};
	struct rig *rig = *state;
	void *buf = dma(rig->ctrlr, 2 << 20);

	for (size_t i = 0; i < NELEMS(bad); i++) {
		uint64_t lba = bad[i].lba;
		uint32_t blocks = bad[i].blocks;

		expect_error(upnvme_read(rig->qp, rig->ns, buf, lba, blocks, on_done, NULL),
			     -ERANGE, UPNVME_ERR_LBA_RANGE, bad[i].names, "2048 blocks", NULL);
		expect_error(upnvme_write(rig->qp, rig->ns, buf, lba, blocks, on_done, NULL),
			     -ERANGE, UPNVME_ERR_LBA_RANGE, bad[i].names, NULL);
		expect_error(upnvme_compare(rig->qp, rig->ns, buf, lba, blocks, on_done, NULL),
			     -ERANGE, UPNVME_ERR_LBA_RANGE, bad[i].names, NULL);
		for (size_t j = 0; j < NELEMS(calls); j++)
			expect_error(calls[j](rig->qp, rig->ns, lba, blocks, on_done, NULL),
				     -ERANGE, UPNVME_ERR_LBA_RANGE, bad[i].names, NULL);
	}
	assert_int_equal(upnvme_qpair_inflight(rig->qp), 0);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void zero_and_too_many_blocks_are_refused(void **state)
{
	struct rig *rig = *state, large;
	void *buf = dma(rig->ctrlr, 4096);

	expect_error(upnvme_read(rig->qp, rig->ns, buf, 0, 0, on_done, NULL), -EINVAL,
		     UPNVME_ERR_BLOCKS, "0", NULL);
	expect_error(upnvme_write(rig->qp, rig->ns, buf, 0, 0, on_done, NULL), -EINVAL,
		     UPNVME_ERR_BLOCKS, "0", NULL);
	expect_error(upnvme_write_zeroes(rig->qp, rig->ns, 0, 0, on_done, NULL), -EINVAL,
		     UPNVME_ERR_BLOCKS, "0", NULL);
	expect_error(upnvme_deallocate(rig->qp, rig->ns, 0, 0, on_done, NULL), -EINVAL,
		     UPNVME_ERR_BLOCKS, "0", NULL);
	expect_error(upnvme_verify(rig->qp, rig->ns, 0, 0, on_done, NULL), -EINVAL,
		     UPNVME_ERR_BLOCKS, "0", NULL);
	rig_open(&large, 0, 0, "soft:null?size=512TiB&block=64KiB");
	expect_error(upnvme_read(large.qp, large.ns, buf, 0, UINT32_MAX, on_done, NULL), -EINVAL,
		     UPNVME_ERR_BLOCKS, "4294967295", NULL);
	rig_close(&large);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void null_and_misaligned_buffers_are_refused(void **state)
{
	struct rig *rig = *state;
	char *buf = dma(rig->ctrlr, 8192);

	expect_error(upnvme_read(rig->qp, rig->ns, NULL, 0, 1, on_done, NULL), -EINVAL,
		     UPNVME_ERR_NULL, "buffer", "512", NULL);
	for (int offset = 1; offset < 8; offset++) {
		char at[32];

		if (offset == 4)
			continue;
		snprintf(at, sizeof(at), "%p", (void *)(buf + offset));
		expect_error(upnvme_read(rig->qp, rig->ns, buf + offset, 0, 1, on_done, NULL),
			     -EINVAL, UPNVME_ERR_BUFFER_ALIGN, at, "4", NULL);
		expect_error(upnvme_write(rig->qp, rig->ns, buf + offset, 0, 1, on_done, NULL),
			     -EINVAL, UPNVME_ERR_BUFFER_ALIGN, at, NULL);
	}
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void buffers_that_the_device_cannot_reach_are_refused(void **state)
{
	struct rig *rig = *state;
	static char outside[4096] __attribute__((aligned(4096)));
	char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char at[32];

	snprintf(at, sizeof(at), "%p", (void *)outside);
	expect_error(upnvme_read(rig->qp, rig->ns, outside, 0, 1, on_done, NULL), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, at, "upnvme_mem_register", NULL);
	/* The first page is registered, the second is not. */
	OK(upnvme_mem_register(rig->ctrlr, memory, 4096));
	assert_int_equal(do_read(rig, memory, 0, 8), 0);
	assert_int_equal(do_read(rig, memory + 4096 - 512, 0, 1), 0);
	expect_error(upnvme_read(rig->qp, rig->ns, memory + 4096 - 512, 0, 2, on_done, NULL),
		     -EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE, "1024", NULL);
	expect_error(upnvme_read(rig->qp, rig->ns, memory, 0, 9, on_done, NULL), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, "4608", NULL);
	expect_error(upnvme_read(rig->qp, rig->ns, memory + 4096 - 256, 0, 1, on_done, NULL),
		     -EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE, "512", NULL);
	OK(upnvme_mem_unregister(rig->ctrlr, memory, 4096));
	/* The former look-up is forgotten. */
	expect_error(upnvme_read(rig->qp, rig->ns, memory, 0, 8, on_done, NULL), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, NULL);
	munmap(memory, 8192);
}

static void a_namespace_of_another_controller_is_refused(void **state)
{
	struct rig *rig = *state, other;
	void *buf = dma(rig->ctrlr, 4096);

	rig_open(&other, 0, 0, "soft:ram?size=1MiB");
	expect_error(upnvme_read(rig->qp, other.ns, buf, 0, 1, on_done, NULL), -EXDEV,
		     UPNVME_ERR_NS_FOREIGN, "1", NULL);
	expect_error(upnvme_flush(rig->qp, other.ns, on_done, NULL), -EXDEV, UPNVME_ERR_NS_FOREIGN,
		     NULL);
	rig_close(&other);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void ops_with_impossible_fields_are_refused(void **state)
{
	struct rig *rig = *state;
	void *buf = dma(rig->ctrlr, 4096);
	const struct upnvme_op good = {
		.opcode = UPNVME_OP_READ, .nsid = 1, .blocks = 1, .buf = buf
	};
	struct upnvme_op op = good;

	op.opcode = 0x77;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_OPCODE, "0x77", NULL);
	op = good;
	op.form = 4;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_ARGUMENT, "4", NULL);
	op = good;
	op.dtype = 16;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_ARGUMENT, "16", NULL);
	op = good;
	op.flags = 0x800;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_FLAGS, "0x800", NULL);
	op = good;
	op.flags = UPNVME_DEALLOCATE_ZEROES;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_FLAGS, "read", NULL);
	op = good;
	op.flags = UPNVME_FUSED_FIRST;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -ENOTSUP, UPNVME_ERR_FLAGS, "fused",
		     NULL);
	op = good;
	op.metadata = buf;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_METADATA, "1", NULL);
	op.opcode = UPNVME_OP_VERIFY;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_METADATA, "verify",
		     NULL);
	assert_int_equal(upnvme_qpair_inflight(rig->qp), 0);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void iovecs_whose_sum_is_wrong_are_refused(void **state)
{
	struct rig *rig = *state;
	char *buf = dma(rig->ctrlr, 16384);
	struct iovec iov[3] = { { buf, 4096 }, { buf + 4096, 512 }, { buf + 8192, 4096 } };

	expect_error(upnvme_readv(rig->qp, rig->ns, iov, 2, 0, 10, on_done, NULL), -EINVAL,
		     UPNVME_ERR_IOVEC, "4608", "5120", NULL);
	expect_error(upnvme_readv(rig->qp, rig->ns, iov, 3, 0, 10, on_done, NULL), -EINVAL,
		     UPNVME_ERR_IOVEC, "segment 2", NULL);
	expect_error(upnvme_writev(rig->qp, rig->ns, NULL, 2, 0, 8, on_done, NULL), -EINVAL,
		     UPNVME_ERR_IOVEC, "null", NULL);
	expect_error(upnvme_writev(rig->qp, rig->ns, iov, 0, 0, 8, on_done, NULL), -EINVAL,
		     UPNVME_ERR_IOVEC, NULL);
	expect_error(upnvme_writev(rig->qp, rig->ns, iov, 65536, 0, 8, on_done, NULL), -EINVAL,
		     UPNVME_ERR_IOVEC, "65536", NULL);
	iov[1].iov_len = SIZE_MAX - 100;
	expect_error(upnvme_readv(rig->qp, rig->ns, iov, 3, 0, 10, on_done, NULL), -EINVAL,
		     UPNVME_ERR_IOVEC, "segment 1", NULL);
	iov[1].iov_len = 1024;
	iov[1].iov_base = NULL;
	expect_error(upnvme_readv(rig->qp, rig->ns, iov, 2, 0, 10, on_done, NULL), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, "segment 1", NULL);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void raw_commands_that_cannot_be_sent_are_refused(void **state)
{
	struct rig *rig = *state;
	char *buf = dma(rig->ctrlr, 4096);
	struct upnvme_raw raw = { .cdw = { 0x02, 1 },
				  .data = buf,
				  .data_bytes = 512,
				  .direction = UPNVME_DATA_FROM_DEVICE };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW };

	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_NULL, "raw", NULL);
	op.buf = &raw;
	raw.direction = 3;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_ARGUMENT, "3", NULL);
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	raw.data_bytes = 0;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_ARGUMENT, "0", NULL);
	raw.data_bytes = 1 << 20;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_TRANSFER, "1048576",
		     NULL);
	raw.data_bytes = 512;
	raw.cdw[0] = 0x4002;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_FLAGS, "0x4002",
		     NULL);
	raw.cdw[0] = 0x02;
	raw.data = NULL;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	raw.data = buf + 1;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_BUFFER_ALIGN, NULL);
	raw.data = buf;
	raw.metadata = buf;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EFAULT, UPNVME_ERR_METADATA, "length",
		     NULL);
	raw.metadata_bytes = UINT32_MAX;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EFAULT, UPNVME_ERR_METADATA,
		     "4294967295", NULL);
	raw.metadata = NULL;
	raw.metadata_bytes = 0;
	raw.reserved[2] = 1;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_ARGUMENT, "reserved",
		     NULL);
	raw.reserved[2] = 0;
	raw.reserved32 = 1;
	expect_error(upnvme_io(rig->qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_ARGUMENT, "reserved",
		     NULL);
	raw.reserved32 = 0;
	assert_int_equal(do_op(rig, &op).status, 0);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void null_handles_and_out_parameters_are_refused(void **state)
{
	struct rig *rig = *state;
	struct upnvme_completion done[1];
	struct upnvme_op op = { .opcode = UPNVME_OP_FLUSH, .nsid = 1 };
	void *buf = dma(rig->ctrlr, 4096);
	upnvme_qpair *qp;

	expect_error(upnvme_read(NULL, rig->ns, buf, 0, 1, on_done, NULL), -EINVAL, UPNVME_ERR_NULL,
		     "queue pair", NULL);
	expect_error(upnvme_read(rig->qp, NULL, buf, 0, 1, on_done, NULL), -EINVAL, UPNVME_ERR_NULL,
		     "namespace", NULL);
	expect_error(upnvme_flush(NULL, rig->ns, on_done, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_io(rig->qp, NULL, NULL, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_io(NULL, &op, NULL, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_submit(rig->qp, NULL, 1), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_submit(NULL, &op, 1), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_poll(NULL, 0), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_reap(NULL, done, 1), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_reap(rig->qp, NULL, 1), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_exec(NULL, &op, 1, done, 1, 0), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_exec(rig->qp, NULL, 1, done, 1, 0), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_exec(rig->qp, &op, 1, NULL, 1, 0), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_exec(rig->qp, &op, 1, done, 0, 0), -EINVAL, UPNVME_ERR_ARGUMENT, NULL);
	expect_error(upnvme_qpair_ring(NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_qpair_stop(NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_qpair_release(NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_qpair_adopt(NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_qpair_abandon(NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_qpair_create(&qp, NULL, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_qpair_create(NULL, rig->ctrlr, NULL), -EINVAL, UPNVME_ERR_NULL, NULL);
	assert_int_equal(upnvme_qpair_close(NULL), 0);
	assert_int_equal(upnvme_close(NULL), 0);
	assert_int_equal(upnvme_qpair_id(NULL), 0);
	assert_int_equal(upnvme_qpair_inflight(NULL), 0);
	assert_int_equal(upnvme_ns_block_size(NULL), 0);
	assert_int_equal(upnvme_ns_block_count(NULL), 0);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void a_parent_with_live_children_is_not_closed(void **state)
{
	struct rig *rig = *state;
	void *buf = dma(rig->ctrlr, 4096);

	expect_error(upnvme_close(rig->ctrlr), -EBUSY, UPNVME_ERR_BUSY_CHILDREN, "1", NULL);
	/* The refused call has changed nothing. */
	assert_int_equal(do_read(rig, buf, 0, 1), 0);
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

static void wrong_memory_calls_are_refused(void **state)
{
	struct rig *rig = *state;
	char *buf, *page = dma(rig->ctrlr, 4096);
	char *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *place;

	expect_error(upnvme_dma_alloc(NULL, rig->ctrlr, 1, 0), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_dma_alloc(&place, NULL, 1, 0), -EINVAL, UPNVME_ERR_NULL, NULL);
	expect_error(upnvme_dma_alloc(&place, rig->ctrlr, 0, 0), -EINVAL, UPNVME_ERR_ARGUMENT, "0",
		     NULL);
	expect_error(upnvme_dma_alloc(&place, rig->ctrlr, 1, 3), -EINVAL, UPNVME_ERR_ARGUMENT, "3",
		     NULL);
	expect_error(upnvme_dma_alloc(&place, rig->ctrlr, 1, 4 << 20), -EINVAL, UPNVME_ERR_ARGUMENT,
		     "4194304", NULL);
	expect_error(upnvme_dma_alloc(&place, rig->ctrlr, SIZE_MAX, 0), -EINVAL,
		     UPNVME_ERR_ARGUMENT, NULL);
	expect_error(upnvme_dma_alloc(&place, rig->ctrlr, (size_t)1 << 46, 0), -ENOMEM,
		     UPNVME_ERR_NO_MEMORY, NULL);
	expect_error(upnvme_dma_free(rig->ctrlr, page + 64), -EINVAL, UPNVME_ERR_MEM_NOT_ALLOCATED,
		     NULL);
	expect_error(upnvme_dma_free(rig->ctrlr, &rig), -EINVAL, UPNVME_ERR_MEM_NOT_ALLOCATED,
		     NULL);
	OK(upnvme_dma_free(rig->ctrlr, page));
	expect_error(upnvme_dma_free(rig->ctrlr, page), -EINVAL, UPNVME_ERR_MEM_NOT_ALLOCATED,
		     NULL);
	assert_int_equal(upnvme_dma_free(rig->ctrlr, NULL), 0);
	/* Not unmapped: a mapping of the library's could come to lie in the gap. */
	mprotect(hole + 4096, 4096, PROT_NONE);
	buf = hole;
	expect_error(upnvme_mem_register(rig->ctrlr, buf, 8192), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, NULL);
	expect_error(upnvme_mem_register(rig->ctrlr, NULL, 4096), -EINVAL, UPNVME_ERR_ARGUMENT,
		     NULL);
	expect_error(upnvme_mem_register(rig->ctrlr, buf, 0), -EINVAL, UPNVME_ERR_ARGUMENT, NULL);
	expect_error(upnvme_mem_register(rig->ctrlr, buf, SIZE_MAX), -EINVAL, UPNVME_ERR_ARGUMENT,
		     NULL);
	expect_error(upnvme_mem_unregister(rig->ctrlr, buf, 4096), -EINVAL,
		     UPNVME_ERR_MEM_NOT_REGISTERED, NULL);
	munmap(hole, 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_namespace_that_does_not_exist_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_range_past_the_end_or_wrapping_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(zero_and_too_many_blocks_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(null_and_misaligned_buffers_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(buffers_that_the_device_cannot_reach_are_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_namespace_of_another_controller_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(ops_with_impossible_fields_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(iovecs_whose_sum_is_wrong_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(raw_commands_that_cannot_be_sent_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(null_handles_and_out_parameters_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_parent_with_live_children_is_not_closed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wrong_memory_calls_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
