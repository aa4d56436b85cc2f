/* SPDX-License-Identifier: BSD-3-Clause */
/* VFIO pins what a device can reach, and counts it as locked memory: against RLIMIT_MEMLOCK,
 * from which only CAP_IPC_LOCK is exempt. Asked before, because the kernel's answer would be a
 * bare ENOMEM. */
#include "env/vfio/memlock.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/util.h"

/* Room for the queues of a controller and some buffers: what to raise the limit to, at least. */
#define SENSIBLE_BYTES (64ull << 20)

struct status {
	unsigned long long locked_kib;
	unsigned long long capabilities;
};

/* The line's number, if it is the one with this name. */
static void take(const char *line, const char *name, int base, unsigned long long *value)
{
	size_t length = strlen(name);

	if (!strncmp(line, name, length))
		*value = strtoull(line + length, NULL, base);
}

static bool status_read(struct status *status)
{
	FILE *file = fd_fopen("/proc/self/status");
	char line[256];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		take(line, "VmLck:", 10, &status->locked_kib);
		take(line, "CapEff:", 16, &status->capabilities);
	}
	fclose(file);
	return true;
}

int memlock_check(uint64_t bytes)
{
	struct status status = { 0 };
	struct rlimit limit;
	uint64_t locked, wanted;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return 0;
	if (!status_read(&status) || status.capabilities >> CAP_IPC_LOCK & 1)
		return 0; /* then the kernel decides */
	locked = status.locked_kib * 1024;
	if (locked + bytes <= limit.rlim_cur)
		return 0;
	wanted = MAX(pow2_ceil(locked + bytes), SENSIBLE_BYTES);
	return error_set(
		-ENOMEM, UPNVME_ERR_MEM_LOCK_LIMIT,
		"the limit of locked memory (RLIMIT_MEMLOCK) is %llu KiB, %llu KiB are locked, and a "
		"device needs %llu KiB more: raise it to %llu KiB at least: `ulimit -l %llu` in the "
		"shell, \"* - memlock %llu\" in /etc/security/limits.conf, or LimitMEMLOCK= of the "
		"systemd unit",
		(unsigned long long)limit.rlim_cur / 1024, status.locked_kib,
		(unsigned long long)bytes / 1024, (unsigned long long)wanted / 1024,
		(unsigned long long)wanted / 1024, (unsigned long long)wanted / 1024);
}
