/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors that signal an eventfd, another, or none. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "transport/soft/vectors.h"

static uint64_t signals(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void a_vector_signals_the_eventfd_that_it_was_given(void **state)
{
	int one = eventfd(0, EFD_NONBLOCK), two = eventfd(0, EFD_NONBLOCK);
	struct vectors *vectors;

	assert_int_equal(vectors_create(&vectors, 4), 0);
	vectors_signal(vectors, 3);
	assert_int_equal(vectors_set(vectors, 3, one), 0);
	assert_int_equal(vectors_set(vectors, 1, two), 0);
	vectors_signal(vectors, 3);
	vectors_signal(vectors, 3);
	vectors_signal(vectors, 2);
	assert_int_equal(signals(one), 2);
	assert_int_equal(signals(two), 0);
	vectors_signal(vectors, 1);
	assert_int_equal(signals(two), 1);
	assert_int_equal(vectors_set(vectors, 3, -1), 0);
	vectors_signal(vectors, 3);
	assert_int_equal(signals(one), 0);
	vectors_destroy(vectors);
	vectors_destroy(NULL);
	close(one);
	close(two);
}

static void a_vector_beyond_the_last_is_refused(void **state)
{
	struct vectors *vectors;

	assert_int_equal(vectors_create(&vectors, 4), 0);
	assert_int_equal(vectors_set(vectors, 4, 0), -ENOSPC);
	assert_int_equal(error_last()->code, UPNVME_ERR_QPAIR_LIMIT);
	vectors_destroy(vectors);
}

/* The controller goes on although the eventfd is never read. */
static void a_full_eventfd_does_not_hold_the_controller(void **state)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t full = UINT64_MAX - 1;
	struct vectors *vectors;

	assert_int_equal(vectors_create(&vectors, 1), 0);
	assert_int_equal(vectors_set(vectors, 0, fd), 0);
	assert_int_equal(write(fd, &full, sizeof(full)), sizeof(full));
	vectors_signal(vectors, 0);
	assert_true(signals(fd) == full);
	vectors_destroy(vectors);
	close(fd);
}

struct storm {
	struct vectors *vectors;
	_Atomic bool stop;
};

static void *signal_all_the_time(void *arg)
{
	struct storm *storm = arg;

	while (!atomic_load(&storm->stop))
		vectors_signal(storm->vectors, 0);
	return NULL;
}

/* An eventfd that was taken back may belong to others. */
static void an_eventfd_that_was_taken_back_is_not_written(void **state)
{
	struct storm storm = { 0 };
	pthread_t thread;

	assert_int_equal(vectors_create(&storm.vectors, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, signal_all_the_time, &storm), 0);
	for (int i = 0; i < 2000; i++) {
		int fd = eventfd(0, EFD_NONBLOCK);

		assert_int_equal(vectors_set(storm.vectors, 0, fd), 0);
		assert_int_equal(vectors_set(storm.vectors, 0, -1), 0);
		signals(fd);
		assert_int_equal(signals(fd), 0);
		close(fd);
	}
	atomic_store(&storm.stop, true);
	pthread_join(thread, NULL);
	vectors_destroy(storm.vectors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vector_signals_the_eventfd_that_it_was_given),
		cmocka_unit_test(a_vector_beyond_the_last_is_refused),
		cmocka_unit_test(a_full_eventfd_does_not_hold_the_controller),
		cmocka_unit_test(an_eventfd_that_was_taken_back_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
