/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings: where they work, where they are refused, and whose descriptors they may not have. */
#include "media/media_fixture.h"

#include <stdio.h>

#include "media/uring_ring.h"

#ifdef HAVE_LIBURING

#include <fcntl.h>
#include <liburing.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void the_engine_works_where_rings_do(void **state)
{
	assert_int_equal(uring_ring_works(), engine_works("io_uring"));
}

static void a_ring_carries_an_entry(void **state)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;

	if (!uring_ring_works())
		skip_because("io_uring does not work here");
	assert_int_equal(uring_ring_make(&ring, 8), 0);
	io_uring_prep_nop(io_uring_get_sqe(&ring));
	assert_int_equal(io_uring_submit(&ring), 1);
	assert_int_equal(io_uring_wait_cqe(&ring, &cqe), 0);
	assert_int_equal(cqe->res, 0);
	uring_ring_unmake(&ring);
}

/* A process may have closed its standard input; the next print must not go into a ring. */
static void a_rings_descriptor_is_none_of_the_standard_ones(void **state)
{
	int input = fcntl(0, F_DUPFD_CLOEXEC, 3);
	struct io_uring ring;
	int fd;

	if (!uring_ring_works() || input < 0)
		skip_because("io_uring does not work here, or there is no standard input");
	close(0);
	fd = uring_ring_make(&ring, 8) ? -1 : ring.ring_fd;
	dup2(input, 0);
	close(input);
	assert_true(fd > 2);
	uring_ring_unmake(&ring);
}

static void a_ring_without_a_free_descriptor_is_an_error(void **state)
{
	struct rlimit before, none;
	struct io_uring ring;
	bool works;
	int err;

	if (!uring_ring_works())
		skip_because("io_uring does not work here");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = uring_ring_make(&ring, 8);
	works = uring_ring_works();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(err, -EMFILE);
	assert_false(works);
}

/* The last test: the sandbox stays. */
static void a_ring_that_cannot_be_entered_does_not_work(void **state)
{
	if (!forbid_system_call(SYS_io_uring_enter))
		skip_because("no filter of system calls can be set here");
	assert_false(uring_ring_works());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_engine_works_where_rings_do),
		cmocka_unit_test(a_ring_carries_an_entry),
		cmocka_unit_test(a_rings_descriptor_is_none_of_the_standard_ones),
		cmocka_unit_test(a_ring_without_a_free_descriptor_is_an_error),
		cmocka_unit_test(a_ring_that_cannot_be_entered_does_not_work),
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
