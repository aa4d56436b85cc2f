/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the plug-in: in the folder UPNVME_PLUGIN_DIR (not in a privileged program), else beside this
 * library if it is a shared one, else in the folders where the loader looks for libraries. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "env/dpdk/dpdk.h"

#define PLUGIN_PATH_ROOM 4096u

static struct guard plugin_guard;
static const struct dpdk_plugin *loaded; /* never unloaded: DPDK's threads live in it */
static uint32_t started_by; /* the number of the process that started EAL; 0: none yet */

static int host_error(int err, uint32_t code, const char *sentence)
{
	return error_set(err, code, "%s", sentence);
}

static void host_log(uint32_t level, const char *message)
{
	log_write(level, "%s", message);
}

static const struct dpdk_host host = { UPNVME_BUILD_ID, host_error, host_log };

static int error_missing(const char *where)
{
	return error_set(
		-ENOENT, UPNVME_ERR_PLUGIN,
		"DPDK's plug-in " DPDK_PLUGIN_FILE
		" was not found (%s): install it, set UPNVME_PLUGIN_DIR to its folder, or use "
		"env=vfio, which needs no DPDK",
		where);
}

static int error_unreadable(const char *path)
{
	return error_set(
		-EACCES, UPNVME_ERR_PLUGIN,
		"this user may not read DPDK's plug-in (%s): let the user read the file and enter "
		"its folders, set UPNVME_PLUGIN_DIR to a folder that the user may read, or use "
		"env=vfio, which needs no DPDK",
		path);
}

static int error_unloadable(const char *why)
{
	return error_set(
		-ELIBACC, UPNVME_ERR_PLUGIN,
		"DPDK's plug-in cannot be loaded (%s): install the missing files, or use env=vfio, "
		"which needs no DPDK",
		why);
}

static int error_build(const char *path, const char *build)
{
	return error_set(-ELIBACC, UPNVME_ERR_PLUGIN,
			 "%s is of build %s, but this library is of build " UPNVME_BUILD_ID
			 ": install both from one build, or use env=vfio, which needs no DPDK",
			 path, build);
}

static int try_file(const char *path)
{
	const struct dpdk_plugin *plugin;
	struct fd_floor floor;
	dpdk_plugin_fn *entry;
	void *handle;

	fd_floor_raise(&floor);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	fd_floor_lower(&floor);
	if (!handle)
		return error_unloadable(dlerror());
	entry = (dpdk_plugin_fn *)dlsym(handle, DPDK_PLUGIN_SYMBOL);
	if (!entry)
		return error_unloadable(dlerror());
	plugin = entry(&host);
	if (strcmp(plugin->build, host.build) != 0)
		return error_build(path, plugin->build);
	loaded = plugin;
	return 0;
}

static int try_folder(const char *folder, size_t length)
{
	char path[PLUGIN_PATH_ROOM];

	if (length + sizeof("/" DPDK_PLUGIN_FILE) > sizeof(path))
		return error_missing("the path is too long");
	snprintf(path, sizeof(path), "%.*s/" DPDK_PLUGIN_FILE, (int)length, folder);
	if (!faccessat(AT_FDCWD, path, R_OK, AT_EACCESS))
		return try_file(path);
	return errno == EACCES ? error_unreadable(path) : error_missing(path);
}

struct plugin_place {
	bool seen_program;
	const char *path; /* of the library that holds this code; null: it is part of the program */
};

static bool object_holds(const struct dl_phdr_info *object, const void *address)
{
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		uintptr_t begin = object->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_LOAD && (uintptr_t)address - begin < part->p_memsz)
			return true;
	}
	return false;
}

/* The program comes first (dl_iterate_phdr(3)). A static library is a part of it, and has no path
 * to trust: dladdr gives argv[0] for it, which the program's caller chooses. */
static int object_look(struct dl_phdr_info *object, size_t bytes, void *arg)
{
	struct plugin_place *place = arg;
	bool here = object_holds(object, &host);

	(void)bytes;
	if (here && place->seen_program)
		place->path = object->dlpi_name;
	place->seen_program = true;
	return here;
}

/* Looks beside this library. A relative path is not followed: it may name another file by now, since the
 * working directory changes. */
static int try_beside_library(void)
{
	struct plugin_place place = { .path = NULL };

	dl_iterate_phdr(object_look, &place);
	if (!place.path || place.path[0] != '/')
		return error_missing("the library is a part of the program, or has no full path");
	return try_folder(place.path, (size_t)(strrchr(place.path, '/') - place.path));
}

/* Takes the first file that exists; if it cannot be used, that is the error. A folder that may not be
 * entered may hide a file, and the search goes on. */
static int load_locked(void)
{
	const char *folder = secure_getenv("UPNVME_PLUGIN_DIR");
	struct upnvme_error why;
	int rc = folder ? try_folder(folder, strlen(folder)) : -ENOENT;

	if (rc != -ENOENT)
		return rc;
	rc = try_beside_library();
	if (rc != -ENOENT && rc != -EACCES)
		return rc;
	why = *error_last();
	return try_file(DPDK_PLUGIN_FILE) ? error_set(why.err, why.code, "%s", why.text) : 0;
}

int dpdk_load(const struct dpdk_plugin **plugin)
{
	int rc;

	guard_enter(&plugin_guard);
	rc = loaded ? 0 : load_locked();
	*plugin = loaded;
	guard_leave(&plugin_guard);
	return rc;
}

/* Starts an EAL. A forked child can use none: the threads and the memory of the EAL that it sees are
 * the parent's. */
static int start_locked(const struct dpdk_plugin *plugin)
{
	struct fd_floor floor;
	int rc;

	if (started_by && started_by != process_number())
		return error_set(
			-EOWNERDEAD, UPNVME_ERR_FORKED,
			"DPDK was started by the parent process: open with env=vfio, or open in a "
			"process that was not forked");
	if (started_by)
		return 0;
	started_by = process_number();
	fd_floor_raise(&floor);
	rc = plugin->start();
	fd_floor_lower(&floor);
	if (rc)
		started_by = 0;
	else
		log_info("DPDK: %s", plugin->version());
	return rc;
}

int dpdk_start(const struct dpdk_plugin **plugin)
{
	int rc = dpdk_load(plugin);

	if (rc)
		return rc;
	guard_enter(&plugin_guard);
	rc = start_locked(*plugin);
	guard_leave(&plugin_guard);
	return rc;
}
