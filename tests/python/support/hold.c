/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded, it makes a slow device of a disk image: while the file that UPNVME_HOLD names is there, reads of images do
 * not return. And it makes a dead controller of a threaded one: while the file that UPNVME_STALL names is there, its
 * thread does not come back from parking; a file of that name and ".ed" then says that it is stuck. */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define LOOK_US 1000

ssize_t preadv(int fd, const struct iovec *iov, int niov, off_t offset)
{
	ssize_t (*next)(int, const struct iovec *, int, off_t) =
		(ssize_t(*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "preadv");
	const char *hold = getenv("UPNVME_HOLD");

	while (hold && access(hold, F_OK) == 0)
		usleep(LOOK_US);
	return next(fd, iov, niov, offset);
}

ssize_t preadv64(int fd, const struct iovec *iov, int niov, off_t offset)
{
	return preadv(fd, iov, niov, offset);
}

static int is_controller(void)
{
	char name[16] = "";

	return !pthread_getname_np(pthread_self(), name, sizeof(name)) &&
	       !strcmp(name, "upnvme-softctrl");
}

static void stall(const char *file)
{
	char stuck[4096];

	snprintf(stuck, sizeof(stuck), "%s.ed", file);
	while (access(file, F_OK) == 0) {
		close(open(stuck, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		usleep(LOOK_US);
	}
}

/* One that is made meanwhile would answer until it parks: it is not made to the end. */
int pthread_setname_np(pthread_t thread, const char *name)
{
	int (*next)(pthread_t, const char *) =
		(int (*)(pthread_t, const char *))dlsym(RTLD_NEXT, "pthread_setname_np");
	const char *file = getenv("UPNVME_STALL");

	if (file && !strcmp(name, "upnvme-softctrl"))
		stall(file);
	return next(thread, name);
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
	if (number == SYS_futex && (int)a[1] == FUTEX_WAIT_PRIVATE && file && is_controller()) {
		stall(file);
		a[3] = (long)&look;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
