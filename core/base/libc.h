/* SPDX-License-Identifier: BSD-3-Clause */
/* Constants and calls that some C libraries lack: musl leaves constants to the kernel's headers,
 * and older libraries lack system calls. */
#ifndef UPNVME_BASE_LIBC_H
#define UPNVME_BASE_LIBC_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#ifndef __GLIBC__
#include <linux/falloc.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RWF_DSYNC
#define RWF_DSYNC 0x2 /* linux/fs.h, which cannot be included beside many other headers */
#endif

/* pwritev2(2); the system call takes the offset in two halves, of which a 64-bit kernel ignores one. */
static inline ssize_t libc_pwritev2(int fd, const struct iovec *iov, int niov, off_t offset,
				    int flags)
{
	return syscall(SYS_pwritev2, fd, iov, niov, offset, 0L, flags);
}
#define pwritev2 libc_pwritev2

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x8
#endif

static inline ssize_t libc_preadv2(int fd, const struct iovec *iov, int niov, off_t offset,
				   int flags)
{
	return syscall(SYS_preadv2, fd, iov, niov, offset, 0L, flags);
}
#define preadv2 libc_preadv2

#ifndef AT_STATX_DONT_SYNC
#define AT_STATX_DONT_SYNC 0x4000
#endif

#ifndef STATX_SIZE
#include <linux/stat.h>

static inline int libc_statx(int fd, const char *path, int flags, unsigned mask, struct statx *st)
{
	return (int)syscall(SYS_statx, fd, path, flags, mask, st);
}
#define statx(...) libc_statx(__VA_ARGS__)
#endif
#endif

#endif
