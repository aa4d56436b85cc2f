/* SPDX-License-Identifier: BSD-3-Clause */
/* The entry that the kernel gets for each kind of step. */
#include "media/media_fixture.h"

#include <stdio.h>

#include "media/uring_entry.h"

#ifdef HAVE_LIBURING

#include <fcntl.h>
#include <liburing.h>

#include "base/libc.h"

#define FD 7

static struct iovec segments[2];
static char bytes[8192];

static struct io_uring_sqe fill(const struct file_step *step)
{
	struct io_uring_sqe sqe;

	memset(&sqe, 0xa5, sizeof(sqe));
	uring_entry_fill(&sqe, FD, step);
	assert_int_equal(sqe.fd, FD);
	assert_int_equal(sqe.flags, 0);
	return sqe;
}

static void a_lone_segment_needs_no_vector(void **state)
{
	struct file_step step = { .kind = FILE_STEP_READ, .offset_bytes = 4096, .niov = 1 };
	struct io_uring_sqe sqe;

	step.single = (struct iovec){ bytes, 512 };
	step.iov = &step.single;
	sqe = fill(&step);
	assert_int_equal(sqe.opcode, IORING_OP_READ);
	assert_int_equal(sqe.addr, (uintptr_t)bytes);
	assert_int_equal(sqe.len, 512);
	assert_int_equal(sqe.off, 4096);
	assert_int_equal(sqe.rw_flags, 0);
	step.kind = FILE_STEP_WRITE;
	step.flags = RWF_DSYNC;
	sqe = fill(&step);
	assert_int_equal(sqe.opcode, IORING_OP_WRITE);
	assert_int_equal(sqe.rw_flags, RWF_DSYNC);
}

static void several_segments_are_a_vector(void **state)
{
	struct file_step step = {
		.kind = FILE_STEP_WRITE, .offset_bytes = 512, .iov = segments, .niov = 2
	};
	struct io_uring_sqe sqe = fill(&step);

	assert_int_equal(sqe.opcode, IORING_OP_WRITEV);
	assert_int_equal(sqe.addr, (uintptr_t)segments);
	assert_int_equal(sqe.len, 2);
	assert_int_equal(sqe.off, 512);
	step.kind = FILE_STEP_READ;
	assert_int_equal(fill(&step).opcode, IORING_OP_READV);
}

/* io_uring_enter(2): the length of a fallocate is in addr, its mode in len. */
static void clearing_has_its_length_in_the_address(void **state)
{
	struct file_step step = { .kind = FILE_STEP_CLEAR,
				  .flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				  .offset_bytes = 4096,
				  .length_bytes = 1ull << 40 };
	struct io_uring_sqe sqe = fill(&step);

	assert_int_equal(sqe.opcode, IORING_OP_FALLOCATE);
	assert_int_equal(sqe.addr, 1ull << 40);
	assert_int_equal(sqe.len, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
	assert_int_equal(sqe.off, 4096);
}

static void a_sync_is_of_data_only(void **state)
{
	struct file_step step = { .kind = FILE_STEP_SYNC, .offset_bytes = 4096 };
	struct io_uring_sqe sqe = fill(&step);

	assert_int_equal(sqe.opcode, IORING_OP_FSYNC);
	assert_int_equal(sqe.fsync_flags, IORING_FSYNC_DATASYNC);
	assert_int_equal(sqe.off, 0);
	assert_int_equal(sqe.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lone_segment_needs_no_vector),
		cmocka_unit_test(several_segments_are_a_vector),
		cmocka_unit_test(clearing_has_its_length_in_the_address),
		cmocka_unit_test(a_sync_is_of_data_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	puts("built without liburing");
	return 77;
}

#endif
