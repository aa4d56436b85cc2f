/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Namespaces that the kernel reaches through another controller as well. If the kernel's multipath is off, each
 * controller of an NVM subsystem has a block device of its own of the same namespace: a user of one is a user of all.
 */
#include "pci/nodes.h"

#include <stdio.h>
#include <string.h>

#define IDENTITY_ROOM \
	256u /* for a subsystem's NQN (NVMe Base 2.0, 4.5) and a namespace's identifiers */

/* The identity of a namespace: its UUID, NGUID or EUI64, else serial number, model and
 * identifier. */
static bool wwid_of(const struct sysfs *fs, const char *disk, char wwid[IDENTITY_ROOM])
{
	return !sysfs_read(fs, wwid, IDENTITY_ROOM, "class/block/%s/wwid", disk) && wwid[0];
}

static bool has_wwid(const struct nodes *nodes, const struct sysfs *fs, const char *wwid)
{
	char own[IDENTITY_ROOM];

	for (uint32_t i = 0; i < nodes->n; i++)
		if (nodes->node[i].number.block && !nodes->node[i].partition &&
		    wwid_of(fs, nodes->node[i].name, own) && !strcmp(own, wwid))
			return true;
	return false;
}

static int add_same(struct nodes *nodes, const struct sysfs *fs, const char *controller)
{
	char disk[NODE_NAME_ROOM], wwid[IDENTITY_ROOM];
	struct sysfs_names names;
	uint32_t instance, head;
	int rc = 0;

	if (sysfs_names_get(&names, fs->sys, "class/nvme/%s", controller))
		return 0;
	for (uint32_t i = 0; i < names.n && !rc; i++) {
		if (!nodes_is_namespace(names.name[i], &instance, &head))
			continue;
		snprintf(disk, sizeof(disk), "nvme%un%u", instance, head);
		if (wwid_of(fs, disk, wwid) && has_wwid(nodes, fs, wwid))
			rc = nodes_add_namespace(nodes, fs, instance, head, controller);
	}
	sysfs_names_free(&names);
	return rc;
}

static bool in_subsystem(const struct sysfs *fs, const char *controller, const char *nqn)
{
	char other[IDENTITY_ROOM];

	return !sysfs_read(fs, other, sizeof(other), "class/nvme/%s/subsysnqn", controller) &&
	       !strcmp(other, nqn);
}

int nodes_add_shared(struct nodes *nodes, const struct sysfs *fs, const char *address)
{
	char own[NODE_NAME_ROOM], nqn[IDENTITY_ROOM];
	struct sysfs_names controllers;
	int rc = 0;

	if (nodes_controller(fs, address, own, sizeof(own)) ||
	    sysfs_read(fs, nqn, sizeof(nqn), "class/nvme/%s/subsysnqn", own) || !nqn[0] ||
	    sysfs_names_get(&controllers, fs->sys, "class/nvme"))
		return 0;
	for (uint32_t i = 0; i < controllers.n && !rc; i++)
		if (strcmp(controllers.name[i], own) != 0 &&
		    in_subsystem(fs, controllers.name[i], nqn))
			rc = add_same(nodes, fs, controllers.name[i]);
	sysfs_names_free(&controllers);
	return rc;
}
