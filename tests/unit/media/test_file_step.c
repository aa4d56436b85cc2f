/* SPDX-License-Identifier: BSD-3-Clause */
/* A request's steps, with results that a real file system seldom gives. */
#include "media/media_fixture.h"

#include <fcntl.h>

#include "media/file_step.h"

static struct file_media file;
static struct file_step step;
static struct io io;
static uint8_t buffer[16384];

static int reset(void **state)
{
	memset(&file, 0, sizeof(file));
	file.base.size_bytes = 1 << 20;
	file.path = (char *)"disk.img";
	file.witness_fd = -1;
	return 0;
}

static void begin(enum media_op op, uint64_t offset, uint64_t length, bool fua)
{
	io_prepare(&io, op, offset, buffer, length);
	io.request.fua = fua;
	file_step_begin(&file, &io.request);
}

static void expect(enum file_step_kind kind, int flags, uint64_t offset)
{
	file_step_next(&file, &io.request, &step);
	assert_int_equal(step.kind, kind);
	assert_int_equal(step.flags, flags);
	if (kind != FILE_STEP_SYNC)
		assert_int_equal(step.offset_bytes, offset);
}

static void expect_single(void *base, size_t bytes)
{
	assert_int_equal(step.niov, 1);
	assert_ptr_equal(step.iov->iov_base, base);
	assert_int_equal(step.iov->iov_len, bytes);
}

static void goes_on_after(int64_t result)
{
	assert_false(file_step_end(&file, &io.request, result));
}

static void finishes_after(int64_t step_result, int result)
{
	assert_true(file_step_end(&file, &io.request, step_result));
	assert_int_equal(io.request.link.result, result);
}

static void a_short_read_is_continued(void **state)
{
	begin(MEDIA_READ, 4096, 8192, false);
	expect(FILE_STEP_READ, 0, 4096);
	expect_single(buffer, 8192);
	goes_on_after(100);
	expect(FILE_STEP_READ, 0, 4196);
	expect_single(buffer + 100, 8092);
	finishes_after(8092, 0);
}

static void a_segment_that_is_partly_done_is_continued_alone(void **state)
{
	struct iovec segments[] = { { buffer, 0 },
				    { buffer, 1000 },
				    { NULL, 0 },
				    { buffer + 1000, 3000 },
				    { buffer + 4000, 96 } };

	begin(MEDIA_WRITE, 0, 4096, false);
	io.request.iov = segments;
	io.request.niov = 5;
	expect(FILE_STEP_WRITE, 0, 0);
	assert_ptr_equal(step.iov, &segments[1]);
	assert_int_equal(step.niov, 4);
	goes_on_after(999);
	expect(FILE_STEP_WRITE, 0, 999);
	expect_single(buffer + 999, 1);
	goes_on_after(1);
	expect(FILE_STEP_WRITE, 0, 1000);
	assert_ptr_equal(step.iov, &segments[3]);
	assert_int_equal(step.niov, 2);
	goes_on_after(3050);
	expect(FILE_STEP_WRITE, 0, 4050);
	expect_single(buffer + 4050, 46);
	finishes_after(46, 0);
}

static void a_vector_is_cut_at_what_a_system_call_takes(void **state)
{
	static struct iovec segments[1500];

	for (int i = 0; i < 1500; i++)
		segments[i] = (struct iovec){ buffer + i, 1 };
	begin(MEDIA_READ, 0, 1500, false);
	io.request.iov = segments;
	io.request.niov = 1500;
	expect(FILE_STEP_READ, 0, 0);
	assert_int_equal(step.niov, 1024);
	goes_on_after(1024);
	expect(FILE_STEP_READ, 0, 1024);
	assert_ptr_equal(step.iov, &segments[1024]);
	assert_int_equal(step.niov, 476);
	finishes_after(476, 0);
}

static void a_segment_of_gigabytes_is_cut(void **state)
{
	begin(MEDIA_READ, 0, 5ull << 30, false);
	expect(FILE_STEP_READ, 0, 0);
	expect_single(buffer, 1u << 30);
}

static void interruptions_are_tried_again(void **state)
{
	static const int interruptions[] = { -EINTR, -EAGAIN, -ECANCELED };

	begin(MEDIA_WRITE, 0, 4096, false);
	for (int i = 0; i < 3; i++) {
		expect(FILE_STEP_WRITE, 0, 0);
		goes_on_after(interruptions[i]);
	}
	finishes_after(4096, 0);
}

static void the_end_of_the_file_is_an_error(void **state)
{
	begin(MEDIA_READ, 0, 4096, false);
	goes_on_after(4095);
	finishes_after(0, -EIO);
	begin(MEDIA_WRITE, 0, 4096, false);
	finishes_after(0, -EIO);
}

