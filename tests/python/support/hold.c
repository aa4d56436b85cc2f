/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded, it makes a slow device of a disk image: while the file that UPNVME_HOLD names is there, reads of images do
 * not return. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/uio.h>
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
