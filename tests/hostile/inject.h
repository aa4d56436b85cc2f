/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls that fail: the Nth allocation or system call of the library, once or from then on, and a count of what the
 * library holds, so that a leak shows in every build.
 *
 * The linker replaces the calls (--wrap, in tests/make/hostile.mk): a call of `malloc` in the library's objects goes to
 * __wrap_malloc of inject.c. Shared libraries are linked already and keep the real ones: cmocka, liburing's insides and
 * the sanitizers are left alone. The tests' own objects are wrapped as well, so between inject_arm and inject_disarm a
 * test makes none of these calls itself. The library's threads need no mark: whatever they call then counts.
 */
#ifndef UPNVME_TESTS_HOSTILE_INJECT_H
#define UPNVME_TESTS_HOSTILE_INJECT_H

#include <stdbool.h>

enum inject_call {
	CALL_ANY,
	CALL_MALLOC,
	CALL_CALLOC,
	CALL_REALLOC,
	CALL_ALIGNED_ALLOC,
	CALL_STRDUP,
	CALL_MMAP,
	CALL_MADVISE,
	CALL_THREAD_CREATE,
	CALL_OPEN,
	CALL_OPEN_SYSTEM,
	CALL_STAT,
	CALL_FSTAT,
	CALL_FCNTL,
	CALL_FLOCK,
	CALL_FTRUNCATE,
	CALL_GETRLIMIT,
	CALL_PREADV,
	CALL_PREADV2,
	CALL_PWRITEV,
	CALL_FDATASYNC,
	CALL_SYNC_FILE_RANGE,
	CALL_FADVISE,
	CALL_FSTATFS,
	CALL_FALLOCATE,
	CALL_MEMBARRIER,
	CALL_URING_INIT,
	CALL_URING_PROBE,
	CALL_URING_SUBMIT,
	CALL_URING_WAIT,
	CALL_NANOSLEEP,
	NCALLS,
};

enum inject_mode {
	INJECT_ONCE, /* the nth call alone */
	INJECT_SAME, /* the nth call, and from then on every call of that function */
	INJECT_ALL,  /* the nth call, and from then on every call */
	/* Every second call is interrupted or told to come again, every transfer that goes through is short. */
	INJECT_INTERRUPTIONS,
};

struct inject_plan {
	enum inject_mode mode;
	unsigned n;            /* 1 is the first call */
	enum inject_call only; /* count, and fail, this function alone; CALL_ANY: all */
	int err;               /* instead of the function's usual errno, if not 0 */
};

void inject_arm(const struct inject_plan *plan);
void inject_disarm(void);

/* About the plan that was armed last: how many calls failed, which was the first, and with what. */
unsigned inject_fired(void);
enum inject_call inject_first(void);
int inject_errno(void);
/* For messages; valid until the next call. */
const char *inject_describe(void);

/* Futex waits without a time-out since the plan was armed. */
unsigned inject_endless_waits(void);

/* What the library holds now. */
struct inject_balance {
	long blocks;       /* of the heap */
	long mapped_bytes; /* by mmap */
	long threads;      /* not joined */
	long locks;        /* mutexes, rwlocks and conditions, initialised and not destroyed */
	long files;        /* descriptors of the process */
};
void inject_balance_get(struct inject_balance *balance);

#endif
