/* SPDX-License-Identifier: BSD-3-Clause */
/* What not every C library has: musl leaves some constants to the kernel's headers, and older ones
 * lack a system call. */
#ifndef UPNVME_BASE_LIBC_H
#define UPNVME_BASE_LIBC_H

#include <sys/uio.h>

#ifndef __GLIBC__
#include <linux/falloc.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RWF_DSYNC
#define RWF_DSYNC 0x2 /* linux/fs.h, which goes with few other headers */
#endif

/* pwritev2(2); the system call takes the offset in two halves, of which a 64-bit kernel ignores one. */
static inline ssize_t libc_pwritev2(int fd, const struct iovec *iov, int niov, off_t offset,
				    int flags)
{
	return syscall(SYS_pwritev2, fd, iov, niov, offset, 0L, flags);
}
#define pwritev2 libc_pwritev2
#endif

#endif
