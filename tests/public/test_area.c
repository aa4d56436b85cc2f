/* SPDX-License-Identifier: BSD-3-Clause */
/* Ops whose pointers are offsets into an area: data within the area is moved, other data is refused
 * by name. */
#include <errno.h>

#include "support.h"

#define BLOCKS     64u
#define AREA_BYTES (64u << 10)

/* An area within a larger allocation, so that the device could reach the memory behind the area's
 * end. */
struct scene {
	struct rig rig;
	char *memory;
	struct upnvme_area area;
};

static void scene_open(struct scene *scene, uint32_t block)
{
	*scene = (struct scene){ .area.data_bytes = AREA_BYTES };
	rig_open(&scene->rig, 128, 0, "soft:ram?size=1MiB&block=%u&mdts=1", block);
	scene->memory = dma(scene->rig.ctrlr, 4 * AREA_BYTES);
	scene->area.data = scene->memory + AREA_BYTES;
}

static struct upnvme_op op_at(uint8_t opcode, uint64_t lba, uint32_t blocks, uint64_t offset)
{
	return (struct upnvme_op){ .opcode = opcode,
				   .nsid = 1,
				   .lba = lba,
				   .blocks = blocks,
				   .tag = lba,
				   .buf = (void *)(uintptr_t)offset };
}

static void run_batch(struct scene *scene, const struct upnvme_op *ops, uint32_t n)
{
	struct upnvme_completion done[BLOCKS];
	uint32_t ndone = 0;

	assert_int_equal(upnvme_submit_at(scene->rig.qp, &scene->area, ops, n), n);
	while (ndone < n) {
		int rc = upnvme_reap(scene->rig.qp, done + ndone, n - ndone);

		assert_true(rc >= 0);
		ndone += (uint32_t)rc;
	}
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(done[i].status, 0);
}

/* Offsets that are pages, that are blocks within a page, that cross pages, and that make several commands. */
static void a_batch_goes_where_its_offsets_say(uint32_t block, uint32_t blocks)
{
	struct scene scene;
	struct upnvme_op ops[BLOCKS];
	uint32_t n = BLOCKS / blocks;

	scene_open(&scene, block);
	pattern_fill(scene.area.data, 0, BLOCKS, block, 7);
	for (uint32_t i = 0; i < n; i++)
		ops[i] = op_at(UPNVME_OP_WRITE, i * blocks, blocks, (uint64_t)i * blocks * block);
	run_batch(&scene, ops, n);
	memset(scene.memory, 0xee, 4 * AREA_BYTES);
	/* Read back in the opposite order, as far as the end of the area. */
	for (uint32_t i = 0; i < n; i++)
		ops[i] = op_at(UPNVME_OP_READ, i * blocks, blocks,
			       AREA_BYTES - (uint64_t)(i + 1) * blocks * block);
	run_batch(&scene, ops, n);
	for (uint32_t i = 0; i < n; i++)
		assert_true(pattern_is((char *)scene.area.data + (uintptr_t)ops[i].buf, i * blocks,
				       blocks, block, 7));
	assert_int_equal((unsigned char)scene.memory[AREA_BYTES - 1], 0xee);
	assert_int_equal((unsigned char)scene.memory[2 * AREA_BYTES], 0xee);
	rig_close(&scene.rig);
}

static void batches_of_all_sizes(void **state)
{
	(void)state;
	a_batch_goes_where_its_offsets_say(512, 1);
	a_batch_goes_where_its_offsets_say(512, 8);
	a_batch_goes_where_its_offsets_say(512, 16);
	a_batch_goes_where_its_offsets_say(512, 32);
	a_batch_goes_where_its_offsets_say(1024, 1);
	a_batch_goes_where_its_offsets_say(1024, 4);
}

