/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions that the linker puts in the place of the system's. */
#include "inject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* `err` is the errno of a failure; `interrupted` the errno of an interruption, 0 if the call has
 * none. */
static const struct {
	const char *name;
	int err;
	int interrupted;
} calls[NCALLS] = {
	[CALL_ANY] = { "nothing", 0, 0 },
	[CALL_MALLOC] = { "malloc", ENOMEM, 0 },
	[CALL_CALLOC] = { "calloc", ENOMEM, 0 },
	[CALL_REALLOC] = { "realloc", ENOMEM, 0 },
	[CALL_ALIGNED_ALLOC] = { "aligned_alloc", ENOMEM, 0 },
	[CALL_STRDUP] = { "strdup", ENOMEM, 0 },
	[CALL_MMAP] = { "mmap", ENOMEM, 0 },
	[CALL_MADVISE] = { "madvise", ENOMEM, 0 },
	[CALL_THREAD_CREATE] = { "pthread_create", EAGAIN, 0 },
	[CALL_OPEN] = { "open", EMFILE, 0 },
	[CALL_OPEN_SYSTEM] = { "open (of /proc or /sys)", EMFILE, 0 },
	[CALL_STAT] = { "stat", EIO, 0 },
	[CALL_FSTAT] = { "fstat", EIO, 0 },
	[CALL_FCNTL] = { "fcntl", ENOLCK, 0 },
	[CALL_FLOCK] = { "flock", ENOLCK, 0 },
	[CALL_FTRUNCATE] = { "ftruncate", ENOSPC, 0 },
	[CALL_GETRLIMIT] = { "getrlimit", EPERM, 0 },
	[CALL_PREADV] = { "preadv", EIO, EINTR },
	[CALL_PREADV2] = { "preadv2", EIO, EINTR },
	[CALL_PWRITEV] = { "pwritev2", ENOSPC, EINTR },
	[CALL_FDATASYNC] = { "fdatasync", EIO, EINTR },
	[CALL_SYNC_FILE_RANGE] = { "sync_file_range", EIO, 0 },
	[CALL_FADVISE] = { "posix_fadvise", EINVAL, 0 },
	[CALL_FSTATFS] = { "fstatfs", EIO, 0 },
	[CALL_FALLOCATE] = { "fallocate", ENOSPC, EINTR },
	[CALL_MEMBARRIER] = { "membarrier", ENOMEM, 0 },
	[CALL_URING_INIT] = { "io_uring_queue_init_params", ENOMEM, 0 },
	[CALL_URING_PROBE] = { "io_uring_get_probe_ring", ENOMEM, 0 },
	[CALL_URING_SUBMIT] = { "io_uring_submit", EPERM, EAGAIN },
	[CALL_URING_WAIT] = { "io_uring_submit_and_wait_timeout", EPERM, EINTR },
	[CALL_NANOSLEEP] = { "nanosleep", EINTR, EINTR },
};

static struct {
	struct inject_plan plan; /* written before `armed` and after it */
	_Atomic bool armed;
	_Atomic unsigned ncalls;
	_Atomic unsigned each[NCALLS]; /* the calls of each function */
	_Atomic unsigned nfired;
	_Atomic unsigned first; /* an enum inject_call */
	_Atomic unsigned endless_waits;
} state;

static struct {
	_Atomic long blocks, mapped_bytes, threads, locks;
} held;

/* --- the plan ------------------------------------------------------------------------------------- */

void inject_arm(const struct inject_plan *plan)
{
	inject_disarm();
	state.plan = *plan;
	atomic_store(&state.ncalls, 0);
	for (unsigned i = 0; i < NCALLS; i++)
		atomic_store(&state.each[i], 0);
	atomic_store(&state.nfired, 0);
	atomic_store(&state.first, CALL_ANY);
	atomic_store(&state.endless_waits, 0);
	atomic_store(&state.armed, true);
}

void inject_disarm(void)
{
	atomic_store(&state.armed, false);
}

unsigned inject_fired(void)
{
	return atomic_load(&state.nfired);
}

enum inject_call inject_first(void)
{
	return (enum inject_call)atomic_load(&state.first);
}

int inject_errno(void)
{
	return state.plan.err ? state.plan.err : calls[inject_first()].err;
}

