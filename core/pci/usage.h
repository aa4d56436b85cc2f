/* SPDX-License-Identifier: BSD-3-Clause */
/* The users of a device, as far as they can be seen: mounts, swap, holders, open nodes, loop
 * devices, exports, virtual functions; users that cannot be seen; and claims on the device, so that
 * no new user can come. */
#ifndef UPNVME_PCI_USAGE_H
#define UPNVME_PCI_USAGE_H

#include <stdint.h>

#include <upnvme/devices.h>

#include "pci/nodes.h"
#include "pci/sysfs.h"

struct usage {
	uint32_t flags;   /* UPNVME_DEVICE_... */
	char text[256];   /* who, in words */
	char unseen[256]; /* users that cannot be seen; empty: none */
};

/* Notes one use; a text that does not fit is left out. */
__attribute__((format(printf, 3, 4))) void usage_note(struct usage *usage, uint32_t flag,
						      const char *format, ...);
/* Likewise notes a user that cannot be seen. */
__attribute__((format(printf, 2, 3))) void usage_unseen(struct usage *usage, const char *format,
							...);

/* Finds all uses of the device at `address`. 0, or a negative errno with its sentence. */
int usage_find(const struct sysfs *fs, const char *address, struct usage *usage);

/* The search, which only the files that find users share. */
struct search {
	const struct sysfs *fs;
	const struct nodes *nodes;
	struct usage *usage;
};

/* The processes that have one of the nodes open (openers.c). */
void usage_find_openers(const struct search *search);
/* The loop devices that one of the nodes is behind (loops.c). */
void usage_find_loops(const struct search *search);
/* The exports, devices that the kernel itself has opened to give them to others (exports.c). */
void usage_find_exports(const struct search *search);
/* The virtual functions of the device (functions.c). */
void usage_find_functions(const struct sysfs *fs, const char *address, struct usage *usage);

/* Exclusive claims on block devices. */
struct claims {
	struct claim *claim;
	uint32_t n;
};

/*
 * Adds claims on all block devices of a device, except those that are claimed here already. A
 * device that is claimed already, by a file system of another mount namespace or a part of a Btrfs
 * for example, is noted in *usage, and so is one that cannot be claimed. 0, or a negative errno
 * with its sentence. To be released in any case; all zeroes at first.
 */
int claims_take(struct claims *claims, const struct sysfs *fs, const char *address,
		struct usage *usage);
void claims_release(struct claims *claims);

#endif
