/* SPDX-License-Identifier: BSD-3-Clause */
/* The processes that have a device's nodes open. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "pci/usage.h"

/* The inode number of the first PID namespace (Linux, include/linux/proc_ns.h:
 * PROC_PID_INIT_INO). */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

/* Whether an error says that the process may not be looked at. Other errors say that it has ended, and is no user. */
static bool errno_is_refusal(int rc)
{
	return rc == -EACCES || rc == -EPERM;
}

/* Whether a link may lead to a node: the link leads below /dev, or to a file with a node's name (in a chroot's /dev,
 * for one). No other link is followed: a link into a network file system that does not answer could hang. */
static bool may_be_node(const struct nodes *nodes, const char *target)
{
	const char *slash = strrchr(target, '/');

	if (!strncmp(target, "/dev/", 5))
		return true;
	for (uint32_t i = 0; slash && i < nodes->n; i++) {
		const char *name = strrchr(nodes->node[i].name, '/');

		if (!strcmp(slash + 1, name ? name + 1 : nodes->node[i].name))
			return true;
	}
	return false;
}

/* The node behind a descriptor: 0, with null for none, or a negative errno. */
static int node_behind(const struct search *search, const char *link, const struct node **node)
{
	struct device_number number;
	char target[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	*node = NULL;
	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (may_be_node(search->nodes, target) && !sysfs_identify_path(search->fs, link, &number))
		*node = nodes_by_number(search->nodes, &number);
	return 0;
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

/* The first node that the process has open: 0, with null for none, or a negative errno. */
static int find_node(const struct search *search, const char *pid, const struct node **node)
{
	char path[SYSFS_PATH_ROOM];
	struct sysfs_names fds;
	int rc = sysfs_names_get(&fds, search->fs->proc, "%s/fd", pid);

	*node = NULL;
	for (uint32_t i = 0; !errno_is_refusal(rc) && i < fds.n && !*node; i++) {
		int n = snprintf(path, sizeof(path), "%s/%s/fd/%s", search->fs->proc, pid,
				 fds.name[i]);

		if (n > 0 && n < (int)sizeof(path))
			rc = node_behind(search, path, node);
	}
	sysfs_names_free(&fds);
	return rc;
}

/* Notes each process once, by the first node that it has open. False if the process may not be
 * looked at. */
static bool look_at(const struct search *search, const char *pid)
{
	const struct node *node;
	char name[32];

	if (errno_is_refusal(find_node(search, pid, &node)))
		return false;
	if (!node)
		return true;
	process_name(search->fs, pid, name, sizeof(name));
	usage_note(search->usage, UPNVME_DEVICE_OPEN, "process %s (%s) has /dev/%s open", pid, name,
		   node->label);
	return true;
}

/*
 * Whether this /proc shows all processes: process 1 is in the first PID namespace, and may be looked at. A /proc of
 * another namespace has another process 1, and one that hides the processes of others (hidepid) hides this one.
 */
static void check_proc(const struct search *search)
{
	char path[SYSFS_PATH_ROOM], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/1/ns/pid", search->fs->proc);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	if (strcmp(target, FIRST_PID_NAMESPACE) != 0)
		usage_unseen(
			search->usage,
			"%s does not show all processes of the machine (another PID namespace, "
			"as in a container, or hidepid)",
			search->fs->proc);
}

void usage_find_openers(const struct search *search)
{
	struct sysfs_names pids;
	uint32_t unseen = 0;

	check_proc(search);
	if (sysfs_names_get(&pids, search->fs->proc, "."))
		return;
	for (uint32_t i = 0; i < pids.n; i++)
		if (isdigit((unsigned char)pids.name[i][0]))
			unseen += !look_at(search, pids.name[i]);
	sysfs_names_free(&pids);
	if (unseen)
		usage_unseen(search->usage, "what %u processes have open may not be looked at",
			     unseen);
}