static void refused(struct scene *scene, struct upnvme_op op, int err, uint32_t code,
		    const char *word)
{
	struct upnvme_completion done;
	struct io io = { 0 };

	expect_error(upnvme_io_at(scene->rig.qp, &scene->area, &op, on_done, &io), err, code, word,
		     NULL);
	expect_error(upnvme_submit_at(scene->rig.qp, &scene->area, &op, 1), err, code, word, NULL);
	expect_error(upnvme_exec_at(scene->rig.qp, &scene->area, &op, 1, &done, 1, 0), err, code,
		     word, NULL);
	assert_int_equal(upnvme_qpair_inflight(scene->rig.qp), 0);
}

static void an_op_that_passes_the_end_of_the_area_is_refused(void **state)
{
	static const uint8_t opcodes[] = { UPNVME_OP_READ, UPNVME_OP_WRITE, UPNVME_OP_COMPARE };
	struct scene scene;

	(void)state;
	scene_open(&scene, 512);
	for (uint32_t i = 0; i < NELEMS(opcodes); i++) {
		const uint8_t opcode = opcodes[i];

		refused(&scene, op_at(opcode, 0, 1, AREA_BYTES), -EFAULT, UPNVME_ERR_BUFFER_SHORT,
			"65536");
		refused(&scene, op_at(opcode, 0, 1, AREA_BYTES - 508), -EFAULT,
			UPNVME_ERR_BUFFER_SHORT, "65028");
		refused(&scene, op_at(opcode, 0, 8, AREA_BYTES - 2048), -EFAULT,
			UPNVME_ERR_BUFFER_SHORT, "4096");
		refused(&scene, op_at(opcode, 0, 129, 0), -EFAULT, UPNVME_ERR_BUFFER_SHORT,
			"66048");
		refused(&scene, op_at(opcode, 0, 1, UINT64_MAX - 511), -EFAULT,
			UPNVME_ERR_BUFFER_SHORT, "18446744073709551104");
		/* The device could reach the memory before and behind the area. */
		refused(&scene, op_at(opcode, 0, 1, (uint64_t)0 - 4096), -EFAULT,
			UPNVME_ERR_BUFFER_SHORT, "18446744073709547520");
	}
	rig_close(&scene.rig);
}

/* The other fields of an op are checked first, as without an area. */
static void other_fields_of_an_op_are_checked_before_its_offset(void **state)
{
	struct scene scene;
	struct upnvme_op op;

	(void)state;
	scene_open(&scene, 512);
	refused(&scene, op_at(UPNVME_OP_READ, 2048, 1, AREA_BYTES), -ERANGE, UPNVME_ERR_LBA_RANGE,
		"2048");
	refused(&scene, op_at(UPNVME_OP_READ, 0, 0, 0), -EINVAL, UPNVME_ERR_BLOCKS, "0");
	refused(&scene, op_at(UPNVME_OP_READ, 0, 1, 2), -EINVAL, UPNVME_ERR_BUFFER_ALIGN, "4");
	op = op_at(UPNVME_OP_READ, 0, 1, 0);
	op.nsid = 9;
	refused(&scene, op, -ENODEV, UPNVME_ERR_NS_NOT_FOUND, "9");
	op = op_at(UPNVME_OP_READ, 0, 1, 0);
	op.metadata = (void *)8;
	scene.area.metadata = scene.area.data;
	scene.area.metadata_bytes = AREA_BYTES;
	refused(&scene, op, -EINVAL, UPNVME_ERR_METADATA, "namespace 1");
	op.metadata = (void *)(AREA_BYTES + 1);
	refused(&scene, op, -EFAULT, UPNVME_ERR_BUFFER_SHORT, "metadata");
	rig_close(&scene.rig);
}

static void forms_with_addresses_are_refused(void **state)
{
	struct upnvme_op op = op_at(UPNVME_OP_READ, 0, 1, 0);
	struct scene scene;

	(void)state;
	scene_open(&scene, 512);
	op.form = UPNVME_FORM_IOV;
	op.niov = 1;
	refused(&scene, op, -EINVAL, UPNVME_ERR_ARGUMENT, "form 1");
	op.form = UPNVME_FORM_RAW;
	refused(&scene, op, -EINVAL, UPNVME_ERR_ARGUMENT, "form 2");
	op.form = UPNVME_FORM_RANGES;
	refused(&scene, op, -EINVAL, UPNVME_ERR_ARGUMENT, "0x2");
	op.form = 4;
	refused(&scene, op, -EINVAL, UPNVME_ERR_ARGUMENT, "form 4");
	rig_close(&scene.rig);
}