static void errors_for_want_of_room_are_enospc(void **state)
{
	static const struct {
		int from, to;
	} errors[] = { { -ENOSPC, -ENOSPC }, { -EDQUOT, -ENOSPC }, { -EFBIG, -ENOSPC },
		       { -EIO, -EIO },       { -EINVAL, -EINVAL }, { -EOPNOTSUPP, -EOPNOTSUPP } };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		begin(MEDIA_WRITE, 0, 4096, false);
		finishes_after(errors[i].from, errors[i].to);
	}
}

static void fua_writes_are_durable_by_themselves(void **state)
{
	begin(MEDIA_WRITE, 512, 4096, true);
	expect(FILE_STEP_WRITE, RWF_DSYNC, 512);
	goes_on_after(96);
	expect(FILE_STEP_WRITE, RWF_DSYNC, 608);
	finishes_after(4000, 0);
}

static void fua_writes_are_synced_where_rwf_dsync_is_refused(void **state)
{
	begin(MEDIA_WRITE, 512, 4096, true);
	expect(FILE_STEP_WRITE, RWF_DSYNC, 512);
	goes_on_after(-EOPNOTSUPP);
	expect(FILE_STEP_WRITE, 0, 512);
	goes_on_after(4096);
	expect(FILE_STEP_SYNC, 0, 0);
	finishes_after(0, 0);

	begin(MEDIA_WRITE, 0, 512, true); /* the next request knows */
	expect(FILE_STEP_WRITE, 0, 0);
	goes_on_after(512);
	expect(FILE_STEP_SYNC, 0, 0);
	goes_on_after(-EINTR);
	expect(FILE_STEP_SYNC, 0, 0);
	finishes_after(-EIO, -EIO);

	begin(MEDIA_WRITE, 0, 512, true);
	finishes_after(-EOPNOTSUPP, -EOPNOTSUPP);
}

static void a_call_that_a_sandbox_forbids_is_replaced_by_another(void **state)
{
	begin(MEDIA_WRITE, 0, 512, true);
	expect(FILE_STEP_WRITE, RWF_DSYNC, 0);
	goes_on_after(-EPERM);
	expect(FILE_STEP_WRITE, 0, 0);
	goes_on_after(512);
	expect(FILE_STEP_SYNC, 0, 0);
	finishes_after(0, 0);

	begin(MEDIA_WRITE_ZEROES, 0, 512, false);
	expect(FILE_STEP_CLEAR, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0);
	goes_on_after(-EPERM);
	goes_on_after(-EPERM);
	expect(FILE_STEP_WRITE, 0, 0);
	finishes_after(512, 0);
	assert_false(file.base.failed);
}

/* Requests that were under way, or wait for their turn, fail too. */
static void after_a_failed_sync_only_reads_go_on(void **state)
{
	struct io under_way, waiting;

	io_prepare(&under_way, MEDIA_FLUSH, 0, NULL, 0);
	io_prepare(&waiting, MEDIA_WRITE, 0, buffer, 512);
	file_step_begin(&file, &under_way.request);
	file_step_begin(&file, &waiting.request);
	assert_false(file_step_refused(&file, &waiting.request, file.base.size_bytes));
	begin(MEDIA_FLUSH, 0, 0, false);
	assert_false(file.base.failed);
	finishes_after(-EIO, -EIO);
	assert_true(file.base.failed);
	assert_true(file_step_end(&file, &under_way.request, 0));
	assert_int_equal(under_way.request.link.result, -EIO);
	assert_true(file_step_refused(&file, &waiting.request, file.base.size_bytes));
	assert_int_equal(waiting.request.link.result, -EIO);
	begin(MEDIA_READ, 0, 512, false);
	assert_false(file_step_refused(&file, &io.request, file.base.size_bytes));
	finishes_after(512, 0);
}

/* Without a witness nobody can tell whether the write or the sync had no room. */
static void a_durable_write_that_fails_is_a_failed_sync(void **state)
{
	static const int errors[] = { -EIO, -ENOSPC };

	for (int i = 0; i < 2; i++) {
		reset(state);
		begin(MEDIA_WRITE, 0, 512, true);
		finishes_after(errors[i], errors[i]);
		assert_true(file.base.failed);
	}
	reset(state);
	begin(MEDIA_WRITE, 0, 512, false);
	finishes_after(-EIO, -EIO);
	begin(MEDIA_DEALLOCATE, 0, 512, true);
	finishes_after(-EIO, -EIO);
	assert_false(file.base.failed);
}

static void flush_is_a_sync(void **state)
{
	begin(MEDIA_FLUSH, UINT64_MAX, UINT64_MAX, true);
	expect(FILE_STEP_SYNC, 0, 0);
	finishes_after(0, 0);
	begin(MEDIA_FLUSH, 0, 0, false);
	finishes_after(-ENOSPC, -ENOSPC);
}

