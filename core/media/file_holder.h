/* SPDX-License-Identifier: BSD-3-Clause */
/* Users of a file or a block device that show no lock on it: the kernel's loop devices and swap. */
#ifndef UPNVME_MEDIA_FILE_HOLDER_H
#define UPNVME_MEDIA_FILE_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define FILE_HOLDER_ROOM 256

/*
 * Whether the file has a user that would not notice that this medium writes to it. `who` then continues the sentence
 * "the file is ...". `sys` and `proc` are where those file systems are mounted.
 */
bool file_holder_find(const char *sys, const char *proc, const struct stat *st,
		      char who[FILE_HOLDER_ROOM]);

#endif
