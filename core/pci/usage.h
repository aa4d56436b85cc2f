/* SPDX-License-Identifier: BSD-3-Clause */
/* Who uses a device, as far as one can see: mounts, swap, holders, open nodes, loop devices, exports, virtual
 * functions; what cannot be seen; and claiming the device, so that nobody can begin to use it. */
#ifndef UPNVME_PCI_USAGE_H
#define UPNVME_PCI_USAGE_H

#include <stdint.h>

#include <upnvme/devices.h>

#include "pci/nodes.h"
#include "pci/sysfs.h"

struct usage {
	uint32_t flags; /* UPNVME_DEVICE_... */
	char text[256]; /* who, in words */
	char unseen
		[256]; /* which users there may be besides, and why they cannot be seen; empty: none */
};

/* Notes one use; what does not fit of the text is left out. */
__attribute__((format(printf, 3, 4))) void usage_note(struct usage *usage, uint32_t flag,
						      const char *format, ...);
/* Likewise, what cannot be seen. */
__attribute__((format(printf, 2, 3))) void usage_unseen(struct usage *usage, const char *format,
							...);

/* Finds all uses of the device at `address`. 0, or a negative errno with its sentence. */
int usage_find(const struct sysfs *fs, const char *address, struct usage *usage);

/* What the files of this folder that find users share. */
struct search {
	const struct sysfs *fs;
	const struct nodes *nodes;
	struct usage *usage;
};

/* The processes that have one of the nodes open (openers.c). */
void usage_find_openers(const struct search *search);
/* The loop devices that one of the nodes is behind (loops.c). */
void usage_find_loops(const struct search *search);
/* What the kernel itself has opened, to give it to others (exports.c). */
void usage_find_exports(const struct search *search);
/* The virtual functions of the device (functions.c). */
void usage_find_functions(const struct sysfs *fs, const char *address, struct usage *usage);

/* Exclusive claims on block devices. */
struct claims {
	struct claim *claim;
	uint32_t n;
};

/*
 * Adds claims on all block devices of a device, except those that are claimed here already. What somebody else has
 * claimed, a file system of another mount namespace or a part of a Btrfs for example, is noted in *usage, and so is
 * what cannot be claimed. 0, or a negative errno with its sentence. To be released in any case; all zeroes at first.
 */
int claims_take(struct claims *claims, const struct sysfs *fs, const char *address,
		struct usage *usage);
void claims_release(struct claims *claims);

#endif
