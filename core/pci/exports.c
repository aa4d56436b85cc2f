/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exports: devices that the kernel itself has opened without a claim, to give them to others. These parts of Linux
 * open a block device, claim nothing and have no process:
 *  - in configfs: nvmet, LIO's FILEIO, the USB gadget's mass storage, OCFS2's heartbeat;
 *  - in sysfs: RNBD's server, Xen's block backend, and SCST (which is no part of Linux);
 *  - shown in no file: pNFS's block layouts, and the gadgets that take parameters.
 *
 * All others claim, and the claim shows them: file systems and their journals, swap, device-mapper (tables that are
 * not active too), md, drbd, bcache (while it registers a device too), LIO's IBLOCK, zram's backing device, block2mtd,
 * pstore. Loop devices are in loops.c.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/util.h"
#include "pci/mounts.h"
#include "pci/usage.h"

/* A candidate for an export: its folder, the name of the kernel's part that exports (`who`), and the export's name. */
struct export_place {
	const struct search *search;
	const char *path;
	const char *who;
	const char *name;
};

static void export_note(const struct export_place *place, const struct node *node)
{
	if (node)
		usage_note(place->search->usage, UPNVME_DEVICE_EXPORTED,
			   "%s is given to others by %s (%s)", node->label, place->who,
			   place->name);
}

/* Reads a file of the candidate. False if there is no text; a file that cannot be read may be that of an export, which
 * is noted. */
static bool read_in(const struct export_place *place, const char *file, char *text, size_t bytes)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", place->path, file), rc = -ENAMETOOLONG;

	text[0] = '\0';
	if (n > 0 && n < (int)sizeof(path))
		rc = sysfs_read_path(path, text, bytes);
	if (rc && rc != -ENOENT && rc != -ENOTDIR)
		usage_unseen(place->search->usage, "what %s gives to others cannot be read: %s",
			     place->who, strerror(-rc));
	return !rc && text[0];
}

static bool export_is_enabled(const struct export_place *place)
{
	char text[8];

	return read_in(place, "enable", text, sizeof(text)) && !strcmp(text, "1");
}

/* Looks for the node at a path. The process that enabled the export may have seen another /dev, so the path is compared
 * by name first, and by the device's number then. */
static void look_at_path(const struct export_place *place, const char *path)
{
	const struct search *search = place->search;
	const struct node *node = nodes_by_path(search->nodes, path);
	struct device_number number;
	int rc = 0;

	if (!node) {
		rc = search->fs->identify(search->fs, path, &number);
		if (!rc)
			node = nodes_by_number(search->nodes, &number);
	}
	if (rc && rc != -ENODEV)
		usage_unseen(search->usage, "%s gives %s to others, which cannot be looked at: %s",
			     place->who, path, strerror(-rc));
	export_note(place, node);
}

static void look_at_nvmet(const struct export_place *place)
{
	char path[PATH_MAX];

	if (export_is_enabled(place) && read_in(place, "device_path", path, sizeof(path)))
		look_at_path(place, path);
}

/* Reads a major number, the text `before_minor` and a minor number; false if one of them is missing. */
static bool read_number(const char *text, const char *before_minor, int base,
			struct device_number *number)
{
	char *end;

	*number = (struct device_number){ .block = true };
	number->major = (unsigned)strtoul(text, &end, base);
	if (end == text || strncmp(end, before_minor, strlen(before_minor)) != 0)
		return false;
	text = end + strlen(before_minor);
	number->minor = (unsigned)strtoul(text, &end, base);
	return end != text;
}

/* "... File: PATH  Size: ..." of FILEIO, "... Major: 259 Minor: 0  ..." of IBLOCK. */
static void look_at_target(const struct export_place *place)
{
	struct device_number number;
	char info[1024], *file, *end = NULL;
	const char *major;

	if (!export_is_enabled(place) || !read_in(place, "info", info, sizeof(info)))
		return;
	file = strstr(info, "File: ");
	major = strstr(info, "Major: ");
	for (char *at = file; at && (at = strstr(at, "  Size: ")); at++)
		end = at;
	if (file && end) {
		*end = '\0';
		look_at_path(place, file + strlen("File: "));
	} else if (major && read_number(major + strlen("Major: "), " Minor: ", 10, &number)) {
		export_note(place, nodes_by_number(place->search->nodes, &number));
	}
}

static void look_at_file(const struct export_place *place)
{
	char path[PATH_MAX];

	if (read_in(place, "file", path, sizeof(path)))
		look_at_path(place, path);
}

static void look_at_heartbeat(const struct export_place *place)
{
	char name[NODE_NAME_ROOM];

	if (read_in(place, "dev", name, sizeof(name)))
		export_note(place, nodes_by_name(place->search->nodes, name));
}

static void look_at_link(const struct export_place *place)
{
	char name[NODE_NAME_ROOM];

	if (!sysfs_link(place->search->fs, name, sizeof(name), "%s/block_dev",
			place->path + strlen(place->search->fs->sys) + 1))
		export_note(place, nodes_by_name(place->search->nodes, name));
}

