/* SPDX-License-Identifier: BSD-3-Clause */
/* Mounts, swap and holders of a device, and all its other users. */
#include "pci/usage.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "pci/mounts.h"

/* Appends a note. One that does not fit is left out whole; only the first may be cut. */
static void append_use(char text[256], const char *format, va_list args)
{
	size_t used = strlen(text), room = 256 - used;
	char note[256];

	text_format(note, sizeof(note), format, args);
	if (!used)
		memcpy(text, note, sizeof(note));
	else if (strlen(note) + 2 < room)
		snprintf(text + used, room, "; %s", note);
}

void usage_note(struct usage *usage, uint32_t flag, const char *format, ...)
{
	va_list args;

	usage->flags |= flag;
	va_start(args, format);
	append_use(usage->text, format, args);
	va_end(args);
}

void usage_unseen(struct usage *usage, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append_use(usage->unseen, format, args);
	va_end(args);
}

/* A mount over the folder of a process hides that process. */
static void look_below_proc(const struct search *search, const char *point)
{
	size_t length = strlen(search->fs->proc);

	if (!strncmp(point, search->fs->proc, length) && point[length] == '/' &&
	    isdigit((unsigned char)point[length + 1]))
		usage_unseen(search->usage, "something is mounted over %s, which hides a process",
			     point);
}

/* Notes a mount of the device. A Btrfs has a number of its own, so its device is found by the mount's source. */
static void take_mount(char *line, void *arg)
{
	const struct search *search = arg;
	const struct node *node = NULL;
	struct device_number number;
	struct mount mount;

	if (!mount_parse(&mount, line))
		return;
	if (nodes_number(mount.number, &number))
		node = nodes_by_number(search->nodes, &number);
	if (!node)
		node = nodes_by_path(search->nodes, mount.source);
	if (node)
		usage_note(search->usage, UPNVME_DEVICE_MOUNTED, "%s is mounted on %s", node->label,
			   mount.point);
	look_below_proc(search, mount.point);
}

static void take_swap(char *line, void *arg)
{
	const struct search *search = arg;
	const struct node *node;

	line[strcspn(line, " \t\n")] = '\0';
	node = nodes_by_path(search->nodes, line);
	if (node)
		usage_note(search->usage, UPNVME_DEVICE_SWAP, "%s is swap space", node->label);
}

static void find_holders(const struct search *search, const struct node *node)
{
	struct sysfs_names names;

	if (!node->number.block ||
	    sysfs_names_get(&names, search->fs->sys, "class/block/%s/holders", node->name))
		return;
	for (uint32_t i = 0; i < names.n; i++)
		usage_note(search->usage, UPNVME_DEVICE_HELD, "%s belongs to %s", node->label,
			   names.name[i]);
	sysfs_names_free(&names);
}

/* A kernel without swap space has no list of swap areas; the list of mounts is always there. */
static int find_mounts(struct search *search)
{
	const struct sysfs *fs = search->fs;
	int rc = sysfs_each_line(fs, "self/mountinfo", take_mount, search);

	if (rc)
		return error_set(
			rc, UPNVME_ERR_SYSTEM,
			"%s/self/mountinfo cannot be read (%s), so that it cannot be seen whether "
			"a device is in use: mount -t proc proc %s",
			fs->proc, strerror(-rc), fs->proc);
	sysfs_each_line(fs, "swaps", take_swap, search);
	return 0;
}

/* Finds the users of the device's nodes; without nodes a device has no users. */
static int find_users(struct search *search)
{
	int rc = find_mounts(search);

	if (rc || !search->nodes->n)
		return rc;
	for (uint32_t i = 0; i < search->nodes->n; i++)
		find_holders(search, &search->nodes->node[i]);
	usage_find_openers(search);
	usage_find_loops(search);
	usage_find_exports(search);
	return 0;
}

int usage_find(const struct sysfs *fs, const char *address, struct usage *usage)
{
	struct nodes nodes;
	struct search search = { fs, &nodes, usage };
	int rc;

	*usage = (struct usage){ 0 };
	rc = nodes_find(&nodes, fs, address);
	if (rc)
		return rc;
	rc = find_users(&search);
	usage_find_functions(fs, address, usage);
	nodes_free(&nodes);
	return rc;
}