unsigned inject_endless_waits(void)
{
	return atomic_load(&state.endless_waits);
}

const char *inject_describe(void)
{
	static const char *const modes[] = { "once", "for good", "for good, with all others",
					     "by interruptions" };
	static char text[128];

	snprintf(text, sizeof(text), "call %u fails %s: %s, %u failures", state.plan.n,
		 modes[state.plan.mode], calls[inject_first()].name, inject_fired());
	return text;
}

static bool is_due(enum inject_call call)
{
	unsigned count, of_these;

	if (!atomic_load(&state.armed) || (state.plan.only && state.plan.only != call))
		return false;
	count = atomic_fetch_add(&state.ncalls, 1) + 1;
	of_these = atomic_fetch_add(&state.each[call], 1) + 1;
	switch (state.plan.mode) {
	case INJECT_ONCE:
		return count == state.plan.n;
	case INJECT_SAME:
		return count == state.plan.n || (count > state.plan.n && call == inject_first());
	case INJECT_ALL:
		return count >= state.plan.n;
	case INJECT_INTERRUPTIONS:
		return calls[call].interrupted && of_these % 2;
	}
	return false;
}

/* True if this call is to fail; errno is set then. */
static bool fails(enum inject_call call)
{
	unsigned none = CALL_ANY;

	if (!is_due(call))
		return false;
	atomic_fetch_add(&state.nfired, 1);
	atomic_compare_exchange_strong(&state.first, &none, call);
	errno = state.plan.mode == INJECT_INTERRUPTIONS ? calls[call].interrupted :
		state.plan.err                          ? state.plan.err :
							  calls[call].err;
	return true;
}

static bool is_short(void)
{
	return atomic_load(&state.armed) && state.plan.mode == INJECT_INTERRUPTIONS;
}

/* --- the things held -------------------------------------------------------------------------- */

static long files_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	long n = 0;

	while (folder && readdir(folder))
		n++;
	if (folder)
		closedir(folder);
	return n;
}

void inject_balance_get(struct inject_balance *balance)
{
	balance->blocks = atomic_load(&held.blocks);
	balance->mapped_bytes = atomic_load(&held.mapped_bytes);
	balance->threads = atomic_load(&held.threads);
	balance->locks = atomic_load(&held.locks);
	balance->files = files_open();
}

static void *counted(void *block)
{
	if (block)
		atomic_fetch_add(&held.blocks, 1);
	return block;
}

/* Counts the result of a call that makes a thing: 0 is one more. */
static int made(_Atomic long *count, int ret)
{
	if (ret == 0)
		atomic_fetch_add(count, 1);
	return ret;
}

static int unmade(_Atomic long *count, int ret)
{
	if (ret == 0)
		atomic_fetch_sub(count, 1);
	return ret;
}

/* The head of the function that the library calls instead of `name`; the system's is then __real_name. */
#define WRAP(type, name, ...)            \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

/* --- memory --------------------------------------------------------------------------------------- */

WRAP(void *, malloc, size_t bytes)
{
	return fails(CALL_MALLOC) ? NULL : counted(__real_malloc(bytes));
}

WRAP(void *, calloc, size_t n, size_t bytes)
{
	return fails(CALL_CALLOC) ? NULL : counted(__real_calloc(n, bytes));
}

WRAP(void *, aligned_alloc, size_t align, size_t bytes)
{
	return fails(CALL_ALIGNED_ALLOC) ? NULL : counted(__real_aligned_alloc(align, bytes));
}

WRAP(char *, strdup, const char *text)
{
	return fails(CALL_STRDUP) ? NULL : counted(__real_strdup(text));
}

WRAP(void *, realloc, void *block, size_t bytes)
{
	if (fails(CALL_REALLOC))
		return NULL;
	return block ? __real_realloc(block, bytes) : counted(__real_realloc(NULL, bytes));
}

WRAP(void, free, void *block)
{
	if (block)
		atomic_fetch_sub(&held.blocks, 1);
	__real_free(block);
}

WRAP(void *, mmap, void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	void *base;

	if (fails(CALL_MMAP))
		return MAP_FAILED;
	base = __real_mmap(at, bytes, protection, flags, fd, offset);
	if (base != MAP_FAILED)
		atomic_fetch_add(&held.mapped_bytes, (long)bytes);
	return base;
}

