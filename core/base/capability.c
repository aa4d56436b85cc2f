/* SPDX-License-Identifier: BSD-3-Clause */
/* Capabilities, read from /proc: capget(2) tells the same capabilities, but nothing of user
 * namespaces. */
#include "base/capability.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* The inode number of the first user namespace (Linux, include/linux/proc_ns.h:
 * PROC_USER_INIT_INO). A kernel without user namespaces has no such file. */
#define FIRST_USER_NAMESPACE "user:[4026531837]"

/* Room for a path; short, because callers' stacks are small. A longer path is not found. */
#define PATH_BYTES 256

static bool in_first_namespace(const char *proc)
{
	char path[PATH_BYTES], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/self/ns/user", proc);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return true;
	target[n] = '\0';
	return !strcmp(target, FIRST_USER_NAMESPACE);
}

bool capability_counts(const char *proc, unsigned capability)
{
	char path[PATH_BYTES], line[256];
	unsigned long long effective = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/self/status", proc);
	file = fd_fopen(path);
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "CapEff:", 7))
			effective = strtoull(line + 7, NULL, 16);
	fclose(file);
	return effective >> capability & 1 && in_first_namespace(proc);
}
