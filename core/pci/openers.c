/* SPDX-License-Identifier: BSD-3-Clause */
/* The processes that have a device's nodes open. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "pci/usage.h"

/*
 * The node behind a descriptor, or null. The link's text is looked at first: to look behind a link that leads into a
 * file system which does not answer (a network's) could hang.
 */
static const struct node *node_behind(const struct nodes *nodes, const char *link)
{
	char target[64];
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	struct stat st;

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	if (strncmp(target, "/dev/", 5) != 0 || stat(link, &st) ||
	    !(S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode)))
		return NULL;
	return nodes_by_number(nodes, S_ISBLK(st.st_mode), major(st.st_rdev), minor(st.st_rdev));
}

static void process_name(const struct sysfs *fs, const char *pid, char *name, size_t bytes)
{
	char path[SYSFS_PATH_ROOM];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/comm", fs->proc, pid);
	snprintf(name, bytes, "?");
	file = fd_fopen(path);
	if (!file)
		return;
	if (fgets(name, (int)bytes, file))
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

/* Each process is noted once: its first descriptor tells. */
static void look_at(const struct sysfs *fs, const char *pid, const struct nodes *nodes,
		    struct usage *usage)
{
	const struct node *node = NULL;
	char path[SYSFS_PATH_ROOM], name[32];
	struct sysfs_names fds;

	if (sysfs_names_get(&fds, fs->proc, "%s/fd", pid))
		return;
	for (uint32_t i = 0; i < fds.n && !node; i++) {
		int n = snprintf(path, sizeof(path), "%s/%s/fd/%s", fs->proc, pid, fds.name[i]);

		if (n > 0 && n < (int)sizeof(path))
			node = node_behind(nodes, path);
	}
	sysfs_names_free(&fds);
	if (!node)
		return;
	process_name(fs, pid, name, sizeof(name));
	usage_note(usage, UPNVME_DEVICE_OPEN, "process %s (%s) has /dev/%s open", pid, name,
		   node->name);
}

void usage_find_openers(const struct sysfs *fs, const struct nodes *nodes, struct usage *usage)
{
	struct sysfs_names pids;

	if (!nodes->n || sysfs_names_get(&pids, fs->proc, "."))
		return;
	for (uint32_t i = 0; i < pids.n; i++)
		if (isdigit((unsigned char)pids.name[i][0]))
			look_at(fs, pids.name[i], nodes, usage);
	sysfs_names_free(&pids);
}
