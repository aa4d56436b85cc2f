/* SPDX-License-Identifier: BSD-3-Clause */
/* A process's number is its own, and no fork leaves a guard held. */
#include "base/process.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The result of `fn` in a child. */
static int in_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(fn(arg));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int is_not_forebear(void *forebear)
{
	uint32_t before = *(uint32_t *)forebear, mine = process_number();
	pid_t pid;
	int status;

	if (mine <= before || process_number() != mine)
		return 1;
	pid = fork();
	if (pid == 0)
		_exit(process_number() > mine ? 0 : 2);
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 3;
}

static void no_ancestor_has_the_number_of_a_process(void **state)
{
	uint32_t mine;

	assert_int_equal(process_begin(), 0);
	mine = process_number();
	assert_true(mine > 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(in_child(is_not_forebear, &mine), 0);
	assert_int_equal(process_number(), mine);
}

static struct guard guard;
static pthread_barrier_t held, done;

static void *hold(void *arg)
{
	guard_enter(&guard);
	pthread_barrier_wait(&held);
	pthread_barrier_wait(&done);
	guard_leave(&guard);
	return NULL;
}

/* The child would hang if the guard were held. */
static int enter_twice(void *arg)
{
	bool first;

	alarm(20);
	first = guard_enter(&guard);
	guard_leave(&guard);
	if (!first)
		return 1;
	first = guard_enter(&guard);
	guard_leave(&guard);
	return first ? 2 : 0;
}

static void a_guard_that_another_thread_holds_at_a_fork_is_free_in_the_child(void **state)
{
	pthread_t thread;

	pthread_barrier_init(&held, NULL, 2);
	pthread_barrier_init(&done, NULL, 2);
	assert_true(guard_enter(&guard));
	guard_leave(&guard);
	assert_int_equal(pthread_create(&thread, NULL, hold, NULL), 0);
	pthread_barrier_wait(&held);
	assert_int_equal(in_child(enter_twice, NULL), 0);
	pthread_barrier_wait(&done);
	pthread_join(thread, NULL);
	/* The child's number was another. */
	assert_false(guard_enter(&guard));
	guard_leave(&guard);
}

#define ROUNDS   20000u
#define NTHREADS 4u
static unsigned counted; /* of the guard */

static void *count(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		guard_enter(&guard);
		counted++;
		guard_leave(&guard);
	}
	return NULL;
}

static void one_thread_at_a_time_is_inside_a_guard(void **state)
{
	pthread_t threads[NTHREADS];

	counted = 0;
	for (unsigned i = 0; i < NTHREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (unsigned i = 0; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(counted, NTHREADS * ROUNDS);
}

static void *number_of(void *arg)
{
	return (void *)(uintptr_t)process_number();
}

/* Children draw their numbers at the same time. */
static int threads_agree(void *arg)
{
	pthread_t threads[NTHREADS];
	void *number, *first = NULL;

	for (unsigned i = 0; i < NTHREADS; i++)
		if (pthread_create(&threads[i], NULL, number_of, NULL))
			return 1;
	for (unsigned i = 0; i < NTHREADS; i++) {
		pthread_join(threads[i], &number);
		first = first ? first : number;
		if (number != first)
			return 2;
	}
	return 0;
}

static void all_threads_of_a_child_have_one_number(void **state)
{
	const char *build = getenv("UPNVME_TEST_BUILD");

	if (build && !strcmp(build, "tsan"))
		skip(); /* TSan ends such a child when it starts a thread */
	for (int i = 0; i < 50; i++)
		assert_int_equal(in_child(threads_agree, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_ancestor_has_the_number_of_a_process),
		cmocka_unit_test(a_guard_that_another_thread_holds_at_a_fork_is_free_in_the_child),
		cmocka_unit_test(one_thread_at_a_time_is_inside_a_guard),
		cmocka_unit_test(all_threads_of_a_child_have_one_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