static void look_at_backend(const struct export_place *place)
{
	struct device_number number;
	char text[32];

	if (read_in(place, "physical_device", text, sizeof(text)) &&
	    read_number(text, ":", 16, &number))
		export_note(place, nodes_by_number(place->search->nodes, &number));
}

/* The file has the path, and in a second line SCST's own mark. */
static void look_at_scst(const struct export_place *place)
{
	char path[PATH_MAX];

	if (!read_in(place, "filename", path, sizeof(path)))
		return;
	path[strcspn(path, "\n")] = '\0';
	look_at_path(place, path);
}

/* --- the places of exports -------------------------------------------------------------------- */

struct exporter {
	/* The module that makes `folder`; null: a missing folder means that the module is not loaded. */
	const char *module;
	const char *who;
	const char *folder; /* all that lies below is of this exporter */
	const char *pattern;
	void (*look)(const struct export_place *place);
};

static const struct exporter in_configfs[] = {
	{ "nvmet", "nvmet", "nvmet", "subsystems/*/namespaces/*", look_at_nvmet },
	{ "nvmet", "nvmet", "nvmet", "subsystems/*/passthru", look_at_nvmet },
	{ "target_core_mod", "LIO", "target", "core/*/*", look_at_target },
	{ "usb_f_mass_storage", "a USB gadget", "usb_gadget", "*/functions/mass_storage.*/lun.*",
	  look_at_file },
	{ "ocfs2_nodemanager", "OCFS2's heartbeat", "cluster", "*/heartbeat/*", look_at_heartbeat },
};

static const struct exporter in_sysfs[] = {
	{ NULL, "RNBD", "class/rnbd-server/ctl/devices", "*", look_at_link },
	{ NULL, "Xen", "bus/xen-backend/devices", "vbd-*", look_at_backend },
	{ NULL, "SCST", "kernel/scst_tgt/devices", "*", look_at_scst },
};

/* Modules that open devices and show them in no file. */
static const char *const silent[] = { "blocklayoutdriver", "g_mass_storage", "g_multi",
				      "g_acm_ms" };

/* Whether an error ends the search for exports: a missing folder has none, and is no error. */
static int is_hidden(const char *path, int err)
{
	(void)path;
	return err != ENOENT && err != ENOTDIR;
}

static void look_at_all(const struct search *search, const struct exporter *exporter,
			const char *root)
{
	char pattern[PATH_MAX];
	struct fd_floor floor;
	glob_t found;
	size_t length = strlen(root) + strlen(exporter->folder) + 2;
	int n = snprintf(pattern, sizeof(pattern), "%s/%s/%s", root, exporter->folder,
			 exporter->pattern);
	int rc;

	if (n < 0 || (size_t)n >= sizeof(pattern))
		return;
	fd_floor_raise(&floor);
	rc = glob(pattern, GLOB_NOSORT, is_hidden, &found);
	fd_floor_lower(&floor);
	if (rc && rc != GLOB_NOMATCH)
		usage_unseen(search->usage, "what %s gives to others cannot be seen",
			     exporter->who);
	for (size_t i = 0; !rc && i < found.gl_pathc; i++)
		exporter->look(&(struct export_place){ search, found.gl_pathv[i], exporter->who,
						       found.gl_pathv[i] + length });
	globfree(&found);
}

struct configfs {
	char point[SYSFS_PATH_ROOM]; /* empty: not mounted */
};

static void take_configfs(char *line, void *arg)
{
	struct configfs *configfs = arg;
	struct mount mount;

	if (mount_parse(&mount, line) && !strcmp(mount.type, "configfs") &&
	    !strcmp(mount.root, "/"))
		snprintf(configfs->point, sizeof(configfs->point), "%s", mount.point);
}

static void look_in_configfs(const struct search *search, const struct exporter *exporter,
			     const char *point)
{
	struct sysfs_names names;

	if (point[0] && !sysfs_names_get(&names, point, "%s", exporter->folder)) {
		sysfs_names_free(&names);
		look_at_all(search, exporter, point);
	} else if (sysfs_exists(search->fs, "module/%s", exporter->module)) {
		usage_unseen(search->usage,
			     "%s is loaded, and what %s gives to others cannot be seen without its "
			     "configfs (mount -t configfs none /sys/kernel/config)",
			     exporter->module, exporter->who);
	}
}

void usage_find_exports(const struct search *search)
{
	struct configfs configfs = { 0 };

	sysfs_each_line(search->fs, "self/mountinfo", take_configfs, &configfs);
	for (size_t i = 0; i < ARRAY_SIZE(in_configfs); i++)
		look_in_configfs(search, &in_configfs[i], configfs.point);
	for (size_t i = 0; i < ARRAY_SIZE(in_sysfs); i++)
		look_at_all(search, &in_sysfs[i], search->fs->sys);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		if (sysfs_exists(search->fs, "module/%s", silent[i]))
			usage_unseen(search->usage,
				     "the devices that the module %s has opened cannot be seen",
				     silent[i]);
}
