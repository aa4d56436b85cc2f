/* SPDX-License-Identifier: BSD-3-Clause */
/* The limit of locked memory, for a process without privileges. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "env/vfio/memlock.h"
#include "support/skip.h"

#define KIB 1024ull

#define CANNOT_TRY 100 /* a user who is not root may not raise a limit */

static bool in_user_namespace, kernel_refuses;

/* Runs in a child: sets the limit, gives up root's capabilities, locks `locked` bytes. */
static int check_in_child(uint64_t limit, uint64_t locked, uint64_t bytes, const char *word)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	struct rlimit rlimit = { limit, limit };
	void *memory =
		mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int rc;

	if (memory == MAP_FAILED || setrlimit(RLIMIT_MEMLOCK, &rlimit) ||
	    (in_user_namespace ? unshare(CLONE_NEWUSER) : syscall(SYS_capset, &header, none)) ||
	    (locked && syscall(SYS_mlock, memory, locked)))
		return CANNOT_TRY;
	rc = kernel_refuses ? memlock_refused(bytes) : memlock_check(bytes);
	if (rc &&
	    (error_last()->code != UPNVME_ERR_MEM_LOCK_LIMIT || !strstr(error_last()->text, word)))
		return 101;
	return -rc;
}

static int check(uint64_t limit, uint64_t locked, uint64_t bytes, const char *word)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(check_in_child(limit, locked, bytes, word));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void memory_below_the_limit_is_allowed(void **state)
{
	assert_int_equal(check(64 * KIB, 0, 64 * KIB, ""), 0);
}

static void memory_above_the_limit_is_refused_with_the_remedy(void **state)
{
	assert_int_equal(check(64 * KIB, 0, 68 * KIB, "ulimit -l 65536"), ENOMEM);
	assert_int_equal(check(64 * KIB, 0, 100 * KIB * KIB, "ulimit -l 131072"), ENOMEM);
}

static void locked_memory_counts_against_the_limit(void **state)
{
	assert_int_equal(check(64 * KIB, 32 * KIB, 32 * KIB, ""), 0);
	assert_int_equal(check(64 * KIB, 32 * KIB, 36 * KIB, "32 KiB are locked"), ENOMEM);
}

/* The kernel may count more than this process can know. */
static void a_refusal_by_the_kernel_is_explained(void **state)
{
	kernel_refuses = true;
	assert_int_equal(check(64 * KIB, 32 * KIB, 16 * KIB, "32 KiB are locked and 0 KiB pinned"),
			 ENOMEM);
	kernel_refuses = false;
}

/* Root of a user namespace has all capabilities there, but the kernel does not count them. */
static void root_in_a_user_namespace_has_a_limit(void **state)
{
	int seen;

	in_user_namespace = true;
	seen = check(64 * KIB, 0, 68 * KIB, "ulimit -l 65536");
	in_user_namespace = false;
	if (seen == CANNOT_TRY)
		skip_because("no user namespace can be had here");
	assert_int_equal(seen, ENOMEM);
}

static void an_unlimited_process_is_not_limited(void **state)
{
	int seen = check(RLIM_INFINITY, 0, 1ull << 40, "");

	assert_true(seen == 0 || seen == CANNOT_TRY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_below_the_limit_is_allowed),
		cmocka_unit_test(memory_above_the_limit_is_refused_with_the_remedy),
		cmocka_unit_test(locked_memory_counts_against_the_limit),
		cmocka_unit_test(a_refusal_by_the_kernel_is_explained),
		cmocka_unit_test(root_in_a_user_namespace_has_a_limit),
		cmocka_unit_test(an_unlimited_process_is_not_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
