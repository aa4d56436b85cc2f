/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VFIO pins the memory that a device can reach, and counts it as locked memory against RLIMIT_MEMLOCK (Linux,
 * vfio_iommu_type1.c): VmLck and the new memory together, unless the process has CAP_IPC_LOCK in the first user
 * namespace. The limit is asked for first, because the kernel's answer would be a bare ENOMEM. Where iommufd takes
 * VFIO's place, iommufd also counts what the user's other processes have pinned (VmPin is this process's share): such a
 * refusal is seen only afterwards.
 */
#include "env/vfio/memlock.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/capability.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/util.h"

/* The least limit to advise: room for the queues of a controller and some buffers. */
#define SENSIBLE_BYTES (64ull << 20)

struct status {
	unsigned long long locked_kib;
	unsigned long long pinned_kib;
};

/* Takes the number on the line, if the line has this name. */
static void take_line(const char *line, const char *name, unsigned long long *value)
{
	size_t length = strlen(name);

	if (!strncmp(line, name, length))
		*value = strtoull(line + length, NULL, 10);
}

static bool status_read(struct status *status)
{
	FILE *file = fd_fopen("/proc/self/status");
	char line[256];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		take_line(line, "VmLck:", &status->locked_kib);
		take_line(line, "VmPin:", &status->pinned_kib);
	}
	fclose(file);
	return true;
}

/* The limit that counts for this process, in bytes; false: there is none. */
static bool limit_get(uint64_t *limit)
{
	struct rlimit rlimit;

	if (getrlimit(RLIMIT_MEMLOCK, &rlimit) || rlimit.rlim_cur == RLIM_INFINITY)
		return false;
	*limit = rlimit.rlim_cur;
	return !capability_counts("/proc", CAP_IPC_LOCK);
}

static int error_limit(uint64_t limit, const struct status *status, uint64_t bytes)
{
	uint64_t used = (status->locked_kib + status->pinned_kib) * 1024;
	uint64_t wanted = MAX(pow2_ceil(used + bytes), SENSIBLE_BYTES) / 1024;

	return error_set(
		-ENOMEM, UPNVME_ERR_MEM_LOCK_LIMIT,
		"the limit of locked memory (RLIMIT_MEMLOCK) is %llu KiB, %llu KiB are locked and "
		"%llu KiB pinned, and a device needs %llu KiB more: raise the limit to %llu KiB at "
		"least: `ulimit -l %llu` in the shell, \"* - memlock %llu\" in "
		"/etc/security/limits.conf, LimitMEMLOCK= of the systemd unit, or --ulimit "
		"memlock= of the container, where the limit binds root too",
		(unsigned long long)limit / 1024, status->locked_kib, status->pinned_kib,
		(unsigned long long)bytes / 1024, (unsigned long long)wanted,
		(unsigned long long)wanted, (unsigned long long)wanted);
}

int memlock_check(uint64_t bytes)
{
	struct status status = { 0 };
	uint64_t limit;

	if (!limit_get(&limit) || !status_read(&status) ||
	    status.locked_kib * 1024 + bytes <= limit)
		return 0; /* if the limit is not known, the kernel decides */
	return error_limit(limit, &status, bytes);
}

int memlock_refused(uint64_t bytes)
{
	struct status status = { 0 };
	uint64_t limit;

	status_read(&status);
	if (limit_get(&limit))
		return error_limit(limit, &status, bytes);
	return error_set(
		-ENOMEM, UPNVME_ERR_NO_MEMORY,
		"the kernel has no memory to map %llu KiB for a device (no limit of locked memory "
		"applies here): free some memory, or raise the memory limit of the container or "
		"control group",
		(unsigned long long)bytes / 1024);
}
