/* SPDX-License-Identifier: BSD-3-Clause */
/* Plain memory: aligned, zeroed, at a distance on the bus, and not there in children. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "env/env.h"

#define PAGE       4096u
#define NO_SANDBOX 99

static int map(struct env *env, void *va, uint64_t bytes, uint64_t *iova)
{
	uint64_t mapped = bytes;
	int rc = env->ops->map(env, va, &mapped, iova);

	assert_int_equal(mapped, bytes); /* always in one piece */
	return rc;
}

static void pages_are_aligned_and_zeroed(void **state)
{
	struct env *env = env_host();

	for (uint64_t align = 4096; align <= 4ull << 20; align *= 2)
		for (uint64_t bytes = 4096; bytes <= 2 << 20; bytes *= 8) {
			void *va = NULL;

			assert_int_equal(
				env->ops->pages_alloc(env, bytes, align, ENV_ANY_NODE, &va), 0);
			assert_int_equal((uintptr_t)va % align, 0);
			for (uint64_t i = 0; i < bytes; i += 512)
				assert_int_equal(((char *)va)[i], 0);
			env->ops->pages_free(env, va, bytes);
		}
}

static void more_memory_than_there_is_is_refused(void **state)
{
	struct env *env = env_host();
	void *va;

	assert_int_equal(env->ops->pages_alloc(env, 1ull << 46, 4096, ENV_ANY_NODE, &va), -ENOMEM);
}

static void bus_addresses_are_no_pointers(void **state)
{
	struct env *env = env_host();
	uint64_t iova = 0, again = 0;
	void *va;

	assert_int_equal(env->ops->pages_alloc(env, 65536, 4096, ENV_ANY_NODE, &va), 0);
	assert_int_equal(map(env, va, 65536, &iova), 0);
	assert_int_not_equal(iova, (uint64_t)(uintptr_t)va);
	assert_int_equal(iova, (uint64_t)(uintptr_t)va + env->distance);
	assert_int_equal(map(env, (char *)va + 4096, 4096, &again), 0);
	assert_int_equal(again, iova + 4096);
	env->ops->unmap(env, va, 65536, iova);
	env->ops->pages_free(env, va, 65536);
}

static void refused(char *va, uint64_t bytes, const char *at)
{
	struct env *env = env_host();
	char where[32];

	snprintf(where, sizeof(where), "%p", (void *)at);
	assert_int_equal(env->ops->check(env, va, bytes), -EFAULT);
	assert_int_equal(error_last()->code, UPNVME_ERR_BUFFER_UNREACHABLE);
	assert_non_null(strstr(error_last()->text, where));
}

static void memory_that_is_not_mapped_is_refused(void **state)
{
	struct env *env = env_host();
	const uint64_t bytes = 1000 * PAGE;
	char *va = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_int_equal(env->ops->check(env, va, bytes), 0);
	munmap(va + 700 * PAGE, PAGE);
	refused(va, bytes, va + 700 * PAGE);
	assert_int_equal(env->ops->check(env, va, 700 * PAGE), 0);
	munmap(va, bytes);
	refused(va, PAGE, va);
}

/* The memory may be several mappings. */
static void memory_that_cannot_be_read_and_written_is_refused(void **state)
{
	static const int accesses[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_EXEC };
	struct env *env = env_host();
	char *va = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		assert_int_equal(mprotect(va + 2 * PAGE, PAGE, accesses[i]), 0);
		refused(va, 5 * PAGE, va + 2 * PAGE);
		refused(va + 2 * PAGE, PAGE, va + 2 * PAGE);
		assert_int_equal(env->ops->check(env, va, 2 * PAGE), 0);
		assert_int_equal(env->ops->check(env, va + 3 * PAGE, 2 * PAGE), 0);
	}
	assert_int_equal(mprotect(va + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	assert_int_equal(env->ops->check(env, va, 5 * PAGE), 0);
	munmap(va, 5 * PAGE);
}

/* The check allocates no page. */
static void checking_memory_does_not_touch_it(void **state)
{
	struct env *env = env_host();
	unsigned char resident[16];
	char *va = mmap(NULL, sizeof(resident) * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_int_equal(env->ops->check(env, va, sizeof(resident) * PAGE), 0);
	assert_int_equal(mincore(va, sizeof(resident) * PAGE, resident), 0);
	for (size_t i = 0; i < sizeof(resident); i++)
		assert_int_equal(resident[i] & 1, 0);
	munmap(va, sizeof(resident) * PAGE);
}

static void forbid(unsigned number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(NO_SANDBOX);
}

/* Returns the number of the step that failed. */
static int check_without_list(void)
{
	struct env *env = env_host();
	char *va = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	va[0] = 5;
	mprotect(va + 2 * PAGE, PAGE, PROT_READ);
	forbid(SYS_openat);
	if (env->ops->check(env, va, 2 * PAGE))
		return error_last()->err == -EPERM ? NO_SANDBOX : 1; /* before Linux 5.14 */
	if (va[0] != 5 || va[PAGE] != 0)
		return 2;
	if (env->ops->check(env, va, 3 * PAGE) != -EFAULT)
		return 3;
	forbid(SYS_madvise);
	if (env->ops->check(env, va, PAGE) != -EPERM)
		return 4;
	return strstr(error_last()->text, "mount /proc") && strstr(error_last()->text, "madvise") ?
		       0 :
		       5;
}

static void without_proc_maps_the_kernel_is_asked(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(check_without_list());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_SANDBOX)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void children_do_not_have_the_pages(void **state)
{
	struct env *env = env_host();
	int status;
	void *va;
	pid_t pid;

	assert_int_equal(env->ops->pages_alloc(env, 4096, 4096, ENV_ANY_NODE, &va), 0);
	pid = fork();
	if (pid == 0) {
		unsigned char resident;

		_exit(mincore(va, 4096, &resident) == -1 && errno == ENOMEM ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	env->ops->pages_free(env, va, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_aligned_and_zeroed),
		cmocka_unit_test(more_memory_than_there_is_is_refused),
		cmocka_unit_test(bus_addresses_are_no_pointers),
		cmocka_unit_test(memory_that_is_not_mapped_is_refused),
		cmocka_unit_test(memory_that_cannot_be_read_and_written_is_refused),
		cmocka_unit_test(checking_memory_does_not_touch_it),
		cmocka_unit_test(without_proc_maps_the_kernel_is_asked),
		cmocka_unit_test(children_do_not_have_the_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
