/* SPDX-License-Identifier: BSD-3-Clause */
/* The device nodes through which programs reach one NVMe device: block devices and partitions while the kernel's
 * driver has the device, a VFIO group or a UIO device while a driver for user space has it. */
#ifndef UPNVME_PCI_NODES_H
#define UPNVME_PCI_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci/sysfs.h"

#define NODE_NAME_ROOM  40u
#define NODE_LABEL_ROOM 88u

struct node {
	char name[NODE_NAME_ROOM];   /* below /dev */
	char label[NODE_LABEL_ROOM]; /* for sentences: name and relation */
	bool partition;
	struct device_number number;
};

struct nodes {
	struct node *node;
	uint32_t n;
};

/* The kernel's name of the controller, "nvme0": 0, or a negative errno if its nvme driver does not have it. */
int nodes_controller(const struct sysfs *fs, const char *address, char *name, size_t bytes);

/* Finds all nodes of the device at `address`. 0, or -ENOMEM with its sentence. The caller frees them after success. */
int nodes_find(struct nodes *nodes, const struct sysfs *fs, const char *address);
void nodes_free(struct nodes *nodes);

/* Reads "major:minor" of a block device, as sysfs and mountinfo have it. */
bool nodes_number(const char *text, struct device_number *number);

/* The node of that number, or the block device of that name or path; null if the device has no such
 * node. */
const struct node *nodes_by_number(const struct nodes *nodes, const struct device_number *number);
const struct node *nodes_by_name(const struct nodes *nodes, const char *name);
const struct node *nodes_by_path(const struct nodes *nodes, const char *path);

/* --- only for the files nodes*.c ------------------------------------------------------------------ */

/* nvme0n1 is a block device of controller nvme0; nvme0c1n1 is one of several paths to the block device nvme0n1 (the
 * kernel's multipath), whose path nodes are hidden. */
bool nodes_is_namespace(const char *name, uint32_t *instance, uint32_t *head);

/* Adds a namespace's nodes that are not there yet; `through` is the other controller that shows the
 * namespace, null for the device's own. 0 or -ENOMEM with its sentence. */
int nodes_add_namespace(struct nodes *nodes, const struct sysfs *fs, uint32_t instance,
			uint32_t head, const char *through);

/* Adds the device's namespaces that the kernel also has from other controllers of the same
 * subsystem. */
int nodes_add_shared(struct nodes *nodes, const struct sysfs *fs, const char *address);

#endif