WRAP(int, munmap, void *base, size_t bytes)
{
	int ret = __real_munmap(base, bytes);

	if (ret == 0)
		atomic_fetch_sub(&held.mapped_bytes, (long)bytes);
	return ret;
}

WRAP(int, madvise, void *base, size_t bytes, int advice)
{
	return fails(CALL_MADVISE) ? -1 : __real_madvise(base, bytes, advice);
}

/* --- threads and locks ---------------------------------------------------------------------------- */

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes,
     void *(*start)(void *), void *arg)
{
	if (fails(CALL_THREAD_CREATE))
		return errno;
	return made(&held.threads, __real_pthread_create(thread, attributes, start, arg));
}

WRAP(int, pthread_join, pthread_t thread, void **result)
{
	return unmade(&held.threads, __real_pthread_join(thread, result));
}

/* Those of glibc cannot fail, and the library does not ask: only the balance is kept. */
WRAP(int, pthread_mutex_init, pthread_mutex_t *lock, const pthread_mutexattr_t *attributes)
{
	return made(&held.locks, __real_pthread_mutex_init(lock, attributes));
}

WRAP(int, pthread_mutex_destroy, pthread_mutex_t *lock)
{
	return unmade(&held.locks, __real_pthread_mutex_destroy(lock));
}

WRAP(int, pthread_rwlock_init, pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
	return made(&held.locks, __real_pthread_rwlock_init(lock, attributes));
}

WRAP(int, pthread_rwlock_destroy, pthread_rwlock_t *lock)
{
	return unmade(&held.locks, __real_pthread_rwlock_destroy(lock));
}

WRAP(int, pthread_cond_init, pthread_cond_t *cond, const pthread_condattr_t *attributes)
{
	return made(&held.locks, __real_pthread_cond_init(cond, attributes));
}

WRAP(int, pthread_cond_destroy, pthread_cond_t *cond)
{
	return unmade(&held.locks, __real_pthread_cond_destroy(cond));
}

/* The barrier that a thread asks for before it parks, and the parking itself; both come by syscall(). */
WRAP(long, syscall, long number, ...)
{
	long args[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_membarrier && fails(CALL_MEMBARRIER))
		return -1;
	if (number == SYS_futex && args[1] == FUTEX_WAIT_PRIVATE && !args[3])
		atomic_fetch_add(&state.endless_waits, 1);
	return __real_syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

WRAP(int, nanosleep, const struct timespec *interval, struct timespec *left)
{
	return fails(CALL_NANOSLEEP) ? -1 : __real_nanosleep(interval, left);
}

/* --- files ---------------------------------------------------------------------------------------- */

static enum inject_call open_of(const char *path)
{
	bool system = !strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5);

	return system ? CALL_OPEN_SYSTEM : CALL_OPEN;
}

WRAP(int, open, const char *path, int flags, ...)
{
	va_list list;
	mode_t mode = 0;

	va_start(list, flags);
	if (flags & O_CREAT)
		mode = va_arg(list, mode_t);
	va_end(list);
	return fails(open_of(path)) ? -1 : __real_open(path, flags, mode);
}

/* The form of open that _FORTIFY_SOURCE calls if the flags are not constant. */
WRAP(int, __open_2, const char *path, int flags)
{
	return fails(open_of(path)) ? -1 : __real___open_2(path, flags);
}

WRAP(int, stat, const char *path, struct stat *st)
{
	return fails(CALL_STAT) ? -1 : __real_stat(path, st);
}

WRAP(int, fstat, int fd, struct stat *st)
{
	return fails(CALL_FSTAT) ? -1 : __real_fstat(fd, st);
}

WRAP(int, fcntl, int fd, int command, ...)
{
	va_list list;
	void *arg;

	va_start(list, command);
	arg = va_arg(list, void *);
	va_end(list);
	return fails(CALL_FCNTL) ? -1 : __real_fcntl(fd, command, arg);
}

WRAP(int, flock, int fd, int operation)
{
	return fails(CALL_FLOCK) ? -1 : __real_flock(fd, operation);
}

WRAP(int, ftruncate, int fd, off_t bytes)
{
	return fails(CALL_FTRUNCATE) ? -1 : __real_ftruncate(fd, bytes);
}

