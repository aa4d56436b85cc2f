/* SPDX-License-Identifier: BSD-3-Clause */
/* No descriptor is below 3, whichever of the three are closed, and those that are closed stay closed. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

#define NTHREADS 4
#define NROUNDS  500

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* Runs `check` in a child in which the descriptors of the mask are closed. */
static int with_closed(unsigned mask, bool (*check)(unsigned mask))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		for (int fd = 0; fd < FD_FIRST; fd++)
			if (mask & 1u << fd)
				close(fd);
		_exit(check(mask) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static bool are_as_before(unsigned mask)
{
	unsigned closed = 0;

	for (int fd = 0; fd < FD_FIRST; fd++)
		if (!is_open(fd))
			closed |= 1u << fd;
	return closed == mask;
}

static bool each_way_is_above(unsigned mask)
{
	struct fd_floor floor;
	FILE *file = fd_fopen("/proc/self/stat");
	int path = fd_open("/dev/null", O_WRONLY, 0), event = fd_event(), other;

	fd_floor_raise(&floor);
	other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	errno = EXDEV;
	fd_floor_lower(&floor);
	return errno == EXDEV && file && fileno(file) >= FD_FIRST && path >= FD_FIRST &&
	       event >= FD_FIRST && other >= FD_FIRST && (fcntl(path, F_GETFD) & FD_CLOEXEC) &&
	       are_as_before(mask);
}

static void no_descriptor_is_below_three(void **state)
{
	for (unsigned mask = 0; mask < 1u << FD_FIRST; mask++)
		assert_int_equal(with_closed(mask, each_way_is_above), 0);
}

/* A descriptor that gets a low number from another thread between two looks is lifted. */
static bool lifting(unsigned mask)
{
	int low = open("/dev/null", O_RDONLY | O_CLOEXEC), lifted = fd_lift(low);
	int high = fd_lift(open("/dev/null", O_RDONLY | O_CLOEXEC));

	errno = 0;
	return low < FD_FIRST && lifted >= FD_FIRST && !is_open(low) &&
	       (fcntl(lifted, F_GETFD) & FD_CLOEXEC) && high >= FD_FIRST &&
	       fd_lift(open("/nowhere/at/all", O_RDONLY | O_CLOEXEC)) == -1 && errno == ENOENT &&
	       are_as_before(mask);
}

static void a_low_descriptor_is_lifted(void **state)
{
	assert_int_equal(with_closed(1u << STDERR_FILENO, lifting), 0);
}

static void a_failed_open_sets_errno(void **state)
{
	errno = 0;
	assert_int_equal(fd_open("/nowhere/at/all", O_RDONLY, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_null(fd_fopen("/nowhere/at/all"));
	assert_int_equal(errno, ENOENT);
}

static void *open_and_close(void *arg)
{
	bool *good = arg;

	for (int i = 0; i < NROUNDS && *good; i++) {
		int fd = fd_open("/dev/null", O_WRONLY, 0);

		*good = fd >= FD_FIRST;
		close(fd);
	}
	return NULL;
}

static bool threads_at_once(unsigned mask)
{
	pthread_t threads[NTHREADS];
	bool good[NTHREADS], all = true;

	for (int i = 0; i < NTHREADS; i++) {
		good[i] = true;
		if (pthread_create(&threads[i], NULL, open_and_close, &good[i]))
			return false;
	}
	for (int i = 0; i < NTHREADS; i++) {
		pthread_join(threads[i], NULL);
		all &= good[i];
	}
	return all && are_as_before(mask);
}

static void threads_do_not_take_each_others_placeholders_away(void **state)
{
	assert_int_equal(with_closed(7, threads_at_once), 0);
	assert_int_equal(with_closed(4, threads_at_once), 0);
}

/* A child that is forked while a thread holds placeholders: no thread of the child would lower
 * them. */
static bool in_a_child_of_one_that_raised(unsigned mask)
{
	struct fd_floor floor;
	int status = -1;
	pid_t child;

	fd_floor_raise(&floor);
	child = fork();
	if (child == 0)
		_exit(fd_open("/dev/null", O_WRONLY, 0) >= FD_FIRST ? 0 : 1);
	waitpid(child, &status, 0);
	fd_floor_lower(&floor);
	return status == 0 && are_as_before(mask);
}

static void a_child_forked_meanwhile_is_not_stuck(void **state)
{
	assert_int_equal(with_closed(4, in_a_child_of_one_that_raised), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_descriptor_is_below_three),
		cmocka_unit_test(a_low_descriptor_is_lifted),
		cmocka_unit_test(a_failed_open_sets_errno),
		cmocka_unit_test(threads_do_not_take_each_others_placeholders_away),
		cmocka_unit_test(a_child_forked_meanwhile_is_not_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
