/* SPDX-License-Identifier: BSD-3-Clause */
/* Mounts, swap and holders of a device. */
#include "pci/usage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

/* A note that does not fit is left out whole, unless it is the first. */
void usage_note(struct usage *usage, uint32_t flag, const char *format, ...)
{
	size_t used = strlen(usage->text), room = sizeof(usage->text) - used;
	char note[sizeof(usage->text)];
	va_list args;

	usage->flags |= flag;
	va_start(args, format);
	text_format(note, sizeof(note), format, args);
	va_end(args);
	if (!used)
		memcpy(usage->text, note, sizeof(note));
	else if (strlen(note) + 2 < room)
		snprintf(usage->text + used, room, "; %s", note);
}

/* Runs `take` on each line of a file below /proc. 0 or a negative errno. */
static int each_line(const struct sysfs *fs, const char *name, const struct nodes *nodes,
		     struct usage *usage,
		     void (*take)(char *line, const struct nodes *nodes, struct usage *usage))
{
	char path[SYSFS_PATH_ROOM], *line = NULL;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", fs->proc, name);
	file = fd_fopen(path);
	if (!file)
		return -errno;
	while (getline(&line, &room, file) > 0)
		take(line, nodes, usage);
	free(line);
	fclose(file);
	return 0;
}

/*
 * proc(5), /proc/pid/mountinfo: identifiers, major:minor, root, mount point, options, optional fields, "-", type,
 * source, options. Btrfs has numbers of its own there: only the source names its device.
 */
static void take_mount(char *line, const struct nodes *nodes, struct usage *usage)
{
	char *field[5], *save = NULL, *tail = strstr(line, " - ");
	const struct node *node = NULL;
	uint32_t major, minor;

	if (!tail)
		return;
	*tail = '\0';
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return;
	}
	if (nodes_number(field[2], &major, &minor))
		node = nodes_by_number(nodes, true, major, minor);
	if (!node && strtok_r(tail + 3, " ", &save)) {
		const char *source = strtok_r(NULL, " ", &save);

		node = source ? nodes_by_path(nodes, source) : NULL;
	}
	if (node)
		usage_note(usage, UPNVME_DEVICE_MOUNTED, "%s is mounted on %s", node->name,
			   field[4]);
}

static void take_swap(char *line, const struct nodes *nodes, struct usage *usage)
{
	const struct node *node;

	line[strcspn(line, " \t\n")] = '\0';
	node = nodes_by_path(nodes, line);
	if (node)
		usage_note(usage, UPNVME_DEVICE_SWAP, "%s is swap space", node->name);
}

static void find_holders(const struct sysfs *fs, const struct node *node, struct usage *usage)
{
	struct sysfs_names names;

	if (!node->block || sysfs_names_get(&names, fs->sys, "class/block/%s/holders", node->name))
		return;
	for (uint32_t i = 0; i < names.n; i++)
		usage_note(usage, UPNVME_DEVICE_HELD, "%s belongs to %s", node->name,
			   names.name[i]);
	sysfs_names_free(&names);
}

/* A kernel without swap space has no list of it; mounts it has always. */
static int find_mounts(const struct sysfs *fs, const struct nodes *nodes, struct usage *usage)
{
	int rc = each_line(fs, "self/mountinfo", nodes, usage, take_mount);

	if (rc)
		return error_set(
			rc, UPNVME_ERR_SYSTEM,
			"%s/self/mountinfo cannot be read (%s), so that nobody can say whether "
			"a device is in use: mount -t proc proc %s",
			fs->proc, strerror(-rc), fs->proc);
	each_line(fs, "swaps", nodes, usage, take_swap);
	return 0;
}

int usage_find(const struct sysfs *fs, const char *address, struct usage *usage)
{
	struct nodes nodes;
	int rc;

	*usage = (struct usage){ 0 };
	rc = nodes_find(&nodes, fs, address);
	if (rc)
		return rc;
	rc = find_mounts(fs, &nodes, usage);
	for (uint32_t i = 0; i < nodes.n; i++)
		find_holders(fs, &nodes.node[i], usage);
	usage_find_openers(fs, &nodes, usage);
	nodes_free(&nodes);
	return rc;
}
