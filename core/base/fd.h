/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors are never below 3. Where a standard descriptor is closed, the next file to be opened becomes it, and
 * what a program then writes to its standard error goes into that file: into a disk image, or a device's registers.
 */
#ifndef UPNVME_BASE_FD_H
#define UPNVME_BASE_FD_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define FD_FIRST 3

/*
 * For calls that make descriptors in their own way (a ring, another library). No descriptor that is
 * made between raise and lower is below FD_FIRST; a single descriptor goes through fd_lift as well,
 * since the process's other threads may close one of the three in between. errno stays as it is in
 * lower.
 */
struct fd_floor {
	uint32_t turn; /* 0: all three were open */
	int held[FD_FIRST];
	unsigned nheld;
};

void fd_floor_raise(struct fd_floor *floor);
void fd_floor_lower(struct fd_floor *floor);

/* Gives back `fd`, or a duplicate from FD_FIRST on in its place; negative with errno when there is
 * no descriptor left. */
int fd_lift(int fd);

/* open(2) with O_CLOEXEC; the mode counts with O_CREAT only. */
int fd_open(const char *path, int flags, mode_t mode);

/* fopen(3), for reading. */
FILE *fd_fopen(const char *path);

/* An eventfd(2) that never blocks. */
int fd_event(void);

#endif