static const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
static const int zero_range = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;

static void zeroes_are_holes(void **state)
{
	static const enum media_op ops[] = { MEDIA_DEALLOCATE, MEDIA_WRITE_ZEROES };

	for (int i = 0; i < 2; i++) {
		begin(ops[i], 4096, 1 << 19, false);
		expect(FILE_STEP_CLEAR, punch, 4096);
		assert_int_equal(step.length_bytes, 1 << 19);
		finishes_after(0, 0);
	}
}

static void durable_zeroes_are_synced(void **state)
{
	begin(MEDIA_DEALLOCATE, 4096, 8192, true);
	expect(FILE_STEP_CLEAR, punch, 4096);
	goes_on_after(0);
	expect(FILE_STEP_SYNC, 0, 0);
	finishes_after(0, 0);
}

static void zeroes_are_written_where_holes_are_refused(void **state)
{
	const uint64_t length = 300 * 1024;

	begin(MEDIA_DEALLOCATE, 4096, length, true);
	expect(FILE_STEP_CLEAR, punch, 4096);
	goes_on_after(-EOPNOTSUPP);
	expect(FILE_STEP_CLEAR, zero_range, 4096);
	goes_on_after(-EOPNOTSUPP);
	expect(FILE_STEP_WRITE, 0, 4096);
	assert_int_equal(step.niov, 1);
	assert_int_equal(step.iov->iov_len, 128 * 1024);
	assert_all(step.iov->iov_base, step.iov->iov_len, 0);
	goes_on_after(128 * 1024);
	expect(FILE_STEP_WRITE, 0, 4096 + 128 * 1024);
	goes_on_after(100 * 1024);
	expect(FILE_STEP_WRITE, 0, 4096 + 228 * 1024);
	assert_int_equal(step.iov->iov_len, 72 * 1024);
	goes_on_after(72 * 1024);
	expect(FILE_STEP_SYNC, 0, 0);
	finishes_after(0, 0);

	begin(MEDIA_WRITE_ZEROES, 0, 512, false); /* the next request knows */
	expect(FILE_STEP_WRITE, 0, 0);
	assert_int_equal(step.iov->iov_len, 512);
	finishes_after(-ENOSPC, -ENOSPC);
}

static void a_refused_range_does_not_change_how_the_next_is_cleared(void **state)
{
	begin(MEDIA_DEALLOCATE, 512, 512, false);
	expect(FILE_STEP_CLEAR, punch, 512);
	goes_on_after(-EINVAL);
	expect(FILE_STEP_CLEAR, zero_range, 512);
	goes_on_after(-EINVAL);
	expect(FILE_STEP_WRITE, 0, 512);
	finishes_after(512, 0);
	begin(MEDIA_DEALLOCATE, 0, 4096, false);
	expect(FILE_STEP_CLEAR, punch, 0);
	finishes_after(-EIO, -EIO);
}

static void changes_past_a_shortened_end_are_refused(void **state)
{
	begin(MEDIA_WRITE, 4096, 4096, false);
	assert_false(file_step_refused(&file, &io.request, 8192));
	assert_true(file_step_refused(&file, &io.request, 8191));
	assert_int_equal(io.request.link.result, -EIO);
	begin(MEDIA_DEALLOCATE, 4096, 4096, false);
	assert_true(file_step_refused(&file, &io.request, 4096));
	begin(MEDIA_READ, 4096, 4096, false);
	assert_false(file_step_refused(&file, &io.request, 0));
	begin(MEDIA_FLUSH, 0, 0, false);
	assert_false(file_step_refused(&file, &io.request, file.base.size_bytes));
	assert_true(file_step_refused(&file, &io.request, file.base.size_bytes - 1));
}

#define test(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_short_read_is_continued),
		test(a_segment_that_is_partly_done_is_continued_alone),
		test(a_vector_is_cut_at_what_a_system_call_takes),
		test(a_segment_of_gigabytes_is_cut),
		test(interruptions_are_tried_again),
		test(the_end_of_the_file_is_an_error),
		test(errors_for_want_of_room_are_enospc),
		test(fua_writes_are_durable_by_themselves),
		test(fua_writes_are_synced_where_rwf_dsync_is_refused),
		test(a_call_that_a_sandbox_forbids_is_replaced_by_another),
		test(after_a_failed_sync_only_reads_go_on),
		test(a_durable_write_that_fails_is_a_failed_sync),
		test(flush_is_a_sync),
		test(zeroes_are_holes),
		test(durable_zeroes_are_synced),
		test(zeroes_are_written_where_holes_are_refused),
		test(a_refused_range_does_not_change_how_the_next_is_cleared),
		test(changes_past_a_shortened_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
