/* SPDX-License-Identifier: BSD-3-Clause */
/* Exclusive claims on a device's blocks, held while the device is taken from the kernel's driver. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "pci/usage.h"

struct claim {
	struct device_number number;
	int fd;
};

static bool is_claimed(const struct claims *claims, const struct device_number *number)
{
	for (uint32_t i = 0; i < claims->n; i++)
		if (claims->claim[i].number.major == number->major &&
		    claims->claim[i].number.minor == number->minor)
			return true;
	return false;
}

/* Keeps the claim on a block device. A claim on a VFIO group only shows whether the group has a user, and is closed
 * here: the group's node is removed with the driver. */
static int keep_or_close(struct claims *claims, const struct node *node, int fd)
{
	struct claim *larger = NULL;

	if (node->number.block)
		larger = realloc(claims->claim, (claims->n + 1) * sizeof(*larger));
	if (!larger)
		close(fd);
	if (!node->number.block)
		return 0;
	if (!larger)
		return error_no_memory("a list of claims", (claims->n + 1) * sizeof(*larger));
	claims->claim = larger;
	claims->claim[claims->n++] = (struct claim){ node->number, fd };
	return 0;
}

/* Claims a node, and notes its user if it has one. A namespace that does not answer any more has none. */
static int claim_one(struct claims *claims, const struct sysfs *fs, const struct node *node,
		     struct usage *usage)
{
	char path[SYSFS_PATH_ROOM];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fs->dev, node->name);
	fd = fs->claim(fs, path, &node->number);
	if (fd >= 0)
		return keep_or_close(claims, node, fd);
	if (fd == -EBUSY)
		usage_note(usage, UPNVME_DEVICE_OPEN, "another program has claimed /dev/%s",
			   node->label);
	else if (fd == -EACCES || fd == -EPERM)
		return error_set(fd, UPNVME_ERR_DEVICE_ACCESS,
				 "%s may not be opened to see whether it is in use (%s): run as "
				 "root",
				 path, strerror(-fd));
	else if (fd == -ENXIO || fd == -EIO)
		log_debug("%s cannot be claimed: %s", path, strerror(-fd));
	else
		usage_unseen(usage, "the claims on %s cannot be seen (%s)", path,
			     fd == -ENOENT ? "the node is missing, or is another device's" :
					     strerror(-fd));
	return 0;
}

/*
 * A claim on a disk fails while one of its partitions is claimed, and keeps partitions from being
 * claimed: they need no claims of their own. A VFIO group opens for one user at a time, even if
 * that user cannot be seen in /proc.
 */
static bool is_claimable(const struct node *node)
{
	if (node->number.block)
		return !node->partition;
	return !strncmp(node->name, "vfio/", 5) && strncmp(node->name, "vfio/devices/", 13) != 0;
}

int claims_take(struct claims *claims, const struct sysfs *fs, const char *address,
		struct usage *usage)
{
	struct nodes nodes;
	int rc = nodes_find(&nodes, fs, address);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < nodes.n && !rc; i++)
		if (is_claimable(&nodes.node[i]) && !is_claimed(claims, &nodes.node[i].number))
			rc = claim_one(claims, fs, &nodes.node[i], usage);
	nodes_free(&nodes);
	return rc;
}

void claims_release(struct claims *claims)
{
	for (uint32_t i = 0; i < claims->n; i++)
		close(claims->claim[i].fd);
	free(claims->claim);
	*claims = (struct claims){ 0 };
}