WRAP(int, getrlimit, int resource, struct rlimit *limit)
{
	return fails(CALL_GETRLIMIT) ? -1 : __real_getrlimit((__rlimit_resource_t)resource, limit);
}

/* A short transfer: the first half of the first segment. */
static struct iovec beginning(const struct iovec *iov)
{
	return (struct iovec){ iov->iov_base, (iov->iov_len + 1) / 2 };
}

WRAP(ssize_t, preadv, int fd, const struct iovec *iov, int niov, off_t offset)
{
	struct iovec half = beginning(iov);

	if (fails(CALL_PREADV))
		return -1;
	return is_short() ? __real_preadv(fd, &half, 1, offset) :
			    __real_preadv(fd, iov, niov, offset);
}

WRAP(ssize_t, preadv2, int fd, const struct iovec *iov, int niov, off_t offset, int flags)
{
	struct iovec half = beginning(iov);

	if (fails(CALL_PREADV2))
		return -1;
	return is_short() ? __real_preadv2(fd, &half, 1, offset, flags) :
			    __real_preadv2(fd, iov, niov, offset, flags);
}

WRAP(ssize_t, pwritev, int fd, const struct iovec *iov, int niov, off_t offset)
{
	struct iovec half = beginning(iov);

	if (fails(CALL_PWRITEV))
		return -1;
	return is_short() ? __real_pwritev(fd, &half, 1, offset) :
			    __real_pwritev(fd, iov, niov, offset);
}

WRAP(ssize_t, pwritev2, int fd, const struct iovec *iov, int niov, off_t offset, int flags)
{
	struct iovec half = beginning(iov);

	if (fails(CALL_PWRITEV))
		return -1;
	return is_short() ? __real_pwritev2(fd, &half, 1, offset, flags) :
			    __real_pwritev2(fd, iov, niov, offset, flags);
}

WRAP(int, fdatasync, int fd)
{
	return fails(CALL_FDATASYNC) ? -1 : __real_fdatasync(fd);
}

WRAP(int, sync_file_range, int fd, off64_t offset, off64_t bytes, unsigned flags)
{
	return fails(CALL_SYNC_FILE_RANGE) ? -1 : __real_sync_file_range(fd, offset, bytes, flags);
}

WRAP(int, posix_fadvise, int fd, off_t offset, off_t bytes, int advice)
{
	return fails(CALL_FADVISE) ? errno : __real_posix_fadvise(fd, offset, bytes, advice);
}

WRAP(int, fstatfs, int fd, struct statfs *fs)
{
	return fails(CALL_FSTATFS) ? -1 : __real_fstatfs(fd, fs);
}

WRAP(int, fallocate, int fd, int mode, off_t offset, off_t bytes)
{
	return fails(CALL_FALLOCATE) ? -1 : __real_fallocate(fd, mode, offset, bytes);
}

/* --- io_uring; errors are negative results, and errno is not theirs ------------------------------- */

#ifdef HAVE_LIBURING

struct io_uring;
struct io_uring_cqe;
struct io_uring_params;
struct io_uring_probe;
struct __kernel_timespec;

WRAP(int, io_uring_queue_init_params, unsigned entries, struct io_uring *ring,
     struct io_uring_params *params)
{
	return fails(CALL_URING_INIT) ? -errno :
					__real_io_uring_queue_init_params(entries, ring, params);
}

WRAP(struct io_uring_probe *, io_uring_get_probe_ring, struct io_uring *ring)
{
	return fails(CALL_URING_PROBE) ? NULL : __real_io_uring_get_probe_ring(ring);
}

WRAP(int, io_uring_submit, struct io_uring *ring)
{
	return fails(CALL_URING_SUBMIT) ? -errno : __real_io_uring_submit(ring);
}

WRAP(int, io_uring_submit_and_wait_timeout, struct io_uring *ring, struct io_uring_cqe **cqe,
     unsigned nwanted, struct __kernel_timespec *timeout, sigset_t *signals)
{
	if (fails(CALL_URING_WAIT))
		return -errno;
	return __real_io_uring_submit_and_wait_timeout(ring, cqe, nwanted, timeout, signals);
}

#endif
