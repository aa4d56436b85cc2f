/* SPDX-License-Identifier: BSD-3-Clause */
/* A preloaded library that makes disk images slow or bad, and controllers dead. While the file that
 * UPNVME_HOLD names is there, reads of images do not return. While a file of that name with ".sync"
 * behind it is there, syncs do not return; with ".bad" behind it, syncs fail. While the file that
 * UPNVME_STALL names is there, the thread of a controller does not begin, nor come back from
 * parking. A file with ".ed" behind either name says that a call is stuck. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define LOOK_US 1000

static int holds(const char *kind)
{
	const char *hold = getenv("UPNVME_HOLD");
	char path[4096];

	snprintf(path, sizeof(path), "%s%s", hold ? hold : "", kind);
	return hold && access(path, F_OK) == 0;
}

/* Waits until the file is gone. The file with ".ed" behind its name says that a call is stuck. */
static void wait_for(const char *file)
{
	char stuck[4096];

	snprintf(stuck, sizeof(stuck), "%s.ed", file);
	while (access(file, F_OK) == 0) {
		close(open(stuck, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		usleep(LOOK_US);
	}
}

ssize_t preadv(int fd, const struct iovec *iov, int niov, off_t offset)
{
	ssize_t (*next)(int, const struct iovec *, int, off_t) =
		(ssize_t(*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "preadv");

	if (holds(""))
		wait_for(getenv("UPNVME_HOLD"));
	return next(fd, iov, niov, offset);
}

ssize_t preadv64(int fd, const struct iovec *iov, int niov, off_t offset)
{
	return preadv(fd, iov, niov, offset);
}

/* A call that may not wait gets EAGAIN. */
ssize_t preadv2(int fd, const struct iovec *iov, int niov, off_t offset, int flags)
{
	ssize_t (*next)(int, const struct iovec *, int, off_t, int) =
		(ssize_t(*)(int, const struct iovec *, int, off_t, int))dlsym(RTLD_NEXT, "preadv2");

	if (flags & RWF_NOWAIT && holds("")) {
		errno = EAGAIN;
		return -1;
	}
	return next(fd, iov, niov, offset, flags);
}

ssize_t preadv64v2(int fd, const struct iovec *iov, int niov, off_t offset, int flags)
{
	return preadv2(fd, iov, niov, offset, flags);
}

int fdatasync(int fd)
{
	int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	while (holds(".sync"))
		usleep(LOOK_US);
	if (holds(".bad")) {
		errno = ENOSPC;
		return -1;
	}
	return next(fd);
}

/* A thread that registers for membarrier(2) makes a controller's thread next. */
static _Thread_local int makes_controller, is_controller;

struct start {
	void *(*routine)(void *);
	void *arg;
};

static void *controller_main(void *arg)
{
	struct start start = *(struct start *)arg;
	const char *file = getenv("UPNVME_STALL");

	free(arg);
	is_controller = 1;
	if (file)
		wait_for(file);
	return start.routine(start.arg);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*routine)(void *),
		   void *arg)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
		(int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
			 void *))dlsym(RTLD_NEXT, "pthread_create");
	struct start *start = makes_controller ? malloc(sizeof(*start)) : NULL;

	makes_controller = 0;
	if (!start)
		return next(thread, attr, routine, arg);
	*start = (struct start){ routine, arg };
	return next(thread, attr, controller_main, start);
}

/* A controller parks in futex(2), where it looks up every now and then. */
long syscall(long number, ...)
{
	static const struct timespec look = { 0, LOOK_US * 1000 };
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	const char *file = getenv("UPNVME_STALL");
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	makes_controller =
		number == SYS_membarrier && a[0] == MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
	if (number == SYS_futex && (int)a[1] == FUTEX_WAIT_PRIVATE && file && is_controller) {
		wait_for(file);
		a[3] = (long)&look;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
