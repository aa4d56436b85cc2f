/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of /proc/self/mountinfo. */
#ifndef UPNVME_PCI_MOUNTS_H
#define UPNVME_PCI_MOUNTS_H

#include <stdbool.h>

/* The pieces of a line; the pointers point into the line. */
struct mount {
	char *number; /* major:minor */
	char *root;   /* the folder of the file system that is mounted */
	char *point;
	char *type;
	char *source; /* empty: none */
};

/* Cuts a line into pieces, in place; false if the text is no such line. */
bool mount_parse(struct mount *mount, char *line);

#endif
