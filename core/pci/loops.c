/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop devices over a device. The kernel keeps the file behind a loop device open for itself
 * and claims nothing: no process has the file open, it has no holders, and the mounts are of the
 * loop device.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pci/usage.h"

/* The node behind a loop device, or null. If this user may not open the loop device, the path of its file in sysfs
 * decides. */
static const struct node *backing_of(const struct search *search, const char *loop)
{
	char path[SYSFS_PATH_ROOM], backing[SYSFS_PATH_ROOM];
	const struct sysfs *fs = search->fs;
	struct device_number number;
	int rc;

	if (sysfs_read(fs, backing, sizeof(backing), "class/block/%s/loop/backing_file", loop))
		return NULL; /* the loop device has no file */
	snprintf(path, sizeof(path), "%s/%s", fs->dev, loop);
	rc = fs->loop(fs, path, &number);
	if (!rc)
		return nodes_by_number(search->nodes, &number);
	if (rc != -ENODEV && rc != -ENXIO)
		usage_unseen(search->usage, "the file or device behind /dev/%s cannot be seen (%s)",
			     loop, strerror(-rc));
	return nodes_by_path(search->nodes, backing);
}

void usage_find_loops(const struct search *search)
{
	struct sysfs_names names;

	if (sysfs_names_get(&names, search->fs->sys, "class/block"))
		return;
	for (uint32_t i = 0; i < names.n; i++) {
		const struct node *node = NULL;

		if (!strncmp(names.name[i], "loop", 4))
			node = backing_of(search, names.name[i]);
		if (node)
			usage_note(search->usage, UPNVME_DEVICE_HELD,
				   "%s is behind the loop device %s", node->label, names.name[i]);
	}
	sysfs_names_free(&names);
}
