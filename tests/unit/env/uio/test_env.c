/* SPDX-License-Identifier: BSD-3-Clause */
/* Physical addresses: asked for once the memory is pinned, and refused where it moves. The test
 * plays DPDK. */
#include "env/uio/env.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/process.h"
#include "base/util.h"
#include "env/dpdk/plugin.h"
#include "support/pinned.h"

#define BYTES 65536u
#define PIECE 16384u /* a page of the plug-in's: each has another address */

static char *memory;
static uint32_t nasked;
static uint32_t fail_at;  /* the n-th question; 0: none */
static uint32_t moved_at; /* from the n-th question on the memory has moved; 0: it stays */

/* The kernel may move memory for a pin: out of zones that must stay movable. */
static int physical(const void *va, uint64_t *bytes, uint64_t *address)
{
	uint64_t offset = (uint64_t)((const char *)va - memory);

	nasked++;
	if (nasked == fail_at)
		return error_set(-EACCES, UPNVME_ERR_DEVICE_ACCESS,
				 "not told, as the test wants it");
	*address = (moved_at && nasked >= moved_at ? 0x900000000 : 0x100000000) + 2 * offset -
		   offset % PIECE;
	*bytes = MIN(*bytes, PIECE - offset % PIECE);
	return 0;
}

static const struct dpdk_plugin plugin = { .physical = physical };

static int setup(void **state)
{
	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	nasked = fail_at = moved_at = 0;
	*state = env_uio(&plugin);
	return memory == MAP_FAILED;
}

static int teardown(void **state)
{
	(void)state;
	munmap(memory, BYTES);
	return pinned_bytes() != 0;
}

static void the_address_is_that_of_pinned_memory(void **state)
{
	struct env *env = *state;
	uint64_t bytes = BYTES, iova = 0;

	moved_at = 2; /* while it is pinned */
	assert_int_equal(env->ops->map(env, memory, &bytes, &iova), 0);
	assert_int_equal(bytes, PIECE);
	assert_int_equal(iova, 0x900000000);
	assert_int_equal(pinned_bytes(), PIECE);
	env->ops->unmap(env, memory, bytes, iova);
}

static void memory_without_a_physical_address_is_not_pinned(void **state)
{
	struct env *env = *state;

	for (fail_at = 1; fail_at <= 2; fail_at++) {
		uint64_t bytes = BYTES, iova;

		nasked = 0;
		assert_int_equal(env->ops->map(env, memory, &bytes, &iova), -EACCES);
		assert_int_equal(pinned_bytes(), 0);
	}
}

static void memory_that_was_replaced_is_noticed(void **state)
{
	struct env *env = *state;
	uint64_t bytes = BYTES, iova;

	assert_int_equal(env->ops->map(env, memory, &bytes, &iova), 0);
	assert_int_equal(env->ops->same(env, memory, bytes, iova), 0);
	moved_at = nasked + 1;
	assert_int_equal(env->ops->same(env, memory, bytes, iova), -ESTALE);
	assert_non_null(strstr(error_last()->text, "upnvme_mem_unregister"));
	env->ops->unmap(env, memory, bytes, iova);
}

static void forbid_io_uring(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = ARRAY_SIZE(code), .filter = code };

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

/* Memory that is not pinned might move at any moment. */
static void memory_that_cannot_be_pinned_is_refused(void **state)
{
	struct env *env = *state;
	uint64_t bytes = BYTES, iova;
	int status;
	pid_t child = fork();

	if (!child) {
		forbid_io_uring();
		if (env->ops->map(env, memory, &bytes, &iova) != -EPERM)
			_exit(1);
		_exit(!strstr(error_last()->text, "io_uring") ||
		      !strstr(error_last()->text, "vfio-pci"));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_address_is_that_of_pinned_memory),
		TEST(memory_without_a_physical_address_is_not_pinned),
		TEST(memory_that_was_replaced_is_noticed),
		TEST(memory_that_cannot_be_pinned_is_refused),
	};
	void *state;
	uint64_t bytes = BYTES, iova;

	if (process_begin() || setup(&state))
		return 1;
	if (env_uio(&plugin)->ops->map(state, memory, &bytes, &iova)) {
		printf("%s\n", error_last()->text);
		return 77;
	}
	env_uio(&plugin)->ops->unmap(state, memory, bytes, iova);
	munmap(memory, BYTES);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
