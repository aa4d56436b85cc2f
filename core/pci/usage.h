/* SPDX-License-Identifier: BSD-3-Clause */
/* Who uses a device, as far as one can see: mounts, swap, holders, open nodes; and claiming it, so that nobody can
 * begin to. */
#ifndef UPNVME_PCI_USAGE_H
#define UPNVME_PCI_USAGE_H

#include <stdint.h>

#include <upnvme/devices.h>

#include "pci/nodes.h"
#include "pci/sysfs.h"

struct usage {
	uint32_t flags; /* UPNVME_DEVICE_... */
	char text[256]; /* who, in words */
};

/* Notes one use; what does not fit of the text is left out. */
__attribute__((format(printf, 3, 4))) void usage_note(struct usage *usage, uint32_t flag,
						      const char *format, ...);

/* Finds all uses of the device at `address`. 0, or -ENOMEM with its sentence. */
int usage_find(const struct sysfs *fs, const char *address, struct usage *usage);

/* The processes that have one of the nodes open (openers.c). */
void usage_find_openers(const struct sysfs *fs, const struct nodes *nodes, struct usage *usage);

/* Exclusive claims on all the block devices of a device. */
struct claims {
	int *fd;
	uint32_t n;
};

/*
 * Claims them. What somebody else has claimed, a file system of another mount namespace or a part of a
 * Btrfs for example, is noted in *usage. 0, or a negative errno with its sentence; to be released after success.
 */
int claims_take(struct claims *claims, const struct sysfs *fs, const char *address,
		struct usage *usage);
void claims_release(struct claims *claims);

#endif
