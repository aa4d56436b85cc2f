/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding the device nodes of an NVMe device. */
#include "pci/nodes.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pci/device.h"

static int add(struct nodes *nodes, struct node node)
{
	struct node *larger = realloc(nodes->node, (nodes->n + 1) * sizeof(*larger));

	if (!larger)
		return error_no_memory("a list of device nodes", (nodes->n + 1) * sizeof(*larger));
	nodes->node = larger;
	nodes->node[nodes->n++] = node;
	return 0;
}

/* Reads a name that begins with `prefix` and goes on with a decimal number. */
static bool take_number(const char **at, const char *prefix, uint32_t *value)
{
	size_t length = strlen(prefix);
	char *end;

	if (strncmp(*at, prefix, length) != 0 || !isdigit((unsigned char)(*at)[length]))
		return false;
	*value = (uint32_t)strtoul(*at + length, &end, 10);
	*at = end;
	return true;
}

bool nodes_number(const char *text, struct device_number *number)
{
	number->block = true;
	return take_number(&text, "", &number->major) && take_number(&text, ":", &number->minor) &&
	       !*text;
}

/* Adds a node with `number`, the text of its `dev` file in sysfs; without a number there is no node. */
static int add_numbered(struct nodes *nodes, struct node node, const char *number,
			const char *through)
{
	bool block = node.number.block;

	if (!nodes_number(number, &node.number))
		return 0;
	node.number.block = block;
	if (nodes_by_number(nodes, &node.number))
		return 0;
	if (through)
		snprintf(node.label, sizeof(node.label), "%s (shared, of %s)", node.name, through);
	else
		snprintf(node.label, sizeof(node.label), "%s", node.name);
	return add(nodes, node);
}

__attribute__((format(printf, 3, 4))) static int add_char(struct nodes *nodes, const char *number,
							  const char *format, ...)
{
	struct node node = { 0 };
	va_list args;

	va_start(args, format);
	vsnprintf(node.name, sizeof(node.name), format, args);
	va_end(args);
	return add_numbered(nodes, node, number, NULL);
}

static int add_partitions(struct nodes *nodes, const struct sysfs *fs, const char *disk,
			  const char *through)
{
	struct sysfs_names names;
	char number[32];
	int rc = 0;

	if (sysfs_names_get(&names, fs->sys, "class/block/%s", disk))
		return 0;
	for (uint32_t i = 0; i < names.n && !rc; i++) {
		struct node node = { .partition = true, .number.block = true };

		if (!sysfs_exists(fs, "class/block/%s/%s/partition", disk, names.name[i]))
			continue;
		snprintf(node.name, sizeof(node.name), "%s", names.name[i]);
		sysfs_read(fs, number, sizeof(number), "class/block/%s/%s/dev", disk,
			   names.name[i]);
		rc = add_numbered(nodes, node, number, through);
	}
	sysfs_names_free(&names);
	return rc;
}

/* A namespace is a block device, its partitions, and a character device for commands. */
int nodes_add_namespace(struct nodes *nodes, const struct sysfs *fs, uint32_t instance,
			uint32_t head, const char *through)
{
	struct node disk = { .number.block = true }, generic = { 0 };
	char number[32];
	int rc;

	snprintf(disk.name, sizeof(disk.name), "nvme%un%u", instance, head);
	sysfs_read(fs, number, sizeof(number), "class/block/%s/dev", disk.name);
	rc = add_numbered(nodes, disk, number, through);
	if (!rc)
		rc = add_partitions(nodes, fs, disk.name, through);
	snprintf(generic.name, sizeof(generic.name), "ng%un%u", instance, head);
	if (!rc &&
	    !sysfs_read(fs, number, sizeof(number), "class/nvme-generic/%s/dev", generic.name))
		rc = add_numbered(nodes, generic, number, through);
	return rc;
}

bool nodes_is_namespace(const char *name, uint32_t *instance, uint32_t *head)
{
	uint32_t path;

	if (!take_number(&name, "nvme", instance))
		return false;
	take_number(&name, "c", &path);
	return take_number(&name, "n", head) && !*name;
}

