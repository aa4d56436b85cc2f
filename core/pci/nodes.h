/* SPDX-License-Identifier: BSD-3-Clause */
/* The device nodes through which programs reach one NVMe device: block devices and partitions while the kernel's
 * driver has it, a VFIO group or a UIO device while a user space driver may. */
#ifndef UPNVME_PCI_NODES_H
#define UPNVME_PCI_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci/sysfs.h"

#define NODE_NAME_ROOM 40u

struct node {
	char name[NODE_NAME_ROOM]; /* below /dev */
	bool block;
	bool partition;
	uint32_t major, minor;
};

struct nodes {
	struct node *node;
	uint32_t n;
};

/* The kernel's name of the controller, "nvme0": 0, or a negative errno if its nvme driver does not have it. */
int nodes_controller(const struct sysfs *fs, const char *address, char *name, size_t bytes);

/* Finds all nodes of the device at `address`. 0, or -ENOMEM with its sentence; to be freed after success. */
int nodes_find(struct nodes *nodes, const struct sysfs *fs, const char *address);
void nodes_free(struct nodes *nodes);

/* Reads "major:minor", as sysfs and mountinfo have it. */
bool nodes_number(const char *text, uint32_t *major, uint32_t *minor);

/* The block device of that number or name; null if it is none of these. */
const struct node *nodes_by_number(const struct nodes *nodes, bool block, uint32_t major,
				   uint32_t minor);
const struct node *nodes_by_path(const struct nodes *nodes, const char *path);

#endif
