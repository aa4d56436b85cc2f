/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file system that does not answer while a test holds it: FUSE, spoken by a child of this process. The file system
 * has one file, whose data goes straight to the server, as on a network's file system.
 */
#ifndef UPNVME_TESTS_UNIT_MEDIA_SLOW_FS_H
#define UPNVME_TESTS_UNIT_MEDIA_SLOW_FS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SLOW_FS_BYTES     65536u
#define SLOW_FS_FILE      "disk.img"
#define SLOW_FS_PATIENCES 1000u /* of 10 ms: then a test that hangs is let go */

struct slow_fs {
	char directory[256];
	char path[300];
	pid_t server;
	int fd;
	struct slow_fs_shared {
		_Atomic bool held;     /* transfers and syncs are not answered */
		_Atomic bool let_go;   /* the test did not release requests in time */
		_Atomic int sync_errs; /* so many syncs fail with EIO */
		_Atomic bool again;    /* reads are answered with EAGAIN */
	} * shared;
};

/* False where FUSE is missing or cannot be mounted: `why` tells which. */
bool slow_fs_mount(struct slow_fs *fs, const char **why);
void slow_fs_unmount(struct slow_fs *fs);

#endif
