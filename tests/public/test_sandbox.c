/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sandbox (seccomp) that forbids one system call with EPERM: a whole session works without it, or is refused with a
 * sentence that names the call and says what helps.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"

#define BLOCK           4096u
#define PATIENCE        60 /* seconds for a session, which needs milliseconds */
#define NO_SANDBOX      99
#define BAD_REFUSAL     98
#define EXIT_CANNOT_RUN 77

struct session {
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	char *buf, *own;
};

static const struct call {
	const char *name;
	unsigned number;
} calls[] = {
	{ "mincore", SYS_mincore },
	{ "madvise", SYS_madvise },
	{ "mbind", SYS_mbind },
	{ "membarrier", SYS_membarrier },
	{ "eventfd", SYS_eventfd2 },
	{ "sched_yield", SYS_sched_yield },
	{ "getcpu", SYS_getcpu },
	{ "sched_getaffinity", SYS_sched_getaffinity },
	{ "getpid", SYS_getpid },
	{ "io_uring", SYS_io_uring_setup },
	{ "io_uring", SYS_io_uring_enter },
	{ "io_uring", SYS_io_uring_register },
	{ "fadvise", SYS_fadvise64 },
	{ "flock", SYS_flock },
	{ "thread", SYS_clone3 },
	{ "prlimit", SYS_prlimit64 },
	{ "rt_sigprocmask", SYS_rt_sigprocmask },
	{ "clock_nanosleep", SYS_clock_nanosleep },
	{ "pwritev2", SYS_pwritev2 },
	{ "fallocate", SYS_fallocate },
};

struct attempt {
	const struct call *call;
	const char *uri;
	bool late; /* the sandbox is closed when the controller is open */
};

static bool forbid(unsigned number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { NELEMS(filter), filter };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* True if the command was accepted and ended well. */
static bool run_op(struct session *s, uint8_t opcode, void *buf)
{
	struct upnvme_op op = { .opcode = opcode, .nsid = 1, .buf = buf, .blocks = 1, .lba = 3 };
	struct io io = { 0 };

	if (upnvme_io(s->qp, &op, on_done, &io) || upnvme_qpair_ring(s->qp))
		return false;
	while (!io.ndone) {
		int fd = upnvme_qpair_fd(s->qp);

		if (fd >= 0 && upnvme_qpair_wait(s->qp, UINT64_MAX) < 0)
			return false;
		if (upnvme_poll(s->qp, 0) < 0)
			return false;
	}
	return io.last.status == 0;
}

static bool all_ops(struct session *s)
{
	memset(s->buf, 7, BLOCK);
	return run_op(s, UPNVME_OP_WRITE, s->buf) && run_op(s, UPNVME_OP_FLUSH, NULL) &&
	       run_op(s, UPNVME_OP_READ, s->own) && s->own[0] == 7 &&
	       run_op(s, UPNVME_OP_WRITE_ZEROES, NULL) && run_op(s, UPNVME_OP_READ, s->own) &&
	       s->own[0] == 0;
}

static bool begin(struct session *s, const struct attempt *attempt)
{
	const char *uri = attempt->uri;
	static const struct upnvme_qpair_opts plain = UPNVME_QPAIR_OPTS_INIT;
	struct upnvme_qpair_opts opts = plain;

	opts.flags = strstr(uri, "mode=thread") ? UPNVME_QPAIR_INTERRUPT : 0;
	s->own = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!attempt->late && !forbid(attempt->call->number))
		return false;
	if (upnvme_open(&s->ctrlr, uri, NULL))
		return false;
	if (attempt->late && !forbid(attempt->call->number))
		return false;
	return !upnvme_ns_get(&s->ns, s->ctrlr, 1) &&
	       !upnvme_qpair_create(&s->qp, s->ctrlr, &opts) &&
	       !upnvme_dma_alloc((void **)&s->buf, s->ctrlr, BLOCK, 0) &&
	       !upnvme_mem_register(s->ctrlr, s->own, BLOCK);
}

static bool end(struct session *s)
{
	return !upnvme_mem_unregister(s->ctrlr, s->own, BLOCK) &&
	       !upnvme_dma_free(s->ctrlr, s->buf) && !upnvme_qpair_close(s->qp) &&
	       !upnvme_close(s->ctrlr);
}

static bool says_what_helps(const char *call)
{
	const char *text = upnvme_last_error();

	return strstr(text, call) &&
	       (strstr(text, "allow") || strstr(text, "engine=") || strstr(text, "use "));
}

static int session(void *arg)
{
	const struct attempt *attempt = arg;
	struct session s = { 0 };

	alarm(PATIENCE);
	if (begin(&s, attempt) && all_ops(&s) && end(&s))
		return 0;
	if (says_what_helps(attempt->call->name))
		return 0;
	fprintf(stderr, "without %s, %s: %s\n", attempt->call->name, attempt->uri,
		upnvme_last_error());
	return BAD_REFUSAL;
}

static int sandbox_works(void *arg)
{
	return forbid(SYS_mincore) ? 0 : NO_SANDBOX;
}

/* Closes the sandbox before the controller is opened, or, where `moments` is 2, also right after
 * that. */
static void each_call_forbidden(const char *uri, int moments)
{
	int nbad = 0;

	if (in_child(sandbox_works, NULL))
		skip();
	for (size_t i = 0; i < NELEMS(calls); i++)
		for (int late = 0; late < moments; late++) {
			struct attempt attempt = { &calls[i], uri, late };

			nbad += in_child(session, &attempt) != 0;
		}
	assert_int_equal(nbad, 0);
}

static void memory(void **state)
{
	each_call_forbidden("soft:ram?size=1MiB&block=4096", 2);
}

static void memory_and_interrupts(void **state)
{
	each_call_forbidden("soft:ram?size=1MiB&block=4096&mode=thread", 2);
}

static void file_of_engine(const char *query, int moments)
{
	char *path = image_create(1 << 20);
	char uri[300];

	snprintf(uri, sizeof(uri), "soft:%s?block=4096%s", path, query);
	each_call_forbidden(uri, moments);
	image_remove(path);
}

static void file(void **state)
{
	/* A queue pair makes a ring of its own; without a ring the controller, not the library,
	 * refuses the queue pair. */
	file_of_engine("", 1);
}

static void file_with_workers(void **state)
{
	file_of_engine("&engine=worker", 2);
}

int main(void)
{
	const char *build = getenv("UPNVME_TEST_BUILD");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(memory_and_interrupts),
		cmocka_unit_test(file),
		cmocka_unit_test(file_with_workers),
	};

	if (build && (!strcmp(build, "asan") || !strcmp(build, "tsan"))) {
		puts("a sanitizer's own calls are forbidden as well");
		return EXIT_CANNOT_RUN;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