/* Offsets of commands that move nothing mean nothing, and there need be no memory. */
static void an_area_may_be_empty(void **state)
{
	struct scene scene;
	struct upnvme_op ops[] = { op_at(UPNVME_OP_FLUSH, 0, 0, 77),
				   op_at(UPNVME_OP_WRITE_ZEROES, 3, 2, 1ull << 40),
				   op_at(UPNVME_OP_VERIFY, 3, 2, 0),
				   op_at(UPNVME_OP_DATASET_MANAGEMENT, 8, 8, 4096) };

	(void)state;
	scene_open(&scene, 512);
	ops[3].metadata = (void *)5;
	scene.area = (struct upnvme_area){ 0 };
	run_batch(&scene, ops, NELEMS(ops));
	refused(&scene, op_at(UPNVME_OP_READ, 0, 1, 0), -EINVAL, UPNVME_ERR_NULL, "512 bytes");
	scene.area.data_bytes = AREA_BYTES;
	refused(&scene, op_at(UPNVME_OP_WRITE, 0, 1, 8), -EINVAL, UPNVME_ERR_NULL, "512 bytes");
	rig_close(&scene.rig);
}

/* Range definitions (NVM Command Set 1.0, Figure 41) at an offset. */
static void ranges_lie_in_the_area(void **state)
{
	struct scene scene;
	struct upnvme_op op = op_at(UPNVME_OP_DATASET_MANAGEMENT, 0, 2, AREA_BYTES - 32);
	const uint64_t ranges[4] = { 8ull << 32, 8, 16ull << 32, 40 };
	char *buf;

	(void)state;
	scene_open(&scene, 512);
	buf = dma(scene.rig.ctrlr, BLOCKS * 512);
	pattern_fill(buf, 0, BLOCKS, 512, 3);
	assert_int_equal(do_write(&scene.rig, buf, 0, BLOCKS), 0);
	memcpy((char *)scene.area.data + AREA_BYTES - 32, ranges, sizeof(ranges));
	op.form = UPNVME_FORM_RANGES;
	op.dsm = 4; /* deallocate */
	run_batch(&scene, &op, 1);
	assert_int_equal(do_read(&scene.rig, buf, 0, BLOCKS), 0);
	for (uint32_t lba = 0; lba < BLOCKS; lba++)
		assert_int_equal(pattern_is(buf + lba * 512, lba, 1, 512, 3),
				 !(lba - 8 < 8 || lba - 40 < 16));
	op.blocks = 3;
	refused(&scene, op, -EFAULT, UPNVME_ERR_BUFFER_SHORT, "48");
	op.form = UPNVME_FORM_BUF;
	op.buf = buf;
	expect_error(upnvme_io(scene.rig.qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_ARGUMENT,
		     "UPNVME_FORM_RANGES", NULL);
	rig_close(&scene.rig);
}

static void a_batch_ends_at_the_op_that_does_not_fit(void **state)
{
	struct scene scene;
	struct upnvme_completion done[4];
	struct upnvme_op ops[4] = { op_at(UPNVME_OP_READ, 0, 1, 0),
				    op_at(UPNVME_OP_READ, 1, 1, 512),
				    op_at(UPNVME_OP_READ, 2, 1, AREA_BYTES),
				    op_at(UPNVME_OP_READ, 3, 1, 0) };

	(void)state;
	scene_open(&scene, 512);
	assert_int_equal(upnvme_submit_at(scene.rig.qp, &scene.area, ops, 4), 2);
	assert_int_equal(upnvme_exec(scene.rig.qp, NULL, 0, done, 4, UINT64_MAX), 2);
	assert_int_equal(upnvme_exec_at(scene.rig.qp, &scene.area, ops, 4, done, 4, UINT64_MAX), 2);
	assert_int_equal(done[1].tag, 1);
	rig_close(&scene.rig);
}

/* A lease does the same in one call; a callback's argument comes back. */
static void exec_at_and_io_at_do_one_command(void **state)
{
	struct scene scene;
	struct upnvme_completion done;
	struct upnvme_op op = op_at(UPNVME_OP_WRITE, 5, 1, 1024);
	struct io io = { 0 };

	(void)state;
	scene_open(&scene, 512);
	pattern_fill((char *)scene.area.data + 1024, 5, 1, 512, 9);
	OK(upnvme_qpair_release(scene.rig.qp));
	assert_int_equal(upnvme_exec_at(scene.rig.qp, &scene.area, &op, 1, &done, 1, UINT64_MAX),
			 1);
	assert_int_equal(done.status, 0);
	OK(upnvme_qpair_adopt(scene.rig.qp));
	op.opcode = UPNVME_OP_READ;
	op.buf = (void *)2048;
	OK(upnvme_io_at(scene.rig.qp, &scene.area, &op, on_done, &io));
	wait_for(scene.rig.qp, &io, 1);
	assert_true(pattern_is((char *)scene.area.data + 2048, 5, 1, 512, 9));
	rig_close(&scene.rig);
}

static void null_arguments_are_named(void **state)
{
	struct scene scene;
	struct upnvme_completion done;
	struct upnvme_op op = op_at(UPNVME_OP_FLUSH, 0, 0, 0);
	upnvme_qpair *qp;

	(void)state;
	scene_open(&scene, 512);
	qp = scene.rig.qp;
	expect_error(upnvme_submit_at(NULL, &scene.area, &op, 1), -EINVAL, UPNVME_ERR_NULL,
		     "queue pair", NULL);
	expect_error(upnvme_submit_at(qp, NULL, &op, 1), -EINVAL, UPNVME_ERR_NULL, "area", NULL);
	expect_error(upnvme_submit_at(qp, &scene.area, NULL, 1), -EINVAL, UPNVME_ERR_NULL, "ops",
		     NULL);
	expect_error(upnvme_io_at(NULL, &scene.area, &op, NULL, NULL), -EINVAL, UPNVME_ERR_NULL,
		     "queue pair", NULL);
	expect_error(upnvme_io_at(qp, NULL, &op, NULL, NULL), -EINVAL, UPNVME_ERR_NULL, "area",
		     NULL);
	expect_error(upnvme_io_at(qp, &scene.area, NULL, NULL, NULL), -EINVAL, UPNVME_ERR_NULL,
		     "op", NULL);
	expect_error(upnvme_exec_at(qp, NULL, &op, 1, &done, 1, 0), -EINVAL, UPNVME_ERR_NULL,
		     "area", NULL);
	expect_error(upnvme_exec_at(NULL, &scene.area, &op, 1, &done, 1, 0), -EINVAL,
		     UPNVME_ERR_NULL, "upnvme_exec_at", NULL);
	rig_close(&scene.rig);
}

/* Other threads are kept out, with any memory. */
static int by_a_stranger(void *arg)
{
	struct scene *scene = arg;
	struct upnvme_op op = op_at(UPNVME_OP_READ, 0, 1, AREA_BYTES);

	return upnvme_submit_at(scene->rig.qp, &scene->area, &op, 1) == -EPERM &&
	       upnvme_io_at(scene->rig.qp, &scene->area, &op, NULL, NULL) == -EPERM;
}

static void another_thread_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 512);
	assert_true(in_thread(by_a_stranger, &scene));
	rig_close(&scene.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_of_all_sizes),
		cmocka_unit_test(an_op_that_passes_the_end_of_the_area_is_refused),
		cmocka_unit_test(other_fields_of_an_op_are_checked_before_its_offset),
		cmocka_unit_test(forms_with_addresses_are_refused),
		cmocka_unit_test(an_area_may_be_empty),
		cmocka_unit_test(ranges_lie_in_the_area),
		cmocka_unit_test(a_batch_ends_at_the_op_that_does_not_fit),
		cmocka_unit_test(exec_at_and_io_at_do_one_command),
		cmocka_unit_test(null_arguments_are_named),
		cmocka_unit_test(another_thread_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
