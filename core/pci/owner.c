/* SPDX-License-Identifier: BSD-3-Clause */
/* Giving the nodes of VFIO to a user. */
#include "pci/owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "pci/nodes.h"

static int give(const struct sysfs *fs, const char *address, const struct node *node,
		uint32_t owner)
{
	char path[SYSFS_PATH_ROOM];

	snprintf(path, sizeof(path), "%s/%s", fs->dev, node->name);
	if (!lchown(path, owner, (gid_t)-1))
		return 0;
	return error_set(-errno, UPNVME_ERR_DEVICE_ACCESS, "%s: %s cannot be given to user %u: %s",
			 address, path, owner, strerror(errno));
}

int owner_set(const struct sysfs *fs, const char *address, uint32_t owner)
{
	struct nodes nodes;
	uint32_t given = 0;
	int rc = nodes_find(&nodes, fs, address);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < nodes.n && !rc; i++) {
		if (strncmp(nodes.node[i].name, "vfio/", 5) != 0)
			continue;
		rc = give(fs, address, &nodes.node[i], owner);
		given++;
	}
	nodes_free(&nodes);
	if (!rc && !given)
		return error_set(-ENOENT, UPNVME_ERR_SYSTEM,
				 "%s: VFIO has made no node for the device that user %u could own",
				 address, owner);
	return rc;
}
