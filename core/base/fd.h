/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library's descriptors are never below 3. If a standard descriptor is closed, the next file to be opened gets its
 * number, and what a program then writes to its standard error goes into that file: a disk image, or a device's
 * registers.
 */
#ifndef UPNVME_BASE_FD_H
#define UPNVME_BASE_FD_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define FD_FIRST 3

/*
 * A floor for calls that make descriptors in their own way (a ring, another library). No descriptor that
 * is made between raise and lower is below FD_FIRST; a single descriptor goes through fd_lift as well,
 * since another thread may close one of the three in between. fd_floor_lower does not change errno.
 */
struct fd_floor {
	uint32_t turn; /* 0: all three were open */
	int held[FD_FIRST];
	unsigned nheld;
};

void fd_floor_raise(struct fd_floor *floor);
void fd_floor_lower(struct fd_floor *floor);

/* Returns `fd` if it is FD_FIRST or above; else closes it and returns a duplicate that is. Negative, with errno,
 * when no descriptor is left. */
int fd_lift(int fd);

/* As open(2), with O_CLOEXEC; the mode counts with O_CREAT only. */
int fd_open(const char *path, int flags, mode_t mode);

/* As fopen(3), for reading. */
FILE *fd_fopen(const char *path);

/* An eventfd(2) that never blocks. */
int fd_event(void);

#endif
