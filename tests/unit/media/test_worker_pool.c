/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads over one file: every request is delivered, and blocked ones as soon as they may begin. */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pause.h"
#include "media/file_step.h"
#include "media/worker_pool.h"

#define NIOS 200

static struct temp_path temp;
static struct file_media file;
static struct worker_pool *pool;
static struct io ios[NIOS];
static uint8_t buffers[NIOS][512];
static _Atomic unsigned ndelivered;

static void deliver(struct media_request *request)
{
	((struct io *)request)->ndone++;
	atomic_fetch_add(&ndelivered, 1);
}

static int setup(void **state)
{
	temp_file_make(&temp, NIOS * 512);
	memset(&file, 0, sizeof(file));
	file.base.size_bytes = NIOS * 512;
	file.path = temp.path;
	file.witness_fd = -1;
	file.fd = open(temp.path, O_RDWR | O_CLOEXEC);
	range_locks_init(&file.ranges, NULL, UINT64_MAX);
	atomic_store(&ndelivered, 0);
	return file.fd < 0 || worker_pool_start(&pool, &file, deliver);
}

static int teardown(void **state)
{
	worker_pool_stop(pool);
	close(file.fd);
	temp_path_remove(&temp);
	return 0;
}

static void begin(struct io *io, enum media_op op, uint64_t offset, uint8_t *buffer)
{
	io_prepare(io, op, offset, buffer, 512);
	file_step_begin(&file, &io->request);
}

static void give(struct io *io)
{
	struct request_list list = { 0 };

	request_list_push(&list, &io->request);
	worker_pool_give(pool, &list);
}

static void expect_delivered(unsigned n)
{
	uint64_t deadline_ns = deadline_after(60 * NS_PER_S);
	struct pause pause = { 0 };

	while (atomic_load(&ndelivered) < n && !deadline_passed(deadline_ns))
		pause_next(&pause);
	assert_int_equal(atomic_load(&ndelivered), n);
}

static void each_request_of_a_list_is_done_once(void **state)
{
	struct request_list list = { 0 };
	uint8_t there[512];

	worker_pool_give(pool, &list); /* an empty one wakes nobody */
	for (int i = 0; i < NIOS; i++) {
		memset(buffers[i], i + 1, 512);
		begin(&ios[i], MEDIA_WRITE, (uint64_t)i * 512, buffers[i]);
		request_list_push(&list, &ios[i].request);
	}
	worker_pool_give(pool, &list);
	expect_delivered(NIOS);
	for (int i = 0; i < NIOS; i++) {
		assert_int_equal(ios[i].ndone, 1);
		assert_int_equal(ios[i].request.link.result, 0);
		assert_int_equal(pread(file.fd, there, 512, i * 512), 512);
		assert_memory_equal(there, buffers[i], 512);
	}
}

static void a_blocked_request_is_done_once_the_range_was_left(void **state)
{
	struct io holder;

	begin(&holder, MEDIA_WRITE, 0, buffers[0]);
	assert_true(range_take(&file.ranges, &holder.request));
	begin(&ios[0], MEDIA_WRITE, 0, buffers[0]);
	begin(&ios[1], MEDIA_WRITE, 512, buffers[1]);
	give(&ios[0]);
	give(&ios[1]);
	expect_delivered(1);
	assert_int_equal(ios[0].ndone, 0);
	assert_int_equal(ios[1].ndone, 1);
	worker_pool_look_again(pool); /* too early */
	begin(&ios[2], MEDIA_READ, 1024, buffers[2]);
	give(&ios[2]);
	expect_delivered(2);
	assert_int_equal(ios[0].ndone, 0);
	range_leave(&file.ranges, &holder.request);
	worker_pool_look_again(pool);
	expect_delivered(3);
	assert_int_equal(ios[0].ndone, 1);
}

static void a_failure_is_the_requests_result(void **state)
{
	begin(&ios[0], MEDIA_READ, NIOS * 512, buffers[0]); /* behind the end */
	give(&ios[0]);
	expect_delivered(1);
	assert_int_equal(ios[0].request.link.result, -EIO);
	assert_int_equal(truncate(temp.path, 512), 0);
	begin(&ios[1], MEDIA_WRITE, 512, buffers[1]);
	give(&ios[1]);
	expect_delivered(2);
	assert_int_equal(ios[1].request.link.result, -EIO);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(each_request_of_a_list_is_done_once),
		test(a_blocked_request_is_done_once_the_range_was_left),
		test(a_failure_is_the_requests_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