static int add_controller(struct nodes *nodes, const struct sysfs *fs, const char *address)
{
	char controller[NODE_NAME_ROOM], number[32];
	struct sysfs_names names;
	uint32_t instance, head;
	int rc;

	if (nodes_controller(fs, address, controller, sizeof(controller)))
		return 0;
	sysfs_read(fs, number, sizeof(number), SYSFS_DEVICE "/nvme/%s/dev", address, controller);
	rc = add_char(nodes, number, "%s", controller);
	if (rc || sysfs_names_get(&names, fs->sys, SYSFS_DEVICE "/nvme/%s", address, controller))
		return rc;
	for (uint32_t i = 0; i < names.n && !rc; i++)
		if (nodes_is_namespace(names.name[i], &instance, &head))
			rc = nodes_add_namespace(nodes, fs, instance, head, NULL);
	sysfs_names_free(&names);
	return rc;
}

/* Adds the node of the device's VFIO group, which exists while a VFIO driver has the device. */
static int add_group(struct nodes *nodes, const struct sysfs *fs, const char *address)
{
	int group = pci_device_group(fs, address), rc = 0;
	char number[32];

	if (group == PCI_NO_GROUP)
		return 0;
	if (!sysfs_read(fs, number, sizeof(number), "class/vfio/%d/dev", group))
		rc = add_char(nodes, number, "vfio/%d", group);
	if (!rc && !sysfs_read(fs, number, sizeof(number), "class/vfio/noiommu-%d/dev", group))
		rc = add_char(nodes, number, "vfio/noiommu-%d", group);
	return rc;
}

/* Adds the nodes that a driver has made: each entry of the device's `folder` has the name of its node. */
static int add_folder(struct nodes *nodes, const struct sysfs *fs, const char *address,
		      const char *folder, const char *below_dev)
{
	struct sysfs_names names;
	char number[32];
	int rc = 0;

	if (sysfs_names_get(&names, fs->sys, SYSFS_DEVICE "/%s", address, folder))
		return 0;
	for (uint32_t i = 0; i < names.n && !rc; i++)
		if (!sysfs_read(fs, number, sizeof(number), SYSFS_DEVICE "/%s/%s/dev", address,
				folder, names.name[i]))
			rc = add_char(nodes, number, "%s%s", below_dev, names.name[i]);
	sysfs_names_free(&names);
	return rc;
}

int nodes_controller(const struct sysfs *fs, const char *address, char *name, size_t bytes)
{
	struct sysfs_names names;
	int rc = sysfs_names_get(&names, fs->sys, SYSFS_DEVICE "/nvme", address);

	name[0] = '\0';
	if (rc)
		return rc;
	for (uint32_t i = 0; i < names.n && !name[0]; i++)
		if (!strncmp(names.name[i], "nvme", 4))
			snprintf(name, bytes, "%s", names.name[i]);
	sysfs_names_free(&names);
	return name[0] ? 0 : -ENOENT;
}

int nodes_find(struct nodes *nodes, const struct sysfs *fs, const char *address)
{
	int rc;

	*nodes = (struct nodes){ 0 };
	rc = add_controller(nodes, fs, address);
	if (!rc)
		rc = nodes_add_shared(nodes, fs, address);
	if (!rc)
		rc = add_group(nodes, fs, address);
	if (!rc)
		rc = add_folder(nodes, fs, address, "vfio-dev", "vfio/devices/");
	if (!rc)
		rc = add_folder(nodes, fs, address, "uio", "");
	if (rc)
		nodes_free(nodes);
	return rc;
}

void nodes_free(struct nodes *nodes)
{
	free(nodes->node);
	*nodes = (struct nodes){ 0 };
}

const struct node *nodes_by_number(const struct nodes *nodes, const struct device_number *number)
{
	for (uint32_t i = 0; i < nodes->n; i++) {
		const struct device_number *of = &nodes->node[i].number;

		if (of->block == number->block && of->major == number->major &&
		    of->minor == number->minor)
			return &nodes->node[i];
	}
	return NULL;
}

const struct node *nodes_by_name(const struct nodes *nodes, const char *name)
{
	for (uint32_t i = 0; i < nodes->n; i++)
		if (nodes->node[i].number.block && !strcmp(nodes->node[i].name, name))
			return &nodes->node[i];
	return NULL;
}

const struct node *nodes_by_path(const struct nodes *nodes, const char *path)
{
	return strncmp(path, "/dev/", 5) != 0 ? NULL : nodes_by_name(nodes, path + 5);
}
