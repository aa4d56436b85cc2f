/* SPDX-License-Identifier: BSD-3-Clause */
/* Giving the nodes of VFIO to a user, and back. */
#include "pci/owner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "pci/nodes.h"

struct former_owner {
	char path[SYSFS_PATH_ROOM];
	uid_t owner;
};

static struct former_owner *room_for_one(struct owners *owners)
{
	uint64_t bytes = (owners->n + 1ull) * sizeof(*owners->former);
	struct former_owner *larger = realloc(owners->former, bytes);

	if (!larger) {
		error_no_memory("a list of former owners", bytes);
		return NULL;
	}
	owners->former = larger;
	return &larger[owners->n];
}

static int give(struct owners *owners, const struct sysfs *fs, const char *address,
		const struct node *node, uint32_t owner)
{
	struct former_owner *former = room_for_one(owners);
	struct stat now;

	if (!former)
		return -ENOMEM;
	snprintf(former->path, sizeof(former->path), "%s/%s", fs->dev, node->name);
	if (lstat(former->path, &now) || lchown(former->path, owner, (gid_t)-1))
		return error_set(-errno, UPNVME_ERR_DEVICE_ACCESS,
				 "%s: %s cannot be given to user %u: %s", address, former->path,
				 owner, strerror(errno));
	former->owner = now.st_uid;
	owners->n++;
	return 0;
}

int owners_give(struct owners *owners, const struct sysfs *fs, const char *address, uint32_t owner)
{
	uint32_t before = owners->n;
	struct nodes nodes;
	int rc = nodes_find(&nodes, fs, address);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < nodes.n && !rc; i++)
		if (!strncmp(nodes.node[i].name, "vfio/", 5))
			rc = give(owners, fs, address, &nodes.node[i], owner);
	nodes_free(&nodes);
	if (!rc && owners->n == before)
		return error_set(-ENOENT, UPNVME_ERR_SYSTEM,
				 "%s: VFIO has made no node for the device that user %u could own",
				 address, owner);
	return rc;
}

/* Restores the last one first: a group's node may have been given twice. */
void owners_restore(const struct owners *owners)
{
	for (uint32_t i = owners->n; i-- > 0;) {
		const struct former_owner *former = &owners->former[i];

		if (lchown(former->path, former->owner, (gid_t)-1))
			log_warn("%s cannot be given back to user %u: %s", former->path,
				 former->owner, strerror(errno));
	}
}

void owners_free(struct owners *owners)
{
	free(owners->former);
	*owners = (struct owners){ 0 };
}
