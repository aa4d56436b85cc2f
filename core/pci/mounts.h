/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of /proc/self/mountinfo. */
#ifndef UPNVME_PCI_MOUNTS_H
#define UPNVME_PCI_MOUNTS_H

#include <stdbool.h>

/* Pieces of the line that it was made from. */
struct mount {
	char *number; /* major:minor */
	char *root;   /* of the mount in its file system */
	char *point;
	char *type;
	char *source; /* empty: none */
};

/* Takes a line to pieces, which changes it; false if it is none. */
bool mount_parse(struct mount *mount, char *line);

#endif
