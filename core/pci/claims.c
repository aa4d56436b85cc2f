/* SPDX-License-Identifier: BSD-3-Clause */
/* Exclusive claims on a device's blocks, held while it is taken from the kernel's driver. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "pci/usage.h"

static void keep_or_close(struct claims *claims, const struct node *node, int fd)
{
	if (node->block)
		claims->fd[claims->n++] = fd;
	else
		close(fd);
}

/* A node that is missing, or a namespace that does not answer any more, has no user. */
static int claim_one(struct claims *claims, const struct sysfs *fs, const struct node *node,
		     struct usage *usage)
{
	char path[SYSFS_PATH_ROOM];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fs->dev, node->name);
	fd = fs->claim(fs, path);
	if (fd >= 0)
		keep_or_close(claims, node, fd);
	else if (fd == -EBUSY)
		usage_note(usage, UPNVME_DEVICE_OPEN, "somebody has claimed /dev/%s", node->name);
	else if (fd == -EACCES || fd == -EPERM)
		return error_set(fd, UPNVME_ERR_DEVICE_ACCESS,
				 "%s may not be opened to see whether it is in use (%s): run as "
				 "root",
				 path, strerror(-fd));
	else
		log_debug("%s cannot be claimed: %s", path, strerror(-fd));
	return 0;
}

/*
 * A claim on a disk fails while one of its partitions is claimed, and keeps them from being claimed: partitions need
 * none of their own. A VFIO group opens for one user at a time, whether that one can be seen in /proc or not; it is
 * but looked at, because it goes with the driver.
 */
static bool is_claimable(const struct node *node)
{
	if (node->block)
		return !node->partition;
	return !strncmp(node->name, "vfio/", 5) && strncmp(node->name, "vfio/devices/", 13) != 0;
}

static int claim_all(struct claims *claims, const struct sysfs *fs, const struct nodes *nodes,
		     struct usage *usage)
{
	int rc = 0;

	claims->fd = calloc(nodes->n, sizeof(*claims->fd));
	if (!claims->fd)
		return error_no_memory("a list of claims", nodes->n * sizeof(*claims->fd));
	for (uint32_t i = 0; i < nodes->n && !rc; i++)
		if (is_claimable(&nodes->node[i]))
			rc = claim_one(claims, fs, &nodes->node[i], usage);
	if (rc)
		claims_release(claims);
	return rc;
}

int claims_take(struct claims *claims, const struct sysfs *fs, const char *address,
		struct usage *usage)
{
	struct nodes nodes;
	int rc = nodes_find(&nodes, fs, address);

	*claims = (struct claims){ 0 };
	if (rc)
		return rc;
	if (nodes.n)
		rc = claim_all(claims, fs, &nodes, usage);
	nodes_free(&nodes);
	return rc;
}

void claims_release(struct claims *claims)
{
	for (uint32_t i = 0; i < claims->n; i++)
		close(claims->fd[i]);
	free(claims->fd);
	*claims = (struct claims){ 0 };
}
